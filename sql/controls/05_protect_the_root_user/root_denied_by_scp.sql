/*
id = "BP05-07"
title = "SCPs should deny the member account's root user"
severity = "high"
fixed_by = "organization"
description = """
By probes: an action that no policy names, and some that matter, requested by the root user under the SCPs in force. An
exception for sessions of centralized root access (aws:AssumedRoot) is fine. SCPs never bind the management account.
"""
why = "No IAM policy limits the root user; in a member account only an SCP can stop it."
fix = "Attach an SCP that denies every action where aws:PrincipalArn is like arn:*:iam::*:root, to the root or the unit."
may_break = "Tasks that only the root user can do: use centralized root access for them."
frameworks = { cis_aws_7 = "2.1.2" }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
open_actions = "Actions that are not denied"
exempt = "Principals that the Deny spares"
*/
select
    accounts.account_id,
    accounts.arn as resource,
    case
        when accounts.no_root_user is not null then not_applicable(accounts.no_root_user)
        when accounts.is_management then not_applicable('SCPs bind neither the management account nor one in no organization.')
        when not objectives.is_enabled then fail('The organization has not switched SCPs on.')
        when objectives.met = 'yes' then pass('SCPs deny the root user, whatever it asks for.')
        when objectives.met <> 'no' and len(objectives.unreadable) > 0
            then unknown(format('An SCP cannot be read: {}.', array_to_string(objectives.unreadable, '; ')))
        when len(objectives.open_actions) > 0 then fail(format(
            'SCPs let the root user pass: {}.',
            array_to_string(
                list_transform(
                    objectives.open_actions, lambda action: if(action = 'zq7x:zq7x', 'an action nobody named', action)
                ),
                ', '
            )
        ))
        else fail('SCPs deny the root user some resources only.')
    end as judged,
    to_json({
        statements: objectives.statements, open_actions: objectives.open_actions, exempt: objectives.exempt
    }) as evidence
from stg_expected_accounts as accounts
left join fact_guardrails as objectives  -- same: every account has its objectives
    on accounts.account_id = objectives.account_id and objectives.objective = 'root_at_all'
