"""Figures of a run in the text format of Prometheus, for the textfile collector of node_exporter.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.publish import database
from pipeline.settings import Refused

READABLE = 0o644
"""The collector is another user; the figures are no secret."""
LINE = re.compile(r"^(rolecall_\w+)(\{[^}]*\})? (\S+)$", re.MULTILINE)

HELP = {
    "rolecall_last_run_timestamp_seconds": "When the last run ended, as Unix time.",
    "rolecall_last_run_exit_code": "0: whole; 1: published, and something could not be read; 2: not published.",
    "rolecall_last_run_seconds": "How long the last run took.",
    "rolecall_last_success_timestamp_seconds": "When a night was last published, as Unix time.",
    "rolecall_night_timestamp_seconds": "The date of the published night, as Unix time.",
    "rolecall_accounts_expected": "Active accounts in scope.",
    "rolecall_accounts_read": "Accounts in scope of which anything could be read.",
    "rolecall_accounts_unread": "Accounts with something that could not be read and is no accepted gap.",
    "rolecall_accounts_accepted": "Accounts of which all that could not be read is an accepted gap.",
    "rolecall_coverage_ratio": "Verdicts given as a share of verdicts owed.",
    "rolecall_findings": "Findings, by verdict.",
    "rolecall_open_findings": "Findings that fail, by severity.",
}
PUBLISHED = """
select epoch(as_of::timestamp) as rolecall_night_timestamp_seconds,
    accounts_expected as rolecall_accounts_expected, accounts_read as rolecall_accounts_read,
    coverage / 100 as rolecall_coverage_ratio
from scores_overall
"""
LABELLED = {
    "rolecall_findings": "select verdict, count(*) from findings group by verdict order by verdict",
    "rolecall_open_findings": "select severity, count(*) from findings inner join controls using (control_id) "
    "where verdict = 'fail' group by severity order by severity",
}
LABELS = {"rolecall_findings": "verdict", "rolecall_open_findings": "severity"}

Figures = Mapping[str, float]
"""By name of the metric, with its labels if any."""


def of_night(home: Path) -> dict[str, float]:
    """The figures of the published night of a home. Raises `Refused` without one."""
    with database.reading(home) as con:
        rows = con.execute(PUBLISHED)
        names = [name for name, *_ in rows.description or ()]
        found = dict(zip(names, rows.fetchone() or (), strict=False))
        for metric, query in LABELLED.items():
            for label, number in con.execute(query).fetchall():
                found[f'{metric}{{{LABELS[metric]}="{label}"}}'] = number
    return {name: float(value) for name, value in found.items() if value is not None}


def of_run(now: float, seconds: float, exit_code: int) -> dict[str, float]:
    """The figures of a run itself."""
    return {
        "rolecall_last_run_timestamp_seconds": now,
        "rolecall_last_run_exit_code": exit_code,
        "rolecall_last_run_seconds": seconds,
    }


def before(file: Path) -> dict[str, float]:
    """The figures in a file that an earlier run wrote; none without a file."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return {f"{name}{labels}": float(value) for name, labels, value in LINE.findall(text) if name in HELP}


def write(file: Path, figures: Figures) -> None:
    """Replace the file at once. Raises `Refused` where that cannot be done."""
    lines: list[str] = []
    for metric, text in HELP.items():
        mine = {name: value for name, value in figures.items() if name.partition("{")[0] == metric}
        if mine:
            lines += [f"# HELP {metric} {text}", f"# TYPE {metric} gauge"]
            lines += [f"{name} {value:.17g}" for name, value in mine.items()]
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        aside.write_text("\n".join([*lines, ""]), encoding="utf-8")
        aside.chmod(READABLE)
        os.replace(aside, file)
    except OSError as error:
        raise Refused(f"metrics_file: {file}: {error.strerror or error}") from error
