"""`rolecall publish --accept CHECK`: a person lets a held-back night be published, and the register has it."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from datetime import date

from assets import home
from assets.cli import exceptions
from assets.defs import nights
from pipeline import collectors, landing
from pipeline.collect import register
from pipeline.night import Night
from pipeline.quality import accepted
from pipeline.quality.declared import Check
from pipeline.quality.reconciled import checks
from pipeline.quality.run import validate
from pipeline.schema import QUALITY_RESULTS
from pipeline.settings import Refused, Settings
from pipeline.text import plural
from pipeline.warehouse import store
from pipeline.warehouse.invariants import INVARIANTS
from pipeline.warehouse.query import close_to

Fields = Mapping[str, str | None]


def accept(
    settings: Settings, as_of: date | None, names: Sequence[str], fields: Fields, until: date | None
) -> tuple[Night, str]:
    """Enter checks that hold a night back (None: the newest such night) in the register, and in the night's own.

    `fields`: owner, reason and ticket. Checks that the register accepts already need none. Returns the night and a
    sentence. Raises `Refused` if the night would still be held back, before anything is entered.
    """
    chosen = list({check.key: check for check in map(find, names)}.values())
    with home.held(settings.home):
        night = held_back(settings, as_of)
        check_released(settings, night, chosen)
        live = {
            f"{row['dataset']}.{row['check_name']}" for row in register.load(settings) if accepted.is_live(row, night)
        }
        new = [name for check in chosen if (name := accepted.name(check.key)) not in live]
        if new:
            if not fields["reason"] or until is None:
                raise Refused(f"--accept {new[0]}: --reason and --until must be given")
            exceptions.check_until(until, nights.today(settings).as_of)
            for name in new:
                entry = {"check": name, **fields, "owner": fields["owner"] or user()}
                exceptions.append(settings, "accepted_checks", entry, until)
        accepted.enter(night, register.load(settings))
    what = ", ".join(accepted.name(check.key) for check in chosen)
    return night, f"{settings.exceptions_file}: {what}; {night} is judged with it"


def find(name: str) -> Check:
    """The check of that name: `<dataset>.<check>`, or `<check>` alone if one dataset has it. Raises `Refused`."""
    every = {accepted.name(check.key): check for check in checks(collectors.datasets().values())}
    if name in INVARIANTS:
        raise Refused(f"--accept {name!r}: what is published must not contradict itself; it cannot be accepted")
    found = [full for full in every if name in (full, full.partition(".")[2])]
    if not found:
        raise Refused(f"--accept {name}: there is no such check{close_to(name, every)}")
    if len(found) > 1:
        raise Refused(f"--accept {name}: {plural(len(found), 'dataset')} have it; name one, such as {found[0]}")
    check = every[found[0]]
    if problem := accepted.why_not(check):
        raise Refused(f"--accept {found[0]}: {problem}; it cannot be accepted")
    return check


def held_back(settings: Settings, as_of: date | None) -> Night:
    """That night, or the newest one that is held back. Raises `Refused` if it is not."""
    reasons = store.nights_known(settings.home)[1]
    if not reasons or (as_of and as_of not in reasons):
        raise Refused(f"{as_of or settings.home}: no such night is held back; see `rolecall nights`")
    return Night(settings.home, as_of or max(reasons))


def check_released(settings: Settings, night: Night, chosen: Sequence[Check]) -> None:
    """Raise `Refused` unless these checks are what holds the night back, and all of it."""
    rows = landing.read(night, QUALITY_RESULTS).to_pylist()
    failed = {
        (row["dataset"], row["check_name"]) for row in rows if not row["passed"] and row["severity"] == "blocking"
    }
    blocking = {r.key: r for r in validate(settings, night, failed) if r.is_blocking or r.accepted_by}
    if not blocking:
        reason = store.nights_known(settings.home)[1][night.as_of]
        raise Refused(f"{night} is not held back by a check: {reason}; `rolecall run --judge-only` tries it again")
    for check in chosen:
        if check.key not in blocking:
            holding = ", ".join(map(accepted.name, blocking))
            raise Refused(f"--accept {accepted.name(check.key)}: it does not hold {night} back; what does: {holding}")
    unknown = [key for key, result in blocking.items() if result.unexpected_count is None]
    left = blocking.keys() - {check.key for check in chosen if check.key not in unknown}
    still = [accepted.name(key) for key in sorted(left) if not blocking[key].accepted_by]
    if still:
        raise Refused(f"{night} would still be held back by {', '.join(still)}; nothing is entered")


def user() -> str:
    """The name of the person at this machine. Raises `Refused` where there is none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise Refused("--owner must be given: this user has no name") from error
