"""One night, run in this process: the same job that Dagster runs, with its progress on the console."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets import event_log, home
from assets.definitions import build
from assets.defs import notification
from assets.defs.collection import is_over
from assets.defs.jobs import JOB
from pipeline import collectors, landing
from pipeline.night import DATABASE, Night
from pipeline.progress import Progress
from pipeline.publish import folder, notify
from pipeline.settings import Refused, Settings

UNREAD = """
select count(distinct account_id) from raw_extracts
where status = 'failed' and account_id in (select account_id from raw_accounts where state = 'ACTIVE' and is_in_scope)
"""


@dataclass(frozen=True)
class Done:
    """A night that was published: where, and how many accounts could not be read, or only in part."""

    night: Night
    report: Path
    database: Path
    unread: int


def run_night(
    settings: Settings, night: Night, progress: Progress, *, judge_only: bool = False, verbose: bool = False
) -> Done:
    """Collect, check, judge and publish a night. Raises `Refused` with the one sentence that says what went wrong."""
    is_over(settings, night, judge_only)
    notify.targets(settings)
    with home.held(settings.home), event_log.instance(home.dagster_home(settings.home)) as instance:
        job = build(settings, progress).resolve_job_def(JOB)
        result = job.execute_in_process(
            run_config={
                "loggers": {"console": {"config": {"log_level": "INFO" if verbose else "CRITICAL"}}},
                "ops": {"collection": {"ops": {"plan_accounts": {"config": {"judge_only": judge_only}}}}},
            },
            partition_key=str(night),
            tags={notification.RUN_BY: notification.COMMAND_LINE},
            instance=instance,
            raise_on_error=False,
        )
    if not result.success:
        reason = notification.why(result.filter_events(lambda event: event.is_step_failure), result.run_id)
        if told := notification.tell_of_failure(settings, night, reason):
            progress.end(notification.STAGE, str(told))
        raise Refused(reason)
    report = night.report_folder.parent / folder.LATEST / "index.html"
    return Done(night, report, settings.home / DATABASE, unread_accounts(night))


def unread_accounts(night: Night) -> int:
    """Accounts in scope of which a dataset could not be read that night."""
    with duckdb.connect() as con:
        landing.attach(con, night, collectors.datasets().values())
        row = con.execute(UNREAD).fetchone()
    return int(row[0]) if row else 0
