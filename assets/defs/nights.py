"""Nights as daily partitions, and the only place where the clock is read."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dagster as dg

from pipeline import landing
from pipeline.night import Night
from pipeline.publish import database
from pipeline.settings import Refused, Settings


def zone(settings: Settings) -> ZoneInfo:
    """The time zone of the schedule. Raises `Refused` for an unknown one."""
    try:
        return ZoneInfo(settings.schedule_timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        where = f"Settings: schedule_timezone: {settings.schedule_timezone!r} is not a time zone"
        raise Refused(f"{where}; expected a name such as 'Europe/Berlin'") from error


def now() -> float:
    """This moment, as Unix time."""
    return time.time()


def clock_date(settings: Settings) -> date:
    """Today's date in the time zone of the schedule."""
    return datetime.now(zone(settings)).date()


def today(settings: Settings) -> Night:
    """Tonight, the only night on which accounts can be read: `settings.today` if set (demo, tests), else today."""
    return Night(settings.home, settings.today or clock_date(settings))


def check_not_ahead(settings: Settings, night: Night) -> None:
    """Raises `Refused` for a night that is later than any date there is by now, whatever the time zone."""
    latest = max(clock_date(settings) + timedelta(days=1), today(settings).as_of)
    if night.as_of > latest:
        raise Refused(
            f"{night}: that date is still to come; a night has the date on which its accounts were read "
            f"(`rolecall nights remove {night}` takes out one that was judged under such a date)"
        )


def partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """One partition per night, from the first landed night to today, or to the last landed one if that is later."""
    nights = [*landing.nights(settings.home), today(settings)]
    first, last = min(nights), max(nights)
    ahead = (last.as_of - clock_date(settings)).days
    return dg.DailyPartitionsDefinition(
        start_date=str(first), timezone=settings.schedule_timezone, end_offset=1 + ahead
    )


def night_of(
    settings: Settings, context: dg.OpExecutionContext | dg.AssetExecutionContext | dg.AssetCheckExecutionContext
) -> Night:
    """The night of a run's partition."""
    if not context.has_partition_key:
        raise dg.Failure("A run is for one night: choose a partition", allow_retries=False)
    return Night(settings.home, date.fromisoformat(context.partition_key))


def night_or_shown(settings: Settings, context: dg.AssetExecutionContext) -> Night:
    """The night of a run's partition; without one, the night that is published. Raises `Refused` if there is none."""
    return night_of(settings, context) if context.has_partition_key else database.shown(settings)
