/*
id = "BP11-07"
title = "The role trusts only accounts of the organization and registered vendors"
practice = 11
severity = "high"
description = """
Roles that trust AWS principals, by the accounts outside the organization that really get in. Registered are the
accounts that vendors published (accept_known_vendors), those in the register of exceptions under [[vendors]], and
approved_accounts. Shares of AWS RAM are not read.
"""
why = "An account that nobody can name may have changed hands, and its owner has the rights of the role."
fix = "Find out whose account it is: register the vendor with an owner and an end, or take the account out of the trust policy."
may_break = "Whoever used the role from that account is refused."
frameworks = { prowler = "iam_role_cross_account_readonlyaccess_policy", other = "Steampipe:iam_role_cross_account_read_only_access_policy, iam_role_cross_account_write_access_policy; Cartography:aws-role-external-account-trust; Cloudsplaining:AssumableByCrossAccountPrincipal; c7n:iam-role.cross-account" }
params = { approved_accounts = [], accept_known_vendors = true }
*/
with
registered as (
    select account_id, min(name) as name
    from (
        select account_id, vendor as name from known_vendors where getvariable('accept_known_vendors')
        union all
        select account_id, 'registered by ' || owner from stg_register where kind = 'vendor' and is_live
        union all
        select unnest(getvariable('approved_accounts')::varchar[]), 'approved in the settings'
    )
    group by account_id
),

facts as (
    select *
    from trust_facts
    where kind in ('everyone', 'account', 'principal', 'session', 'other') or malformed_reason is not null
),

trusted as (
    select trust_sha256, unnest(list_distinct(flatten(list(outside_accounts)))) as trusted_account
    from facts
    where malformed_reason is null
    group by trust_sha256
),

named as (
    select
        trusted.trust_sha256,
        string_agg(
            if(trusted.trusted_account = '*', 'any account', trusted.trusted_account),
            ', ' order by trusted.trusted_account
        ) filter (where registered.account_id is null) as strangers,
        string_agg(format('{} ({})', trusted.trusted_account, registered.name), ', ' order by trusted.trusted_account)
            filter (where registered.account_id is not null) as vendors
    from trusted
    left join registered on trusted.trusted_account = registered.account_id
    group by trusted.trust_sha256
),

judged as (
    select
        roles.account_id,
        roles.arn as resource,
        any_value(roles.own_account) as own_account,
        any_value(facts.malformed_reason) as malformed_reason,
        any_value(named.strangers) as strangers,
        any_value(named.vendors) as vendors,
        list(
            {
                statement: facts.statement_index,
                sid: facts.sid,
                principal: facts.principal,
                relation: facts.relation,
                outside_accounts: facts.outside_accounts,
                text: facts.statement
            } order by facts.statement_index, facts.principal
        ) as statements
    from stg_role_trusts as roles
    inner join facts on roles.trust_sha256 = facts.trust_sha256
    left join named on roles.trust_sha256 = named.trust_sha256
    group by roles.account_id, roles.arn
),

final as (
    select
        account_id,
        resource,
        case
            when malformed_reason is not null then 'unknown'
            when strangers is not null then 'fail'
            else 'pass'
        end as verdict,
        case
            when malformed_reason is not null then format('Its trust policy cannot be read: {}.', malformed_reason)
            when strangers is not null
                then format('Trusts accounts that are neither of the organization nor registered: {}.', strangers)
            when vendors is not null then format('Trusts registered accounts outside the organization: {}.', vendors)
            else 'Trusts no account outside the organization.'
        end as reason,
        replace(to_json(struct_pack(statements))::varchar, own_account, account_id)::json as evidence
    from judged
)

select * from final
