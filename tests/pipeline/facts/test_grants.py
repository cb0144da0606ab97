"""How many actions of each service are granted."""

from __future__ import annotations

from pipeline.facts import grants
from pipeline.policy import actions
from tests.pipeline.facts.support import allow, arn, deny, document, night, policy, principal

APP = arn("role/app")


def test_granted_is_what_is_allowed_and_not_denied_outright() -> None:
    text = document(allow("s3:*"), deny("s3:GetObject*"), deny("s3:Put*", "arn:aws:s3:::b"))
    found = night(principals=[principal(APP, policy("some", text))], tracked=[{"action": "s3:CreateBucket"}])
    (row,) = grants.TABLE.table(grants.rows(found)).to_pylist()
    assert row == {
        "permissions_sha256": f"key of {APP}",
        "service": "s3",
        "actions": len(actions.expand("s3:*")) - len(actions.expand("s3:GetObject*")),
        "tracked_actions": 1,
        "sensitive_actions": 0,
    }


def test_policies_are_counted_together_and_unread_ones_not_at_all() -> None:
    policies = [policy("a", document(allow("s3:GetObject"))), policy("b", document(allow("sqs:*"))), policy("c", "{")]
    rows = list(grants.rows(night(principals=[principal(APP, *policies)], tracked=[])))
    assert [(row["service"], row["tracked_actions"]) for row in rows] == [("s3", 0), ("sqs", 0)]
    assert rows[0]["sensitive_actions"] == 1
