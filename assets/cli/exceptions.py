"""`rolecall exceptions`: the register of exceptions and attestations: list, check, and add an entry from a finding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.cli.app import DONE, Home, command, given, load
from assets.cli.output import RowFormat, print_rows
from pipeline.refused import Refused

if TYPE_CHECKING:
    from pipeline.schema import Row
    from pipeline.settings import Settings

SUBJECTS = ("control_id", "account_id", "resource", "dataset", "check_name")
SHOWN = ("entry", *SUBJECTS, "owner", "ticket", "expires_on", "reason")
LONGEST_DAYS = 366


class RegisterAction(StrEnum):
    list = "list"
    check = "check"
    expiring = "expiring"
    add = "add"


@command
def exceptions(
    action: Annotated[
        RegisterAction, typer.Argument(help="List all entries, check the file, list those that expire, or add one.")
    ] = RegisterAction.list,
    control: Annotated[str | None, typer.Option(help="add: id or number of the finding's control.")] = None,
    resource: Annotated[str | None, typer.Option(help="add: ARN or id of the finding's resource, or a part.")] = None,
    account: Annotated[str | None, typer.Option(help="add: account of the finding, if several have one.")] = None,
    owner: Annotated[str | None, typer.Option(help="add: who answers for it.")] = None,
    reason: Annotated[str | None, typer.Option(help="add: why it is accepted.")] = None,
    ticket: Annotated[str | None, typer.Option(help="add: ticket or change record.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="add: its last day.")] = None,
    days: Annotated[int, typer.Option(min=0, help="expiring: within so many days.")] = 30,
    format: Annotated[RowFormat, typer.Option(help="Output format.")] = RowFormat.text,
    exceptions_file: Annotated[Path | None, typer.Option(help="Register of exceptions and attestations.")] = None,
    home: Home = None,
) -> int:
    """Show, check or extend the register of exceptions and attestations.

    Example: rolecall exceptions add --control key_rotation --resource user/legacy --owner payments@example.com
    --reason "Moves to a role" --ticket SEC-123 --until 2027-03-31
    """
    from assets.defs import nights
    from pipeline.collect import register

    chosen = load(**given(home=home, exceptions_file=exceptions_file))
    today = nights.today(chosen).as_of
    if action is RegisterAction.add:
        fields = {"owner": owner, "reason": reason, "ticket": ticket, "until": until and until.date()}
        if missing := [f"--{name}" for name, given_value in fields.items() if given_value is None]:
            raise Refused(f"exceptions add: {', '.join(missing)} must be given")
        if not control or not resource:
            raise Refused("exceptions add: --control and --resource must name a finding that fails")
        print(add(chosen, control, resource, account, {**fields, "today": today}))
        return DONE
    rows = register.load(chosen)
    if action is RegisterAction.check:
        expired = sum(row["expires_on"] < today for row in rows)
        print(f"{chosen.exceptions_file}: {len(rows)} entries, {expired} of them expired")
        return DONE
    if action is RegisterAction.expiring:
        rows = [row for row in rows if row["expires_on"] <= today + timedelta(days=days)]
    print_rows(("state", *SHOWN), (line(row, today) for row in sorted(rows, key=when)), format)
    return DONE


def when(row: Row) -> tuple[date, str]:
    return row["expires_on"], row["entry"]


def line(row: Row, today: date) -> tuple[Any, ...]:
    return ("live" if row["expires_on"] >= today else "expired", *(row[name] for name in SHOWN))


def add(chosen: Settings, control: str, resource: str, account: str | None, fields: dict[str, Any]) -> str:
    """Append an exception for a failing finding to the register. Returns a sentence.

    The file is checked with the entry before it is replaced. Raises `Refused` for a finding that does not fail, an end
    in the past or more than a year away, and an entry that the register would refuse.
    """
    from pipeline.explain.finding import find_control, find_finding
    from pipeline.publish import database

    with database.reading(chosen.home) as con:
        control_id = find_control(con, control)["control_id"]
        found = find_finding(con, control_id, resource, account)
    if found["verdict"] != "fail":
        raise Refused(f"{found['resource']}: its verdict is {found['verdict']}; only a fail can be excepted")
    until: date = fields["until"]
    check_until(until, fields["today"])
    entry = {
        "control": control_id,
        "account": found["account_id"],
        "resource": found["resource"],
        **{name: fields[name] for name in ("owner", "reason", "ticket")},
    }
    if not str(found["resource"]).startswith("arn:"):
        del entry["resource"]
    append(chosen, "exceptions", entry, until)
    scope = entry.get("resource", f"all of {entry['control']} in {entry['account']}")
    return f"{chosen.exceptions_file}: {scope} is excepted until {until}; the next night applies it"


def check_until(until: date, today: date) -> None:
    """Raise `Refused` for an end in the past or more than a year away."""
    if not today <= until <= today + timedelta(days=LONGEST_DAYS):
        raise Refused(f"--until {until}: the last day must be today or later, and within a year")


def quoted(text: str) -> str:
    """A TOML string."""
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def append(chosen: Settings, table: str, entry: Mapping[str, str | None], until: date) -> None:
    """Replace the register by one with this entry at its end, if the result is valid. Fields of None are left out."""
    from pipeline.collect import register

    path = chosen.exceptions_file
    lines = [f"{name} = {quoted(text)}" for name, text in entry.items() if text is not None]
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    aside = path.with_name(f".{path.name}.new")
    aside.write_text("\n".join([before, f"[[{table}]]", *lines, f"expires_on = {until}", ""]), encoding="utf-8")
    try:
        register.load(chosen.model_copy(update={"exceptions_file": aside}))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
