/*
id = "BP10-04"
title = "High-risk Allow statements in customer managed and inline policies should have conditions"
severity = "low"
description = """
High risk: IAM, KMS, Organizations, and deleting or sharing buckets. The share of such statements with a
condition, of any kind, must reach the target; a policy without such statements is not judged.
"""
why = "A condition on network, service or tag limits what a stolen credential can do."
fix = "Add aws:ViaAWSService, kms:ViaService, aws:SourceVpc, aws:ResourceOrgID or a tag condition to the statement."
may_break = "Requests that arrive another way than the condition requires."
frameworks = { other = "Config(RDK):IAM_IP_RESTRICTION" }
params = { target_percent = 100 }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
policies = "Names of the policies that were looked at"
is_attached = "Whether somebody holds the policy"
percent = "Share of such Allows that have a condition, in percent"
unreadable = "What could not be read, and why"
*/
with
policies as (
    select
        *,
        list_filter(facts, lambda fact: fact.fact in ('high_risk_allow', 'high_risk_conditioned')) as statements,
        len(list_filter(statements, lambda fact: fact.fact = 'high_risk_conditioned')) as conditioned,
        round(100.0 * conditioned / nullif(len(statements), 0), 1) as percent,
        format(
            '{} of {} high-risk Allow statements carry a condition; the target is {} percent.',
            conditioned, len(statements), getvariable('target_percent')
        ) as summary
    from int_customer_policies
)

select
    account_id,
    resource,
    case
        when is_boundary_only then not_applicable('Serves as a permissions boundary only, and grants nothing.')
        when percent < getvariable('target_percent') then fail(summary)
        when unreadable is not null then unknown(format('A document cannot be read: {}.', unreadable))
        when percent is null
            then not_applicable('No Allow statement on IAM, KMS, Organizations or on deleting or sharing buckets.')
        else pass(summary)
    end as judged,
    to_json(struct_pack(statements, policies, is_attached, percent, unreadable)) as evidence
from policies
