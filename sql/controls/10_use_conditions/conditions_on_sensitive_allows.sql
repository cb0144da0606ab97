/*
id = "BP10-04"
title = "High-risk Allow statements of the customer's policies carry conditions"
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
        *,
        list_filter(facts, lambda fact: list_contains(['high_risk_allow', 'high_risk_conditioned'], fact.fact)) as statements
    from int_customer_policies
),

judged as (
    select
        *,
        len(list_filter(statements, lambda fact: fact.fact = 'high_risk_conditioned')) as conditioned,
        round(100.0 * conditioned / nullif(len(statements), 0), 1) as percent
    from policies
)

select
    account_id,
    resource,
    case
        when is_boundary_only then 'not_applicable'
        when percent < getvariable('target_percent') then 'fail'
        when unreadable is not null then 'unknown'
        when percent is null then 'not_applicable'
        else 'pass'
    end as verdict,
    case
        when is_boundary_only then 'Serves as a permissions boundary only, and grants nothing.'
        when verdict = 'unknown' then format('A document cannot be read: {}.', unreadable)
        when percent is null then 'No Allow statement on IAM, KMS, Organizations or on deleting or sharing buckets.'
        else format(
            '{} of {} high-risk Allow statements carry a condition; the target is {} percent.',
            conditioned, len(statements), getvariable('target_percent')
        )
    end as reason,
    to_json(struct_pack(policies, is_attached, percent, unreadable, statements)) as evidence
from judged
