/*
id = "BP13-04"
title = "Service control policies should meet each guardrail objective of the organization"
severity = "high"
fixed_by = "organization"
description = """
One finding for each account and objective, by probe requests of an administrator under the SCPs in force, so that
wording does not matter. `objectives` are the organization's standard; `named_resources_do` are those that a Deny on
named resources (one trail, the platform's roles) fulfills. Exceptions written into a Deny are listed. Since 2025-11-20 an
account also moves to another organization by accepting its invitation: where only leaving is denied, the reason says so.
"""
why = "What no SCP denies, an administrator of the account can do: stop its trail, leave the organization, create access keys."
fix = "Attach an SCP that denies the actions named to the account's organizational unit or the root."
may_break = "Automation that does what the new Deny forbids: exempt its role with aws:PrincipalArn."
frameworks = { cis_aws_7 = "2.1.2", prowler = "organizations_scp_check_deny_regions" }

[params]
objectives = [
    "leave_organization", "cloudtrail_tamper", "config_tamper", "guardduty_tamper", "securityhub_tamper",
    "access_analyzer_tamper", "region", "root_user", "iam_user_creation", "identity_provider_change",
    "privileged_role_protection", "service_credentials", "unexpected_network",
]
named_resources_do = ["cloudtrail_tamper", "privileged_role_protection"]

[evidence]
statements = "The statements that decided, with policy, number and Sid"
open_actions = "Actions that are not denied"
only_for = "Resources that it holds for only"
exempt = "Principals that the Deny spares"
loopholes = "Principals that the Deny spares and that others may become"
*/
with
movable as (
    select account_id, true as may_move
    from int_guardrail_results
    where policy_type = 'SERVICE_CONTROL_POLICY' and objective = 'accept_invitation' and met <> 'yes'
)

select
    accounts.account_id,
    accounts.arn || '/' || wanted.objective as resource,
    case
        when accounts.is_management then not_applicable('SCPs bind neither the management account nor one in no organization.')
        when results.objective is null then unknown('There is no such objective.')
        when not results.is_enabled then fail('The organization has not switched SCPs on.')
        when results.met = 'yes' then pass(results.reached || if(
            wanted.objective = 'leave_organization' and movable.may_move,
            ' It can still accept the invitation of another organization (organizations:AcceptHandshake).', ''
        ))
        when results.met = 'no' then fail(results.missed)
        when results.unread is not null then unknown(results.unread)
        when list_contains(getvariable('named_resources_do')::varchar[], wanted.objective) then pass(results.reached)
        else fail(results.missed)
    end as judged,
    to_json(struct_pack(statements, open_actions, only_for, exempt, loopholes)) as evidence
from stg_expected_accounts as accounts
cross join (select unnest(getvariable('objectives')::varchar[]) as objective) as wanted
left join int_guardrail_results as results
    on
        results.policy_type = 'SERVICE_CONTROL_POLICY'
        and accounts.account_id = results.account_id
        and wanted.objective = results.objective
left join movable on accounts.account_id = movable.account_id
