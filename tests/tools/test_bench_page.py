"""The page of the benchmark, from made-up costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import bench_page
from tools.bench_page import Cost


def size(accounts: int, seconds: float) -> dict[str, object]:
    stages = {name: Cost(seconds, 100) for name in ("scan", *bench_page.STAGES)}
    stages["models"] = Cost(seconds, 100, {"tables": {"fact_a": [seconds / 2, accounts], "fact_b": [0.01, 1]}})
    return {"accounts": accounts, "roles": accounts, "stages": stages}


def test_the_page_shows_growth_and_the_last_runs_and_keeps_all_results(tmp_path: Path) -> None:
    read = Cost(2, 200, {"calls": 1000, "accounts": 40})
    nights = dict.fromkeys(("whole, one account", "read", "bare script", "read, second night"), read)
    for _ in range(bench_page.SHOWN_RUNS + 2):
        bench_page.write(tmp_path, is_quick=True, nights=nights, sizes={40: size(40, 1), 400: size(400, 100)})
    page = (tmp_path / bench_page.PAGE).read_text()
    assert "| checks | 1.0 | 100.0 | 1.0 | 2.00 | 100 |" in page
    assert "| `fact_a` | 0.50 | 50.00 | 2.00 | 400 |" in page
    assert "| `fact_b` | 0.01 | 0.01 | - | 1 |" in page
    assert "| bare script | 40 | 2.0 | 1,000 | 2.0 | 200 |" in page
    runs = (tmp_path / bench_page.RESULTS).read_text().splitlines()
    assert len(runs) == bench_page.SHOWN_RUNS + 2
    assert page.count("| 400 | 400.0 |") == bench_page.SHOWN_RUNS
    assert json.loads(runs[0])["sizes"]["400"]["accounts"] == 400


@pytest.mark.parametrize(("larger", "growth"), [((10, 1.0), "-"), ((100, 10.0), "1.00"), ((100, 1.0), "0.00")])
def test_growth_is_an_exponent(larger: tuple[float, float], growth: str) -> None:
    assert bench_page.exponent((10, 1.0), larger) == growth
