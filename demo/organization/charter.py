"""The organization's charter, from charter.toml: its accounts and OUs, and their guardrails."""

from __future__ import annotations

from typing import Any, NamedTuple

from demo import tables

READER_ROLE = "RolecallReader"
EXTERNAL_ID = "rolecall-4f1c9d7e"
DOMAIN = "halden.example"
MANAGEMENT = "group-management"
SECURITY = "security-tooling"
SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"
FULL_ACCESS = {SCP: "FullAWSAccess", RCP: "RCPFullAWSAccess"}


class Entry(NamedTuple):
    """An account: its unit by path, and its tags; no owner where the tag is missing."""

    unit: str
    environment: str
    business_unit: str
    owner: str | None = None


class Guardrail(NamedTuple):
    """An SCP or RCP: the name of a sample under data/, or a document."""

    kind: str
    source: str | dict[str, Any]
    description: str


_CHARTER = tables.read("demo.organization", "charter.toml")

UNITS: dict[str, list[str]] = _CHARTER["units"]
ACCOUNTS = {name: Entry(**entry) for name, entry in _CHARTER["accounts"].items()}
STATES: dict[str, str] = _CHARTER["states"]
INVITED: list[str] = _CHARTER["invited"]
JOINS: dict[str, int] = _CHARTER["joins"]
ACCOUNT_POLICIES: dict[str, list[str]] = _CHARTER["account_policies"]
PLACEHOLDERS: dict[str, str] = _CHARTER["placeholders"]
POLICIES = {
    name: Guardrail(
        {"scp": SCP, "rcp": RCP}.get(row["kind"], row["kind"]), row.get("sample") or row["document"], row["description"]
    )
    for name, row in _CHARTER["policies"].items()
}
DELEGATIONS: list[str] = _CHARTER["delegated"]
TRUSTED: list[str] = [*DELEGATIONS, *_CHARTER["trusted"]]
