"""`rolecall what-can`: what a user, role or permission set may do, and what its limits take away."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from assets.cli.app import DONE, Home, command, terminal
from assets.cli.output import cell, say, table
from assets.cli.who_can import At, opened

if TYPE_CHECKING:
    from pipeline.policy import Decision
    from pipeline.questions.what_can import Level, Rights

MOST_ROWS = 20
ALL, UNDER = "all", "all, if"
Account = Annotated[str | None, typer.Option(help="Account of the principal, if several have one of this name.")]


@command
def what_can(
    principal: Annotated[str, typer.Argument(help="ARN or name of a user, role or permission set.")],
    on: Annotated[str | None, typer.Option("--on", help="ARN of a resource: only what it may do with that.")] = None,
    account: Account = None,
    owner: Annotated[str | None, typer.Option(help="Account of the resource, where its ARN has none.")] = None,
    at: At = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a policy document.")] = False,
    home: Home = None,
) -> int:
    """What a principal may do by its policies, boundary and SCPs. No call is made to AWS.

    Example: rolecall what-can arn:aws:iam::111122223333:role/deploy
    """
    from pipeline.questions import what_can as asking
    from pipeline.questions.as_policy import as_policy
    from pipeline.questions.names import principal_named
    from pipeline.questions.resources import resource

    with opened(home, at) as night:
        who = principal_named(night, principal, account or "")
        if on:
            place = resource(night, f"{on.split(':')[2] if on.count(':') > 2 else ''}:", on, owner or "")
            show_on(terminal(), asking.on_resource(night, who, place), place.arn, place.unread, as_json)
            return DONE
        rights = asking.what_can(who)
    if as_json:
        written = as_policy(rights.principal, rights.actions)
        print(json.dumps(written.document, indent=2, ensure_ascii=False))
        for sentence in written.left_out:
            typer.echo(f"left out: {cell(sentence)}", err=True)
    else:
        show(terminal(), rights)
    return DONE


def show(console: Console, rights: Rights) -> None:
    """Print services and levels, then the sensitive, then what is taken away."""
    admin_words = {"YES": "an administrator", "DEPENDS": "an administrator under conditions", "NO": "no administrator"}
    say(console, f"{rights.principal.arn}: {len(rights.actions):,} actions, {admin_words[rights.admin.verdict.name]}")
    console.print(table(("Service", *LEVEL_NAMES), _services(rights.services)))
    if any(each.conditional for levels in rights.services.values() for each in levels.values()):
        say(console, "if: under conditions; --on RESOURCE or `rolecall who-can` says which\n")
    say(console, f"Sensitive actions: {len(rights.sensitive)}")
    rows = [
        (each.action, each.why, ", ".join(each.resources), "; ".join(wait.sentence for wait in each.waits))
        for each in rights.sensitive[:MOST_ROWS]
    ]
    console.print(table(("Action", "Which", "On", "Under"), rows))
    _more(console, len(rights.sensitive))
    say(console, f"Taken away by boundary and SCPs: {sum(len(taken.actions) for taken in rights.taken):,} actions")
    rows_taken = [
        (
            each.by,
            "denied" if each.is_whole else "under conditions",
            f"{len(each.actions):,}",
            ", ".join(each.actions[:3]),
        )
        for each in rights.taken[:MOST_ROWS]
    ]
    console.print(table(("By", "How", "Actions", "Such as"), rows_taken))
    _more(console, len(rights.taken))
    for sentence in rights.unknown:
        say(console, f"Not known: {cell(sentence)}")


LEVEL_NAMES = ("List", "Read", "Write", "Tagging", "Permissions management")


def _more(console: Console, count: int) -> None:
    if count > MOST_ROWS:
        say(console, f"  and {count - MOST_ROWS} more")


def _services(services: Mapping[str, Mapping[str, Level]]) -> Iterator[tuple[str, ...]]:
    """A row for each service; those of which everything is allowed, or everything under conditions, share one."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for service, levels in services.items():
        counts = tuple(_count(levels.get(level)) for level in LEVEL_NAMES)
        for whole in (ALL, UNDER):
            if {*counts, whole} == {whole, ""} or {*counts} == {whole}:
                counts = (whole,) * len(LEVEL_NAMES)
        alike[counts].append(service)
    for counts, names in sorted(alike.items(), key=lambda item: (len(item[1]), item[1][0])):
        yield _several(names), *counts


def _several(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:3])} and {len(names) - 3} others"


def _count(level: Level | None) -> str:
    """`12 of 30`, `all`; `3 of 30, 5 if` for five more under conditions."""
    if level is None:
        return ""
    if level.certain >= level.known:
        return ALL
    if level.conditional >= level.known:
        return UNDER
    under = f", {level.conditional} if" if level.conditional else ""
    return f"{level.certain} of {level.known}{under}"


def show_on(console: Console, decisions: Mapping[str, Decision], arn: str, unread: str, as_json: bool) -> None:
    """Print what may be done with one resource."""
    from pipeline.policy import Verdict
    from pipeline.questions.words import waits

    certain = [action for action, decision in decisions.items() if decision.verdict is Verdict.ALLOWED]
    if as_json:
        statements = [{"Effect": "Allow", "Action": certain, "Resource": arn}] if certain and not unread else []
        print(json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2))
        left = decisions.keys() - certain if not unread else decisions.keys()
        if left:
            typer.echo(f"left out, under conditions or not known: {', '.join(sorted(left))}", err=True)
        return
    rows = [
        (action, "not known" if unread else "may" if action in certain else "may under conditions",
         "; ".join(wait.sentence for wait in waits(decision)))
        for action, decision in decisions.items()
    ]  # fmt: skip
    console.print(table(("Action", "Verdict", "Under"), rows))
    if unread:
        say(console, f"Not known, since {cell(unread)}; by its own policies it may")
