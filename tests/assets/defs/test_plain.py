"""The command line's night has the steps of Dagster's, in their order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assets.definitions import build
from assets.defs import plain
from assets.defs.jobs import JOB
from pipeline.settings import Settings

EVERYTHING = {"publish_to": "s3://bucket/site", "notify": ["json://localhost"], "metrics_file": "rolecall.prom"}


@pytest.mark.parametrize("more", [{}, {"heartbeat_url": "https://example.org/beat"}, EVERYTHING])
def test_both_jobs_have_the_same_steps_after_the_landing(tmp_path: Path, more: dict[str, Any]) -> None:
    settings = Settings(home=tmp_path, **more)
    assets = {node.name for node in build(settings).resolve_job_def(JOB).graph.nodes}
    steps = list(plain.works(settings))
    assert assets == {"collection", *steps}
    assert steps[:3] == ["raw_checks", "models", "publish"]
    assert steps[3:] == [name for name in ("report_in_bucket", "notification", "signals") if name in assets]
