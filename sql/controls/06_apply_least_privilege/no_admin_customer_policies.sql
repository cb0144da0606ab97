/*
id = "BP06-01"
title = "No policy of the customer's own grants everything"
practice = 6
severity = "critical"
description = """
Every action on every resource, however it is written: by wildcard, by NotAction, or by statements that add up. The
policy's own Denies count. Inline policies of a principal are judged together, under its ARN; what serves as a boundary
only is left out, and what nobody holds is judged like the rest.
"""
why = "Whoever gets hold of a principal with such a policy has the account."
fix = "Replace it by policies for the work at hand; for administrators use a permission set that is known and counted."
may_break = "Whatever relied on a right nobody wrote down: look up the last-accessed services first."
frameworks = { cis_aws_7 = "2.14", security_hub = "IAM.1", prowler = "iam_customer_attached_policy_no_administrative_privileges, iam_customer_unattached_policy_no_administrative_privileges, iam_inline_policy_no_administrative_privileges", other = "Config:IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS; Steampipe:iam_all_policy_no_star_star; Scout:iam-managed-policy-allows-full-privileges; c7n:iam-policy.has-allow-all" }
*/
with
policies as (
    select
        account_id,
        resource,
        bool_or(is_attached) as is_attached,
        bool_and(is_boundary_only) as is_boundary_only,
        list_sort(list(distinct policy_name)) as names
    from stg_customer_documents
    group by account_id, resource
),

facts as (
    select
        account_id,
        resource,
        bool_or(kind = 'admin' and list_contains(details, 'full')) as grants_all,
        bool_or(kind = 'admin_if' and list_contains(details, 'full')) as grants_all_if,
        bool_or(list_contains(details, 'equivalent')) as reins_iam,
        string_agg(format('{}: {}', policy_name, malformed_reason), '; ' order by policy_name)
        filter (where kind = 'malformed') as unreadable,
        list(
            { policy: policy_name, fact: kind, details: details, statements: statements }
            order by policy_name, statement_index, kind
        ) filter (where kind <> 'malformed') as statements
    from stg_customer_facts
    where kind in ('malformed', 'admin', 'admin_if')
    group by account_id, resource
),

final as (
    select
        policies.account_id,
        policies.resource,
        case
            when policies.is_boundary_only then 'not_applicable'
            when facts.grants_all or facts.grants_all_if then 'fail'
            when facts.unreadable is not null then 'unknown'
            else 'pass'
        end as verdict,
        case
            when policies.is_boundary_only then 'Serves as a permissions boundary only, and grants nothing.'
            when verdict = 'unknown' then format('A document cannot be read: {}.', facts.unreadable)
            when facts.grants_all
                then format(
                    'Grants every action on every resource ({}){}.',
                    array_to_string(policies.names, ', '),
                    if(policies.is_attached, '', ', though nobody holds it')
                )
            when facts.grants_all_if then 'Grants every action on every resource under a condition.'
            when facts.reins_iam then 'Does not grant everything, though free rein over IAM, which leads there.'
            else 'Does not grant everything.'
        end as reason,
        to_json({
            policies: policies.names,
            is_attached: policies.is_attached,
            unreadable: facts.unreadable,
            statements: coalesce(facts.statements, [])
        }) as evidence
    from policies
    left join facts on policies.account_id = facts.account_id and policies.resource = facts.resource
)

select * from final
