"""How statements are cited: what decided first, limits that allow everything folded, the elements that match."""

from __future__ import annotations

import json

from pipeline.facts._evidence import cited
from pipeline.policy import Tri
from pipeline.policy.request import Evidence
from pipeline.schema import Row
from tests.pipeline.facts.support import allow, deny


def hit(layer: str, name: str, statement: Row, sid: str = "") -> Evidence:
    return Evidence(layer, name, sid, 0, statement["Effect"], Tri.YES, json.dumps(statement))


def test_what_decided_comes_first_and_open_limits_are_folded() -> None:
    everything = allow("*")
    hits = [
        hit("scp", "FullAWSAccess", everything),
        hit("boundary", "bound", allow("s3:*")),
        hit("identity", "own", allow(["s3:Get*", "iam:Create*"], ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]), "Read"),
        hit("scp", "AlsoFull", everything),
        hit("scp", "FullAWSAccess", everything),
        hit("identity", "no", deny("*")),
    ]
    told = cited(hits, "s3:GetObject", "arn:aws:s3:::b/x")
    assert [one.get("policy") for one in told] == ["no", "own", "bound", None]
    assert told[-1] == {"layer": "scp", "allowing_everything": ["FullAWSAccess", "AlsoFull"]}
    assert (told[1]["statement"], told[1]["sid"], told[1]["effect"]) == (0, "Read", "Allow")
    assert told[1]["matched"] == {"Action": ["s3:Get*"], "Resource": ["arn:aws:s3:::b/*"]}


def test_elements_of_not_action_are_told_whole_and_a_policy_that_was_not_read_by_its_reason() -> None:
    statement = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    (one,) = cited([hit("identity", "own", statement)], "s3:GetObject", "arn:aws:s3:::b/x")
    assert one["matched"] == {"NotAction": ["iam:*"], "Resource": ["*"]}
    unread = Evidence("identity", "own", "", None, "Allow", Tri.DEPENDS, "not JSON")
    (one,) = cited([unread], "s3:GetObject", "arn:aws:s3:::b/x")
    assert (one["text"], one["statement"]) == ("not JSON", None)
    assert "matched" not in one
