/*
id = "BP13-08"
title = "No guardrail objective that was met is lost, and no AWS Control Tower control has drifted"
severity = "medium"
scope = "organization"
description = """
By the probes of scp_objectives and rcp_objectives, tonight against every earlier night of the last `look_back_days`:
an account that met an objective, wholly or for the resources that a Deny names, and now does less has drifted, whether
a policy's content or its attachment changed.
A control that AWS Control Tower has enabled has a finding of its own: it fails while Control Tower reports it drifted.
An entry in the register with the change's ticket makes an intended loss exempt.
"""
why = "A guardrail is weakened with one edit or one detachment, and nobody in the member accounts notices."
fix = "Put the policy or its attachment back, reset a drifted control in AWS Control Tower, or enter the change with its ticket in the register of exceptions."
frameworks = { cis_aws_7 = "2.1.2" }
params = { look_back_days = 90 }
*/
with
organization as (select management_account_id as account_id, arn from raw_organization),

nights as (
    select *, list_position(['no', 'depends', 'yes'], met) as standing
    from history_guardrails
    where
        met is not null
        and as_of < getvariable('as_of')
        and as_of >= getvariable('as_of') - getvariable('look_back_days')::integer
),

earlier as (
    select
        account_id,
        policy_type,
        objective,
        max(standing) as best,
        arg_max(as_of, (standing, as_of)) as last_met
    from nights
    group by account_id, policy_type, objective
),

tonight as (select *, list_position(['no', 'depends', 'yes'], met) as standing from fact_guardrails),

compared as (
    select
        tonight.policy_type,
        tonight.objective,
        any_value(tonight.title) as title,
        count(earlier.account_id) as known_accounts,
        list(
            { account_id: tonight.account_id, last_met: earlier.last_met, open_actions: tonight.open_actions }
            order by tonight.account_id
        ) filter (tonight.standing < earlier.best and len(tonight.unreadable) = 0) as lost,
        list(tonight.account_id order by tonight.account_id)
            filter (earlier.best > 1 and (tonight.met is null or len(tonight.unreadable) > 0)) as unread
    from tonight
    left join earlier using (account_id, policy_type, objective)
    group by tonight.policy_type, tonight.objective
),

lost as (
    select
        organization.account_id,
        organization.arn || '/' || compared.policy_type || '/' || compared.objective as resource,
        case
            when compared.known_accounts = 0 then 'not_applicable'
            when len(compared.lost) > 0 then 'fail'
            when len(compared.unread) > 0 then 'unknown'
            else 'pass'
        end as verdict,
        case
            when compared.known_accounts = 0 then 'There is no earlier night to compare with.'
            when len(compared.lost) > 0
                then format(
                    '{}: no longer so in {} of {} accounts, such as {}, last on {}.', compared.title,
                    len(compared.lost), compared.known_accounts, compared.lost[1].account_id, compared.lost[1].last_met
                )
            when len(compared.unread) > 0
                then format('Policies of {} cannot be read.', array_to_string(compared.unread, ', '))
            else format('{}: as before in {} accounts.', compared.title, compared.known_accounts)
        end as reason,
        to_json({ lost: compared.lost, unread: compared.unread, accounts: compared.known_accounts }) as evidence
    from compared
    cross join organization
),

drifted as (
    select
        organization.account_id,
        controls.arn as resource,
        case controls.drift_status
            when 'DRIFTED' then 'fail'
            when 'IN_SYNC' then 'pass'
            when 'NOT_CHECKING' then 'not_applicable'
            else 'unknown'
        end as verdict,
        format(
            'AWS Control Tower, {} on {}: {}.',
            string_split(controls.control_identifier, '/')[-1],
            coalesce(units.name, string_split(controls.target_identifier, '/')[-1]),
            case controls.drift_status
                when 'DRIFTED' then 'it has drifted'
                when 'IN_SYNC' then 'as it was deployed'
                when 'NOT_CHECKING' then 'drift is not checked for it'
                else 'its drift could not be checked'
            end
        ) as reason,
        to_json({
            control: controls.control_identifier,
            target: controls.target_identifier,
            status: controls.status,
            drift_status: controls.drift_status
        }) as evidence
    from raw_enabled_controls as controls
    left join raw_organizational_units as units on controls.target_identifier = units.arn
    cross join organization
)

select * from lost
union all
select * from drifted
