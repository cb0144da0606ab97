"""The register: a TOML file of decisions, each with an owner, a reason, a ticket and an expiry date.

    [[exceptions]]               a known fail that is accepted temporarily
    control = "root_not_used"
    account = "111111111111"     # optional, as in every kind: limited to this account
    resource = "arn:aws:iam::*:user/legacy-*"   # optional: limited to these ARNs (* and ?)
    owner = "payments@example.com"
    reason = "Migration to roles is under way."
    ticket = "SEC-123"
    expires_on = 2027-03-31

    [[attestations]]             evidence for a control that no API can judge: control, evidence_url
    [[long_term_keys]]           users that need long-term credentials: resource, use_case
    [[break_glass_users]]        users with a console password for emergencies: resource
    [[approved_administrators]]  users, roles and permission sets that may administer: resource
    [[critical_resources]]       a resource whose internal access must be monitored: resource, an ARN without * and ?;
                                 account, if the ARN does not contain it
    [[archive_rules]]            archive rules of external-access analyzers that have an owner: resource
    [[delegated_administrators]] an approved delegated administrator: account, service_principal
    [[vendors]]                  an account outside the organization that roles may trust: account
    [[accepted_gaps]]            what will not become readable: account, operation or dataset, or several of them; it
                                 stays unknown, and does not turn the exit code of a night to 1
    [[accepted_checks]]          a check on the inputs that fails, and holds no night back: check, as <dataset>.<check>;
                                 no account, and no ticket is needed (`rolecall publish --accept` adds it)

An entry applies up to and including `expires_on`; afterwards it is still listed, but has no effect.
"""

from __future__ import annotations

import tomllib
from collections.abc import Container
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from pipeline import SQL, collectors
from pipeline.aws.failures import ASSUME_ROLE
from pipeline.schema import ACCOUNT_ID, REGISTER, Row
from pipeline.settings import Refused, Settings

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
OWNER = rf"({ACCOUNT_ID}|\*)"


AccountId = Annotated[str, Field(pattern=f"^{ACCOUNT_ID}$", description="the 12 digits of an account")]
Arns = Annotated[str, Field(pattern=r"^(arn:|\*)", description="an ARN, in which * and ? stand for anything")]
UserArns = Annotated[
    str,
    Field(
        pattern=rf"^arn:[^:]+:iam::{OWNER}:user/.+$",
        description="the ARN of an IAM user, in which * and ? stand for anything",
    ),
]
AdministratorArns = Annotated[
    str,
    Field(
        pattern=rf"^arn:[^:]+:(iam::{OWNER}:(user|role)|sso:::permissionSet)/.+$",
        description="the ARN of an IAM user, role or permission set, in which * and ? stand for anything",
    ),
]
ArchiveRuleArns = Annotated[
    str,
    Field(
        pattern=rf"^arn:[^:]+:access-analyzer:[^:]+:{OWNER}:analyzer/.+/archive-rule/.+$",
        description="the ARN of an analyzer and /archive-rule/<name>, in which * and ? stand for anything",
    ),
]
OneArn = Annotated[
    str,
    Field(
        pattern=rf"^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:({ACCOUNT_ID})?:[^*?]+$",
        description="the ARN of one resource, without * and ?",
    ),
]


class Decision(BaseModel):
    """Fields of every entry, named as in the `register` dataset except for the control and the account.

    A field's description is quoted in the error when the field is invalid.
    """

    model_config = ConfigDict(extra="forbid")
    kind: ClassVar[str]
    owner: Text = Field(description="who answers for it")
    reason: Text = Field(description="why it is so")
    expires_on: date = Field(description="its last day as a date, like 2027-03-31")

    def row(self, entry: str) -> Row:
        fields = self.model_dump()
        fields |= {"control_id": fields.pop("control", None), "account_id": fields.pop("account", None)}
        return {c.name: fields.get(c.name) for c in REGISTER.columns} | {"entry": entry, "kind": self.kind}


class Entry(Decision):
    """What all kinds but accepted checks have in addition."""

    ticket: Text = Field(description="the ticket or change record behind it")
    account: AccountId | None = None


class Exception_(Entry):
    kind = "exception"
    control: Text = Field(description="the id of a control, as `rolecall controls` lists them")
    resource: Arns | None = None


class Attestation(Entry):
    kind = "attestation"
    control: Text = Field(description="the id of a control, as `rolecall controls` lists them")
    evidence_url: Text = Field(description="where the evidence is")


class LongTermKey(Entry):
    kind = "long_term_key"
    resource: UserArns
    use_case: Literal["no_role_possible", "third_party_client", "codecommit", "keyspaces"] = Field(
        description="no_role_possible, third_party_client, codecommit or keyspaces"
    )


class BreakGlassUser(Entry):
    kind = "break_glass_user"
    resource: UserArns


class ApprovedAdministrator(Entry):
    kind = "approved_administrator"
    resource: AdministratorArns


class CriticalResource(Entry):
    kind = "critical_resource"
    resource: OneArn


class ArchiveRule(Entry):
    kind = "archive_rule"
    resource: ArchiveRuleArns


class DelegatedAdministrator(Entry):
    kind = "delegated_administrator"
    account: AccountId
    service_principal: Text = Field(description="the service, like access-analyzer.amazonaws.com")


class Vendor(Entry):
    kind = "vendor"
    account: AccountId


class AcceptedGap(Entry):
    kind = "accepted_gap"
    operation: Text | None = Field(None, description="an operation as in the ledger, like iam:GetCredentialReport")
    dataset: Text | None = Field(None, description="a dataset, as in the table coverage")

    @field_validator("operation")
    @classmethod
    def _operation(cls, value: str | None) -> str | None:
        return one_of(value, {ASSUME_ROLE, *collectors.operations("organization", "account", "region")})

    @field_validator("dataset")
    @classmethod
    def _dataset(cls, value: str | None) -> str | None:
        return one_of(value, collectors.datasets())

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.account or self.operation or self.dataset):
            raise ValueError("an account, an operation or a dataset")
        return self


class AcceptedCheck(Decision):
    kind = "accepted_check"
    check: str = Field(pattern=r"^\w+\.\w+$", description="a check as <dataset>.<check>, as a held-back night names it")
    ticket: Text | None = None

    def row(self, entry: str) -> Row:
        dataset, _, name = self.check.partition(".")
        return {**super().row(entry), "dataset": dataset, "check_name": name}


def one_of(value: str | None, known: Container[str]) -> str | None:
    if value is not None and value not in known:
        raise ValueError(value)
    return value


KINDS: dict[str, type[Decision]] = {
    "exceptions": Exception_,
    "attestations": Attestation,
    "long_term_keys": LongTermKey,
    "break_glass_users": BreakGlassUser,
    "approved_administrators": ApprovedAdministrator,
    "critical_resources": CriticalResource,
    "archive_rules": ArchiveRule,
    "delegated_administrators": DelegatedAdministrator,
    "vendors": Vendor,
    "accepted_gaps": AcceptedGap,
    "accepted_checks": AcceptedCheck,
}


def load(settings: Settings) -> list[Row]:
    """The register as rows of the `register` dataset. Raises `Refused` naming the file, the entry and the field."""
    path = settings.exceptions_file
    if not path.exists():
        if "exceptions_file" in settings.model_fields_set:
            raise Refused(f"{path}: no such file; exceptions_file must name the register of exceptions")
        return []
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: not valid TOML: {error}") from error
    controls = {path.stem for path in SQL.glob("controls/*/*.sql")}
    return [row for table, entries in tables.items() for row in read_table(path, table, entries, controls)]


def read_table(path: Path, table: str, entries: Any, controls: set[str]) -> list[Row]:
    """The entries under one `[[table]]`."""
    if table not in KINDS or not isinstance(entries, list):
        raise Refused(f"{path}: [[{table}]] is not a kind of entry; expected one of {', '.join(KINDS)}")
    rows = []
    for number, fields in enumerate(entries, start=1):
        where = f"{path}: [[{table}]] number {number}"
        try:
            row = KINDS[table].model_validate(fields).row(f"{table}[{number}]")
        except ValidationError as error:
            raise Refused(f"{where}: {'; '.join(faults(KINDS[table], error))}") from error
        if row["control_id"] and row["control_id"] not in controls:
            raise Refused(f"{where}: control: there is no control {row['control_id']!r}; see `rolecall controls`")
        rows.append(row)
    return rows


def faults(kind: type[Decision], error: ValidationError) -> list[str]:
    """The errors of an entry, by field: the value and what was expected."""
    expected = {name: field.get("description", "") for name, field in described(kind).items()}
    sentences = []
    for fault in error.errors():
        field = ".".join(map(str, fault["loc"])) or "it"
        if fault["type"] == "extra_forbidden":
            sentences.append(f"{field}: not a field of this kind; expected {', '.join(expected)}")
        elif fault["type"] == "missing":
            sentences.append(f"{field}: missing; expected {expected[field]}")
        else:
            wanted = expected.get(field) or fault.get("ctx", {}).get("error", "a table of fields")
            sentences.append(f"{field}: {fault['input']!r}; expected {wanted}")
    return sentences


def described(kind: type[Decision]) -> dict[str, Any]:
    """The JSON schema of each field of a kind; for an optional field, that of its value."""
    fields: dict[str, Any] = kind.model_json_schema()["properties"]
    return {name: {**field.get("anyOf", [field])[0], **field} for name, field in fields.items()}
