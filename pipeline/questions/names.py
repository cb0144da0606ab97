"""Which principal is meant by a name: its ARN, the name of a user or role, or that of a permission set."""

from __future__ import annotations

from pipeline.policy.principal import Principal
from pipeline.questions.people import permission_set_of
from pipeline.questions.published import Published
from pipeline.settings import Refused

MOST_NAMES = 5


def principal_named(night: Published, name: str, account: str = "") -> Principal:
    """The principal. Raises `Refused` if the night has none, or several, of this name."""
    return night.principal(arn_named(night, name, account))


def arn_named(night: Published, name: str, account: str = "") -> str:
    """The ARN of the principal. Raises `Refused` if the night has none, or several, of this name."""
    if name.startswith("arn:"):
        return name
    rows = night.rows("select principal_arn, principal_name from int_permissions order by principal_arn")
    found = [
        row["principal_arn"]
        for row in rows
        if name in (row["principal_name"], permission_set_of(row["principal_arn"]))
        and account in ("", row["principal_arn"].split(":")[4])
    ]
    where = f" in account {account}" if account else ""
    if not found:
        raise Refused(f"there is no user, role or permission set {name}{where} on {night.as_of}")
    if len(found) > 1:
        shown = ", ".join(found[:MOST_NAMES]) + (" ..." if len(found) > MOST_NAMES else "")
        raise Refused(f"{len(found)} principals are named {name}{where}: give --account, or one of {shown}")
    return str(found[0])
