"""What cannot be read is unknown: no input that a control loses turns a verdict into another one."""

from __future__ import annotations

import pytest

from pipeline.warehouse.models import Catalog
from tests.sql import harness, unreadable

CASES = list(harness.read_cases())
CONTROLS = sorted({case.control_id for case in CASES})


@pytest.fixture(scope="module")
def models() -> Catalog:
    return harness.load_catalog()


def test_a_permission_set_whose_policy_is_cut_is_unknown(models: Catalog) -> None:
    cases = [case for case in CASES if case.control_id == "permission_set_boundaries"]
    assert list(unreadable.changed(cases, models, times=1)) == []


@pytest.mark.slow
@pytest.mark.parametrize("control_id", CONTROLS)
def test_every_input_of_every_control_is_unknown_where_it_is_lost(control_id: str, models: Catalog) -> None:
    cases = [case for case in CASES if case.control_id == control_id]
    assert list(unreadable.changed(cases, models, times=1)) == []
