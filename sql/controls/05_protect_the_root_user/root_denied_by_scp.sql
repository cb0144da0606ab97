/*
id = "BP05-07"
title = "SCPs deny the member account's root user"
severity = "high"
description = """
By probes: an action that nobody named, and some that matter, asked by the root user under the SCPs in force. Leave for
sessions of centralized root access (aws:AssumedRoot) is fine. SCPs never bind the management account.
"""
why = "The root user answers to no IAM policy; in a member account only an SCP stops it."
fix = "Attach an SCP that denies every action where aws:PrincipalArn is like arn:*:iam::*:root, to the root or the unit."
may_break = "Tasks that only the root user can do: use centralized root access for them."
frameworks = { cis_aws_7 = "2.1.2" }
*/
with
accounts as (select * from stg_expected_accounts),

objectives as (select * from fact_guardrails where objective = 'root_at_all'),

final as (
    select
        accounts.account_id,
        accounts.arn as resource,
        case
            when accounts.is_management then 'not_applicable'
            when objectives.met = 'yes' then 'pass'
            when objectives.met = 'no' then 'fail'
            when len(objectives.unreadable) > 0 then 'unknown'
            else 'fail'
        end as verdict,
        case
            when accounts.is_management then 'SCPs never bind the management account.'
            when not objectives.is_enabled then 'The organization has not switched SCPs on.'
            when verdict = 'pass' then 'SCPs deny the root user, whatever it asks for.'
            when verdict = 'unknown'
                then format('An SCP cannot be read: {}.', array_to_string(objectives.unreadable, '; '))
            when len(objectives.open_actions) > 0
                then format(
                    'SCPs let the root user pass: {}.',
                    array_to_string(
                        list_transform(
                            objectives.open_actions, lambda action: if(action = 'zq7x:zq7x', 'an action nobody named', action)
                        ),
                        ', '
                    )
                )
            else 'SCPs deny the root user some resources only.'
        end as reason,
        to_json({
            open_actions: objectives.open_actions,
            exempt: objectives.exempt,
            statements: objectives.statements
        }) as evidence
    from accounts
    left join objectives on accounts.account_id = objectives.account_id
)

select * from final
