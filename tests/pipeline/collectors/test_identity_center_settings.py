"""Collector `identity_center_settings`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import ScriptedAccount, rows_of, scripted

INSTANCE, KEY = "arn:aws:sso:::instance/ssoins-1", "arn:aws:kms:eu-north-1:999999999999:key/1"


def read(instance: dict[str, Any], store: dict[str, Any]) -> tuple[dict[str, Any], ScriptedAccount]:
    listed = {"instance_arn": INSTANCE, "identity_store_id": "d-1", "home_region": "eu-north-1"}
    here = scripted({}, organization_identity_center=[listed])
    home = scripted({"sso:DescribeInstance": instance, "identitystore:DescribeIdentityStore": store})
    here.at = lambda region: home if region == "eu-north-1" else here
    (row,) = rows_of("identity_center_settings", here)
    return row, home


def test_an_instance_says_its_settings_in_its_home_region() -> None:
    network = {"VpceAccessRequired": True, "AllowSourceIps": ["192.0.2.0/24"]}
    instance = {
        "PermissionSetsEnabled": False,
        "EncryptionConfigurationDetails": {"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": KEY},
        "NetworkConfigurationDetails": network,
        "Regions": [{"RegionName": "eu-north-1"}, {"RegionName": "eu-west-1"}],
    }
    row, home = read(instance, {"NetworkConfiguration": {"ScimAllowSourceIps": ["198.51.100.0/24"]}})
    assert row == {
        "instance_arn": INSTANCE,
        "has_permission_sets": False,
        "key_type": "CUSTOMER_MANAGED_KEY",
        "kms_key_arn": KEY,
        "needs_vpc_endpoint": True,
        "allowed_vpcs": [],
        "allowed_ips": ["192.0.2.0/24"],
        "exempt_applications": [],
        "store_needs_vpc_endpoint": False,
        "scim_allowed_ips": ["198.51.100.0/24"],
    }
    assert home.asked == [
        ("sso:DescribeInstance", {"InstanceArn": INSTANCE}),
        ("identitystore:DescribeIdentityStore", {"IdentityStoreId": "d-1"}),
    ]


def test_what_an_older_endpoint_does_not_say_is_unknown() -> None:
    row, _ = read({}, {})
    assert (row["has_permission_sets"], row["key_type"], row["needs_vpc_endpoint"]) == (None, None, False)


def test_without_an_instance_there_is_nothing_to_describe() -> None:
    assert rows_of("identity_center_settings", scripted({}, organization_identity_center=[])) == []
