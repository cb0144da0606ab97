"""Formatting of values: percentages, changes, dates, ARNs. Pure functions, used as Jinja filters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from pipeline.publish.lead import short_day
from pipeline.schema import Row
from pipeline.text import NOTHING as NOTHING
from pipeline.text import percent as percent
from pipeline.text import plural as plural
from pipeline.text import visible as visible
from pipeline.warehouse.headers import PRACTICES

VERDICTS = ("fail", "unknown", "exempt", "manual", "pass", "not_applicable")
VERDICT_SYMBOLS = {"pass": "✓", "fail": "✕", "unknown": "?", "exempt": "⊘", "manual": "☐", "not_applicable": NOTHING}
SEVERITIES = ("critical", "high", "medium", "low")
CHANGES = {
    "new fail": ("✕", "Fails tonight, did not fail the night before"),
    "fixed": ("✓", "Failed the night before, passes tonight"),
    "gone": (NOTHING, "Failed the night before, and the resource is gone"),
    "became unknown": ("?", "Was judged the night before, could not be read tonight"),
    "readable again": ("↻", "Could not be read the night before, is judged tonight"),
    "no longer judged": ("⊝", "Failed the night before, and its account is out of scope, not active or has left"),
    "judged again": ("⊕", "Fails tonight; its account was not judged the night before, but earlier"),
}
FIRST = 50
"""Number of table rows shown initially."""
LONGEST_TAG = 256
"""AWS allows no longer value of a tag."""
HEAT = (95, 85, 70, 50)
FRAMEWORKS = {"cis_aws_7": "CIS AWS 7.0", "security_hub": "Security Hub", "prowler": "Prowler", "other": "Elsewhere"}
"""Display names of the keys in a control's `frameworks`; other keys, such as `pci`, are shown as they are."""


def framework(key: str) -> str:
    return FRAMEWORKS.get(key, key)


def number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"


def seconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.1f} s"


def days(value: float | None) -> str:
    """A mean or median of days with one decimal, `3.5`."""
    return NOTHING if value is None else f"{value:,.1f}"


def day(value: date | None) -> str:
    """`24 November 2026`."""
    return "" if value is None else f"{value.day} {value:%B %Y}"


def iso(value: date | None) -> str:
    return NOTHING if value is None else value.strftime("%Y-%m-%d")


def moment(value: datetime | None) -> str:
    """`2026-11-24 02:04`; times are UTC, as each page states once."""
    return NOTHING if value is None else value.strftime("%Y-%m-%d %H:%M")


def verdict_word(value: str) -> str:
    return value.replace("_", " ")


def path(value: str | None) -> Markup:
    """A path or identifier with line-break opportunities after each slash and underscore."""
    return Markup("<wbr>").join(re.split(r"(?<=[/_])", str(visible(value))))


def arn(value: str | None) -> Markup:
    """An ARN with its repetitive prefix dimmed, so that the name stands out."""
    text = str(visible(value))
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return Markup('<code class="arn">{}</code>').format(text)
    return Markup('<code class="arn"><span>{}:</span>{}</code>').format(":".join(parts[:5]), path(parts[5]))


VERDICT_BADGES = {
    value: Markup('<span class="verdict v-{}"><span aria-hidden="true">{}</span> {}</span>').format(
        value, symbol, verdict_word(value)
    )
    for value, symbol in VERDICT_SYMBOLS.items()
}
SEVERITY_BADGES = {value: Markup('<span class="severity s-{0}">{0}</span>').format(value) for value in SEVERITIES}


def reads(calls: Iterable[dict[str, Any]], once: str) -> Markup:
    """Calls with the time of their data, each linked to its row on this page or, if read once, on the page `once`."""
    listed = (_call(once if c["is_once"] else "", c["operation"], c["is_ok"], c["read_at"]) for c in calls)
    return Markup(", ".join(listed)) or Markup("no call to AWS")


@lru_cache(10_000)
def _call(page: str, operation: str, is_ok: bool, read_at: datetime | None) -> str:
    link = Markup('<a href="{}#{}">{}</a> {}')
    return str(link.format(page, anchor(operation), operation, moment(read_at) if is_ok else "(failed)"))


def pretty(value: str | None, limit: int = 1200) -> str:
    """Indented JSON, truncated to `limit` characters."""
    if not value:
        return ""
    try:
        text = json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except ValueError:
        text = value
    return text if len(text) <= limit else text[:limit] + " …"


def members(value: str | None) -> list[Any]:
    """The items of a JSON array."""
    array = json.loads(value) if value else []
    return array if isinstance(array, list) else []


def pairs(value: str | None) -> list[tuple[str, str]]:
    """The members of a JSON object as text, sorted by name."""
    members = json.loads(value) if value else {}
    if not isinstance(members, dict):
        return []
    return [(k, _plain(v)) for k, v in sorted(members.items())]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def anchor(value: str) -> str:
    """An operation, `iam:ListUsers`, as the id of its row."""
    return "call-" + re.sub("[^A-Za-z0-9]+", "-", value)


def practice_name(number: int) -> str:
    return f"{number}. {PRACTICES[number]}"


def heat(met: float) -> int:
    """A percentage's level on the shared colour scale of five: 0 is best."""
    return sum(met < bound for bound in HEAT)


def change(value: float | None, better: str = "up", unit: str = "") -> Markup:
    """A change as an arrow with its amount, green where it is for the better; nothing where none is known."""
    if value is None:
        return Markup("")
    if abs(value) < 1e-9:
        return Markup('<span class="change same">±0{}</span>').format(unit)
    way = "up" if value > 0 else "down"
    amount = f"{abs(value):,.1f}" if unit else f"{abs(value):,.0f}"
    mark = "▲" if value > 0 else "▼"
    figure = amount if float(amount.replace(",", "")) else "<0.1"
    return Markup(
        '<span class="change {}"><span aria-hidden="true">{}</span><span class="sr">{} by</span> {}{}</span>'
    ).format("up" if way == better else "down", mark, way, figure, unit)


def script_json(value: Any) -> Markup:
    """JSON that is safe inside a script element, whatever it contains."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def select(where: str, columns: str = "account_id, region, resource, verdict, reason, evidence") -> str:
    """The shell command that lists the findings omitted from a page."""
    return f"""duckdb -readonly rolecall.duckdb "select {columns} from findings where {where}\""""


def stack(counts: dict[str, int], most: int) -> Markup:
    """A stacked bar of fails by severity, scaled to `most`; decoration next to the words."""
    if not most or not counts:
        return Markup("")
    parts, x = Markup(""), 0.0
    for severity in SEVERITIES:
        width = 100 * counts.get(severity, 0) / most
        if width:
            parts += Markup('<rect class="sev-{}" x="{:.2f}" width="{:.2f}" height="8"/>').format(severity, x, width)
            x += width
    drawing = '<svg class="stack" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    return Markup(drawing).format(parts)


def severities_text(counts: dict[str, int]) -> str:
    """`2 critical, 13 high`."""
    return ", ".join(f"{counts[s]:,} {s}" for s in SEVERITIES if counts.get(s)) or "none"


def fields(finding: Row, ous: Iterable[str] = ()) -> Markup:
    """The fields of a finding as attributes of its row: links filter by them, and CSV files have them as columns."""
    values = {
        "verdict": finding["verdict"],
        "severity": finding["severity"],
        "practice": finding["practice"],
        "control": finding["control_id"],
        "account": finding["account_id"],
        "owner": (finding["owner"] or "-")[:LONGEST_TAG],
        "ou": " ".join(ous),
        "made": "owner" if finding["made_by"] == "account owner" else "organization",
        "repair": finding["repair"] or "",
    }
    if finding["control_id"].endswith("_objectives"):
        values["objective"] = finding["resource"].rpartition("/")[2]
    return Markup("".join(f' data-{name}="{escape(visible(value))}"' for name, value in values.items()))


_FILTERS = (
    *(anchor, arn, change, day, days, heat, iso, members, moment, number, pairs, path, percent, practice_name, pretty),
    *(script_json, seconds, severities_text, short_day, visible),
)
FILTERS = {f.__name__: f for f in _FILTERS}
GLOBALS = {f.__name__: f for f in (fields, framework, plural, select, stack)} | {
    "VERDICTS": VERDICTS,
    "CHANGES": CHANGES,
    "SEVERITIES": SEVERITIES,
    "FIRST": FIRST,
    "VERDICT_BADGES": VERDICT_BADGES,
    "SEVERITY_BADGES": SEVERITY_BADGES,
    "HEAT": HEAT,
}
