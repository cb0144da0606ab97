"""A control judged anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.explain.changes import POLICY_TABLES, Enter
from pipeline.explain.replay import GONE, Finding, Replay
from pipeline.settings import Refused
from tests.pipeline.explain.explained import arn
from tests.sql.harness import MEMBER

ADMIN = Finding("admin_principals_limited", MEMBER, "global", arn("role", "admin"))


def test_it_has_the_published_verdict_with_the_account_alone_too(database: Path) -> None:
    for more in ({}, {"tables": POLICY_TABLES, "account_only": True}):
        with Replay(database, ADMIN, {"max_admins": 5}, **more) as replay:  # type: ignore[arg-type]
            assert replay.judge().verdict == "fail"
            assert replay.judges == {"identity", "boundary", "scp"}


def test_an_entry_reaches_a_control_through_the_model_between(database: Path) -> None:
    with Replay(database, ADMIN, {"max_admins": 5}, Enter.TABLES) as replay:
        assert replay.judge([Enter("approved_administrators", ADMIN.resource)]).verdict == "pass"
        assert replay.judge([Enter("approved_administrators", arn("role", "other"))]).verdict == "fail"
        assert replay.judge().verdict == "fail"


def test_parameters_are_tried_and_forgotten(database: Path) -> None:
    key = Finding("key_rotation", MEMBER, "global", arn("user", "alice") + "/accesskey/AKIAEXAMPLE1")
    with Replay(database, key, {"max_age_days": 90}) as replay:
        assert (replay.judges, replay.judge().verdict) == (frozenset(), "fail")
        assert replay.judge(params={"max_age_days": 400}).verdict == "pass"
        assert replay.judge().verdict == "fail"


def test_a_resource_that_is_not_judged_is_gone(database: Path) -> None:
    with Replay(database, Finding("key_rotation", MEMBER, "global", "nothing"), {"max_age_days": 90}) as replay:
        assert replay.judge().verdict == GONE


def test_a_control_over_what_is_not_published_is_refused(database: Path) -> None:
    with pytest.raises(
        Refused, match=r"guardrail_drift cannot be judged anew: .*raw_enabled_controls.* is not published"
    ):
        Replay(database, Finding("guardrail_drift", MEMBER, "global", "x"), {})
