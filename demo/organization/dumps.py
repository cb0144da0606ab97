"""Two real accounts, from their dumps in ``data/``: Bluefin (AirIAM) and Tinsmith (Cloudsplaining).

Changed in them: the account id; ids that are not valid IAM ids; in Bluefin also every date, shifted by the
same number of days so that the last activity is on the day before the first night. AWS managed policies are
current, except those that AWS has retired: these keep the dump's document and cannot be attached again.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any

from demo.organization.aws_policies import PREFIX, is_known
from demo.organization.kit import HARDWARE, VIRTUAL, Kit
from demo.organization.model import (
    AccessKey,
    Group,
    InstanceProfile,
    Password,
    Policy,
    PolicyVersion,
    Principal,
    Role,
    Use,
    User,
)

Row = dict[str, Any]
# From the dump's last entry to the eve of the first night.
SHIFT = datetime(2026, 11, 15) - datetime(2020, 3, 21)
_PREFIXES = {"User": "AIDA", "Group": "AGPA", "Role": "AROA", "Policy": "ANPA"}


def load_bluefin(kit: Kit) -> None:
    raw = _read("airiam_account.json", "000000000000", kit.account.id)
    loader = _Loader(kit, SHIFT)
    loader.load(raw["AccountUsers"], raw["AccountGroups"], raw["AccountRoles"], raw["AccountPolicies"])
    for row in raw["CredentialReport"]:
        if row["user"] == "<root_account>":
            kit.root(mfa=HARDWARE)
            kit.account.root.last_used = loader.date(row["password_last_used"])
            kit.account.joined = loader.date(row["user_creation_time"])
        else:
            _add_credentials(kit, loader, row)
    kit.account.password_policy = {
        "MinimumPasswordLength": 8,
        "RequireSymbols": False,
        "RequireNumbers": True,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": True,
        "ExpirePasswords": True,
        "MaxPasswordAge": 30,
    }


def load_tinsmith(kit: Kit) -> None:
    raw = _read("cloudsplaining_account.json", "012345678901", kit.account.id)
    loader = _Loader(kit, timedelta())
    loader.load(raw["UserDetailList"], raw["GroupDetailList"], raw["RoleDetailList"], raw["Policies"])
    # The dump is silent about root.
    kit.root(mfa=VIRTUAL, last=390)


@lru_cache(maxsize=2)
def _text(name: str) -> str:
    return resources.files("demo.organization").joinpath("data", name).read_text()


def _read(name: str, old_id: str, new_id: str) -> Row:
    text = re.sub(rf"\b{old_id}\b", new_id, _text(name))
    return dict(json.loads(text))


class _Loader:
    """Turns rows of a dump into an account's records."""

    def __init__(self, kit: Kit, shift: timedelta) -> None:
        self.kit = kit
        self.shift = shift

    def date(self, text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(UTC) + self.shift

    def load(self, users: list[Row], groups: list[Row], roles: list[Row], policies: list[Row]) -> None:
        account = self.kit.account
        for row in policies:
            policy = self._policy(row)
            if not policy.arn.startswith(PREFIX):
                account.policies[policy.name] = policy
            elif not is_known(policy.name):
                account.aws_policies[policy.arn] = policy
        for row in groups:
            account.groups[row["GroupName"]] = Group(**self._principal(row, "Group"))
        for row in users:
            account.users[row["UserName"]] = User(**self._principal(row, "User"), groups=row["GroupList"])
        for row in roles:
            account.roles[row["RoleName"]] = self._role(row)
            for profile in row["InstanceProfileList"]:
                self._profile(profile, row["RoleName"])

    def _principal(self, row: Row, kind: str) -> Row:
        name = row[f"{kind}Name"]
        return {
            "name": name,
            "arn": row["Arn"],
            "id": self._id(kind, row[f"{kind}Id"], name),
            "created": self.date(row["CreateDate"]),
            "path": row["Path"],
            "attached": [p["PolicyArn"] for p in row["AttachedManagedPolicies"]],
            "inline": {p["PolicyName"]: p["PolicyDocument"] for p in row.get(f"{kind}PolicyList", [])},
            "tags": {t["Key"]: t["Value"] for t in row.get("Tags", [])},
            "accessed": {a["ServiceNamespace"]: self.date(a["LastAccessed"]) for a in row.get("LastAccessed", [])},
        }

    def _id(self, kind: str, real_id: str, name: str) -> str:
        prefix = _PREFIXES[kind]
        is_real = re.fullmatch(prefix + "[A-Z0-9]{16,17}", real_id)
        return real_id if is_real else self.kit.scene.iam_id(prefix, self.kit.key(kind, name))

    def _role(self, row: Row) -> Role:
        used = row["RoleLastUsed"]
        role = Role(**self._principal(row, "Role"), trust=row["AssumeRolePolicyDocument"])
        if used.get("LastUsedDate"):
            role.last_used = Use(self.date(used["LastUsedDate"]), used["Region"])
        return role

    def _policy(self, row: Row) -> Policy:
        versions = [
            PolicyVersion(v["VersionId"], v["Document"], self.date(v["CreateDate"])) for v in row["PolicyVersionList"]
        ]
        return Policy(
            name=row["PolicyName"],
            arn=row["Arn"],
            id=self._id("Policy", row["PolicyId"], row["PolicyName"]),
            created=self.date(row["CreateDate"]),
            updated=self.date(row["UpdateDate"]),
            default=row["DefaultVersionId"],
            versions=versions,
            path=row["Path"],
            description=row.get("Description") or "",
            attachable=not row["Arn"].startswith(PREFIX),
        )

    def _profile(self, row: Row, role: str) -> None:
        name = row["InstanceProfileName"]
        real_id = row["InstanceProfileId"]
        profile_id = (
            real_id if real_id.startswith("AIPA") else self.kit.scene.iam_id("AIPA", self.kit.key("profile", name))
        )
        profile = InstanceProfile(name, row["Arn"], profile_id, self.date(row["CreateDate"]), row["Path"], role)
        self.kit.account.instance_profiles[name] = profile


def _add_credentials(kit: Kit, loader: _Loader, row: Row) -> None:
    """A user's credentials from its row of the dump's credential report."""
    user: Principal = kit.account.users[row["user"]]
    assert isinstance(user, User)
    if row["password_enabled"] == "true":
        user.password = Password(loader.date(row["password_last_changed"]), loader.date(row["password_last_used"]))
    if row["mfa_active"] == "true":
        kit.mfa(user, VIRTUAL, days=600)
    if row["access_key_1_active"] == "true":
        used = Use(
            loader.date(row["access_key_1_last_used_date"]),
            row["access_key_1_last_used_region"],
            row["access_key_1_last_used_service"],
        )
        key_id = kit.scene.iam_id("AKIA", kit.key("dump-key", user.name))[:20]
        user.keys.append(AccessKey(key_id, loader.date(row["access_key_1_last_rotated"]), True, used))
