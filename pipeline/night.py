"""A night: one date of a home, and the folders of its data and its report.

    <home>/landing/as_of=2026-11-20/<dataset>/<part>.parquet     the landed night
    <home>/landing/.run/as_of=2026-11-20/<run id>/<dataset>/...  a run that has not been committed
    <home>/landing/.old/as_of=2026-11-20/<run id>/               the night as it was before that run
    <home>/reports/2026-11-20/                                   its report
    <home>/warehouse.duckdb, <home>/rolecall.duckdb              the warehouse, and the analysts' copy
    <home>/last_failure.log                                      errors of the last failed run

Throughout the code `night` is a `Night` and `as_of` its date.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

LANDING, REPORTS = "landing", "reports"
WAREHOUSE, DATABASE = "warehouse.duckdb", "rolecall.duckdb"
FAILURE_LOG = "last_failure.log"


@dataclass(frozen=True, order=True)
class Night:
    """One date of a home, landed or not. Nights of a home sort by date; `str` gives the date, `2026-11-20`."""

    home: Path
    as_of: date

    def __str__(self) -> str:
        return self.as_of.isoformat()

    def on(self, as_of: date) -> Night:
        """The night of another date in the same home."""
        return replace(self, as_of=as_of)

    @property
    def landing_folder(self) -> Path:
        """Contains a folder per dataset; exists once the night has landed."""
        return self.home / LANDING / f"as_of={self}"

    def run_folder(self, run_id: str) -> Path:
        """The folder of a run that has not been committed."""
        return self.home / LANDING / ".run" / f"as_of={self}" / run_id

    def old_folder(self, run_id: str) -> Path:
        """Keeps the previous landing until a run has replaced it."""
        return self.home / LANDING / ".old" / f"as_of={self}" / run_id

    @property
    def report_folder(self) -> Path:
        """Contains the pages of the published report."""
        return self.home / REPORTS / str(self)

    @property
    def variables(self) -> dict[str, Any]:
        """Variables for SQL (`getvariable`): the date, and the end of the day (UTC) as default for `read_at`."""
        return {"as_of": self.as_of, "read_at": datetime.combine(self.as_of, time.max)}
