"""Notification content: the digest of a published night, or why there is none, as text and as HTML.

Names come from AWS and are untrusted. They are truncated, invisible characters are shown by code, and text that a chat
service would treat as a link or mention is broken by an invisible character; escaping is left to each format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

from pipeline.night import Night
from pipeline.publish import folder
from pipeline.publish.lead import LEAD, Lead, lead
from pipeline.rows import rows
from pipeline.schema import Row
from pipeline.settings import Settings
from pipeline.text import on_one_line, plural, visible
from pipeline.warehouse.store import published

FEW = 5
NAME, RESOURCE, TITLE, CALL, SENTENCE = 60, 140, 80, 100, 1000
"""Maximum lengths of quoted texts."""

# An autolink or Slack's brackets, the middle of a Markdown link, a URL, a mention. `alice@example.com` stays whole.
_LIVE = re.compile(r"<|\](?=\()|:(?=//)|(?<![\w.+-])@")
JOINER = "\u2060"

_UNREAD = "read_status in ('not read', 'partly read')"
NIGHT = "select max(as_of) as night_before from nights where published and as_of < (select as_of from contract)"
CHANGES = """
    select count(*) filter (change = 'new fail') as new_fails,
        count(*) filter (change = 'new fail' and severity = 'critical') as new_critical,
        count(*) filter (change = 'fixed') as fixed,
        count(*) filter (change = 'became unknown') as unknown,
        count(distinct account_id) filter (change = 'became unknown') as unknown_accounts,
        count(*) as changes
    from finding_changes"""
CRITICAL = f"""
    select c.title, ch.resource, ch.account_id, a.name
    from finding_changes ch join controls c using (control_id) left join accounts a using (account_id)
    where ch.change = 'new fail' and ch.severity = 'critical'
    order by c.number, a.name, ch.account_id, ch.region nulls first, ch.resource limit {FEW}"""
UNREAD = f"""
    select name, account_id, read_reason, count(*) over () as unread from accounts where {_UNREAD}
    order by name, account_id limit {FEW}"""
HELD_BACK = """
    select as_of, held_back_reason from nights
    where not published and as_of < $as_of and as_of > coalesce($before, date '0001-01-01') order by as_of"""
# The accounts whose verdicts are not all there: what the history has of how well an account could be read.
UNREAD_CHANGED = """
    select count(*) from (
        select key from trend where scope = 'account' and coverage < 100 and as_of in ($as_of, $before)
        group by key having count(*) = 1)"""


@dataclass(frozen=True)
class Message:
    """A title (ASCII, our own text), paragraphs of a sentence with a list of items, and the address of the report."""

    title: str
    paragraphs: tuple[tuple[str, tuple[str, ...]], ...]
    link: str | None = None

    @property
    def text(self) -> str:
        lines = [line for sentence, items in self.paragraphs for line in (sentence, *(f"- {item}" for item in items))]
        return "\n".join([*lines, *([f"Report: {self.link}"] if self.link else [])])

    @property
    def html(self) -> str:
        parts = [f"<h3>{escape(self.title)}</h3>"]
        for sentence, items in self.paragraphs:
            parts.append(f"<p>{escape(sentence)}</p>")
            if items:
                parts.append(f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>")
        if self.link:
            address = escape(self.link)
            is_url = self.link.startswith(("https://", "http://"))
            parts.append(f'<p>Report: <a href="{address}">{address}</a></p>' if is_url else f"<p>Report: {address}</p>")
        return "\n".join(parts)


@dataclass(frozen=True)
class Digest:
    """Summary of a published night. `critical` and `unread` are the first few entries, already safe for display."""

    as_of: date
    previous_as_of: date | None
    lead: Lead
    open_critical: int
    changes: Row
    critical: tuple[str, ...]
    unread: tuple[str, ...]
    unread_count: int
    held_back: tuple[str, ...]
    unread_changed: bool

    @property
    def is_changed(self) -> bool:
        """Whether findings or unread accounts changed since the night before, or nights are missing in between.

        An account's readability on the earlier night is inferred from its coverage in the history. The very first
        night counts as changed.
        """
        first = self.previous_as_of is None
        return first or self.unread_changed or bool(self.changes["changes"] or self.held_back)

    def message(self, link: str) -> Message:
        counts = self.changes
        fails = plural(counts["new_fails"], "new fail")
        critical = f", {counts['new_critical']:,} of them critical" if counts["new_critical"] else ""
        paragraphs = [
            (str(self.lead), ()),
            (self.lead.measures, ()),
            (f"{fails}{critical}; {counts['fixed']:,} fixed.", self._more(self.critical, counts["new_critical"])),
        ]
        if counts["unknown"]:
            accounts = plural(counts["unknown_accounts"], "account")
            paragraphs.append((f"{plural(counts['unknown'], 'finding')} in {accounts} became unknown.", ()))
        if self.unread_count:
            accounts = plural(self.unread_count, "account")
            unread = self._more(self.unread, self.unread_count)
            paragraphs.append((f"{accounts} could not be read, or only in part:", unread))
        if self.held_back:
            paragraphs.append((f"{plural(len(self.held_back), 'night')} before it held back:", self.held_back[-FEW:]))
        title = f"Rolecall {self.as_of}: {self.open_critical:,} critical open, {fails}{critical}"
        return Message(title, tuple(paragraphs), link)

    @staticmethod
    def _more(items: tuple[str, ...], count: int) -> tuple[str, ...]:
        return items if count <= len(items) else (*items, f"and {count - len(items):,} more")


def digest(database: Path) -> Digest:
    """The digest of the night that a published database shows."""
    with published(database) as con:
        (overall,), (earlier,), (changes,) = rows(con, LEAD), rows(con, NIGHT), rows(con, CHANGES)
        between = {"as_of": overall["as_of"], "before": earlier["night_before"]}
        unread = rows(con, UNREAD)
        return Digest(
            as_of=overall["as_of"],
            previous_as_of=earlier["night_before"],
            lead=lead(overall),
            open_critical=overall["critical"],
            changes=changes,
            critical=tuple(
                f"{shown(row['title'], TITLE)}: {shown(row['resource'], RESOURCE)} in {account(row)}"
                for row in rows(con, CRITICAL)
            ),
            unread=tuple(f"{account(row)}: {shown(row['read_reason'], CALL)}" for row in unread),
            unread_count=unread[0]["unread"] if unread else 0,
            held_back=tuple(
                f"{row['as_of']}: {shown(row['held_back_reason'], RESOURCE)}" for row in rows(con, HELD_BACK, **between)
            ),
            unread_changed=any(next(iter(row.values())) for row in rows(con, UNREAD_CHANGED, **between)),
        )


def failure(settings: Settings, night: Night, sentence: str) -> Message:
    """The message about a night that failed or was held back: why, and which night the reports show."""
    paragraphs: list[tuple[str, tuple[str, ...]]] = [(shown(sentence, SENTENCE), ())]
    published = folder.shown(settings.home)
    if published:
        paragraphs.append((f"The reports show the night of {published}.", ()))
    return Message(f"Rolecall {night}: failed", tuple(paragraphs), link(settings, published) if published else None)


def link(settings: Settings, night: Night) -> str:
    """The address of a night's report: the URL from the settings, else the local path."""
    if settings.report_url:
        return f"{settings.report_url.rstrip('/')}/{night}/index.html"
    return str((night.report_folder / "index.html").resolve())


def account(row: Row) -> str:
    """`payments (333333333333)`."""
    return f"{shown(row['name'], NAME)} ({row['account_id']})" if row["name"] else row["account_id"]


def shown(value: str | None, limit: int) -> str:
    """Untrusted text on one line, truncated in the middle to about `limit` characters, links and mentions defused."""
    text = on_one_line(visible(value))
    if len(text) > limit:
        text = f"{text[: limit // 2]}…{text[-limit // 2 + 1 :]}"
    return _LIVE.sub(lambda match: match[0] + JOINER, text)
