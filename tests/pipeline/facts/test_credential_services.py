"""Services that IAM makes service-specific credentials for."""

from __future__ import annotations

from pipeline import knowledge
from pipeline.facts import credential_services
from pipeline.policy import actions


def test_services_with_api_keys_can_expire() -> None:
    rows = credential_services.TABLE.table(list(credential_services.rows({}))).to_pylist()
    expiring = {row["service_name"] for row in rows if row["expires"]}
    assert expiring > {"bedrock.amazonaws.com", "logs.amazonaws.com", "xray.amazonaws.com"}
    assert all(row["purpose"] for row in rows if not row["expires"])


def test_every_service_has_actions_today_and_those_with_api_keys_take_bearer_tokens() -> None:
    for one in knowledge.load("credential_services").facts["service"]:
        assert one["actions"] in actions.services()
        assert not one["expires"] or actions.find(f"{one['actions']}:CallWithBearerToken")
