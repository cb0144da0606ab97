/*
id = "BP06-05"
title = "The customer's policies do not allow iam:PassRole or sts:AssumeRole on every role"
practice = 6
severity = "high"
description = "iam:PassRole on every role is let pass where iam:PassedToService says to which services."
why = "Passing any role to a service one controls, or assuming any role that trusts the account, is the shortest way up."
fix = "Name the roles, by path or prefix, and add iam:PassedToService."
may_break = "Deployments that pass roles nobody has listed."
frameworks = { prowler = "iam_no_custom_policy_permissive_role_assumption, iam_policy_passrole_to_bedrock_agentcore_restricted", other = "Steampipe:iam_policy_custom_no_permissive_role_assumption, iam_policy_custom_no_assume_role; Scout:iam-inline-policy-for-role, iam-managed-policy-for-role" }
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
        bool_or(kind = 'pass_role_unscoped') as passes_any,
        bool_or(kind = 'assume_role_unscoped') as assumes_any,
        string_agg(format('{}: {}', policy_name, malformed_reason), '; ' order by policy_name)
        filter (where kind = 'malformed') as unreadable,
        list(
            { policy: policy_name, fact: kind, details: details, statements: statements }
            order by policy_name, statement_index, kind
        ) filter (where kind <> 'malformed') as statements
    from stg_customer_facts
    where kind in ('malformed', 'pass_role_unscoped', 'assume_role_unscoped')
    group by account_id, resource
),

final as (
    select
        policies.account_id,
        policies.resource,
        case
            when policies.is_boundary_only then 'not_applicable'
            when facts.passes_any or facts.assumes_any then 'fail'
            when facts.unreadable is not null then 'unknown'
            else 'pass'
        end as verdict,
        case
            when policies.is_boundary_only then 'Serves as a permissions boundary only, and grants nothing.'
            when verdict = 'unknown' then format('A document cannot be read: {}.', facts.unreadable)
            when facts.passes_any and facts.assumes_any then 'Allows passing any role to any service, and assuming any role.'
            when facts.passes_any then 'Allows passing any role to any service.'
            when facts.assumes_any then 'Allows assuming any role that lets it in.'
            else 'Allows neither passing nor assuming any role at all.'
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
