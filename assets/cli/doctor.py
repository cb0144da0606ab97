"""`rolecall doctor` and `rolecall plan`: what stands in a night's way, and what it will cost, before it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from assets.cli.app import DONE, REFUSED, UNREAD, Home, command, given, load
from assets.cli.output import RowFormat, print_rows
from pipeline.refused import Refused
from pipeline.text import plural

if TYPE_CHECKING:
    from pipeline.collect.doctor import Check
    from pipeline.settings import Settings


@command
def doctor(
    sample: Annotated[int, typer.Option(min=0, help="Accounts to try, chosen at random; 0 for all.")] = 20,
    role_name: Annotated[str | None, typer.Option(help="Role to assume in every account.")] = None,
    external_id: Annotated[str | None, typer.Option(help="External ID required by the role's trust policy.")] = None,
    format: Annotated[RowFormat, typer.Option(help="Output format.")] = RowFormat.text,
    home: Home = None,
) -> int:
    """Examine credentials, organization, reader role, permissions, disk and targets, without landing anything.

    Exit code 0: nothing found; 1: warnings; 2: something that a night would fail on.

    Example: rolecall doctor --sample 5
    """
    from assets.cli.settings import check_controls
    from assets.defs import nights
    from pipeline.collect import doctor as of_night
    from reports import chromium

    chosen = load(**given(home=home, role_name=role_name, external_id=external_id))
    check_controls(chosen)
    browser = chromium.find()
    checks = []
    if chosen.render_pdf:
        lacks = of_night.Check(
            "chromium", "warning", "not found: reports have no PDF", "install it, or set render_pdf = false"
        )
        checks.append(of_night.Check("chromium", "ok", browser) if browser else lacks)
    checks += [*of_night.examine(chosen, nights.today(chosen), sample), *targets(chosen)]
    print_rows(("check", "state", "detail", "advice"), [(c.name, c.state, c.detail, c.advice) for c in checks], format)
    states = {check.state for check in checks}
    return REFUSED if "failed" in states else UNREAD if "warning" in states else DONE


def targets(settings: Settings) -> Iterator[Check]:
    """Where reports and notifications go."""
    from pipeline.aws.session import Cloud
    from pipeline.collect.doctor import Check
    from pipeline.publish import notify
    from pipeline.publish.bucket import Bucket

    if settings.publish_to:
        try:
            with closing(Cloud(settings)) as cloud:
                Bucket(cloud).check_private()
            yield Check("bucket", "ok", f"{settings.publish_to} is private")
        except Refused as refused:
            yield Check("bucket", "failed", str(refused))
    if settings.notify:
        try:
            yield Check("notifications", "ok", plural(len(notify.targets(settings)), "target"))
        except Refused as refused:
            yield Check("notifications", "failed", str(refused))


@command
def plan(
    format: Annotated[RowFormat, typer.Option(help="Output format.")] = RowFormat.text,
    home: Home = None,
) -> int:
    """Show which accounts a night would read, and how many calls it would make, without reading them.

    Example: rolecall plan --format json
    """
    from assets.defs import nights
    from pipeline.collect import forecast

    chosen = load(**given(home=home))
    made = forecast.forecast(chosen, nights.today(chosen))
    if format is RowFormat.text:
        Console().print(made.sentence, highlight=False, markup=False, soft_wrap=True)
    print_rows(("service", "calls"), made.calls, format)
    return DONE
