"""The register: a TOML file of what people answer for, each entry with an owner, a reason and an end.

    [[exceptions]]               a known fail that is accepted for a while
    control = "root_not_used"
    account = "111111111111"     # optional: limited to this account
    resource = "arn:aws:iam::*:user/legacy-*"   # optional: limited to these ARNs (* and ?)
    owner = "payments@example.com"
    reason = "Migration to roles is under way."
    ticket = "SEC-123"           # optional
    expires_on = 2027-03-31

    [[attestations]]             evidence for a control that no API can judge: as above, and evidence_url
    [[long_term_keys]]           a user that needs long-term credentials: resource, use_case
    [[delegated_administrators]] an approved delegated administrator: account, service_principal
    [[vendors]]                  an account outside the organization that roles may trust: account

An entry counts up to and including `expires_on`; afterwards it is still listed, and covers nothing.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from pipeline import catalog
from pipeline.schema import ACCOUNT_ID, REGISTER, Row
from pipeline.settings import Refused, Settings

AccountId = Annotated[str, StringConstraints(pattern=rf"^{ACCOUNT_ID}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Entry(BaseModel):
    """What every entry has. Field names are those of the `register` dataset, but for the control and the account."""

    model_config = ConfigDict(extra="forbid")
    kind: ClassVar[str]
    owner: Text
    reason: Text
    expires_on: date
    ticket: Text | None = None
    account: AccountId | None = None

    def row(self, entry: str) -> Row:
        fields = self.model_dump()
        fields |= {"control_id": fields.pop("control", None), "account_id": fields.pop("account")}
        return {c.name: fields.get(c.name) for c in REGISTER.columns} | {"entry": entry, "kind": self.kind}


class Exception_(Entry):
    kind = "exception"
    control: Text
    resource: Text | None = None


class Attestation(Entry):
    kind = "attestation"
    control: Text
    evidence_url: Text


class LongTermKey(Entry):
    kind = "long_term_key"
    resource: Text
    use_case: Literal["no_role_possible", "third_party_client", "codecommit", "keyspaces"]


class DelegatedAdministrator(Entry):
    kind = "delegated_administrator"
    account: AccountId
    service_principal: Text


class Vendor(Entry):
    kind = "vendor"
    account: AccountId


KINDS: dict[str, type[Entry]] = {
    "exceptions": Exception_,
    "attestations": Attestation,
    "long_term_keys": LongTermKey,
    "delegated_administrators": DelegatedAdministrator,
    "vendors": Vendor,
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
    known = set(catalog.load().controls)
    return [row for table, entries in tables.items() for row in read_table(path, table, entries, known)]


def read_table(path: Path, table: str, entries: Any, known: set[str]) -> list[Row]:
    """The entries under one `[[table]]`."""
    if table not in KINDS or not isinstance(entries, list):
        raise Refused(f"{path}: [[{table}]] is not a kind of entry; expected one of {', '.join(KINDS)}")
    rows = []
    for number, fields in enumerate(entries, start=1):
        where = f"{path}: [[{table}]] number {number}"
        try:
            row = KINDS[table].model_validate(fields).row(f"{table}[{number}]")
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise Refused(f"{where}: {faults}") from error
        if row["control_id"] and row["control_id"] not in known:
            raise Refused(f"{where}: control: there is no control {row['control_id']!r}; see `rolecall controls`")
        rows.append(row)
    return rows
