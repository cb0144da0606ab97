"""Pages on access: who can become administrator, and which credentials to remove first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.rows import group
from reports.night import PublishedNight
from reports.pages._page import Kind, Page
from reports.queries import FAILS_OF_RESOURCES, LISTED, PATH_TITLES

PLACE = 40
TITLE = "Access"
ENTRIES = (("people", "people.html", "People and workloads"),)
KINDS = (
    Kind("people", "report_people", "Who can become administrator, and which long-term credentials to remove first."),
)

JUDGES = {
    "access key": "key_rotation",
    "password": "no_human_iam_users",
    "signing certificate": "other_longterm_credentials",
    "SSH key": "other_longterm_credentials",
    "service-specific credential": "other_longterm_credentials",
}
"""By kind of credential: the control with its findings."""

REACH = f"""
    with fails as ({FAILS_OF_RESOURCES}),
    reach as (
        select *, if(is_admin = 'no', 'reach', 'admin') as kind from principal_reach
        where is_admin <> 'no' or steps is not null or possible_steps is not null
    )
    select r.kind, r.principal_type, r.account_id, r.principal_arn, r.is_admin, r.steps, r.possible_steps,
        r.via::varchar as via, a.name as account_name, a.owner, p.name, p.owner as principal_owner,
        p.is_identity_center, f.fails, f.fails_shown, count(*) over (partition by r.kind, r.principal_type) as total
    from reach r left join accounts a using (account_id)
        left join principals p on r.account_id = p.account_id and r.principal_arn = p.arn
        left join fails f on r.account_id = f.account_id and r.principal_arn = f.resource
    qualify row_number() over (partition by r.kind, r.principal_type order by r.is_admin = 'depends',
        r.steps nulls last, r.possible_steps, a.name, r.account_id, r.principal_arn) <= {LISTED}
    order by r.kind, r.principal_type, r.is_admin = 'depends', r.steps nulls last, r.possible_steps, a.name,
        r.account_id, r.principal_arn"""
"""Users and roles that are administrators (kind admin) or can become one (kind reach)."""
PEOPLE = """
    with judged as (
        select account_id, resource as arn, bool_or(control_id = 'oidc_trust_scoped') as is_oidc,
            bool_or(control_id = 'saml_federation_healthy') as is_saml
        from findings where as_of = $as_of and control_id in ('oidc_trust_scoped', 'saml_federation_healthy')
        group by all
    )
    select count(*) filter (principal_type = 'user') as users,
        count(*) filter (principal_type = 'user' and has_console) as console,
        count(*) filter (principal_type = 'user' and has_console and has_mfa) as console_with_mfa,
        count(*) filter (principal_type = 'user' and has_console is null) as users_unknown,
        count(*) filter (is_identity_center) as identity_center,
        count(*) filter (is_saml and not is_identity_center) as saml,
        count(*) filter (is_service_linked) as service_linked,
        count(*) filter (is_oidc) as oidc,
        count(*) filter (principal_type = 'role' and not is_identity_center and not is_service_linked
            and not coalesce(is_saml, false)) as roles
    from principals p left join judged using (account_id, arn)"""
"""How many users and roles of each kind; role trust comes from the findings of the federation controls."""
PEOPLE_UNKNOWN = f"""
    select account_id, account_name, owner, reason, list(distinct number order by number) as numbers,
        count(*) over () as total
    from open_findings where verdict = 'unknown' and control_id in
        ('admin_principals_limited', 'no_privilege_escalation', 'no_human_iam_users', 'key_rotation')
    group by all order by account_name, account_id, reason limit {LISTED}"""
"""Accounts whose users and roles, or their permissions, are not known."""
KEYS = f"""
    with fails as ({FAILS_OF_RESOURCES})
    select k.* exclude (owner), k.owner as user_owner, a.name as account_name, a.owner, f.fails, f.fails_shown
    from key_triage k left join accounts a using (account_id)
        left join fails f on k.account_id = f.account_id and f.resource = k.user_arn || '/accesskey/' || k.credential
    order by k.place limit {LISTED}"""
KEY_COUNTS = "select advice, power, count(*) as keys from key_triage group by all order by all"
CREDENTIAL_KINDS = """
    select kind, count(*) filter (where is_active) as active, count(*) filter (where not is_active) as inactive,
        count(*) filter (where is_active and is_root) as of_root,
        count(distinct account_id) filter (where is_active) as accounts,
        count(*) filter (where is_active and last_used_at is null) as no_use_known,
        max(age_days) filter (where is_active) as oldest_days
    from credentials group by kind order by active desc, kind"""


def pages(night: PublishedNight) -> Iterator[Page]:
    yield Page("people.html", "people.html.j2", "People and workloads", "people", (), _people(night))


def count(night: PublishedNight) -> int:
    return 1


def _people(night: PublishedNight) -> dict[str, Any]:
    rows = night.reader.rows
    reach = group(rows(REACH), "kind")
    return {
        "counts": rows(PEOPLE)[0],
        "reach": group(reach["reach"], "principal_type"),
        "admins": group(reach["admin"], "principal_type"),
        "paths": {row["path_id"]: row["title"] for row in rows(PATH_TITLES)},
        "unknown": rows(PEOPLE_UNKNOWN),
        "keys": rows(KEYS),
        "key_counts": rows(KEY_COUNTS),
        "credentials": rows(CREDENTIAL_KINDS),
        "judges": {kind: night.controls.get(control) for kind, control in JUDGES.items()},
    }
