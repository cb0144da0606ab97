"""`rolecall rehearse`: a change of policies tried on the newest published night."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from assets.cli.app import DONE, Home, command, given, load, terminal
from assets.cli.output import table
from pipeline.text import plural, visible

if TYPE_CHECKING:
    from pipeline.rehearse.answer import Answer
    from pipeline.rehearse.breaks import Break

BREAKS = 1
MOST_ROWS = 25


class Attached(StrEnum):
    scp = "scp"
    rcp = "rcp"
    boundary = "boundary"
    identity = "identity"
    trust = "trust"
    permission_set = "permission-set"


@command
def rehearse(
    at: Annotated[
        str,
        typer.Option("--at", help="The word root, an OU (id or path), an account, a principal or a permission set."),
    ],
    kind: Annotated[Attached, typer.Option("--as", help="How the policies are attached.")],
    files: Annotated[list[Path] | None, typer.Argument(help="Files with a policy each.", show_default=False)] = None,
    replace: Annotated[
        list[str] | None, typer.Option(help="Policy (name, id or ARN) whose place at the target the file takes.")
    ] = None,
    detach: Annotated[list[str] | None, typer.Option(help="Policy to detach from the target.")] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="Uses that count: of the last so many days.")] = 90,
    events: Annotated[
        str | None,
        typer.Option(help="CloudTrail's: a file, folder or s3://bucket/prefix of log files, Parquet or JSON."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="File to write a page to that can be sent round.")] = None,
    home: Home = None,
) -> int:
    """Rehearse a change of policies: what would break, which findings turn, and whether AWS would take it.

    AWS is not called, except for events in a bucket, and nothing but the page is written. Exit code 1: something breaks
    for certain, or AWS would refuse it.

    Example: rolecall rehearse deny-regions.json --as scp --at /Workloads/Prod
    """
    from pipeline.rehearse import answer as rehearsing

    chosen = load(**given(home=home))
    answer = rehearsing.rehearse(chosen, kind.value, files or [], at, replace or [], detach or [], days, events)
    if html:
        _page(html, answer)
    if as_json:
        print(json.dumps(rehearsing.as_data(answer), indent=2, ensure_ascii=False, default=str))
    else:
        show(terminal(), answer)
    return DONE if answer.is_safe else BREAKS


def _page(path: Path, answer: Answer) -> None:
    from pipeline.settings import Refused
    from reports import rehearsal

    try:
        rehearsal.write(path, answer)
    except OSError as error:
        raise Refused(f"--html {path}: {error.strerror or error}") from error


def show(console: Console, answer: Answer) -> None:
    """Print the answer: the worst first."""
    console.print(Text(visible(f"Rehearsed on the night of {answer.as_of}: {answer.change}."), style="bold"))
    _heading(console, "Would AWS take it")
    for limit in answer.limits:
        word = {True: "yes", False: "NO", None: "note"}[limit.holds]
        _line(console, f"{word:4} {limit.check}: {limit.says}{f' ({limit.policy})' if limit.policy else ''}")
    _breaks(console, answer)
    _lockouts(console, answer)
    _turns(console, answer)
    _heading(console, "What it does not touch")
    for row in answer.untouched:
        _line(console, f"{row['what']}: {row['why']}")


def _heading(console: Console, text: str) -> None:
    console.print(Text(f"\n{text}", style="bold"))


def _line(console: Console, text: str) -> None:
    console.print(Text(f"  {visible(text)}"), soft_wrap=True)


def _breaks(console: Console, answer: Answer) -> None:
    _heading(
        console, f"What would break, by use in the last {answer.days} days of {plural(answer.touched, 'principal')}"
    )
    for certainty, title in (("certain", "for certain"), ("conditional", "under conditions")):
        found = [one for one in answer.breaks if one.certainty == certainty]
        people = plural(len({one.principal_arn for one in found}), "principal")
        _line(console, f"{title}: {plural(len(found), 'use')} by {people}" if found else f"{title}: none found")
        if found:
            _table(console, ("action", "principals", "last used", "e.g.", "depends on", "by"), _by_action(found))
    _recorded(console, answer)
    if answer.unknown:
        _line(console, f"not known: {plural(len(answer.unknown), 'principal or account', 'principals or accounts')}")
        names = ("account", "principal", "call", "class", "message")
        _table(console, names, ([*row.values()] for row in answer.unknown))


def _recorded(console: Console, answer: Answer) -> None:
    if read := answer.trail:
        what = f"{plural(read.events, 'event')} in {plural(read.files, 'file')}"
        kinds = f"{read.management:,} of management, {read.data:,} of data, {read.denied:,} denied at the time"
        _line(console, f"CloudTrail: {what}: {kinds}")
    for gap in answer.gaps:
        _line(console, f"not told by CloudTrail: {gap}")


def _by_action(found: Iterable[Break]) -> list[list[Any]]:
    """The breaks by action and statement, those of most principals first."""
    groups: dict[tuple[Any, ...], list[Break]] = defaultdict(list)
    for one in found:
        hit = one.statement
        by = f"{hit.layer} {hit.policy} {hit.sid or hit.index}" if hit else one.reason
        groups[one.action, ", ".join(one.depends_on), by, one.basis].append(one)
    listed = []
    for (what, keys, by, _), uses in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        last = max(uses, key=lambda one: one.last_used)
        when = f"{last.last_used:%Y-%m-%d}{f' {last.region}' if last.region else ''}"
        lost = last.lost[:2]
        what += f" in {events:,} events" if (events := sum(one.events for one in uses)) else ""
        what += f" ({', '.join(lost)}{' …' if len(last.lost) > 2 else ''})" if lost else ""
        listed.append([what, len({one.principal_arn for one in uses}), when, _short(last.principal_arn), keys, by])
    return listed


def _short(arn: str) -> str:
    """`role/deploy in 111111111111`."""
    parts = arn.split(":", 5)
    return f"{parts[5]} in {parts[4]}"


def _lockouts(console: Console, answer: Answer) -> None:
    from pipeline.rehearse.lockouts import alike

    _heading(console, "Whom it locks out")
    if not answer.locks_out:
        _line(console, "nobody of those that are known: break-glass users, the reader role, roles that run accounts")
    rows = (
        [
            first.what,
            len(each),
            _short(first.principal_arn) if first.principal_arn else first.account_id,
            first.certainty,
            first.loses,
            ", ".join(first.depends_on) or first.reason,
        ]
        for each in alike(answer.locks_out)
        for first in each[:1]
    )
    _table(console, ("what", "principals", "e.g.", "certainty", "loses", "depends on, or why"), rows)


def _turns(console: Console, answer: Answer) -> None:
    closed, opened = len(answer.closes), len(answer.opens)
    _heading(console, f"What turns: {plural(len(answer.turns), 'finding')}; {closed} fails end, {opened} begin")
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in answer.turns:
        verdicts = f"{row['verdict_before'] or 'new'} → {row['verdict_after'] or 'gone'}"
        groups[row["control_id"], verdicts].append(row["account_id"])
    listed = ([*key, len(accounts), len(set(accounts))] for key, accounts in sorted(groups.items()))
    _table(console, ("control", "verdict", "findings", "accounts"), listed)
    before, after = (answer.measures[name][0] for name in ("before", "after"))
    for name in ("critical", "high", "controls_met", "accounts_met", "coverage"):
        _line(console, f"{name.replace('_', ' ')}: {before[name]} → {after[name]}")


def _table(console: Console, names: tuple[str, ...], rows: Iterable[list[Any]]) -> None:
    listed = list(rows)
    if listed:
        console.print(table(names, listed[:MOST_ROWS]))
    if len(listed) > MOST_ROWS:
        _line(console, f"and {len(listed) - MOST_ROWS} more rows; --json has all")
