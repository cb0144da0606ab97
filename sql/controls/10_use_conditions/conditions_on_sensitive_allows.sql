/*
id = "BP10-04"
title = "High-risk Allow statements of the customer's policies carry conditions"
practice = 10
severity = "low"
description = """
High risk: IAM, KMS, Organizations, and deleting or sharing buckets. The share of such statements that have a
condition, of whatever kind, must reach the target; a policy without any is left out.
"""
why = "A condition on network, service or tag keeps a stolen credential from being worth all that the policy allows."
fix = "Add aws:ViaAWSService, kms:ViaService, aws:SourceVpc, aws:ResourceOrgID or a tag to the statement."
may_break = "Requests that come another way than the condition says."
frameworks = { other = "Config(RDK):IAM_IP_RESTRICTION" }
params = { target_percent = 100 }
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
        count(*) filter (where kind = 'high_risk_allow') as bare,
        count(*) filter (where kind = 'high_risk_conditioned') as conditioned,
        round(100.0 * conditioned / nullif(bare + conditioned, 0), 1) as percent,
        string_agg(format('{}: {}', policy_name, malformed_reason), '; ' order by policy_name)
        filter (where kind = 'malformed') as unreadable,
        list(
            { policy: policy_name, fact: kind, details: details, statements: statements }
            order by policy_name, statement_index, kind
        ) filter (where kind <> 'malformed') as statements
    from stg_customer_facts
    where kind in ('malformed', 'high_risk_allow', 'high_risk_conditioned')
    group by account_id, resource
),

final as (
    select
        policies.account_id,
        policies.resource,
        case
            when policies.is_boundary_only then 'not_applicable'
            when facts.percent < getvariable('target_percent') then 'fail'
            when facts.unreadable is not null then 'unknown'
            when facts.percent is null then 'not_applicable'
            else 'pass'
        end as verdict,
        case
            when policies.is_boundary_only then 'Serves as a permissions boundary only, and grants nothing.'
            when verdict = 'unknown' then format('A document cannot be read: {}.', facts.unreadable)
            when facts.percent is null then 'No Allow statement on IAM, KMS, Organizations or on deleting or sharing buckets.'
            else format(
                '{} of {} high-risk Allow statements carry a condition; the target is {} percent.',
                facts.conditioned, facts.bare + facts.conditioned, getvariable('target_percent')
            )
        end as reason,
        to_json({
            policies: policies.names,
            is_attached: policies.is_attached,
            percent: facts.percent,
            unreadable: facts.unreadable,
            statements: coalesce(facts.statements, [])
        }) as evidence
    from policies
    left join facts on policies.account_id = facts.account_id and policies.resource = facts.resource
)

select * from final
