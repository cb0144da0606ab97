"""Pictures: where the gravest findings are, who reaches administrator and how, who of outside is trusted, what ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.rows import group
from pipeline.schema import Row
from reports import figures
from reports.figures import Chart
from reports.filters import number, plural
from reports.flows import Way, flow, total
from reports.night import PublishedNight
from reports.pages._page import Kind, Page
from reports.queries import PATH_TITLES

PLACE = 13
TITLE = "Findings"
ENTRIES = (("pictures", "pictures.html", "Pictures"),)
KINDS = (
    Kind(
        "pictures",
        "report_pictures",
        "Accounts by critical and high findings, fails by night, ways to administrator, trust, ends of exceptions.",
    ),
)

MANY_WAYS = 2_000
_NAME = "regexp_extract({}, '[^/]+$')"
REACH = f"""
    with ways as (
        select r.principal_type, r.account_id, coalesce(p.name, {_NAME.format("r.principal_arn")}) as name,
            r.steps is not null as always,
            list_transform(
                from_json(r.via, '[{{"how": "varchar", "target": "varchar"}}]'), lambda hop: {{
                    'how': hop.how,
                    'target': if(hop.target like 'arn:%', {_NAME.format("hop.target")}, ''),
                    'is_elsewhere': hop.target not like '%' || r.account_id || '%'
                }}
            ) as via
        from principal_reach r
            left join principals p on r.account_id = p.account_id and r.principal_arn = p.arn
        where r.is_admin = 'no' and (r.steps is not null or r.possible_steps is not null)
    )
    select principal_type, name, always, via, count(*) as n from ways
    group by all order by n desc, principal_type, name, always desc, via limit {MANY_WAYS}"""
TRUST = f"""
    with trusted as (
        select distinct relation = 'service' as is_service, role_arn, lets_in = 'yes' as always,
            case
                when relation = 'everyone' then 'anybody'
                when principal_kind = 'account' then 'account ' || regexp_extract(principal, '[0-9]{{12}}')
                when principal like '%:saml-provider/AWSSSO_%' then 'IAM Identity Center'
                when principal like '%:saml-provider/%' then 'SAML provider ' || {_NAME.format("principal")}
                when principal like '%:oidc-provider/%' then split_part(principal, ':oidc-provider/', 2)
                else principal
            end as who,
            coalesce(nullif(array_to_string(condition_keys, ', '), ''), 'nothing') as asked,
            if(
                role_arn like '%/AWSReservedSSO_%',
                'permission set ' || regexp_extract(role_arn, '/AWSReservedSSO_(.*)_[0-9a-z]+$', 1),
                'role ' || {_NAME.format("role_arn")}
            ) as role
        from role_trusts
        where relation in ('external', 'everyone', 'provider', 'service') and lets_in <> 'no'
    )
    select is_service, who, asked, if(is_service, '', role) as role, always, count(distinct role_arn) as n
    from trusted group by all order by n desc, who, asked, role, always desc limit {MANY_WAYS}"""
ENDS = """
    select coalesce(nullif(owner, ''), 'no owner') as owner, strftime(expires_on, '%Y-%m') as month, is_live,
        count(*) as n
    from exceptions group by all order by month, owner, is_live"""
# A span's first night is that of an account, a control or a guardrail that was judged otherwise, or not at all, before.
EVENTS = """
    with begun as (
        select min(from_as_of) as first_night from finding_history
    ),
    accounts_seen as (
        select account_id, min(from_as_of) as first, max(coalesce(to_as_of, $as_of)) as last
        from finding_history group by account_id
    ),
    events as (
        select first as as_of, 'joined' as event, account_id as subject from accounts_seen, begun
        where first > first_night
        union all
        select (select min(as_of) from nights where published and as_of > last), 'left', account_id
        from accounts_seen where last < $as_of
        union all
        select min(from_as_of), 'added', control_id from finding_history, begun
        group by control_id having min(from_as_of) > any_value(first_night)
        union all
        select distinct h.from_as_of, 'changed', h.account_id
        from finding_history h, begun
        where h.control_id in ('scp_objectives', 'rcp_objectives', 'scp_coverage', 'rcp_coverage')
            and h.verdict in ('pass', 'fail') and h.from_as_of > first_night
            and exists (
                from finding_history before
                where before.account_id = h.account_id and before.control_id = h.control_id
                    and before.resource = h.resource and before.from_as_of < h.from_as_of
                    and before.verdict in ('pass', 'fail') and before.verdict <> h.verdict
            )
    )
    select e.as_of, event, count(*) as n, any_value(coalesce(a.name, e.subject)) as subject
    from events e left join accounts a on e.subject = a.account_id
    where e.as_of is not null group by all order by all"""

EVENT_WORDS = {
    "joined": ("account joined: {}", "{} accounts joined"),
    "left": ("account left: {}", "{} accounts left"),
    "added": ("control added: {}", "{} controls added"),
    "changed": ("guardrails changed in {}", "guardrails changed in {} accounts"),
}


def pages(night: PublishedNight) -> Iterator[Page]:
    rows = night.reader.rows
    possible = (
        figures.accounts_map(_grave(night)),
        _reach(rows(REACH), {row["path_id"]: row["title"] for row in rows(PATH_TITLES)}),
        *_trust(rows(TRUST)),
        figures.open_fails(night.open_fails, events(rows(EVENTS))),
        _ends(rows(ENDS)),
    )
    charts = [chart for chart in possible if chart]
    yield Page("pictures.html", "pictures.html.j2", "Pictures", "pictures", (), {"charts": charts, "plotly": charts})


def count(night: PublishedNight) -> int:
    return len(ENTRIES)


def _grave(night: PublishedNight) -> list[Row]:
    named = (
        {"account_id": id, "name": night.accounts[id]["name"] or id, "critical": s["critical"], "high": s["high"]}
        for id, s in night.by_account.items()
        if id in night.accounts
    )
    return sorted(named, key=lambda a: (-a["critical"], -a["high"], a["account_id"]))


def _reach(rows: Sequence[Row], titles: dict[str, str]) -> Chart | None:
    """Users and roles that are not administrators, the steps of one shortest way each, and what they become."""
    ways = []
    for row in rows:
        hops = [_hop(hop, titles) for hop in row["via"] or []]
        elsewhere = any(hop["is_elsewhere"] for hop in row["via"] or [])
        end = "administrator of another account" if elsewhere else "administrator of its account"
        ways.append(Way((f"{row['principal_type']} {row['name']}", *hops, end), row["n"], row["always"]))
    says = f"{plural(total(ways), 'user or role', 'users and roles')} can become administrator, "
    says += f"{total(ways, always=True):,} of them whatever the circumstances."
    return flow("reach", "Ways to administrator", says, ways, ("Who", "One shortest way", "Users and roles"))


def _hop(hop: Row, titles: dict[str, str]) -> str:
    if hop["how"] == "sts:AssumeRole":
        return f"assumes {hop['target']}"
    return ": ".join(filter(None, (titles.get(hop["how"], hop["how"]), hop["target"])))


def _trust(rows: Sequence[Row]) -> Iterator[Chart | None]:
    """Who of outside is trusted, on which condition, by which roles; and what services are asked for."""
    kinds = (
        ("trust", "Trusted from outside: accounts, identity providers, anybody", False),
        ("services", "Services that act in roles, and what trust policies ask them for", True),
    )
    for id, title, is_service in kinds:
        chosen = [row for row in rows if row["is_service"] is is_service]
        ways = [Way(_stops(row), row["n"], row["always"]) for row in chosen]
        says = f"{plural(total(ways), 'trust')}, {total(ways, always=True):,} of them whatever the circumstances."
        yield flow(id, title, says, ways, ("Trusted", "Asked for, and role", "Roles"))


def _stops(row: Row) -> tuple[str, ...]:
    return row["who"], f"asked for {row['asked']}", *filter(None, [row["role"]])


def events(rows: Sequence[Row]) -> list[Row]:
    """One sentence for each night on which something happened that moves counts."""
    by_night = group(rows, "as_of")
    return [{"as_of": as_of, "says": "; ".join(_event(row) for row in many)} for as_of, many in by_night.items()]


def _event(row: Row) -> str:
    one, many = EVENT_WORDS[row["event"]]
    return one.format(row["subject"]) if row["n"] == 1 else many.format(f"{row['n']:,}")


def _ends(rows: Sequence[Row]) -> Chart | None:
    """The entries of the register by owner and the month of their last day."""
    ways = [
        Way((row["owner"], row["month"] if row["is_live"] else "ended"), row["n"], not row["is_live"]) for row in rows
    ]
    ended = sum(row["n"] for row in rows if not row["is_live"])
    says = f"{plural(sum(row['n'] for row in rows), 'entry', 'entries')} of the register, {number(ended)} ended."
    title = "Exceptions by owner and month of their end"
    return flow("ends", title, says, ways, ("Owner", "Ends in", "Entries"), ("Counts", "no longer", "tonight"))
