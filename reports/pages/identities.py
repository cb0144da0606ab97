"""Users and roles that need attention: the list of the organization, and a page with all that is known, per account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.rows import group
from reports.night import PublishedNight
from reports.pages._page import Kind, Page, account_page, identities_page
from reports.queries import IDENTITIES_PER_ACCOUNT, LISTED

PLACE = 41
TITLE = "Access"
ENTRIES = (("identities", "identities.html", "Identities"),)
KINDS = (
    Kind("identities", "report_identities", "Users and roles that fail, administer or can become administrator."),
    Kind("identity", "report_identity_pages", "Per account, all that is known of each of these users and roles."),
)

LISTED_IDENTITIES = f"from identities where in_all <= {LISTED} order by in_all"
OF_ACCOUNT = {
    "identities": f"from identities where in_account <= {IDENTITIES_PER_ACCOUNT} order by account_id, in_account",
    "totals": "select account_id, count(*) as total from identities group by account_id order by account_id",
    "fails": "from identity_fails order by account_id, arn, severity_rank, number, resource",
    "escalations": """
        select distinct account_id, principal_arn as arn, title, verdict from principal_escalations
        order by account_id, arn, title""",
    "takers": """
        with hops as (
            select account_id as of_account, principal_arn, steps is not null as is_sure,
                unnest(via::struct(how varchar, target varchar)[]) as hop
            from principal_reach where coalesce(steps, possible_steps) > 0
        )
        select distinct split_part(hop.target, ':', 5) as account_id, hop.target as arn, principal_arn, is_sure
        from hops where starts_with(hop.target, 'arn:') order by account_id, arn, is_sure desc, principal_arn""",
    "trusts": """
        select account_id, role_arn as arn, principal, principal_kind, relation, lets_in, condition_keys,
            malformed_reason
        from role_trusts where lets_in is distinct from 'no'
        order by account_id, arn, statement, principal""",
}
"""By account. `takers` have the identity on their way to administrator."""


def pages(night: PublishedNight) -> Iterator[Page]:
    reader = night.reader
    context = {"identities": reader.rows(LISTED_IDENTITIES)}
    yield Page("identities.html", "identities.html.j2", "Identities", "identities", (), context)
    for account_id, rows in night.by_key("account_id", night.accounts_with_identities, OF_ACCOUNT):
        by_arn = {name: group(rows[name], "arn") for name in ("fails", "escalations", "takers", "trusts")}
        found: dict[str, Any] = {
            "account": night.accounts.get(account_id, {"account_id": account_id, "name": None}),
            "identities": rows["identities"],
            "total": rows["totals"][0]["total"],
            "of": lambda name, arn, by_arn=by_arn: by_arn[name].get(arn, []),
        }
        name = found["account"]["name"] or account_id
        crumbs = (("Accounts", "accounts.html"), (name, account_page(account_id)))
        yield Page(
            identities_page(account_id), "identity.html.j2", f"Identities of {name}", "identities", crumbs, found
        )


def count(night: PublishedNight) -> int:
    return 1 + len(night.accounts_with_identities)
