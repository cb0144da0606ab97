"""Collector `delegated_administrators`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, rows_of, scripted


def test_a_row_for_each_service_of_an_administrator() -> None:
    services = [
        {"ServicePrincipal": "sso.amazonaws.com", "DelegationEnabledDate": DAY},
        {"ServicePrincipal": "iam.amazonaws.com"},
    ]
    account = scripted(
        {
            "organizations:ListDelegatedAdministrators": [{"Id": MEMBER}],
            "organizations:ListDelegatedServicesForAccount": services,
        },
        accounts=[{"account_id": MEMBER}],
    )
    assert rows_of("delegated_administrators", account) == [
        {"account_id": MEMBER, "service_principal": "sso.amazonaws.com", "delegated_at": PLAIN},
        {"account_id": MEMBER, "service_principal": "iam.amazonaws.com", "delegated_at": None},
    ]
    assert account.asked[1] == ("organizations:ListDelegatedServicesForAccount", {"AccountId": MEMBER})
