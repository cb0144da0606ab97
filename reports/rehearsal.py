"""The page of a rehearsal: one file that can be sent round, without anything beside it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

from pipeline.rehearse.answer import Answer
from pipeline.rehearse.breaks import Break
from pipeline.rehearse.lockouts import alike
from pipeline.schema import Row
from reports.site import HERE, Strict

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
Key = tuple[str, str, str, str]
MEASURES = (
    ("critical", "Critical findings"),
    ("high", "High findings"),
    ("controls_met", "Controls met"),
    ("accounts_met", "Accounts that meet every practice"),
    ("coverage", "Coverage"),
)


def write(path: Path, answer: Answer) -> None:
    """Write the page of an answer."""
    path.write_text(page(answer), encoding="utf-8")


def page(answer: Answer) -> str:
    """The page as HTML."""
    before, after = (answer.measures[name][0] for name in ("before", "after"))
    templates = Strict()
    templates.globals |= {"csp": POLICY, "style": Markup((HERE / "assets" / "site.css").read_text(encoding="utf-8"))}
    return templates.get_template("rehearsal.html.j2").render(
        answer=answer,
        accounts=_by_account(answer),
        statements=_statements(answer.breaks),
        turns=_turns(answer.turns),
        locked=alike(answer.locks_out),
        measures=[(word, before[name], after[name]) for name, word in MEASURES],
    )


def _by_account(answer: Answer) -> list[Row]:
    """Accounts with what breaks there, those with the most certain breaks first."""
    places = {statement: place for place, statement in enumerate(_distinct(answer.breaks), 1)}
    groups: dict[str, list[Row]] = defaultdict(list)
    for use in answer.breaks:
        groups[use.account_id].append({"use": use, "statement": places.get(_key(use))})
    accounts = [
        {
            "account_id": account_id,
            "name": answer.names.get(account_id),
            "rows": rows,
            "certain": sum(row["use"].certainty == "certain" for row in rows),
            "principals": len({row["use"].principal_arn for row in rows}),
            "owners": sorted({row["use"].owner or "no owner tag" for row in rows}),
        }
        for account_id, rows in groups.items()
    ]
    return sorted(accounts, key=lambda row: (-row["certain"], -len(row["rows"]), row["account_id"]))


def _statements(breaks: Iterable[Break]) -> list[Row]:
    """The statements that break something, as they stand in their policies."""
    return [
        {"layer": layer, "policy": policy, "sid": sid, "text": json.dumps(json.loads(text), indent=2) if text else ""}
        for layer, policy, sid, text in _distinct(breaks)
    ]


def _distinct(breaks: Iterable[Break]) -> list[Key]:
    """The statements that break something, those that break most first."""
    return [key for key, _ in Counter(_key(use) for use in breaks if use.statement).most_common()]


def _key(use: Break) -> Key:
    hit = use.statement
    return (hit.layer, hit.policy, hit.sid, hit.text) if hit else ("",) * 4


def _turns(turns: Iterable[Row]) -> list[Row]:
    """The findings that turn, counted by control and verdicts."""
    groups: dict[tuple[str, ...], set[str]] = defaultdict(set)
    counts: Counter[tuple[str, ...]] = Counter()
    for row in turns:
        key = (row["control_id"], row["severity"], row["verdict_before"] or "new", row["verdict_after"] or "gone")
        counts[key] += 1
        groups[key].add(row["account_id"])
    names = ("control", "severity", "before", "after")
    return [
        dict(zip(names, key, strict=True)) | {"findings": count, "accounts": len(groups[key])}
        for key, count in counts.most_common()
    ]
