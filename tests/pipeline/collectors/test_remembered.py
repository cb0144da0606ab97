"""What a collector takes from the last night is what AWS would have answered."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.schema import Row
from tests.pipeline.collectors.support import AS_OF, MEMBER, PLAIN, Remembering, ScriptedAccount, collect

USERS = [f"user{number}" for number in range(8)]
OPERATIONS = {
    "access_keys": "iam:ListAccessKeys",
    "signing_certificates": "iam:ListSigningCertificates",
    "mfa_devices": "iam:ListMFADevices",
    "ssh_public_keys": "iam:ListSSHPublicKeys",
    "role_session_durations": "iam:ListRoles",
    "alternate_contacts": "account:GetAlternateContact",
    "contact_information": "account:GetContactInformation",
    "ecs_task_definitions": "ecs:DescribeTaskDefinition",
    "identity_center_instances": "sso:ListInstances",
}


def arn(name: str) -> str:
    return f"arn:aws:iam::{MEMBER}:user/{name}"


class Users:
    """Users whose keys, certificates and devices change at random, with the report that AWS would make of them."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.made = dict.fromkeys(USERS, PLAIN)
        self.keys = {name: self.some("AKIA") for name in USERS}
        self.certificates = {name: self.some("CERT") for name in USERS}
        self.devices = {name: self.some(f"arn:aws:iam::{MEMBER}:mfa/")[:1] for name in USERS}

    def some(self, kind: str) -> list[Row]:
        return [self.one(kind) for _ in range(self.random.randrange(3))]

    def one(self, kind: str) -> Row:
        moment = datetime(2026, 1, 1) + timedelta(seconds=self.random.randrange(10**6))
        return {"id": f"{kind}{self.random.randrange(10**9)}", "active": self.random.random() < 0.5, "at": moment}

    def change(self) -> None:
        name = self.random.choice(USERS)
        if self.random.random() < 0.2:  # deleted, and made anew
            self.made[name] += timedelta(days=1)
        kinds = (self.keys, "AKIA"), (self.certificates, "CERT"), (self.devices, f"arn:aws:iam::{MEMBER}:mfa/")
        of, kind = self.random.choice(kinds)
        of[name] = self.some(kind)[: 1 if of is self.devices else 2]

    def report(self) -> list[Row]:
        return [self.line(name) for name in USERS]

    def line(self, name: str) -> Row:
        line: Row = {"user_name": name, "arn": arn(name), "created_at": self.made[name], "password_enabled": True}
        line |= {"is_mfa_active": bool(self.devices[name]), "additional_credentials_info": None}
        for column, of in (("access_key", self.keys), ("cert", self.certificates)):
            for number in range(2):
                one = of[name][number] if number < len(of[name]) else {"active": False, "at": None}
                line[f"{column}_{number + 1}_active"] = one["active"]
                line[f"{column}_{number + 1}_last_rotated_at"] = one["at"]
        return line

    def answers(self) -> dict[str, Any]:
        def listed(of: dict[str, list[Row]], id_is: str, moment: str, **more: Any) -> Any:
            return lambda UserName: [
                {id_is: one["id"], "Status": "Active" if one["active"] else "Inactive", moment: one["at"], **more}
                for one in of[UserName]
            ]

        virtual = [
            {"SerialNumber": one["id"], "EnableDate": one["at"], "User": {"Arn": arn(name), "UserName": name}}
            for name in USERS
            for one in self.devices[name]
        ]
        return {
            "iam:ListAccessKeys": listed(self.keys, "AccessKeyId", "CreateDate"),
            "iam:ListSigningCertificates": listed(self.certificates, "CertificateId", "UploadDate"),
            "iam:ListMFADevices": listed(self.devices, "SerialNumber", "EnableDate"),
            "iam:ListVirtualMFADevices": lambda AssignmentStatus: virtual,
        }


@pytest.mark.parametrize("name", ["access_keys", "signing_certificates", "mfa_devices"])
def test_with_memory_the_rows_are_those_without(name: str) -> None:
    """Whatever changes between two nights, and with fewer calls than there are users."""
    asked = 0
    for seed in range(30):
        users = Users(f"{name} {seed}")
        earlier = {"credential_report": users.report()}
        earlier |= collect(name, ScriptedAccount(users.answers(), {"credential_report": users.report()}))
        for _ in range(seed % 4):
            users.change()
        rows = {"credential_report": users.report()}
        plain = ScriptedAccount(users.answers(), rows)
        remembering = Remembering(users.answers(), rows, earlier)
        assert collect(name, remembering) == collect(name, plain), seed
        asked += remembering.operations().count(OPERATIONS[name])
        assert seed or asked < plain.operations().count(OPERATIONS[name])


def ask(name: str, answers: dict[str, Any], rows: dict[str, list[Row]], earlier: dict[str, list[Row]]) -> list[int]:
    """The calls of each of seven nights on which the last night is the same."""
    calls: list[int] = []
    without = ScriptedAccount(answers, rows)
    collect(name, without)
    plain = without.operations().count(OPERATIONS[name])
    for night in range(7):
        account = Remembering(answers, rows, earlier, AS_OF + timedelta(days=night))
        assert collect(name, account)[name] == earlier[name]
        calls.append(account.operations().count(OPERATIONS[name]))
        assert account.kept == ({name} if calls[-1] < plain else set())
    return calls


def user(name: str, user_id: str = "AIDA") -> Row:
    return {"user_name": name, "arn": arn(name), "user_id": user_id}


def role(name: str, role_id: str = "AROA") -> Row:
    return {"role_name": name, "arn": f"arn:aws:iam::{MEMBER}:role/{name}", "role_id": role_id}


def duration(name: str) -> Row:
    found = {"account_id": MEMBER, "role_name": name, "arn": role(name)["arn"], "role_template_arn": None}
    return found | {"max_session_duration_seconds": 3600}


SERVICE = {"task_definition_arn": "arn:aws:ecs:eu-central-1:111111111111:task-definition/web:1"}
DEFINITION = {"taskDefinitionArn": SERVICE["task_definition_arn"], "containerDefinitions": []}
DESCRIBED = {"account_id": MEMBER, "region": "us-east-1", **SERVICE, "task_role_arn": None}
DESCRIBED |= {"requires_compatibilities": [], "has_aws_key_variable": False, "aws_key_variables": []}
CONTACT = {"account_id": MEMBER, "contact_type": "SECURITY", "email": "a@example.com"}
VERIFIED = {"account_id": MEMBER, "phone_verification": "VERIFIED"}
LISTED = {"RoleName": "r", "Arn": role("r")["arn"], "MaxSessionDuration": 3600}

LISTED_INSTANCE = {"InstanceArn": "arn:aws:sso:::instance/ssoins-1", "OwnerAccountId": "9" * 12, "Status": "ACTIVE"}
LISTED_INSTANCE |= {"IdentityStoreId": "d-1"}
INSTANCE = {"account_id": MEMBER, "region": "us-east-1", "instance_arn": "arn:aws:sso:::instance/ssoins-1"}
INSTANCE |= {"owner_account_id": "9" * 12, "status": "ACTIVE", "identity_store_id": "d-1"}
INSTANCE |= {"name": None, "created_at": None}


def contact(AlternateContactType: str) -> Row | None:
    return {"AlternateContact": {"EmailAddress": "a@example.com"}} if AlternateContactType == "SECURITY" else None


@pytest.mark.parametrize(
    ("name", "answers", "rows", "earlier", "calls"),
    [
        ("ssh_public_keys", [], {"users": [user("ann")]}, {"users": [user("ann")], "ssh_public_keys": []}, 1),
        ("ssh_public_keys", [], {"users": [user("ann", "new")]}, {"users": [user("ann")], "ssh_public_keys": []}, 7),
        ("ssh_public_keys", [], {"users": [user("ann")]}, {"users": [], "ssh_public_keys": []}, 7),
        (
            "role_session_durations",
            [LISTED],
            {"roles": [role("r")]},
            {"roles": [role("r")], "role_session_durations": [duration("r")]},
            1,
        ),
        (
            "role_session_durations",
            [LISTED],
            {"roles": [role("r", "new")]},
            {"roles": [role("r")], "role_session_durations": [duration("r")]},
            7,
        ),
        ("alternate_contacts", contact, {}, {"alternate_contacts": [CONTACT]}, 2 * 7 + 1),
        ("contact_information", {"VerificationStatus": "VERIFIED"}, {}, {"contact_information": [VERIFIED]}, 1),
        (
            "contact_information",
            {"VerificationStatus": "PENDING"},
            {},
            {"contact_information": [VERIFIED | {"phone_verification": "PENDING"}]},
            7,
        ),
        ("identity_center_instances", [LISTED_INSTANCE], {}, {"identity_center_instances": [INSTANCE]}, 1),
        (
            "identity_center_instances",
            [LISTED_INSTANCE | {"OwnerAccountId": MEMBER}],
            {},
            {"identity_center_instances": [INSTANCE | {"owner_account_id": MEMBER}]},
            7,
        ),
        (
            "ecs_task_definitions",
            {"taskDefinition": DEFINITION},
            {"ecs_services": [SERVICE]},
            {"ecs_task_definitions": [DESCRIBED]},
            1,
        ),
    ],
)
def test_what_stands_is_asked_for_once_in_seven_nights(
    name: str, answers: Any, rows: dict[str, list[Row]], earlier: dict[str, list[Row]], calls: int
) -> None:
    """And what is new, or was found wanting, every night."""
    assert sum(ask(name, {OPERATIONS[name]: answers}, rows, earlier)) == calls


def test_a_night_that_was_missed_does_not_make_anything_older() -> None:
    """The turn is caught up with on the next night."""
    rows, earlier = {"users": [user("ann")]}, {"users": [user("ann")], "ssh_public_keys": list[Row]()}
    calls = 0
    for night in range(0, 14, 7):
        account = Remembering({OPERATIONS["ssh_public_keys"]: []}, rows, earlier, AS_OF + timedelta(days=night))
        account.memory.last_night = AS_OF + timedelta(days=night - 7)
        collect("ssh_public_keys", account)
        calls += len(account.asked)
    assert calls == 2
