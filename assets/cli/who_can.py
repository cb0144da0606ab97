"""`rolecall who-can`: who may do something on the published night, under what, and of whom it is not known."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from assets.cli.app import DONE, Home, command, complain, given, load, terminal
from assets.cli.output import cell, say, table
from pipeline.night import Night

if TYPE_CHECKING:
    from pipeline.questions.answers import Answer, Found
    from pipeline.questions.published import Published
    from pipeline.questions.steps import Further

OTHERS = 1
NOBODY = "nobody"
MOST_ACCOUNTS = 2
HEADINGS = {"may": "May", "conditional": "May under conditions", "unknown": "Not known"}

At = Annotated[
    datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="A landed night; default: the published one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
When = Annotated[
    list[str] | None,
    typer.Option(
        help="What is known of the request: a condition key, or mfa, ip, region ...: mfa=yes; repeat for more."
    ),
]


@command
def who_can(
    action: Annotated[str, typer.Argument(help="The action, as in s3:GetObject.")],
    resource: Annotated[
        str | None, typer.Argument(help="ARN of the resource; default: any, each in its account.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Account of the resource, where its ARN has none.")] = None,
    when: When = None,
    expect: Annotated[
        str | None,
        typer.Option(
            help=f"Who may: names or ARNs, with commas and *, or {NOBODY}; exit code 1 if others may, or might."
        ),
    ] = None,
    steps: Annotated[
        int, typer.Option(min=0, max=9, help="Also who gets there by so many steps of assuming roles and escalating.")
    ] = 0,
    at: At = None,
    as_json: AsJson = False,
    home: Home = None,
) -> int:
    """Who may take an action: certainly, under conditions, and of whom it is not known. No call is made to AWS.

    Example: rolecall who-can s3:GetObject arn:aws:s3:::payroll/2026.csv --when mfa=yes
    """
    from pipeline.questions import answers
    from pipeline.questions import given as request
    from pipeline.questions.resources import any_resource
    from pipeline.questions.resources import resource as found_resource
    from pipeline.questions.who_can import Question

    with opened(home, at, with_movers=steps > 0) as night:
        name = request.action_of(action)
        about = found_resource(night, name, resource, account or "") if resource else any_resource(night, account or "")
        answer = answers.who_can(night, Question(name, about, request.given(when or ())))
        others = by_steps(night, answer, steps) if steps else []
        as_of = str(night.as_of)
    if as_json:
        data = as_data(answer, as_of) | ({"by_steps": [asdict(each) for each in others]} if steps else {})
        print(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        show(terminal(), answer)
        if steps:
            show_steps(terminal(), others)
    return DONE if expect is None else compared(answer, expect)


def by_steps(night: Published, answer: Answer, steps: int) -> list[Further]:
    """Who gets to one of the callers within so many steps, the nearest first."""
    from pipeline.questions.how import Movers
    from pipeline.questions.steps import further

    return sorted(further(Movers.of(night), answer, steps), key=lambda each: (each.steps, each.arn))


def opened(home: Any, at: datetime | None, with_movers: bool = False) -> AbstractContextManager[Published]:
    """The published night of a home, or a landed one; then `with_movers` if it matters who can become whom."""
    from pipeline.questions.published import published

    settings = load(**given(home=home))
    if at is None:
        return published(settings.home)
    from pipeline.questions.earlier import OF_MOVERS, landed

    return landed(settings, Night(settings.home, at.date()), OF_MOVERS if with_movers else frozenset())


def as_data(answer: Answer, as_of: str) -> dict[str, Any]:
    """The answer as a dict for JSON output."""
    question = answer.question
    return {
        "as_of": as_of,
        "action": question.action,
        "resource": question.resource.arn or None,
        "account_id": question.resource.account or None,
        "when": {key: list(values) for key, values in question.given.items()},
        **{name: [_caller(caller) for caller in getattr(answer, name)] for name in HEADINGS},
        "notes": list(answer.notes),
    }


def _caller(caller: Found) -> dict[str, Any]:
    return {
        "kind": caller.who.kind,
        "name": caller.who.name,
        "account_id": caller.who.account or None,
        "arn": caller.who.arn or None,
        "people": list(caller.who.people),
        "because": list(caller.because),
        "waits": [asdict(wait) | {"keys": list(wait.keys)} for wait in caller.waits],
        "unknown": list(caller.unknown),
        "by_own_policies": caller.by_own_policies,
        "note": caller.note,
    }


def show(console: Console, answer: Answer) -> None:
    """Print the three lists: callers with the same reasons together."""
    for name, heading in HEADINGS.items():
        every: Sequence[Found] = getattr(answer, name)
        console.print(f"{heading}: {len(every)}", style="bold", highlight=False)
        for reasons, members in _alike(every).items():
            for reason in reasons:
                say(console, f"  {cell(reason)}")
            rows = list(_rows(members))
            names = (
                ("Caller", "Kind", "Account", "By") if any(row[-1] for row in rows) else ("Caller", "Kind", "Account")
            )
            console.print(table(names, [row[: len(names)] for row in rows]))
    for note in answer.notes:
        say(console, f"Note: {cell(note)}")


def show_steps(console: Console, others: Sequence[Further]) -> None:
    """Print who gets there by steps."""
    console.print(f"By steps: {len(others)}", style="bold", highlight=False)
    rows = [
        (each.arn, str(each.steps), "certain" if each.is_certain else "under conditions", each.via) for each in others
    ]
    console.print(table(("Principal", "Steps", "How sure", "First"), rows))


def _alike(every: Iterable[Found]) -> Mapping[tuple[str, ...], list[Found]]:
    from pipeline.questions.words import named

    grouped: dict[tuple[str, ...], list[Found]] = defaultdict(list)
    for caller in every:
        waits = (f"{wait.sentence} ({named(wait.layer, wait.policy)}, {wait.statement})" for wait in caller.waits)
        grouped[*waits, *caller.unknown, *([caller.note] if caller.note else [])].append(caller)
    return grouped


def _rows(members: Iterable[Found]) -> Iterator[tuple[str, ...]]:
    """A row for each name and reason, with the accounts that have such a caller, and the people of a permission set."""
    merged: dict[tuple[str, str, tuple[str, ...]], list[Found]] = defaultdict(list)
    for caller in members:
        merged[caller.who.name, caller.who.kind, caller.because].append(caller)
    for (name, kind, because), those in merged.items():
        people = sorted({person for caller in those for person in caller.who.people})
        accounts = sorted({caller.who.account for caller in those if caller.who.account})
        shown = ", ".join(accounts) if len(accounts) <= MOST_ACCOUNTS else f"{len(accounts)} accounts"
        yield f"{name}: {', '.join(people)}" if people else name, kind, shown, "; ".join(because)


def compared(answer: Answer, expect: str) -> int:
    """Exit code 1, and who, if others than those expected may, might, or are not known."""
    names = [name.strip() for name in expect.split(",") if name.strip() and name.strip() != NOBODY]
    code = DONE
    for name, heading in HEADINGS.items():
        others = [caller for caller in getattr(answer, name) if not _is_expected(caller, names)]
        if others:
            shown = ", ".join(
                caller.who.arn or f"{caller.who.kind} {caller.who.account or caller.who.name}" for caller in others[:5]
            )
            more = f" and {len(others) - 5} more" if len(others) > 5 else ""
            complain(f"not expected, {heading.lower()}: {shown}{more}")
            code = OTHERS
    return code


def _is_expected(caller: Found, names: Sequence[str]) -> bool:
    who = caller.who
    known = (who.name, who.arn, *([who.account] if who.kind == "account" else []))
    return any(fnmatchcase(each, name) for name in names for each in known if each)
