"""`rolecall how`: one shortest way from a principal to another, or to administrator, and what would cut it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from assets.cli import output
from assets.cli.app import DONE, Home, command, terminal
from assets.cli.who_can import AsJson, At, opened
from pipeline.refused import Refused

if TYPE_CHECKING:
    from pipeline.questions.how import Movers, Step, Way


@command
def how(
    principal: Annotated[str, typer.Argument(help="ARN or name of a user, role or permission set.")],
    to: Annotated[str, typer.Option("--to", help="admin, or the ARN or name of another principal.")] = "admin",
    account: Annotated[str | None, typer.Option(help="Account of the principals, if several have such a name.")] = None,
    at: At = None,
    as_json: AsJson = False,
    home: Home = None,
) -> int:
    """How a principal becomes another, or administrator: one shortest way, and which single change cuts all ways.

    Example: rolecall how arn:aws:iam::111122223333:user/ci --to admin
    """
    from pipeline.questions.how import ADMIN, Movers
    from pipeline.questions.names import arn_named

    with opened(home, at, with_movers=True) as night:
        source = arn_named(night, principal, account or "")
        target = ADMIN if to == ADMIN else arn_named(night, to, account or "")
        if source == target:
            raise Refused(f"{source} is what is asked for")
        movers = Movers.of(night)
        data = answered(movers, source, target)
        data |= {"as_of": str(night.as_of), "not_known": [f"{a}: {why}" for a, why in night.unread_accounts.items()]}
    if as_json:
        print(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        show(terminal(), data)
    return DONE


def answered(movers: Movers, source: str, to: str) -> dict[str, Any]:
    """The ways, and what cuts them, as data for JSON output."""
    from pipeline.questions.cuts import cuts

    ways = movers.ways(source, to)
    cutting, tried = cuts(movers, source, to, ways[0]) if ways and ways[0].steps else ([], 0)
    unreadable = [f"{policy.name}: {policy.problem}" for policy in movers.graph.by_arn[source].unreadable]
    return {
        "from": source,
        "to": to,
        "ways": [_way(movers, way) for way in ways],
        "cuts": [cut.words for cut in cutting],
        "tried": tried,
        "unreadable": unreadable,
    }


def _way(movers: Movers, way: Way) -> dict[str, Any]:
    words = {"YES": "certain", "DEPENDS": "under conditions"}
    return {
        "certainty": "not known" if way.unread else words[way.verdict.name],
        "unread": list(way.unread),
        "steps": [_step(movers, step) for step in way.steps],
    }


def _step(movers: Movers, step: Step) -> dict[str, Any]:
    from pipeline.questions.words import named, waits

    waiting = [wait for decision in step.decisions for wait in waits(decision)]
    return {
        "from": step.source,
        "to": step.target,
        "how": step.how,
        "certainty": "certain" if step.verdict.name == "YES" else "under conditions",
        "statements": list(_statements(movers, step)),
        "waits": [f"{wait.sentence} ({named(wait.layer, wait.policy)}, {wait.statement})" for wait in waiting],
    }


def _statements(movers: Movers, step: Step) -> Iterator[dict[str, Any]]:
    """The statements that the step uses: of the principal's own policies, and of the trust policy of the role."""
    from pipeline.questions.cuts import granting, trusting

    principal, role = movers.graph.by_arn.get(step.source), movers.graph.roles.get(step.target)
    if principal is None:
        return
    for policy, statement in granting(principal, step):
        yield {"policy": policy.name, "statement": json.loads(statement.text)}
    for statement in trusting(role, principal) if role and step.how == "sts:AssumeRole" else ():
        yield {"policy": f"trust policy of {role.arn}" if role else "", "statement": json.loads(statement.text)}


def show(console: Console, data: dict[str, Any]) -> None:
    """Print the ways hop by hop."""

    def say(text: str) -> None:
        output.say(console, output.cell(text))

    goal = "administrator" if data["to"] == "admin" else data["to"]
    if not data["ways"]:
        say(f"No way is known from {data['from']} to {goal}.")
    for way in data["ways"]:
        if not way["steps"]:
            say(f"{data['from']} is an administrator already ({way['certainty']}).")
            continue
        count = f"{len(way['steps'])} step{'' if len(way['steps']) == 1 else 's'}"
        say(f"From {data['from']} to {goal}, {count}, {way['certainty']}:")
        for number, step in enumerate(way["steps"], 1):
            say(f"{number}. {step['how']}: to {step['to']} ({step['certainty']})")
            for each in step["statements"]:
                say(f"     {each['policy']}: {json.dumps(each['statement'])}")
            for sentence in step["waits"]:
                say(f"     {sentence}")
        for sentence in way["unread"]:
            say(f"Not read: {sentence}")
    for words in data["cuts"]:
        say(f"Cuts every known way: {words}")
    if data["tried"] and not data["cuts"]:
        say(f"No single one of the {data['tried']} statements on the way cuts every way.")
    for sentence in (*data["unreadable"], *data["not_known"]):
        say(f"Not known: {sentence}")
