"""Collectors are found, and what they declare holds together."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import collectors


def test_collectors_are_found_and_their_columns_hold_together() -> None:
    datasets = collectors.datasets()
    for dataset in datasets.values():
        names = [column.name for column in dataset.columns]
        assert len(set(names)) == len(names)
        assert set(dataset.key) <= set(names)
        assert all(column.description for column in dataset.columns)
        required = {column.name for column in dataset.columns if column.required}
        assert set(dataset.key) <= required, dataset.name
        if dataset.scope != "organization":
            assert names[0] == "account_id"
        if dataset.scope == "region":
            assert names[1] == "region"
        for column in dataset.columns:
            if column.references:
                table, of = column.references.split(".")
                assert of in {c.name for c in datasets[table].columns}


def test_every_collector_has_a_test_file_of_its_name() -> None:
    files = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    assert [c.name for c in collectors.discover() if f"test_{c.name}.py" not in files] == []


def test_two_collectors_of_one_dataset_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = (*collectors.discover(), collectors.discover()[0])
    monkeypatch.setattr(collectors, "discover", lambda: twice)
    with pytest.raises(TypeError, match=f"declared more than once: {collectors.discover()[0].datasets[0].name}"):
        collectors.datasets.__wrapped__()
