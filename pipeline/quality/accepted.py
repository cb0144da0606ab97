"""Failed checks that a person accepts: entries `[[accepted_checks]]` of the register, as they landed with the night.

A live entry lets a night be published although a check fails for the organization as a whole. Not accepted are checks
without which it is not known what was read, and those of keys and types, on which all that is published rests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline import landing
from pipeline.night import Night
from pipeline.quality.declared import NOT_NULL, ROW_COUNT, UNIQUE, UNIQUE_TOGETHER, Check
from pipeline.quality.plausible import FILLED_CHECK, VANISHED_CHECK
from pipeline.quality.reconciled import FLOOR
from pipeline.schema import REGISTER, SYSTEM, Row

KIND = "accepted_check"
FOUNDATIONS = ("columns_and_types", "patterns_as_declared", "json_as_declared", "no_account_empty")
COMPARED = (FLOOR[1], FILLED_CHECK, VANISHED_CHECK)
"""Checks on what was read that compare it with a setting or the night before."""


def name(key: tuple[str, str]) -> str:
    """A check as `dataset.check`, the form in which a held-back night names it."""
    return ".".join(key)


def why_not(check: Check) -> str | None:
    """Why a failure of this check cannot be accepted; None if it can."""
    if check.severity != "blocking":
        return "it is a warning, which holds no night back"
    if check.dataset in [dataset.name for dataset in SYSTEM] and check.name not in COMPARED:
        return "without it, it is not known what was read"
    if check.expectation in (UNIQUE, UNIQUE_TOGETHER, NOT_NULL, ROW_COUNT) or check.name in FOUNDATIONS:
        return "what is published rests on it"
    return None


def entries(night: Night, checks: Sequence[Check]) -> Mapping[tuple[str, str], str]:
    """The live entries of the night's register that accept one of these checks: {(dataset, check): entry}."""
    acceptable = {check.key for check in checks if why_not(check) is None}
    found = {}
    for row in landing.read(night, REGISTER).to_pylist():
        key = row.get("dataset"), row.get("check_name")  # a night of 0.2 landed without these columns
        if is_live(row, night) and key in acceptable:
            found[key] = row["entry"]
    return found


def is_live(row: Row, night: Night) -> bool:
    """Whether a row of the register accepts a check on this night."""
    return bool(row["kind"] == KIND and row["expires_on"] >= night.as_of)


def enter(night: Night, register: Sequence[Row]) -> None:
    """Replace the accepted checks in a night's register by those of the current one; all else stays as it landed."""
    kept = [row for row in landing.read(night, REGISTER).to_pylist() if row["kind"] != KIND]
    landing.write(night, REGISTER, [*kept, *(row for row in register if row["kind"] == KIND)])
