"""A night: one date of a home, and the folders in which its data and its report are.

    <home>/landing/as_of=2026-11-20/<dataset>/<part>.parquet     what has landed
    <home>/landing/.run/as_of=2026-11-20/<run id>/<dataset>/...  a run that has not been committed
    <home>/landing/.old/as_of=2026-11-20/<run id>/               the night before that run took its place
    <home>/reports/2026-11-20/                                   its report
    <home>/warehouse.duckdb, <home>/rolecall.duckdb              the writer's database, and the analysts' copy
    <home>/last_failure.log                                      how the last run that failed did

Everywhere `night` is a `Night` and `as_of` its date.
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
    """One date of a home, landed or not. Nights of a home sort by date; as text a night is its date, `2026-11-20`."""

    home: Path
    as_of: date

    def __str__(self) -> str:
        return self.as_of.isoformat()

    def on(self, as_of: date) -> Night:
        """The night of another date in the same home."""
        return replace(self, as_of=as_of)

    @property
    def landing_folder(self) -> Path:
        """Holds a folder for each dataset; it is there once the night has landed."""
        return self.home / LANDING / f"as_of={self}"

    def run_folder(self, run_id: str) -> Path:
        """Where a run collects until it is committed."""
        return self.home / LANDING / ".run" / f"as_of={self}" / run_id

    def old_folder(self, run_id: str) -> Path:
        """Where the landing that a run replaces is kept until the run has taken its place."""
        return self.home / LANDING / ".old" / f"as_of={self}" / run_id

    @property
    def report_folder(self) -> Path:
        """Holds the pages of the published report."""
        return self.home / REPORTS / str(self)

    @property
    def variables(self) -> dict[str, Any]:
        """What the SQL of this night reads with `getvariable`: its date, and its end (UTC) where no moment is known."""
        return {"as_of": self.as_of, "read_at": datetime.combine(self.as_of, time.max)}
