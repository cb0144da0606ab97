"""Whether RCPs keep a service from acting for strangers."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from pipeline.facts import trust_guards
from pipeline.schema import Row

OWN = "000000000000"


def guarded(document: dict[str, Any] | None, *above: dict[str, Any]) -> Row:
    """The verdict on Glue in a role tagged kept=yes, by an RCP with this Deny under those."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*", "Condition": document}
    text = json.dumps({"Version": "2012-10-17", "Statement": deny}) if document else "{}"
    question = {
        "guard_sha256": "q",
        "principal": "glue.amazonaws.com",
        "levels_sha256": "l",
        "role_arn": f"arn:aws:iam::{OWN}:role/any",
        "tags": '{"kept": "yes"}',
        "as_of": date(2026, 12, 1),
    }
    found: dict[str, list[Row]] = {
        "questions": [question],
        "levels": [{"levels_sha256": "l", "levels": [[], [{"name": "perimeter", "sha256": "d"}]]}],
        "documents": [{"document_sha256": "d", "document": text}],
    }
    (row,) = trust_guards.TABLE.table(trust_guards.rows(found)).to_pylist()
    return dict(row)


@pytest.mark.parametrize(
    ("document", "confines"),
    [
        ({"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-1"}, "Null": {"aws:SourceAccount": "false"}}, "yes"),
        ({"StringNotEquals": {"aws:SourceOrgID": "o-1"}, "Null": {"aws:SourceOrgID": "false"}}, "no"),
        (
            {"StringNotEquals": {"aws:SourceAccount": "111111111111"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
            "depends",
        ),
        ({"StringNotEquals": {"aws:SourceOrgID": "o-1", "aws:ResourceTag/free": "yes"}}, "yes"),
        ({"StringNotEquals": {"aws:SourceOrgID": "o-1", "aws:ResourceTag/kept": "yes"}}, "no"),
        (None, "unread"),
    ],
)
def test_what_an_rcp_says_of_strangers(document: dict[str, Any] | None, confines: str) -> None:
    row = guarded(document)
    assert row["confines"] == confines
    assert row["policy_name"] == (None if confines == "no" else "perimeter")
    assert row["guard_sha256"] == "q"


def test_keys_that_a_refusal_waits_for_are_named() -> None:
    row = guarded({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    assert (row["confines"], row["unknown_keys"], row["sid"]) == ("depends", ["aws:SourceIp"], "")
    assert json.loads(row["statement"])["Effect"] == "Deny"


def test_without_a_refusal_there_is_no_statement() -> None:
    row = guarded({"StringEquals": {"aws:SourceOrgID": "o-1"}})
    assert (row["confines"], row["statement"], row["sid"], row["unknown_keys"]) == ("no", None, None, [])


@pytest.mark.parametrize(("until", "confines"), [("2026-11-20T00:00:00Z", "no"), ("2026-12-20T00:00:00Z", "depends")])
def test_a_refusal_whose_time_is_over_keeps_nobody_out(until: str, confines: str) -> None:
    row = guarded({"DateLessThan": {"aws:CurrentTime": until}})
    assert row["confines"] == confines
