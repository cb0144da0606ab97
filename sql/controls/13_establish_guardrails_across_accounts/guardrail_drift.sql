/*
id = "BP13-08"
title = "Guardrail objectives should not be lost, and AWS Control Tower controls should not drift"
severity = "medium"
scope = "organization"
description = """
Compares the probes of scp_objectives and rcp_objectives tonight with those of every night in the last `look_back_days`:
an account that met an objective, fully or for the resources that a Deny names, and now does less has drifted, whether
a policy's content or its attachment changed.
Each control that AWS Control Tower has enabled has a finding of its own, which fails while Control Tower reports drift.
An entry in the register with the change's ticket makes an intended loss exempt.
"""
why = "A single edit or detachment weakens a guardrail, and nobody in the member accounts notices."
fix = "Restore the policy or its attachment, reset a drifted control in AWS Control Tower, or enter the change with its ticket in the register of exceptions."
frameworks = { cis_aws_7 = "2.1.2" }
params = { look_back_days = 90 }

[evidence]
lost = "Accounts in which it was met before and is not now"
unread = "What could not be read"
accounts = "How many accounts were compared"
control = "The control of AWS Control Tower"
target = "What it is enabled for"
status = "Whether it is enabled, as AWS Control Tower says"
drift_status = "Whether it is as deployed, as AWS Control Tower says"
*/
with
earlier as (
    select
        account_id,
        policy_type,
        objective,
        list_position(['no', 'depends', 'yes'], met) as standing,
        as_of
    from history_guardrails
    where
        met is not null
        and as_of < getvariable('as_of')
        and as_of >= getvariable('as_of') - getvariable('look_back_days')::integer
),

best as (
    select account_id, policy_type, objective, max(standing) as standing, arg_max(as_of, (standing, as_of)) as last_met
    from earlier
    group by account_id, policy_type, objective
),

objectives as (
    select
        policy_type,
        objective,
        any_value(tonight.title) as title,
        count(best.standing) as accounts,
        list(
            {account_id: account_id, last_met: best.last_met, open_actions: tonight.open_actions} order by account_id
        ) filter (
            list_position(['no', 'depends', 'yes'], tonight.met) < best.standing and len(tonight.unreadable) = 0
        ) as lost,
        list(account_id order by account_id)
            filter (best.standing > 1 and len(tonight.unreadable) > 0) as unread
    from fact_guardrails as tonight
    left join best using (account_id, policy_type, objective)
    group by policy_type, objective
),

controls as (
    select
        controls.*,
        format(
            'AWS Control Tower, {} on {}',
            split_part(controls.control_identifier, '/', -1),
            coalesce(units.name, split_part(controls.target_identifier, '/', -1))
        ) as name
    from raw_enabled_controls as controls
    left join raw_organizational_units as units on controls.target_identifier = units.arn
),

guardrails as (
    select
        '/' || policy_type || '/' || objective as objective,
        null as arn,
        case
            when accounts = 0 then not_applicable('There is no earlier night to compare with.')
            when lost is not null
                then fail(format(
                    '{}: no longer so in {} of {} accounts, such as {}, last on {}.',
                    title, len(lost), accounts, lost[1].account_id, lost[1].last_met
                ))
            when unread is not null then unknown(format('Policies of {} cannot be read.', array_to_string(unread, ', ')))
            else pass(format('{}: as before in {} accounts.', title, accounts))
        end as judged,
        to_json(struct_pack(lost, unread, accounts)) as evidence
    from objectives
    union all
    select
        null as objective,
        arn,
        case drift_status
            when 'DRIFTED' then fail(name || ': it has drifted.')
            when 'IN_SYNC' then pass(name || ': as it was deployed.')
            when 'NOT_CHECKING' then not_applicable(name || ': drift is not checked for it.')
            else unknown(name || ': its drift could not be checked.')
        end as judged,
        to_json({
            control: control_identifier, target: target_identifier, status: status, drift_status: drift_status
        }) as evidence
    from controls
)

select
    organization.management_account_id as account_id,
    coalesce(guardrails.arn, organization.arn || guardrails.objective) as resource,
    guardrails.judged,
    guardrails.evidence
from guardrails
cross join stg_organization as organization
