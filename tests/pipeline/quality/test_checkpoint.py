"""The checks as Great Expectations has them: one Checkpoint that others can read and run."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipeline import collectors
from pipeline.night import Night
from pipeline.quality import checkpoint, reconciled, run
from pipeline.settings import Refused, Settings
from tests.pipeline.quality.support import DATASETS, NIGHT, Tables, load, night, user


def exported(folder: Path, tables: Tables) -> tuple[bool, set[str], dict[str, bool]]:
    """The Checkpoint, written, read back and run: whether it holds, its expectations, and what each check says."""
    database = folder / "night.duckdb"
    with duckdb.connect(database) as con:
        load(con, tables)
    checkpoint.export(folder, database, reconciled.checks(DATASETS.values()))
    with checkpoint.quiet():
        import great_expectations as gx

        context = gx.get_context(mode="file", project_root_dir=folder)
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
        result = context.checkpoints.get(checkpoint.NAME).run()
    found = [(v.suite_name, r) for v in result.run_results.values() for r in v.results]
    said = {f"{name}.{r.expectation_config.meta['check']}": bool(r.success) for name, r in found}
    return bool(result.success), {r.expectation_config.type for _, r in found}, said


def test_the_exported_checkpoint_says_what_the_night_says(tmp_path: Path) -> None:
    tables = night()
    tables["users"].append(user("x") | {"user_name": None, "kind": "robot"})
    holds, types, said = exported(tmp_path, tables)
    assert not holds
    with duckdb.connect() as con:
        load(con, tables)
        results = run.run(con, reconciled.checks(DATASETS.values()), DATASETS)
    assert said == {f"{r.dataset}.{r.check_name}": r.passed for r in results}
    assert not said["users.user_name_present"]
    assert not said["users.kind_in_set"]
    assert types >= {
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_unique",
        "expect_compound_columns_to_be_unique",
        "unexpected_rows_expectation",
    }


def test_an_export_takes_an_empty_folder_and_a_night_that_has_landed(tmp_path: Path) -> None:
    settings, night = Settings.model_construct(home=tmp_path), Night(tmp_path, NIGHT)
    with pytest.raises(Refused, match="nothing has landed for 2026-11-17"):
        run.export(settings, night, tmp_path / "checks")
    night.landing_folder.mkdir(parents=True)
    with pytest.raises(Refused, match="not an empty folder"):
        run.export(settings, night, tmp_path)
    assert run.export(settings, night, tmp_path / "checks") == len(reconciled.checks(collectors.datasets().values()))
    assert (tmp_path / "checks" / "gx" / "checkpoints" / "night.json").is_file()
