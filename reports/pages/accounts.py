"""The list of accounts, and a page per account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from markupsafe import Markup

from pipeline.rows import Grouped, group
from pipeline.schema import Row
from reports import figures
from reports.filters import reads
from reports.night import PublishedNight, keyed
from reports.pages._page import Kind, Page, account_page, plain_page, way_to_ou
from reports.queries import CHANGES_BY, CHANGES_PER_ACCOUNT, FINDINGS_PER_PAGE, PRIVILEGES, TREND

PLACE = 30
TITLE = "Organization"
ENTRIES = (("accounts", "accounts.html", "Accounts"),)
KINDS = (
    Kind("accounts", "report_accounts", "The list of accounts with what is open and met."),
    Kind("account", "report_account_pages", "A page for each account: its findings, credentials and coverage."),
)

CREDENTIALS_PER_ACCOUNT = 200
REPAIRS_PER_ACCOUNT = 5
RESOURCES_PER_ACCOUNT = 8

ONCE = """
    select operation, account_id, region, status, data_time from ledger
    where as_of = $as_of and operation in (select operation from control_operations where scope = 'organization')
    order by operation, account_id, region"""
"""Calls that read the organization itself; verdicts of every account may depend on them."""
BY_ACCOUNT = {
    "practices": "select * from scores_by_account_and_practice where as_of = $as_of order by account_id, practice",
    "trend": TREND.format(scope="= 'account'").replace("select *", "select *, key as account_id"),
    "findings": f"select * from open_findings where in_account <= {FINDINGS_PER_PAGE} order by account_id, in_account",
    "repairs": f"""
        select * from repairs where account_id is not null and made_by = 'account owner'
        qualify row_number() over (partition by account_id order by place_in_account) <= {REPAIRS_PER_ACCOUNT}
        order by account_id, place_in_account""",
    "mine": """
        select account_id, count(*) filter (made_by = 'account owner') as mine,
            count(*) filter (made_by <> 'account owner') as organization,
            count(distinct repair) filter (made_by = 'account owner') as changes
        from open_findings where verdict = 'fail' group by all order by all""",
    "resources": f"""
        select account_id, resource, count(*) as fails, min(severity_rank) as rank,
            count(*) over (partition by account_id) as total
        from open_findings where verdict = 'fail' group by account_id, resource
        qualify row_number() over (partition by account_id order by rank, fails desc, resource)
            <= {RESOURCES_PER_ACCOUNT}
        order by account_id, rank, fails desc, resource""",
    "changes": CHANGES_BY.format(key="ch.account_id", few=CHANGES_PER_ACCOUNT),
    "unread": "select * from unread order by account_id, len(datasets) desc, operation, error_class",
    "ledger": """
        select account_id, region, operation, status, error_class, calls, attempts, "rows", seconds, data_time
        from ledger where as_of = $as_of order by account_id, operation, region""",
    "people": """
        select account_id, count(*) filter (where principal_type = 'user') as users,
            count(*) filter (where principal_type = 'role') as roles,
            count(*) filter (where principal_type = 'user' and has_console) as console_users,
            count(*) filter (where principal_type = 'user' and has_console and has_mfa) as console_users_with_mfa
        from principals group by account_id order by account_id""",
    "credentials": f"""
        select *, row_number() over (partition by account_id
            order by is_root desc, is_active desc, age_days desc nulls last, user_name, kind, credential) as place,
            count(*) over (partition by account_id) as total from credentials
        qualify place <= {CREDENTIALS_PER_ACCOUNT} order by account_id, place""",
    "credential_counts": """
        select account_id, kind, count(*) as total, count(*) filter (where is_active) as active,
            max(age_days) filter (where is_active) as oldest_days from credentials group by all order by all""",
    "keys": "select * from key_triage order by account_id, place",
    "privileges": PRIVILEGES.format("account_id"),
}


def pages(night: PublishedNight) -> Iterator[Page]:
    yield plain_page("accounts.html", "Accounts", "accounts")
    yield from _account_pages(night)


def count(night: PublishedNight) -> int:
    return 1 + len(night.accounts)


def _account_pages(night: PublishedNight) -> Iterator[Page]:
    once = group(night.reader.rows(ONCE), "operation")
    for account_id, rows in night.by_key("account_id", night.accounts, BY_ACCOUNT):
        account = night.accounts[account_id]
        context = {
            "account": account,
            "scores": night.by_account.get(account_id),
            "chart": figures.trend(rows["trend"], of="this account"),
            "by_practice": keyed(rows["practices"], "practice"),
            "fails": night.fails_by_account.get(account_id, {}),
            "findings": rows["findings"],
            "repairs": rows["repairs"],
            "resources": rows["resources"],
            "mine": next(iter(rows["mine"]), {"mine": 0, "organization": 0, "changes": 0}),
            "lower": _lower(night, account_id),
            "reads": _reads(night, group(rows["ledger"], "operation"), once),
            "changes": rows["changes"],
            "unread": rows["unread"],
            "unread_datasets": {d for r in rows["unread"] for d in r["datasets"]},
            "ledger": rows["ledger"],
            "people": next(iter(rows["people"]), None),
            "credentials": rows["credentials"],
            "credential_counts": rows["credential_counts"],
            "keys": rows["keys"],
            "privileges": next(iter(rows["privileges"]), None),
        }
        title = account["name"] or account_id
        crumbs = (("Accounts", "accounts.html"), *way_to_ou(night, account["ou_id"])[1:])
        yield Page(account_page(account_id), "account.html.j2", title, "accounts", crumbs, context)


def _lower(night: PublishedNight, account_id: str) -> tuple[int, int] | None:
    """How many accounts meet a smaller share of their controls, of how many; None where this one's is not known."""
    shares = [s["controls_met"] for s in night.by_account.values() if figures.has_enough(s)]
    own = night.by_account.get(account_id)
    if own is None or not figures.has_enough(own):
        return None
    return sum(share < own["controls_met"] for share in shares), len(shares)


def _reads(night: PublishedNight, ledger: Grouped, once: Grouped) -> Callable[[Row], Markup]:
    """A function that renders the calls behind a finding; cached, because many findings share them."""

    @cache
    def told(control_id: str, region: str) -> Markup:
        return reads(_calls(night, ledger, once, control_id, region), "../coverage.html")

    return lambda finding: told(finding["control_id"], finding["region"])


def _calls(night: PublishedNight, ledger: Grouped, once: Grouped, control_id: str, region: str) -> Iterator[Row]:
    """The calls behind a finding, the account's own and the organization's, each with the time of its data."""
    for call in night.calls[control_id]:
        rows = once[call["operation"]] if call["is_once"] else ledger[call["operation"]]
        here = [r for r in rows if "global" in (r["region"], region) or r["region"] == region]
        times = [r["data_time"] for r in here if r["data_time"]]
        if here:
            is_ok = all(r["status"] == "ok" for r in here)
            yield {**call, "is_ok": is_ok, "read_at": max(times, default=None)}
