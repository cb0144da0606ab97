/*
id = "BP06-08"
title = "Administrative permission sets should be assigned in few accounts and to few principals"
severity = "high"
scope = "organization"
description = """
Judged are sets with one of broad_policies, and those whose policies together administer an account; a boundary on
the set is not evaluated. Accounts are counted against the active ones of the organization, groups together with users.
"""
why = "A set that opens every account to an administrator makes one stolen session everybody's problem."
fix = "Give day-to-day work a set with the permissions that it needs, and keep the administrative set for the few accounts and people that cannot do without."
may_break = "People who lose the broad set lose what the narrow one leaves out."
frameworks = { other = "aws-samples identity-center-permission-policies-analyzer (lists, no rule)" }
params = { max_account_percent = 25, max_principals = 3, broad_policies = ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"] }

[evidence]
name = "Its name"
policy_names = "Names of its policies"
admin = "Whether it administers an account: yes, depends or no"
admin_reason = "What decided whether it administers an account"
accounts = "How many accounts it is assigned in"
account_percent = "Share of the active accounts in which it is assigned, in percent"
assigned_to = "Accounts in which it is assigned"
unreadable = "What could not be read, and why"
*/
with
accounts as (select count(*) as active from int_accounts where state = 'ACTIVE'),

assigned as (
    select
        permission_set_arn,
        count(distinct account_id) as accounts,
        count(distinct principal_id) as principals,
        list_sort(list(distinct coalesce(principal_name, principal_id))) as names
    from int_permission_set_assignments
    group by permission_set_arn
),

facts as (
    select
        organization.management_account_id as account_id,
        sets.*,
        list_filter(sets.policy_names, lambda p: list_contains(getvariable('broad_policies')::varchar[], p)) as broad,
        len(broad) > 0 or sets.admin = 'yes' as is_broad,
        coalesce(assigned.accounts, 0) as accounts,
        coalesce(assigned.principals, 0) as principals,
        coalesce(assigned.names, []) as assigned_to,
        round(100 * coalesce(assigned.accounts, 0) / accounts.active, 1) as account_percent,
        format(
            '{} ({}) is assigned in {} of {} accounts ({} %, limit {}) to {} groups and users (limit {}).',
            name, coalesce(nullif(array_to_string(broad, ', '), ''), 'administers the account'),
            coalesce(assigned.accounts, 0), accounts.active, account_percent, getvariable('max_account_percent'),
            coalesce(assigned.principals, 0), getvariable('max_principals')
        ) as reason
    from int_permission_sets as sets
    cross join raw_organization as organization
    cross join accounts
    left join assigned on sets.permission_set_arn = assigned.permission_set_arn
)

select
    account_id,
    permission_set_arn as resource,
    case
        when not is_broad and not is_assigned then not_applicable(name || ' is assigned to nobody.')
        when not is_broad and admin = 'depends' and len(unreadable) > 0
            then unknown(format('What {} grants could not be read: {}.', name, array_to_string(unreadable, '; ')))
        when not is_broad then not_applicable(name || ' does not make administrators.')
        when account_percent > getvariable('max_account_percent') or principals > getvariable('max_principals')
            then fail(reason)
        else pass(reason)
    end as judged,
    to_json(
        struct_pack(name, policy_names, admin, admin_reason, accounts, account_percent, assigned_to, unreadable)
    ) as evidence
from facts
