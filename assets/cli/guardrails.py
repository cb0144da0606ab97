"""`rolecall guardrails`: the objectives of guardrails by account, and which policies for them are ready to attach."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from assets.cli.app import DONE, Home, command, given, load, terminal
from assets.cli.output import RowFormat, print_rows, say, table
from pipeline.refused import Refused
from pipeline.text import plural, visible

if TYPE_CHECKING:
    from pipeline.rehearse.ready import AccountState, Readiness

MOST_ROWS = 40
COUNTS = """
    select policy_type, objective, any_value(title) as title,
        count(*) filter (verdict = 'pass') as met,
        count(*) filter (verdict = 'fail') as not_met,
        count(*) filter (verdict not in ('pass', 'fail')) as other
    from guardrails group by policy_type, objective order by policy_type desc, not_met desc, objective"""


@command
def guardrails(
    ready: Annotated[
        bool, typer.Option("--ready", help="Try a policy for each SCP objective on what principals used.")
    ] = False,
    objective: Annotated[
        list[str] | None, typer.Option(help="Only this objective, with --ready; repeat for more.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="Uses that count: of the last so many days.")] = 90,
    write: Annotated[
        Path | None, typer.Option(help="With --ready: a new folder for the policies, AWS CLI commands and Terraform.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    home: Home = None,
) -> int:
    """Guardrail objectives by account; with --ready, the policies that nobody's use stands against, and where.

    AWS is not called. A policy is ready where every account below the place has it, or used nothing that it denies.

    Example: rolecall guardrails --ready --write guardrails
    """
    chosen = load(**given(home=home))
    if not ready:
        if objective or write:
            raise Refused("--objective and --write belong to --ready")
        return _counts(chosen, as_json)
    from pipeline.rehearse import attachable
    from pipeline.rehearse.ready import ready as tried

    objectives = tried(chosen, days, objective or ())
    policies = attachable.write(objectives, write) if write else list(attachable.attachments(objectives))
    if as_json:
        print(json.dumps(as_data(objectives, policies), indent=2, ensure_ascii=False, default=str))
    else:
        show(terminal(), objectives)
        say(terminal(), f"{plural(len(policies), 'policy', 'policies')} written to {write}" if write else ADVICE)
    return DONE


ADVICE = "--write FOLDER writes the policies that are ready; `rolecall rehearse` shows all that one of them changes."


def _counts(chosen: Any, as_json: bool) -> int:
    from pipeline.publish import database
    from pipeline.rows import rows

    with database.reading(chosen.home) as con:
        counted = rows(con, COUNTS)
    names = ("policy_type", "objective", "title", "met", "not_met", "other")
    print_rows(names, (tuple(row.values()) for row in counted), RowFormat.json if as_json else RowFormat.text)
    return DONE


def as_data(objectives: list[Readiness], policies: list[Any]) -> dict[str, Any]:
    """The objectives, account by account, and the policies that are ready."""
    from pipeline.rehearse.answer import statement

    listed = []
    for objective in objectives:
        data = asdict(objective)
        for account, state in zip(data["accounts"], objective.accounts, strict=True):
            account["breaks"] = [asdict(each) | {"statement": statement(each.statement)} for each in state.breaks]
        listed.append(data)
    return {"objectives": listed, "policies": [asdict(each) | {"text": json.loads(each.text)} for each in policies]}


def show(console: Console, objectives: list[Readiness]) -> None:
    """Print the objectives, those that are ready in most accounts first, then who stands against the others."""
    from pipeline.rehearse.ready import STATES

    names = ("objective", *(state.replace("_", " ") for state in STATES), "attach at")
    objectives = sorted(objectives, key=lambda objective: -objective.count("ready"))
    listed = (
        [objective.objective, *(objective.count(state) or "" for state in STATES), _places(objective)]
        for objective in objectives
    )
    console.print(table(names, listed))
    for state, says in STATES.items():
        say(console, f"  {state.replace('_', ' '):10} {says}")
    dark: dict[str, list[str]] = {}
    for objective in objectives:
        against = [each for each in objective.accounts if each.breaks or each.root_used_at]
        against = [each for each in against if each.state not in ("met", "ready")]
        if against:
            console.print(Text(f"\n{objective.title}", style="bold"))
            console.print(table(("account", "state", "who"), (_against(each) for each in against[:MOST_ROWS])))
            if len(against) > MOST_ROWS:
                say(console, f"  and {plural(len(against) - MOST_ROWS, 'account')} more; --json has all")
        if objective.loopholes:
            say(console, f"  An exception is open to administrators of its account: {visible(objective.loopholes[0])}")
        for each in objective.accounts:
            for row in each.unread[:1]:
                dark[each.account_id] = [each.name, row["call"], row["message"][:100]]
    if dark:
        console.print(Text("\nNot known, for no use was read", style="bold"))
        console.print(table(("account", "call", "why"), dark.values()))


def _places(objective: Readiness) -> str:
    places = list((objective.at or {}).values())
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return objective.no_policy or ", ".join(places[:3]) + more


def _against(account: AccountState) -> list[str]:
    if account.root_used_at:
        return [account.name, account.state, f"the root user, {account.root_used_at:%Y-%m-%d}"]
    first = account.breaks[0]
    people = sorted({each.principal_arn.rpartition(":")[2] for each in account.breaks})
    more = f" and {len(people) - 1} more" if len(people) > 1 else ""
    who = first.principal_arn.rpartition(":")[2]
    return [account.name, account.state, f"{who}{more}: {first.action}, {first.last_used:%Y-%m-%d}"]
