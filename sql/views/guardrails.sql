/*
title = "Each guardrail objective of the organization in each account"
description = """
The findings of scp_objectives and rcp_objectives, a row for each objective that they demand. Where an account has one
finding for all of them, for want of data, each has it.
"""
[columns]
account_id = "Member account"
as_of = "The night"
policy_type = "SERVICE_CONTROL_POLICY or RESOURCE_CONTROL_POLICY"
objective = "The objective"
title = "What the practice requires; null if no account was judged"
verdict = "pass, fail, exempt, not_applicable or unknown"
reason = "A sentence with the values in it"
*/
with
wanted as (
    select
        controls.control_id,
        kinds.policy_type,
        unnest((controls.params::json -> 'objectives')::varchar[]) as objective
    from control_catalog as controls
    inner join (
        values ('scp_objectives', 'SERVICE_CONTROL_POLICY'), ('rcp_objectives', 'RESOURCE_CONTROL_POLICY')
    ) as kinds (control_id, policy_type) using (control_id)
),

titles as (
    select distinct
        policy_type,
        objective,
        title
    from fact_guardrails
)

select
    getvariable('as_of') as as_of,
    judgements.account_id,
    wanted.policy_type,
    wanted.objective,
    titles.title,
    as_verdict(judgements.verdict) as verdict,
    judgements.reason
from judgements
inner join int_accounts as accounts on judgements.account_id = accounts.account_id
inner join wanted
    on
        judgements.control_id = wanted.control_id
        and judgements.resource in (accounts.arn, accounts.arn || '/' || wanted.objective)
left join titles on wanted.policy_type = titles.policy_type and wanted.objective = titles.objective
order by judgements.account_id, wanted.policy_type, wanted.objective
