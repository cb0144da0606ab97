/*
id = "BP13-04"
title = "SCPs meet each guardrail objective of the organization"
severity = "high"
description = """
A finding for each account and objective, by probe requests of an administrator under the SCPs in force, so that
wording does not matter. `objectives` are the organization's standard; `named_resources_do` are those that a Deny on
named resources (one trail, the platform's roles) fulfils. Exceptions written into a Deny are listed.
"""
why = "What no SCP denies, an administrator of the account can do: stop its log, leave the organization, make keys."
fix = "Attach an SCP that denies the actions named, to the account's organizational unit or the root."
may_break = "Automation that does what the new Deny forbids: exempt its role by aws:PrincipalArn."
frameworks = { cis_aws_7 = "2.1.2", prowler = "organizations_scp_check_deny_regions" }

[params]
objectives = [
    "leave_organization", "cloudtrail_tamper", "config_tamper", "guardduty_tamper", "securityhub_tamper",
    "access_analyzer_tamper", "region", "root_user", "iam_user_creation", "identity_provider_change",
    "privileged_role_protection", "service_credentials", "unexpected_network",
]
named_resources_do = ["cloudtrail_tamper", "privileged_role_protection"]
*/
with
accounts as (select * from stg_expected_accounts),

wanted as (select unnest(getvariable('objectives')::varchar[]) as objective),

results as (
    select *
    from fact_guardrails
    where policy_type = 'SERVICE_CONTROL_POLICY'
),

judged as (
    select
        accounts.account_id,
        accounts.arn || '/' || wanted.objective as resource,
        accounts.is_management,
        results.*,
        case
            when accounts.is_management then 'not_applicable'
            when results.met = 'yes' then 'pass'
            when results.met = 'no' then 'fail'
            when results.met is null or len(results.unreadable) > 0 then 'unknown'
            when list_contains(getvariable('named_resources_do')::varchar[], wanted.objective) then 'pass'
            else 'fail'
        end as verdict
    from accounts
    cross join wanted
    left join results on accounts.account_id = results.account_id and wanted.objective = results.objective
),

final as (
    select
        account_id,
        resource,
        verdict,
        case
            when is_management then 'SCPs never bind the management account.'
            when not is_enabled then 'The organization has not switched SCPs on.'
            when title is null then 'There is no such objective.'
            when verdict = 'unknown' then format('Policies cannot be read: {}.', array_to_string(unreadable, '; '))
            when len(only_for) > 0
                then format('{}: only for {}.', title, array_to_string(only_for, ', '))
            when verdict = 'fail' then format('Not met ({}): {} would pass.', title, array_to_string(open_actions, ', '))
            when len(exempt) > 0 then format('{}, with exceptions: {}.', title, array_to_string(exempt, ', '))
            else format('{}.', title)
        end as reason,
        to_json({ open_actions: open_actions, only_for: only_for, exempt: exempt, statements: statements }) as evidence
    from judged
)

select * from final
