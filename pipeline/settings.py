"""Settings from `rolecall.toml`, overridden by `ROLECALL_*` variables. AWS is configured through boto3 itself."""

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

from pipeline.refused import Refused as Refused

FILE, PREFIX = "rolecall.toml", "ROLECALL_"
CONFIG = f"{PREFIX}CONFIG"
"""Variable that names another settings file."""
WORD = r"A-Za-z0-9_+=,.@\-"
"""Characters of a name in IAM."""
RENAMED = {
    "documents": "render_pdf",
    "enough_data": "min_coverage_to_score",
    "coverage_floor": "min_coverage_to_publish",
}
"""Setting names from before 0.2.0, accepted for one more release, and their current names."""
URL = r"^https?://\S+$"


class ControlSettings(BaseModel):
    """Per control, under `[controls.<control_id>]`: switch it off, or give its parameters other values."""

    model_config = ConfigDict(extra="allow")
    enabled: bool = True

    @property
    def params(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class Settings(BaseSettings):
    """All settings. Field names are the keys of `rolecall.toml` and, in upper case, of `ROLECALL_*`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", allow_inf_nan=False)

    home: Path = Field(Path("var"), description="Folder for landing, databases and reports")
    role_name: str = Field(
        "RolecallReader",
        description="Role to assume in every account",
        max_length=576,
        pattern=rf"^[{WORD}/]+$",
    )
    external_id: str | None = Field(
        None,
        description="External ID required by the role's trust policy",
        min_length=2,
        max_length=1224,
        pattern=rf"^[{WORD}:/]+$",
    )
    session_name: str = Field(
        "rolecall",
        description="Role session name, shown in CloudTrail",
        min_length=2,
        max_length=64,
        pattern=rf"^[{WORD}]+$",
    )
    session_minutes: int = Field(
        60, description="Duration of a role session; more than 60 only if the role is not chained", ge=15, le=720
    )
    session_tags: list[str] = Field([], description="Session tags for the role sessions (key=value)", max_length=50)
    source_identity: str | None = Field(
        None,
        description="Source identity for the role sessions",
        min_length=2,
        max_length=64,
        pattern=rf"^[{WORD}]+$",
    )
    narrow_sessions: bool = Field(
        True, description="Narrow the role sessions to the actions that are read, by a session policy"
    )
    other_endpoints: list[str] = Field(
        [], description="Host names that may be called although they are not AWS's, such as an emulator's"
    )
    regions: list[str] = Field(
        [], description="Regions to read regional services in; empty for all enabled Regions of an account"
    )
    include_accounts: list[str] = Field([], description="Read only these accounts")
    exclude_accounts: list[str] = Field([], description="Exclude these accounts")
    include_ous: list[str] = Field([], description="Read only accounts under these OUs (id or path)")
    exclude_ous: list[str] = Field([], description="Exclude accounts under these OUs (id or path)")
    include_tags: list[str] = Field([], description="Read only accounts with one of these tags (key=value)")
    exclude_tags: list[str] = Field([], description="Exclude accounts with one of these tags (key=value)")
    concurrency: int = Field(16, description="Accounts read concurrently", ge=1, le=256)
    organization_calls_per_second: int = Field(
        20, description="Calls per second to Organizations and Identity Center, fewer of some operations", ge=1, le=1000
    )
    shards: int = Field(1, description="Number of shards of accounts, one worker each", ge=1, le=1000)
    call_timeout_seconds: float = Field(60, description="Time limit for one complete response", gt=0)
    account_timeout_minutes: float = Field(
        60, description="Time limit for one account; data not read by then is unknown", gt=0
    )
    night_timeout_hours: float = Field(
        20, description="Time limit for reading a night; data not read by then is unknown", gt=0
    )
    memory_limit: str | None = Field(
        None,
        description="Memory that DuckDB uses while judging and publishing before it writes to disk, such as 2GB; "
        "default: most of the machine's",
        pattern=r"^[1-9][0-9]*(MB|GB)$",
    )
    threads: int | None = Field(
        None, description="Threads that DuckDB uses while judging and publishing; default: one per core", ge=1, le=256
    )
    max_attempts: int = Field(6, description="Attempts before a call counts as failed", ge=1, le=20)
    min_coverage_to_publish: float = Field(
        80, description="Minimum percentage of accounts read for a night to be published", ge=0, le=100
    )
    min_coverage_to_score: float = Field(
        95, description="Minimum coverage in percent for a percentage to be shown", ge=0, le=100
    )
    report_max_age_hours: float = Field(
        24, description="Age in hours from which a credential report counts as not read", gt=0
    )
    exceptions_file: Path = Field(Path("exceptions.toml"), description="Register of exceptions and attestations")
    render_pdf: bool = Field(
        True, description="Render the summary as PDF and the charts as PNG if Chromium is installed"
    )
    knowledge_max_days: int = Field(
        120, description="Age in days at which a list of what AWS has is a warning in the report", ge=1
    )
    publish_to: str | None = Field(
        None,
        description="Additional publishing destination: s3://bucket/prefix",
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$",
    )
    publish_kms_key: str | None = Field(
        None, description="KMS key for encryption in the bucket; S3 managed keys if empty"
    )
    publish_bucket_owner: str | None = Field(
        None, description="Account that must own the bucket; that of the credentials if empty", pattern=r"^\d{12}$"
    )
    keep_reports: int = Field(400, description="Number of reports to keep, locally and in the bucket; 0 for all", ge=0)
    keep_landings: int = Field(
        400, description="Number of landed nights to keep; those that a dataset looks back to stay; 0 for all", ge=0
    )
    report_url: str | None = Field(None, description="URL of the reports, for links in notifications")
    notify: list[str] = Field(
        [], description="Notification targets: environment variables with an Apprise URL, or ARNs of SNS topics"
    )
    notify_when: Literal["always", "changed"] = Field(
        "always", description="Notify about every night, or only when something changed; failures are always sent"
    )
    heartbeat_url: str | None = Field(None, description="URL to ask for after each published night", pattern=URL)
    metrics_file: Path | None = Field(
        None, description="File for Prometheus's textfile collector, written after each run: rolecall.prom"
    )
    otlp_endpoint: str | None = Field(
        None, description="OpenTelemetry collector for the same figures, over HTTP: http://localhost:4318", pattern=URL
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="Format of a run's progress and of errors: lines of text, or a JSON object a line"
    )
    schedule_hour: int = Field(2, description="Hour at which the nightly job starts", ge=0, le=23)
    schedule_timezone: str = Field("UTC", description="Time zone of schedule_hour")
    owners: list[str] = Field([], description="Owners of the assets in Dagster: email addresses, or teams as team:name")
    today: date | None = Field(None, description="Overrides today's date, for demos and tests")
    controls: dict[str, ControlSettings] = Field({}, description="Settings per control: enabled, and its parameters")

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation in (int, float):
            raise ValueError("a number is expected")
        return value

    @field_validator("regions")
    @classmethod
    def _regions(cls, value: list[str]) -> list[str]:
        return each(value, r"[a-z]{2,}(-[a-z]+)+-\d+", "is not a region such as 'eu-west-1'")

    @field_validator("owners")
    @classmethod
    def _owners(cls, value: list[str]) -> list[str]:
        return each(value, r"[^@\s]+@[^@\s]+\.[^@\s]+|team:[A-Za-z0-9_]+", "is neither an email address nor team:name")

    @field_validator("include_tags", "exclude_tags", "session_tags")
    @classmethod
    def _tags(cls, value: list[str]) -> list[str]:
        return each(value, r"(?s).*=.*", "must be written key=value")

    @field_validator("include_accounts", "exclude_accounts")
    @classmethod
    def _account_ids(cls, value: list[str]) -> list[str]:
        return each(value, r"[0-9]{12}", "is not an account id (12 digits, quoted)")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        arguments = renamed(named["init_settings"]())
        return (InitSettingsSource(settings_cls, arguments), Environment(settings_cls), File(settings_cls, file()))


def each(values: list[str], pattern: str, problem: str) -> list[str]:
    """The values, where the pattern covers each whole. Raises `ValueError` with the first that it does not."""
    for value in values:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} {problem}")
    return values


def renamed(values: dict[str, Any]) -> dict[str, Any]:
    """Settings under their current names; names of the previous release are accepted with a warning."""
    values = dict(values)
    for old in values.keys() & RENAMED.keys():
        value, new = values.pop(old), RENAMED[old]
        values.setdefault(new, value)
        message = f"Settings: {old} is now called {new}; the old name goes with the next release"
        warnings.warn(message, FutureWarning, stacklevel=2)
    return values


def file() -> Path:
    """The settings file: `rolecall.toml` in the working directory, or the one that `ROLECALL_CONFIG` names.

    Raises `Refused` if that one does not exist.
    """
    named = os.environ.get(CONFIG)
    if named and not Path(named).is_file():
        raise Refused(f"{named}: no such file; --config or {CONFIG} must name the settings file")
    return Path(named or FILE)


def origins(settings: Settings) -> dict[str, str]:
    """Where the value of each setting comes from: its variable, the settings file, `option` or `default`."""
    in_file, in_environment = File(Settings, file())(), Environment(Settings)()
    places = {}
    for name in Settings.model_fields:
        if name in in_environment:
            places[name] = f"{PREFIX}{name.upper()}"
        elif name in in_file:
            places[name] = str(file())
        else:
            places[name] = "option" if name in settings.model_fields_set else "default"
    return places


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
    settings_by_variable = {f"{PREFIX}{name.upper()}": name for name in (*Settings.model_fields, *RENAMED)}
    for name in sorted(os.environ.keys() - settings_by_variable.keys() - set(settings.notify)):
        upper = name.upper()
        near = get_close_matches(upper, settings_by_variable, 1, 0.9) if upper.startswith(PREFIX) else []
        if near and near[0] != upper:
            raise Refused(f"Settings: {name}: there is no such variable; did you mean {near[0]}?")


def load(**overrides: Any) -> Settings:
    """Read the settings. Raises `Refused` naming the file or variable, the field and what was expected."""
    try:
        loaded = Settings(**overrides)
        check_variables(loaded)
        return loaded
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{file()}: not valid TOML: {error}") from error
    except SettingsError as error:
        raise Refused(f"Settings (ROLECALL_*): {error}: a list or table is written as JSON there") from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']} (got {str(e['input'])[:80]!r})" for e in error.errors()]
        raise Refused(f"Settings ({file()} or ROLECALL_*): " + "; ".join(faults)) from error
