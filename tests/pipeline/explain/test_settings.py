"""Parameters that turn a verdict, to the nearest value."""

from __future__ import annotations

from pathlib import Path

from pipeline.explain.finding import explain
from pipeline.explain.settings import words_in
from tests.pipeline.explain.explained import READ_AT, turned
from tests.sql.harness import MEMBER


def test_a_limit_is_told_to_the_day(database: Path) -> None:
    old = explain(database, "key_rotation", "alice/accesskey/AKIAEXAMPLE1")
    assert (old.verdict, old.facts["age_days"]) == ("fail", 111)
    assert turned(old) == {"with max_age_days = 111 in the settings; it is 90": "pass"}
    assert old.fix in old.notes[0]
    new = explain(database, "key_rotation", "alice/accesskey/AKIAEXAMPLE2")
    assert turned(new) == {"with max_age_days = 18 in the settings; it is 90": "fail"}
    (read,) = [call for call in old.calls if call.operation == "iam:GetCredentialReport"]
    assert (read.status, read.account_id, read.read_at) == ("ok", MEMBER, READ_AT)


def test_words_are_short_texts_and_no_json() -> None:
    evidence = {"a": "111122223333", "b": ["x", {"c": "y"}, 5, None, ""], "d": "{}", "e": "z" * 300}
    assert words_in(evidence) == ["111122223333", "x", "y"]
