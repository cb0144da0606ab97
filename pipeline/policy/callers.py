"""Callers of requests, and the Principal elements that match them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from pipeline.policy.context import Value
from pipeline.policy.document import Condition, Statement
from pipeline.policy.match import glob
from pipeline.policy.partitions import service_suffixes
from pipeline.policy.tri import Tri, tri


class Named(IntEnum):
    """How specifically a Principal element names a caller; within an account this decides what else must allow."""

    NOT = 0
    ACCOUNT = 1
    """By account: the identity policies must also allow."""
    ROLE = 2
    """By role ARN: a boundary or session policy still applies."""
    ANYONE = 3
    """A role by "*" alone: AWS does not document whether a boundary or session policy still applies."""
    SELF = 4
    """By user or session ARN, service or provider, or "*" with a condition on aws:PrincipalArn: sufficient alone."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`kind` is user, role, session (of a role), federated-user, root, service, federated (web identity or SAML) or
    anonymous.

    A role stands for any of its sessions. `unique_id` is the AIDA.../AROA... id if known.
    """

    kind: str
    arn: str
    partition: str = "aws"
    account: str = ""
    name: str = ""
    unique_id: str = ""

    @property
    def is_aws_identity(self) -> bool:
        """Whether the caller belongs to an account, so that identity policies and SCPs apply to it."""
        return self.account != "" and self.kind not in ("service", "federated")

    @property
    def is_service_linked_role(self) -> bool:
        """Determined by the path of a role; a session ARN has no path, so by the name that IAM reserves."""
        return ":role/aws-service-role/" in self.arn or (
            self.kind == "session" and self.name.startswith("AWSServiceRoleFor")
        )

    @property
    def role_arn(self) -> str:
        """The value of aws:PrincipalArn: for a session, the role's ARN (without its path, which a session ARN does not
        contain).
        """
        return f"arn:{self.partition}:iam::{self.account}:role/{self.name}" if self.kind == "session" else self.arn

    @property
    def without_path(self) -> str:
        """The ARN without the path of the user or role."""
        return f"arn:{self.partition}:iam::{self.account}:{self.kind}/{self.name}"

    def context(self) -> dict[str, Value]:
        """The keys AWS derives from the caller alone."""
        if self.kind == "service":
            return {
                "aws:PrincipalIsAWSService": True,
                "aws:PrincipalServiceName": self.arn,
                "aws:PrincipalType": "Service",
                **_NO_ACCOUNT,
            }
        if self.kind == "anonymous":
            anonymous: dict[str, Value] = {"aws:PrincipalType": "Anonymous", "aws:userid": "anonymous"}
            return {"aws:PrincipalIsAWSService": False, **anonymous, **_NO_ACCOUNT}
        if not self.is_aws_identity:
            return {"aws:PrincipalIsAWSService": False, "aws:FederatedProvider": self.arn, **_NO_ACCOUNT}
        type_name = {"user": "User", "root": "Account", "federated-user": "FederatedUser"}.get(self.kind, "AssumedRole")
        keys: dict[str, Value] = {
            "aws:PrincipalArn": self.role_arn,
            "aws:PrincipalAccount": self.account,
            "aws:PrincipalType": type_name,
            "aws:PrincipalIsAWSService": False,
        }
        if self.kind == "user":
            keys["aws:username"] = self.name
        if self.kind in ("root", "federated-user"):
            keys["aws:userid"] = self.account if self.kind == "root" else f"{self.account}:{self.name}"
        return keys


# A caller outside every account has none of these: an empty value is an absent key.
_NO_ACCOUNT: dict[str, Value] = dict.fromkeys(
    ("aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"), ()
)


@lru_cache(maxsize=65536)
def caller(arn: str, unique_id: str = "", partition: str = "aws") -> Caller:
    """From an ARN, an account id (its root user, in the partition), a service name, a provider name, or "*"
    (anonymous).
    """
    if arn in ("", "*"):
        return Caller("anonymous", "*")
    if arn.isdigit() and len(arn) == 12:
        arn = f"arn:{partition}:iam::{arn}:root"
    fields = arn.split(":", 5)
    if len(fields) != 6 or fields[0] != "arn":
        is_service = arn.endswith(service_suffixes()) and arn.split(".")[0] not in _WEB_IDENTITY
        return Caller("service" if is_service else "federated", arn)
    partition, account, resource = fields[1], fields[4], fields[5]
    kind, _, rest = resource.partition("/")
    if kind in ("saml-provider", "oidc-provider"):
        return Caller("federated", arn, partition, account, rest)
    if kind == "assumed-role":
        return Caller("session", arn, partition, account, rest.split("/")[0], unique_id)
    kind = kind if kind in ("user", "role", "federated-user", "root") else "anonymous"
    return Caller(kind, arn, partition, account, rest.rsplit("/", 1)[-1], unique_id)


_WEB_IDENTITY = {"cognito-identity"}


def statement_names(statement: Statement, who: Caller, has_boundary: bool = False) -> tuple[Tri, Named]:
    """(whether the statement applies to the caller, how specifically). A statement without Principal names nobody.

    A Deny with NotPrincipal never exempts a user or role with a permissions boundary.
    """
    if statement.not_principals is not None:
        if has_boundary and statement.effect == "Deny":
            return Tri.YES, Named.ROLE
        return _not_listed(statement.not_principals, who)
    names = [_names(kind, value, who) for kind, value in statement.principals or ()]
    certain = [named for named in names if named is not None]
    best = max(certain, default=Named.NOT)
    if best is Named.NOT and None in names:
        return Tri.DEPENDS, Named.SELF
    if best is Named.ANYONE and any(_names_principal(condition) for condition in statement.conditions):
        return Tri.YES, Named.SELF
    return tri(best is not Named.NOT), best


def _names_principal(condition: Condition) -> bool:
    """Boundaries and session policies do not limit what "*" with such a condition grants.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """
    is_positive = "Not" not in condition.operator and condition.operator.startswith(("String", "Arn"))
    return is_positive and condition.key.lower() == "aws:principalarn"


def _not_listed(listed: tuple[tuple[str, str], ...], who: Caller) -> tuple[Tri, Named]:
    """NotPrincipal exempts a caller with certainty only if every ARN that AWS checks is listed: the account, and for a
    session also its role; or if everybody is.
    """
    if who.is_aws_identity and any(kind in ("*", "AWS") and is_any_account(value) for kind, value in listed):
        return Tri.NO, Named.ROLE
    names = {_names(kind, value, who) for kind, value in listed}
    if names <= {Named.NOT, Named.ACCOUNT} and who.kind != "root":
        return Tri.YES, Named.ROLE
    needed = {Named.ACCOUNT, Named.SELF} | ({Named.ROLE} if who.kind in ("role", "session") else set())
    spared = names >= needed or not who.is_aws_identity or who.kind == "root"
    return (Tri.NO if spared else Tri.DEPENDS), Named.ROLE


def _names(kind: str, value: str, who: Caller) -> Named | None:
    """How one principal value names the caller; None if it cannot be determined."""
    if value == "*" and kind in ("*", "AWS"):
        return _as_anyone(who)
    if kind in ("Service", "Federated"):
        same = value in ("*", who.arn) or value.partition("oidc-provider/")[2] == who.arn
        return Named.SELF if who.kind == kind.lower() and same else Named.NOT
    if kind == "CanonicalUser":
        return Named.SELF if value == "*" else None
    if not who.is_aws_identity:
        return Named.SELF if who.kind == "anonymous" and is_any_account(value) else Named.NOT
    if value == who.arn or (who.unique_id and value in (who.unique_id, who.unique_id.split(":")[0])):
        return Named.ROLE if who.kind == "role" else Named.ACCOUNT if who.kind == "root" else Named.SELF
    if who.kind == "session" and _is_role_of(value, who):
        return Named.ROLE
    if who.kind == "role" and value.startswith(f"arn:{who.partition}:sts::{who.account}:assumed-role/{who.name}/"):
        return None
    if value in (who.account, f"arn:{who.partition}:iam::{who.account}:root"):
        return Named.ACCOUNT
    if is_any_account(value):
        return _as_anyone(who)
    return None if "*" in value and glob(value, who.arn) else Named.NOT


def _as_anyone(who: Caller) -> Named:
    return Named.ANYONE if who.kind in ("role", "session") else Named.SELF


def _is_role_of(role_arn: str, session: Caller) -> bool:
    prefix = f"arn:{session.partition}:iam::{session.account}:role/"
    return role_arn.startswith(prefix) and role_arn.rsplit("/", 1)[-1] == session.name


def is_any_account(value: str) -> bool:
    """Whether the value is `*`, or the root ARN with a star as account: IAM refuses the latter, but old dumps have it,
    and it is commonly read as everyone.
    """
    fields = value.split(":")
    return value == "*" or (len(fields) == 6 and fields[4] == "*" and fields[5] == "root")


def is_whole_account(value: str) -> bool:
    """Whether the value names an account: by its id, or by the ARN of its root."""
    return value == account_of(value) or value.endswith(":root")


def account_of(arn: str) -> str:
    """The account field of an ARN ("" for resources of AWS), a bare account id, or ""."""
    fields = arn.split(":", 5)
    if len(fields) == 6:
        return "" if fields[4] == "aws" else fields[4]
    return arn if arn.isdigit() and len(arn) == 12 else ""


def partition_of(arn: str) -> str:
    """The partition of an ARN, "aws" for other texts."""
    fields = arn.split(":", 2)
    return fields[1] if len(fields) == 3 and fields[0] == "arn" else "aws"


def covers_everyone(statement: Statement) -> bool:
    """Whether the Principal element alone lets anyone in: "*" in any spelling, or an Allow with NotPrincipal."""
    if statement.not_principals is not None:
        return statement.effect == "Allow"
    return any(
        (kind in ("*", "AWS", "CanonicalUser") and is_any_account(value)) for kind, value in statement.principals or ()
    )
