/*
id = "BP11-07"
title = "Roles and resource shares should be open only to accounts of the organization and registered vendors"
severity = "high"
register_entries = ["vendor"]
description = """
Roles that trust AWS principals, by the accounts outside the organization that they really admit, and shares of AWS RAM,
by those they are shared with; and live requests of product providers for temporary access (delegation requests). Registered are the accounts that vendors published (accept_known_vendors), those in the
register of exceptions under [[vendors]], and approved_accounts. What outsiders gain by a role is read from its policies
alone, without regard to boundaries or SCPs: administrator rights come from a policy of its own that grants them, or from
an AWS managed policy in admin_policies.
"""
alone = ["delegation_requests", "resource_share_principals", "resource_shares", "roles"]
why = "An account that nobody can identify may have changed hands, and its owner has the rights of the role, or the resources shared."
fix = "Find out whose account it is: register the vendor with an owner and an end date, or remove the account from the trust policy or share."
may_break = "Anyone who used the role or the shared resources from that account is refused."
frameworks = { prowler = "iam_role_cross_account_readonlyaccess_policy", other = "Steampipe:iam_role_cross_account_read_only_access_policy, iam_role_cross_account_write_access_policy; Cartography:aws-role-external-account-trust; Cloudsplaining:AssumableByCrossAccountPrincipal; c7n:iam-role.cross-account" }
params = { approved_accounts = [], accept_known_vendors = true, admin_policies = ["AdministratorAccess", "IAMFullAccess"] }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
policies = "Names of the policies that were looked at"
admin_policies = "Policies that make the role an administrator"
name = "Its name"
allows_external = "Whether it lets in principals of other organizations"
principals = "Principals that it trusts"
requestor_account_id = "Account that requests a delegation"
requestor_name = "Name that it gives"
state = "State of the request"
session_seconds = "Longest session that it asks for, in seconds"
created_at = "When it was requested"
expires_at = "When the request ends"
boundary_arns = "Permissions boundaries that it asks for"
*/
with
registered as (
    select account_id, min(name) as name
    from (
        select account_id, vendor as name from fact_known_vendors where getvariable('accept_known_vendors')
        union all
        select account_id, 'registered by ' || owner from stg_register where kind = 'vendor' and is_live
        union all
        select unnest(getvariable('approved_accounts')::varchar[]), 'approved in the settings'
    )
    group by account_id
),

facts as (
    select * from fact_trusts
    where kind in ('everyone', 'account', 'principal', 'session', 'other') or malformed_reason is not null
),

shares as (
    select * replace (coalesce(name, 'The share') as name)
    from int_resource_shares
    where status in ('ACTIVE', 'PENDING')
),

outsiders as (
    select trust_sha256 as opened, unnest(outside_accounts) as account_id from facts where malformed_reason is null
    union
    select share_arn, unnest(outsiders) from shares
),

named as (
    select
        outsiders.opened,
        string_agg(if(account_id = '*', 'any account', account_id), ', ' order by account_id)
            filter (where registered.account_id is null) as strangers,
        string_agg(format('{} ({})', account_id, registered.name), ', ' order by account_id)
            filter (where registered.account_id is not null) as vendors
    from outsiders
    left join registered using (account_id)
    group by outsiders.opened
),

trusts as (
    select
        trust_sha256,
        any_value(malformed_reason) as malformed_reason,
        list(
            {
                statement: statement_index,
                sid: sid,
                principal: principal,
                relation: relation,
                outside_accounts: outside_accounts,
                text: statement
            } order by statement_index, principal
        ) as statements
    from facts
    group by trust_sha256
),

roles as (
    select
        roles.*,
        trusts.malformed_reason,
        trusts.statements,
        coalesce(grants.policies, []) as policies,
        list_sort(list_distinct(list_concat(
            grants.own_admin_policies,
            list_intersect(grants.aws_managed_policies, getvariable('admin_policies')::varchar[])
        ))) as admin_policies,
        case
            when len(admin_policies) > 0
                then format('They gain an administrator''s rights, by {}', array_to_string(admin_policies, ', '))
            when grants.policies is not null
                then format('They gain what its policies grant: {}', array_to_string(grants.policies, ', '))
            else 'The role has no policies'
        end as gain
    from int_role_trusts as roles
    inner join trusts on roles.trust_sha256 = trusts.trust_sha256
    left join int_role_policies as grants on roles.account_id = grants.account_id and roles.arn = grants.arn
)

select
    roles.account_id,
    'global' as region,
    roles.arn as resource,
    case
        when malformed_reason is not null
            then unknown(format('Its trust policy cannot be read: {}.', malformed_reason))
        when strangers is not null
            then fail(format(
                'Trusts accounts that are neither of the organization nor registered: {}. {}.', strangers, gain
            ))
        when vendors is not null
            then pass(format('Trusts registered accounts outside the organization: {}.', vendors))
        else pass('Trusts no account outside the organization.')
    end as judged,
    replace(
        to_json(struct_pack(statements, policies, admin_policies))::varchar, own_account, account_id
    )::json as evidence
from roles
left join named on roles.trust_sha256 = named.opened
union all
select
    shares.account_id,
    shares.region,
    shares.share_arn as resource,
    case
        when strangers is not null
            then fail(format(
                '{} is shared with accounts that are neither of the organization nor registered: {}.', name, strangers
            ))
        when vendors is not null
            then pass(format('{} is shared with registered accounts outside the organization: {}.', name, vendors))
        when allows_external
            then pass(format('{} may be shared outside the organization, and is shared with nobody there.', name))
        else pass(format('{} is shared with nobody outside the organization.', name))
    end as judged,
    to_json(struct_pack(name, allows_external, principals)) as evidence
from shares
left join named on shares.share_arn = named.opened
union all
select
    requests.account_id,
    'global' as region,
    format(
        'arn:{}:iam::{}:delegation-request/{}', accounts.partition, requests.account_id, requests.request_id
    ) as resource,
    case
        when registered.account_id is null
            then fail(format(
                'Temporary access is asked for, or given to, an account that is not registered: {} ({}, {}).',
                requests.requestor_account_id, coalesce(requests.requestor_name, 'no name'), requests.state
            ))
        else pass(format(
            'Temporary access of a registered account: {} ({}, {}).',
            requests.requestor_account_id, registered.name, requests.state
        ))
    end as judged,
    to_json(struct_pack(
        requests.requestor_account_id, requests.requestor_name, requests.state, requests.session_seconds,
        requests.created_at, requests.expires_at, requests.boundary_arns
    )) as evidence
from stg_delegation_requests as requests
inner join stg_expected_accounts as accounts on requests.account_id = accounts.account_id
left join registered on requests.requestor_account_id = registered.account_id
where requests.is_live
