"""Every control on the rows of its case file, and what must hold for all of them."""

from __future__ import annotations

import pytest

from pipeline.warehouse.models import Catalog
from tests.sql import harness
from tests.sql.harness import Case

CASES = list(harness.read_cases())


@pytest.fixture(scope="module")
def models() -> Catalog:
    return harness.load_catalog()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.control_id}: {case.name}")
def test_case(case: Case, models: Catalog) -> None:
    found = harness.judge(case, models)
    wrong = harness.mismatch(case, found, models)
    assert not wrong, wrong
    assert not list(harness.unreadable_evidence(case, found, models))


def test_every_control_has_a_pass_a_fail_a_not_applicable_and_an_unknown(models: Catalog) -> None:
    wanted = {"pass", "fail", "not_applicable", "unknown"}
    shown: dict[str, set[str]] = {name: set() for name in models.controls}
    for case in CASES:
        shown.setdefault(case.control_id, set()).update(e["verdict"] for e in case.expect)
    for verdicts in shown.values():  # what no API can tell waits for an attestation, where others fail
        verdicts.update({"fail"} if "manual" in verdicts else set())
    lacking = {name: sorted(wanted - verdicts) for name, verdicts in shown.items() if wanted - verdicts}
    assert not lacking, f"case files lack verdicts: {lacking}"


def test_case_files_are_of_controls(models: Catalog) -> None:
    assert {case.control_id for case in CASES} <= set(models.controls)
