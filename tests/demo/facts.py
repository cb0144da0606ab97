"""What boto3 reads of one account or the organization on one night, for the example tests."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

Row = dict[str, Any]


class Account:
    """One account's data, read when first asked for."""

    def __init__(self, aws: Any, name: str) -> None:
        self.aws, self.name, self.id = aws, name, aws.id(name)
        self.iam = aws.client("iam", name)
        self.now: datetime = aws.emulator.state.scene.now

    @cached_property
    def details(self) -> Row:
        names = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
        rows: Row = {n: [] for n in names}
        for page in self.iam.get_paginator("get_account_authorization_details").paginate():
            for n in names:
                rows[n] += page[n]
        return rows

    @cached_property
    def by_arn(self) -> dict[str, Row]:
        rows = {r["Arn"]: r for rows in self.details.values() for r in rows}
        for operation, member in (
            ("list_instance_profiles", "InstanceProfiles"),
            ("list_server_certificates", "ServerCertificateMetadataList"),
        ):
            rows |= {r["Arn"]: r for r in self.aws.pages(self.iam, operation, member)}
        rows |= {p["Arn"]: p for p in self.iam.list_saml_providers()["SAMLProviderList"]}
        rows |= {p["Arn"]: p for p in self.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]}
        return rows

    def find(self, resource: str) -> Row:
        return self.by_arn[f"arn:aws:iam::{self.id}:{resource}"]

    @cached_property
    def report(self) -> dict[str, Row]:
        while self.iam.generate_credential_report()["State"] != "COMPLETE":
            pass
        text = self.iam.get_credential_report()["Content"].decode()
        return {row["user"]: row for row in csv.DictReader(io.StringIO(text))}

    @cached_property
    def summary(self) -> dict[str, int]:
        return dict(self.iam.get_account_summary()["SummaryMap"])

    @cached_property
    def password_policy(self) -> Row:
        try:
            return dict(self.iam.get_account_password_policy()["PasswordPolicy"])
        except self.iam.exceptions.NoSuchEntityException:
            return {}

    def age_days(self, when: str | datetime) -> float:
        moment = datetime.fromisoformat(when) if isinstance(when, str) else when
        return (self.now - moment.astimezone(UTC)) / timedelta(days=1)

    def keys(self, user: str) -> Iterator[tuple[bool, str, str, str]]:
        """(active, made, last used or N/A, service) of a user's keys."""
        row = self.report[user]
        for n in (1, 2):
            if row[f"access_key_{n}_last_rotated"] != "N/A":
                used, service = row[f"access_key_{n}_last_used_date"], row[f"access_key_{n}_last_used_service"]
                yield row[f"access_key_{n}_active"] == "true", row[f"access_key_{n}_last_rotated"], used, service

    def console_users(self) -> list[str]:
        rows = self.report.items()
        return [u for u, r in rows if u != "<root_account>" and r["password_enabled"] == "true"]

    def documents(self, principal: Row) -> list[Row]:
        """Default versions of what is attached and inline, for a user also through its groups."""
        owners = [principal]
        owners += [g for g in self.details["GroupDetailList"] if g["GroupName"] in principal.get("GroupList", [])]
        found = []
        for owner in owners:
            for kind in ("User", "Group", "Role"):
                found += [p["PolicyDocument"] for p in owner.get(f"{kind}PolicyList", [])]
            found += [default(self.by_arn[a["PolicyArn"]]) for a in owner["AttachedManagedPolicies"]]
        return found

    def is_admin(self, principal: Row) -> bool:
        return any(grants(d, "*", "*") for d in self.documents(principal))


def default(policy: Row) -> Row:
    return next(v["Document"] for v in policy["PolicyVersionList"] if v["IsDefaultVersion"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def statements(document: Row, effect: str = "Allow") -> list[Row]:
    return [s for s in listed(document["Statement"]) if s["Effect"] == effect]


def grants(document: Row, action: str, resource: str | None = None) -> bool:
    """Whether an Allow names exactly that action (and resource)."""
    return any(
        action in listed(s.get("Action")) and (resource is None or resource in listed(s.get("Resource")))
        for s in statements(document)
    )


def condition_keys(document: Row) -> set[str]:
    return {k for s in listed(document["Statement"]) for keys in s.get("Condition", {}).values() for k in keys}


class Organization:
    """The organization's data, read when first asked for."""

    def __init__(self, aws: Any) -> None:
        self.aws, self.client = aws, aws.client("organizations")
        self.now: datetime = aws.emulator.state.scene.now

    @cached_property
    def accounts(self) -> dict[str, Row]:
        return {a["Id"]: a for a in self.aws.pages(self.client, "list_accounts", "Accounts")}

    @cached_property
    def policies(self) -> dict[str, Row]:
        rows = {}
        for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            for policy in self.aws.pages(self.client, "list_policies", "Policies", Filter=kind):
                content = self.client.describe_policy(PolicyId=policy["Id"])["Policy"]["Content"]
                targets = self.aws.pages(self.client, "list_targets_for_policy", "Targets", PolicyId=policy["Id"])
                rows[policy["Name"]] = policy | {"Content": content, "Targets": {t["TargetId"] for t in targets}}
        return rows

    def effective(self, account_id: str, kind: str) -> list[Row]:
        line = set(self.accounts[account_id]["Paths"][0].strip("/").split("/"))
        return [p for p in self.policies.values() if p["Type"].startswith(kind) and line & p["Targets"]]

    def denies(self, account_id: str, kind: str, words: str) -> bool:
        """Whether the text of an effective policy that is no full-access one has the words."""
        return any(words in p["Content"] for p in self.effective(account_id, kind) if not p["AwsManaged"])

    @cached_property
    def analyzers(self) -> dict[str, Row]:
        rows = self.aws.client("accessanalyzer", "security-tooling").list_analyzers()["analyzers"]
        return {a["type"]: a for a in rows if a["status"] == "ACTIVE"}

    def issues(self, policy: str) -> set[str]:
        row = self.policies[policy]
        answer = self.aws.client("accessanalyzer").validate_policy(
            policyDocument=json.dumps(json.loads(row["Content"])), policyType=row["Type"]
        )
        return {f["findingType"] for f in answer["findings"]}
