/*
id = "BP11-07"
title = "Roles and resource shares are open only to accounts of the organization and registered vendors"
severity = "high"
description = """
Roles that trust AWS principals, by the accounts outside the organization that really get in, and shares of AWS RAM,
by those they are shared with. Registered are the accounts that vendors published (accept_known_vendors), those in the
register of exceptions under [[vendors]], and approved_accounts. What strangers gain by a role is told by its policies
alone, whatever a boundary or SCPs take from it: an administrator's rights by a policy of its own that grants them or
an AWS managed one of admin_policies.
"""
why = "An account that nobody can name may have changed hands, and its owner has the rights of the role, or the resources shared."
fix = "Find out whose account it is: register the vendor with an owner and an end, or take the account out of the trust policy or share."
may_break = "Whoever used the role or the shared resources from that account is refused."
frameworks = { prowler = "iam_role_cross_account_readonlyaccess_policy", other = "Steampipe:iam_role_cross_account_read_only_access_policy, iam_role_cross_account_write_access_policy; Cartography:aws-role-external-account-trust; Cloudsplaining:AssumableByCrossAccountPrincipal; c7n:iam-role.cross-account" }
params = { approved_accounts = [], accept_known_vendors = true, admin_policies = ["AdministratorAccess", "IAMFullAccess"] }
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
    select *
    from fact_trusts
    where kind in ('everyone', 'account', 'principal', 'session', 'other') or malformed_reason is not null
),

shares as (
    select * replace (coalesce(name, 'The share') as name)
    from int_resource_shares
    where status in ('ACTIVE', 'PENDING')
),

outsiders as (
    select trust_sha256 as opened, unnest(flatten(list(outside_accounts))) as outsider
    from facts
    where malformed_reason is null
    group by trust_sha256
    union
    select share_arn, unnest(outsiders) from shares
),

named as (
    select
        outsiders.opened,
        string_agg(if(outsiders.outsider = '*', 'any account', outsiders.outsider), ', ' order by outsiders.outsider)
            filter (where registered.account_id is null) as strangers,
        string_agg(format('{} ({})', outsiders.outsider, registered.name), ', ' order by outsiders.outsider)
            filter (where registered.account_id is not null) as vendors
    from outsiders
    left join registered on outsiders.outsider = registered.account_id
    group by outsiders.opened
),

administering as (
    select account_id, resource, policy_name from int_customer_facts where kind = 'admin'
),

rights as (
    select
        grants.account_id,
        grants.principal_arn,
        list(distinct grants.policy_name order by grants.policy_name) as policies,
        list(distinct grants.policy_name order by grants.policy_name) filter (
            where administering.policy_name is not null
            or (
                grants.policy_arn glob 'arn:*:iam::aws:policy/*'
                and list_contains(getvariable('admin_policies')::varchar[], grants.policy_name)
            )
        ) as admin_policies
    from int_grants as grants
    left join administering
        on
            grants.account_id = administering.account_id
            and coalesce(grants.policy_arn, grants.principal_arn) = administering.resource
            and grants.policy_name = administering.policy_name
    where grants.principal_type = 'role'
    group by grants.account_id, grants.principal_arn
),

judged as (
    select
        roles.account_id,
        roles.arn as resource,
        any_value(roles.own_account) as own_account,
        any_value(facts.malformed_reason) as malformed_reason,
        any_value(named.strangers) as strangers,
        any_value(named.vendors) as vendors,
        coalesce(any_value(rights.policies), []) as policies,
        coalesce(any_value(rights.admin_policies), []) as admin_policies,
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
    from int_role_trusts as roles
    inner join facts on roles.trust_sha256 = facts.trust_sha256
    left join named on roles.trust_sha256 = named.opened
    left join rights on roles.account_id = rights.account_id and roles.arn = rights.principal_arn
    group by roles.account_id, roles.arn
),

of_roles as (
    select
        account_id,
        'global' as region,
        resource,
        case
            when malformed_reason is not null then 'unknown'
            when strangers is not null then 'fail'
            else 'pass'
        end as verdict,
        case
            when malformed_reason is not null then format('Its trust policy cannot be read: {}.', malformed_reason)
            when strangers is not null
                then format(
                    'Trusts accounts that are neither of the organization nor registered: {}. {}.',
                    strangers,
                    case
                        when len(admin_policies) > 0
                            then format('They gain an administrator''s rights, by {}', array_to_string(admin_policies, ', '))
                        when len(policies) > 0
                            then format('They gain what its policies grant: {}', array_to_string(policies, ', '))
                        else 'The role has no policies'
                    end
                )
            when vendors is not null then format('Trusts registered accounts outside the organization: {}.', vendors)
            else 'Trusts no account outside the organization.'
        end as reason,
        replace(to_json(struct_pack(statements, policies, admin_policies))::varchar, own_account, account_id)::json
            as evidence
    from judged
),

of_shares as (
    select
        shares.account_id,
        shares.region,
        shares.share_arn as resource,
        if(named.strangers is not null, 'fail', 'pass') as verdict,
        case
            when named.strangers is not null
                then format(
                    '{} is shared with accounts that are neither of the organization nor registered: {}.',
                    shares.name, named.strangers
                )
            when named.vendors is not null
                then format(
                    '{} is shared with registered accounts outside the organization: {}.', shares.name, named.vendors
                )
            when shares.allows_external
                then format('{} may be shared outside the organization, and is shared with nobody there.', shares.name)
            else format('{} is shared with nobody outside the organization.', shares.name)
        end as reason,
        to_json({ name: shares.name, allows_external: shares.allows_external, principals: shares.principals }) as evidence
    from shares
    left join named on shares.share_arn = named.opened
),

final as (select * from of_roles union all by name select * from of_shares)

select * from final
