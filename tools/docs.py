"""Generates pages under docs/: `python -m tools.docs`. A test fails when they are stale."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import typer

from assets import definitions
from assets.cli import main
from assets.cli.controls import entry as entry_of
from pipeline import collectors
from pipeline.aws import failures
from pipeline.aws.advice import MEANING, advice
from pipeline.aws.permissions import all_actions, policy_document
from pipeline.collect.run import reader_operations
from pipeline.night import WAREHOUSE, Night
from pipeline.publish import bucket
from pipeline.schema import Dataset
from pipeline.settings import FILE, Settings
from pipeline.warehouse import build, models
from pipeline.warehouse.headers import PRACTICES
from reports.filters import framework

FOLDER = Path(__file__).resolve().parent.parent / "docs"
GENERATED = "<!-- Written by `make docs`. -->"
EMPTY_NIGHT = date(2000, 1, 1)


def pages() -> dict[str, str]:
    """The text of each generated page, by name."""
    builders: dict[str, Callable[[], Iterator[str]]] = {
        "assets.md": assets,
        "commands.md": commands,
        "controls.md": controls,
        "permissions.md": permissions,
        "settings.md": settings,
        "tables.md": tables,
        "troubleshooting.md": troubleshooting,
    }
    return {name: "\n".join([*make(), ""]) for name, make in builders.items()}


def assets() -> Iterator[str]:
    """The asset graph: every asset, its group, and its upstream assets."""
    intro = "What Dagster shows: every asset with the assets that it is made from, and how many checks it has."
    yield from heading("Assets", intro)
    graph = definitions.build(Settings.model_construct(home=Path("nowhere"))).resolve_asset_graph()
    checked = Counter(check.asset_key for check in graph.asset_check_keys)
    by_group: dict[str, list[tuple[str, ...]]] = {}
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        above = ", ".join(code(parent.to_user_string()) for parent in sorted(node.parent_keys))
        row = (code(key.to_user_string()), above, str(checked[key] or ""))
        by_group.setdefault(node.group_name, []).append(row)
    for group in sorted(by_group):
        yield from (f"## {group}", "")
        yield from table(("Asset", "Made from", "Checks"), by_group[group])


def commands() -> Iterator[str]:
    """Every command with its arguments and options."""
    yield from heading(
        "Commands",
        "Exit code 0: done; 1: done, but something could not be read, made or uploaded; 2: refused or failed.",
    )
    group: Any = typer.main.get_command(main.app)
    for name in group.commands:
        command = group.commands[name]
        with command.make_context(f"rolecall {name}", [], resilient_parsing=True) as context:
            usage = " ".join(command.collect_usage_pieces(context))
            yield from (f"## rolecall {name}", "", command.help or "", "", f"    rolecall {name} {usage}", "")
            records = [record for p in command.get_params(context) if (record := p.get_help_record(context))]
        yield from table(("Option", "What it does"), ((code(option), text) for option, text in records))


def controls() -> Iterator[str]:
    """Every control, by practice."""
    catalog = models.load()
    entries = [entry_of(catalog, name) for name in catalog.controls]
    yield from heading("Controls", f"{len(entries)} controls for {len(PRACTICES)} practices.")
    for number, title in PRACTICES.items():
        yield from (f"## {number}. {title}", "")
        for entry in entries:
            if entry["practice"] == number:
                yield from control(entry)


def control(entry: dict[str, Any]) -> Iterator[str]:
    yield from (f"### {entry['number']} {entry['title']}", "")
    judged = "judged once, for the organization" if entry["scope"] == "organization" else "judged in every account"
    yield from (f"`{entry['control_id']}` · {entry['severity']} · {judged}", "")
    facts = {
        "Why": entry["why"],
        "Fix": entry["fix"],
        "May break": entry["may_break"],
        "Evidence": "; ".join(f"{code(key)} {text}" for key, text in entry["evidence"].items()),
        "Reads": ", ".join(map(code, entry["datasets"])),
        "Parameters": ", ".join(code(f"{name} = {json.dumps(value)}") for name, value in entry["params"].items()),
        "Elsewhere": "; ".join(f"{framework(name)} {text}" for name, text in entry["frameworks"].items()),
    }
    for name, text in facts.items():
        if text:
            yield f"- **{name}.** {text}"
    yield ""


def permissions() -> Iterator[str]:
    """The IAM actions needed for each dataset, by the credentials used, and policies that allow them."""
    datasets = [dataset for dataset in collectors.datasets().values() if dataset.operations]
    of_account = sorted((d for d in datasets if d.scope != "organization"), key=lambda d: d.name)
    of_organization = sorted((d for d in datasets if d.scope == "organization"), key=lambda d: d.name)
    intro = (
        "Rolecall reads each account through a role there, and the organization with the credentials it runs with. "
        "Every action is of access level List or Read. A dataset whose actions are not allowed is not read: its "
        "controls are `unknown`, and the report names the call that was denied."
    )
    yield from heading("Permissions", intro)
    yield from ("## The reader role, in every account", "")
    yield from ("Actions by dataset:", "")
    yield from actions_by_dataset(of_account)
    yield from ("As a policy for the role (`role_name`):", "")
    yield from listed(policy_document(reader_operations()))
    yield from ("Its trust policy, with the account that runs Rolecall and the `external_id` of the settings:", "")
    yield from listed(TRUST)
    yield from ("## The credentials that run Rolecall", "")
    yield (
        "Of the management account, or of an account that is a delegated administrator for Organizations, IAM and IAM "
        "Identity Center. What only the management account may ask (`iam:GenerateOrganizationsAccessReport`, Control "
        "Tower) is asked there through the reader role. The account that the credentials belong to is read with "
        "them too, not through the role: they need the actions of the reader role as well."
    )
    yield ""
    yield from actions_by_dataset(of_organization)
    yield from ("As a policy:", "")
    allowed = policy_document(collectors.operations("organization"))
    allowed["Statement"].append(ASSUME)
    yield from listed(allowed)
    yield from ("## Publishing and notifying", "")
    yield from table(("Setting", "Actions"), ((name, ", ".join(map(code, needs))) for name, needs in DELIVERY.items()))


TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "..."}},
        }
    ],
}
ASSUME = {
    "Sid": "RolecallAssumesTheReaderRole",
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Resource": "arn:aws:iam::*:role/RolecallReader",
}
DELIVERY = {
    "`publish_to`": all_actions(bucket.OPERATIONS),
    "`publish_kms_key`": ["kms:GenerateDataKey"],
    "`notify`, SNS topics": ["sns:Publish"],
}


def actions_by_dataset(datasets: Iterable[Dataset]) -> Iterator[str]:
    rows = ((code(d.name), ", ".join(map(code, all_actions(d.operations)))) for d in datasets)
    yield from table(("Dataset", "Actions"), rows)


def listed(document: dict[str, Any]) -> Iterator[str]:
    yield from ("```json", json.dumps(document, indent=2), "```", "")


def settings() -> Iterator[str]:
    """Every setting with its variable, default and description."""
    intro = f"Keys of `{FILE}`; each can be given as a variable too, which wins. Lists in a variable are JSON."
    yield from heading("Settings", intro)
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        default_text = "" if default is None else json.dumps(default, default=str)
        rows.append((code(name), code(f"ROLECALL_{name.upper()}"), code(default_text), field.description or ""))
    yield from table(("Key", "Variable", "Default", "Description"), rows)
    yield from (
        "A control is switched off, or given other values for its parameters, in a table of its own:",
        "",
        "```toml",
        "[controls.key_rotation]",
        "max_age_days = 60",
        "```",
        "",
        "AWS itself is set up as for every program that uses boto3: profiles, `AWS_*` variables, instance roles.",
    )


def tables() -> Iterator[str]:
    """The published tables with their column comments."""
    yield from heading("Tables", "What `rolecall.duckdb` holds. The same texts are comments in the database.")
    for name, (title, columns) in published().items():
        yield from (f"## {name}", "", title, "")
        yield from table(("Column", "Type", "Description"), columns)


def published() -> dict[str, tuple[str, list[tuple[str, str, str]]]]:
    """Title and columns of each published table, from a database built from an empty night."""
    with tempfile.TemporaryDirectory() as folder:
        nothing = Settings.model_construct(home=Path(folder))
        night = Night(nothing.home, EMPTY_NIGHT)
        night.landing_folder.mkdir(parents=True)
        build.build(nothing, night)
        with duckdb.connect(nothing.home / WAREHOUSE, read_only=True) as con:
            query = "select column_name, data_type, comment from duckdb_columns() where table_name = ?"
            return {
                model.name: (
                    model.header.title,
                    [
                        (code(c), kind.lower(), text or "")
                        for c, kind, text in con.execute(query, [model.name]).fetchall()
                    ],
                )
                for model in sorted(models.load().models.values(), key=lambda model: model.name)
                if models.PUBLISHED_LAYERS.get(model.layer) == "main"
            }


def troubleshooting() -> Iterator[str]:
    """Every class of errors: what it means, which of AWS's codes belong to it, and what to do."""
    intro = (
        "Start with `rolecall doctor`: it tries credentials, organization, reader role, permissions, disk and targets, "
        "and says what is missing. A command that ends with exit code 2 says in one sentence what is wrong, where, and "
        "what to do. A night that was read but is not shown is [held back](service.md#a-night-that-is-held-back)."
    )
    yield from heading("Troubleshooting", intro)
    yield from ("## What could not be read, and why", "")
    yield (
        "Every verdict that is `unknown` names the call that failed and the class of its error. So do the "
        "report's page *Coverage*, the table [`coverage`](tables.md#coverage) for datasets, and the table "
        "[`ledger`](tables.md#ledger) for calls:"
    )
    yield from ("", f'    rolecall query "{UNREAD}"', "")
    yield (
        "After the cause is removed, `rolecall run --only-failed` reads again what that night lacks. What will stay "
        "unreadable is an [entry of the register](register.md#accepted_gaps)."
    )
    yield ""
    named: dict[str, list[str]] = {}
    for name, group in failures.codes().items():
        named.setdefault(GROUPS.get(group, group), []).append(code(name))
    for error_class, meaning in MEANING.items():
        yield from (f"## {error_class}", "", meaning, "")
        if error_class in named:
            yield f"- **AWS says:** {', '.join(named[error_class])}."
        if error_class in failures.TRANSIENT:
            yield "- **Asked again** in the same night, after pauses, until `max_attempts`."
        helps = advice("", error_class, "nothing, if it does not last; else see the message")
        yield from (f"- **What to do:** {helps}.", "")


GROUPS = {"denied": "iam_deny", "unknown_key": "expired_credentials"}
"""Classes of codes that depend on more than the code, as the class that is told most often."""
UNREAD = "select account_id, dataset, operation, error_class, message from coverage where status = 'failed'"


def heading(title: str, intro: str) -> Iterator[str]:
    yield from (f"# {title}", "", GENERATED, "", intro, "")


def table(names: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(names)} |"
    yield f"|{' --- |' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def write(folder: Path = FOLDER) -> None:
    """Write every generated page."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
