"""One night, run in this process: the same job that Dagster runs, with its progress on the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb

from assets import event_log, home
from assets.automation import JOB
from assets.collection import is_over
from assets.definitions import build
from assets.progress import Progress
from pipeline import landing, publish, store
from pipeline.settings import Refused, Settings

UNREAD = """
select count(distinct account_id) from raw_extracts
where status = 'failed' and account_id in (select account_id from raw_accounts where state = 'ACTIVE' and is_in_scope)
"""


@dataclass(frozen=True)
class Done:
    """A night that was published: where, and how many accounts could not be read, or only in part."""

    night: date
    report: Path
    database: Path
    unread: int


def run_night(
    settings: Settings, night: date, progress: Progress, *, judge_only: bool = False, verbose: bool = False
) -> Done:
    """Collect, check, judge and publish a night. Raises `Refused` with the one sentence that says what went wrong."""
    is_over(settings, night, judge_only)
    with home.held(settings.home), event_log.instance(home.dagster_home(settings.home)) as instance:
        job = build(settings, progress).resolve_job_def(JOB)
        result = job.execute_in_process(
            run_config={
                "loggers": {"console": {"config": {"log_level": "INFO" if verbose else "CRITICAL"}}},
                "ops": {"collection": {"ops": {"plan_accounts": {"config": {"judge_only": judge_only}}}}},
            },
            partition_key=night.isoformat(),
            instance=instance,
            raise_on_error=False,
        )
    if not result.success:
        raise Refused(reason(result))
    report = settings.home / publish.REPORTS / publish.LATEST / "index.html"
    return Done(night, report, settings.home / store.PUBLISHED, unread_accounts(settings, night))


def reason(result: dg.ExecuteInProcessResult) -> str:
    """Why a run failed, as the first step that failed tells it."""
    for event in result.filter_events(lambda event: event.is_step_failure):
        data = event.step_failure_data
        if data.user_failure_data and data.user_failure_data.description:
            return data.user_failure_data.description
        error = data.error
        while error and error.cause:
            error = error.cause
        if error:
            return f"{event.step_key}: {' '.join(error.message.split())} (run {result.run_id} has the details)"
    return f"the run failed (run {result.run_id} has the details)"


def unread_accounts(settings: Settings, night: date) -> int:
    """Accounts in scope of which a dataset could not be read that night."""
    with duckdb.connect() as con:
        landing.attach(con, settings.home, night)
        row = con.execute(UNREAD).fetchone()
    return int(row[0]) if row else 0
