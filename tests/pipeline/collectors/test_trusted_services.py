"""Collector `trusted_services`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, PLAIN, rows_of, scripted


def test_services_with_the_day_where_aws_says_it() -> None:
    found = [{"ServicePrincipal": "sso.amazonaws.com", "DateEnabled": DAY}, {"ServicePrincipal": "ram.amazonaws.com"}]
    account = scripted({"organizations:ListAWSServiceAccessForOrganization": found})
    assert rows_of("trusted_services", account) == [
        {"service_principal": "sso.amazonaws.com", "enabled_at": PLAIN},
        {"service_principal": "ram.amazonaws.com", "enabled_at": None},
    ]
