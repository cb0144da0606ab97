"""Regions are closed by the SCPs to everybody, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.collect.closed_regions import closed_regions
from pipeline.schema import Row
from pipeline.settings import Settings

MEMBER, MANAGEMENT = "111111111111", "999999999999"
REGIONS = ["us-east-1", "eu-west-1", "ap-south-1"]
FULL = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def only(*regions: str, **more: Any) -> dict[str, Any]:
    """A Deny of all but global services outside these regions."""
    condition = {"StringNotEquals": {"aws:RequestedRegion": list(regions)}, **more}
    deny = {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [deny]}


def organization(scp: Any, target: str = "ou-1", enabled: bool = True) -> dict[str, list[Row] | None]:
    policy = {"policy_type": "SERVICE_CONTROL_POLICY", "name": "p"}
    arn = "arn:aws:organizations::999999999999:account/o-1/"
    return {
        "organization_policies": [
            policy | {"policy_id": "p-full", "document": json.dumps(FULL)},
            policy | {"policy_id": "p-own", "document": scp if scp is None else json.dumps(scp)},
        ],
        "policy_targets": [
            *({"policy_id": "p-full", "target_id": target} for target in ("r-1", "ou-1", MEMBER, MANAGEMENT)),
            {"policy_id": "p-own", "target_id": target},
        ],
        "organization_roots": [{"root_id": "r-1", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"] * enabled}],
        "organizational_units": [{"ou_id": "ou-1", "parent_id": "r-1"}],
        "accounts": [
            {"account_id": MEMBER, "arn": arn + MEMBER, "parent_id": "ou-1", "is_management": False},
            {"account_id": MANAGEMENT, "arn": arn + MANAGEMENT, "parent_id": "r-1", "is_management": True},
        ],
    }


def closed(rows: dict[str, list[Row] | None], **settings: Any) -> dict[str, list[str]]:
    return closed_regions(rows.__getitem__, lambda partition: REGIONS, Settings(**settings))


def test_an_scp_closes_all_regions_but_those_it_names_in_every_account_below() -> None:
    for target in ("r-1", "ou-1", MEMBER):
        assert closed(organization(only("us-east-1"), target)) == {MEMBER: ["ap-south-1", "eu-west-1"]}


def test_regions_of_the_settings_are_looked_at_among_all() -> None:
    assert closed(organization(only("us-east-1")), regions=["eu-west-1"]) == {MEMBER: ["ap-south-1", "eu-west-1"]}


@pytest.mark.parametrize(
    "scp",
    [
        only("us-east-1", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/RolecallReader"}),
        only("nowhere"),
        {"Statement": [{"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]},
        {"Statement": [{"Effect": "Deny", "Action": "access-analyzer:*", "Resource": "*",
                        "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}]},
    ],
)  # fmt: skip
def test_a_deny_of_the_reader_alone_of_one_service_or_of_everything_closes_no_region(scp: Any) -> None:
    assert closed(organization(scp)) == {}


def test_what_was_not_read_or_is_not_in_force_closes_nothing() -> None:
    whole = organization(only("us-east-1"))
    for name in whole:
        assert closed(whole | {name: None}) == {}
    assert closed(organization(only("us-east-1"), enabled=False)) == {}
    assert closed(organization(None)) == {}
