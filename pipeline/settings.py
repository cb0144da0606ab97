"""Settings: `rolecall.toml`, then `ROLECALL_*` variables over it. AWS itself is set up through boto3's own chain."""

from __future__ import annotations

import os
import re
import tomllib
import warnings
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

FILE, PREFIX = "rolecall.toml", "ROLECALL_"
WORD = r"A-Za-z0-9_+=,.@\-"
"""Characters of a name in IAM."""
RENAMED = {
    "documents": "render_pdf",
    "enough_data": "min_coverage_to_score",
    "coverage_floor": "min_coverage_to_publish",
}
"""Names of settings before 0.2.0 that count for one release more, and what they are called now."""


class Refused(Exception):
    """The run cannot start or must not publish: one sentence that names what, where, and what to do (exit code 2)."""


class ControlSettings(BaseModel):
    """Per control, under `[controls.<control_id>]`: switch it off, or give its parameters other values."""

    model_config = ConfigDict(extra="allow")
    enabled: bool = True

    @property
    def params(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class Settings(BaseSettings):
    """Everything that can be set. Field names are the keys of `rolecall.toml` and, upper-cased, of `ROLECALL_*`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, toml_file=FILE, extra="forbid", allow_inf_nan=False)

    home: Path = Field(Path("var"), description="Folder that holds landing, databases and reports")
    role_name: str = Field(
        "RolecallReader",
        description="Role to assume in every account",
        max_length=576,
        pattern=rf"^[{WORD}/]+$",
    )
    external_id: str | None = Field(
        None,
        description="ExternalId that the role asks for",
        min_length=2,
        max_length=1224,
        pattern=rf"^[{WORD}:/]+$",
    )
    session_name: str = Field(
        "rolecall",
        description="Session name, as it shows in CloudTrail",
        min_length=2,
        max_length=64,
        pattern=rf"^[{WORD}]+$",
    )
    regions: list[str] = Field(
        [], description="Read regional services in these regions only; empty for all that an account has switched on"
    )
    include_accounts: list[str] = Field([], description="Read only these accounts")
    exclude_accounts: list[str] = Field([], description="Leave these accounts out")
    include_ous: list[str] = Field([], description="Read only accounts under these OUs (id or path)")
    exclude_ous: list[str] = Field([], description="Leave accounts under these OUs out (id or path)")
    include_tags: list[str] = Field([], description="Read only accounts with one of these tags (key=value)")
    exclude_tags: list[str] = Field([], description="Leave accounts with one of these tags out (key=value)")
    concurrency: int = Field(16, description="Accounts read side by side", ge=1, le=256)
    organization_calls_per_second: int = Field(
        20, description="Most calls a second to Organizations and Identity Center, together", ge=1, le=1000
    )
    shards: int = Field(1, description="Parts that the accounts are split into, a worker each", ge=1, le=1000)
    call_timeout_seconds: float = Field(60, description="Longest wait for one answer, whole", gt=0)
    account_timeout_minutes: float = Field(
        60, description="Longest reading of one account; what is not read by then is unknown", gt=0
    )
    night_timeout_hours: float = Field(
        20, description="Longest reading of a night; what is not read by then is unknown", gt=0
    )
    max_attempts: int = Field(6, description="Times a call is sent before it counts as failed", ge=1, le=20)
    min_coverage_to_publish: float = Field(
        80, description="Percent of accounts that must be read to publish", ge=0, le=100
    )
    min_coverage_to_score: float = Field(
        95, description="Percent coverage under which a score is not shown", ge=0, le=100
    )
    knowledge_max_days: int = Field(
        120, description="Age in days at which a list of what AWS has is a warning in the report", ge=1
    )
    report_max_age_hours: float = Field(24, description="Age at which a credential report counts as stale", gt=0)
    exceptions_file: Path = Field(Path("exceptions.toml"), description="The register of exceptions and attestations")
    render_pdf: bool = Field(True, description="Make the summary as PDF and the charts as PNG, where Chromium is found")
    publish_to: str | None = Field(
        None,
        description="Where to publish as well: s3://bucket/prefix",
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$",
    )
    publish_kms_key: str | None = Field(None, description="KMS key that encrypts there; S3's own key if empty")
    publish_bucket_owner: str | None = Field(
        None, description="Account that must own the bucket; that of the credentials if empty", pattern=r"^\d{12}$"
    )
    keep_reports: int = Field(0, description="Nights of reports to keep, here and in the bucket; 0 for all", ge=0)
    report_url: str | None = Field(None, description="Address at which readers open the reports, for links in messages")
    notify: list[str] = Field(
        [], description="Whom to tell of a night: variables that hold an Apprise URL, or ARNs of SNS topics"
    )
    notify_when: Literal["always", "changed"] = Field(
        "always", description="Tell of every night, or of those on which something changed; of failures always"
    )
    schedule_hour: int = Field(2, description="Hour at which the nightly job starts", ge=0, le=23)
    schedule_timezone: str = Field("UTC", description="Time zone of that hour")
    today: date | None = Field(None, description="Pretended date, for a demonstration or a test")
    controls: dict[str, ControlSettings] = Field({}, description="Per control: enabled, and its parameters")

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation in (int, float):
            raise ValueError("a number is expected")
        return value

    @field_validator("regions")
    @classmethod
    def _regions(cls, value: list[str]) -> list[str]:
        for region in value:
            if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-\d+", region):
                raise ValueError(f"{region!r} is not a region such as 'eu-west-1'")
        return value

    @field_validator("include_tags", "exclude_tags")
    @classmethod
    def _tags(cls, value: list[str]) -> list[str]:
        for tag in value:
            if "=" not in tag:
                raise ValueError(f"{tag!r} must be written key=value")
        return value

    @field_validator("include_accounts", "exclude_accounts")
    @classmethod
    def _account_ids(cls, value: list[str]) -> list[str]:
        for account_id in value:
            if not re.fullmatch(r"[0-9]{12}", account_id):
                raise ValueError(f"{account_id!r} is not an account id (12 digits, quoted)")
        return value

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        arguments = renamed(named["init_settings"]())
        return (InitSettingsSource(settings_cls, arguments), Environment(settings_cls), File(settings_cls))


def renamed(values: dict[str, Any]) -> dict[str, Any]:
    """Settings by the names of today; a name of the release before still counts, with a warning."""
    values = dict(values)
    for old in values.keys() & RENAMED.keys():
        value, new = values.pop(old), RENAMED[old]
        values.setdefault(new, value)
        message = f"Settings: {old} is now called {new}; the old name goes with the next release"
        warnings.warn(message, FutureWarning, stacklevel=2)
    return values


class File(TomlConfigSettingsSource):
    """`rolecall.toml`."""

    def __call__(self) -> dict[str, Any]:
        return renamed(super().__call__())


class Environment(EnvSettingsSource):
    """`ROLECALL_*`."""

    def __call__(self) -> dict[str, Any]:
        old = {name: self.env_vars.get(f"{self.env_prefix}{name}".lower()) for name in RENAMED}
        return renamed({name: value for name, value in old.items() if value is not None} | super().__call__())


def check_variables(settings: Settings) -> None:
    """Raises `Refused` for a variable that is named almost like a setting: it would change nothing, unsaid.

    Other names with our prefix are somebody's own, as those that `notify` names.
    """
    known = {f"{PREFIX}{name.upper()}": name for name in (*Settings.model_fields, *RENAMED)}
    for name in sorted(os.environ.keys() - known.keys() - set(settings.notify)):
        upper = name.upper()
        near = get_close_matches(upper, known, 1, 0.9) if upper.startswith(PREFIX) else []
        if near and near[0] != upper:
            raise Refused(f"Settings: {name}: there is no such variable; did you mean {near[0]}?")


def load(**overrides: Any) -> Settings:
    """Read the settings. Raises `Refused` naming the file or variable, the field and what was expected."""
    try:
        found = Settings(**overrides)
        check_variables(found)
        return found
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{FILE}: not valid TOML: {error}") from error
    except SettingsError as error:
        raise Refused(f"Settings (ROLECALL_*): {error}: a list or table is written as JSON there") from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']} (got {str(e['input'])[:80]!r})" for e in error.errors()]
        raise Refused(f"Settings ({FILE} or ROLECALL_*): " + "; ".join(faults)) from error
