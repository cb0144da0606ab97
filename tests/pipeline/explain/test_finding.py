"""Which finding is meant, and that it is explained alike every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.explain.finding import explain
from pipeline.settings import Refused
from tests.pipeline.explain.explained import DARK


def test_what_is_asked_for_must_be_one_finding(database: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"^'target' fits 2 findings .*/target-one, .*/target-two; name one of them$"):
        explain(database, "no_privilege_escalation", "target")
    with pytest.raises(Refused, match=r"has no finding on 'buildr', of \d+; near it: .*role/builder"):
        explain(database, "no_privilege_escalation", "buildr")
    with pytest.raises(Refused, match=f"in account {DARK}"):
        explain(database, "no_privilege_escalation", "builder", DARK)
    with pytest.raises(Refused, match=r"no control 'key_rotatio' .* did you mean 'key_rotation'"):
        explain(database, "key_rotatio", "alice")
    with pytest.raises(Refused, match="nothing is published there"):
        explain(tmp_path / "rolecall.duckdb", "key_rotation", "alice")


@pytest.mark.soak
def test_the_same_finding_is_explained_alike_twice(database: Path) -> None:
    first, second = (explain(database, "no_privilege_escalation", "builder") for _ in range(2))
    assert first == second
