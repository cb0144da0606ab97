"""Collector `organization_identity_center`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import (
    MEMBER,
    Remembering,
    collect,
)


def instance(owner: str, arn: str = "arn:aws:sso:::instance/ssoins-1") -> dict[str, Any]:
    return {"InstanceArn": arn, "OwnerAccountId": owner, "IdentityStoreId": "d-1", "Status": "ACTIVE"}


def test_only_the_organization_s_own_instance_is_read() -> None:
    listed = [instance(MEMBER, "arn:aws:sso:::instance/ssoins-2"), instance("999999999999")]
    rows = {"organization": [{"management_account_id": "999999999999"}]}
    found = collect("organization_identity_center", Remembering({"sso:ListInstances": listed}, rows))
    (row,) = found["organization_identity_center"]
    assert (row["instance_arn"], row["home_region"]) == ("arn:aws:sso:::instance/ssoins-1", "us-east-1")


def test_an_instance_in_a_region_that_is_not_read_is_asked_for() -> None:
    def listed(RegionScope: str | None = None) -> list[dict[str, Any]]:
        return [instance("999999999999") | {"PrimaryRegion": "eu-north-1"}] if RegionScope else []

    rows = {"organization": [{"management_account_id": "999999999999"}]}
    found = collect("organization_identity_center", Remembering({"sso:ListInstances": listed}, rows))
    assert found["organization_identity_center"][0]["home_region"] == "eu-north-1"
