"""AWS managed policies, from moto's copy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

from demo import tables
from demo.organization.model import Policy, PolicyVersion
from demo.organization.scene import Scene

PREFIX = "arn:aws:iam::aws:policy"
_TABLES = tables.read("demo.organization", "aws_policies.toml")
DEPRECATED: dict[str, str] = _TABLES["deprecated"]


@cache
def _known() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return dict(json.loads(aws_managed_policies_data))


def aws_arn(name: str) -> str:
    """The ARN of an AWS managed policy. Raises KeyError for an unknown name."""
    path = _known()[name]["Path"] if name in _known() else DEPRECATED[name]
    return f"{PREFIX}{path}{name}"


@cache
def aws_policy(arn: str) -> Policy:
    """The policy with this ARN, with its default version only."""
    name = arn.rsplit("/", 1)[-1]
    raw = _known().get(name) or _TABLES["retired"]
    created = datetime.fromisoformat(raw["CreateDate"]).astimezone(UTC)
    updated = datetime.fromisoformat(raw["UpdateDate"]).astimezone(UTC)
    version = PolicyVersion(raw["DefaultVersionId"], raw["Document"], updated)
    return Policy(
        name=name,
        arn=arn,
        id=Scene(0, 1).iam_id("ANPA", name),
        created=created,
        updated=updated,
        default=version.id,
        versions=[version],
        path=arn.removeprefix(PREFIX).removesuffix(name),
        attachable=name not in DEPRECATED,
    )


def is_known(name: str) -> bool:
    """Whether AWS has a policy of that name today."""
    return name in _known()


@cache
def every_aws_policy() -> list[Policy]:
    return [aws_policy(aws_arn(name)) for name in _known()]
