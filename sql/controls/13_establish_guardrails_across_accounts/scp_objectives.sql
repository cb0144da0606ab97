/*
id = "BP13-04"
title = "Service control policies should meet each guardrail objective of the organization"
severity = "high"
description = """
One finding for each account and objective, by probe requests of an administrator under the SCPs in force, so that
wording does not matter. `objectives` are the organization's standard; `named_resources_do` are those that a Deny on
named resources (one trail, the platform's roles) fulfills. Exceptions written into a Deny are listed.
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
*/
<<<<<<< HEAD
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
            when len(loopholes) > 0
                then format(
                    'Not met ({}): an administrator of the account can take the exception {}.',
                    title,
                    array_to_string(loopholes, '; ')
                )
            when len(only_for) > 0
                then format('{}: only for {}.', title, array_to_string(only_for, ', '))
            when verdict = 'fail' then format('Not met ({}): {} would pass.', title, array_to_string(open_actions, ', '))
            when len(exempt) > 0 then format('{}, with exceptions: {}.', title, array_to_string(exempt, ', '))
            else format('{}.', title)
        end as reason,
        to_json({
            open_actions: open_actions,
            only_for: only_for,
            exempt: exempt,
            loopholes: loopholes,
            statements: statements
        }) as evidence
    from judged
)

select * from final
=======
select
    accounts.account_id,
    accounts.arn || '/' || wanted.objective as resource,
    case
        when accounts.is_management then not_applicable('SCPs never bind the management account.')
        when results.objective is null then unknown('There is no such objective.')
        when not results.is_enabled then fail('The organization has not switched SCPs on.')
        when results.met = 'yes' then pass(results.reached)
        when results.met = 'no' then fail(results.missed)
        when results.unread is not null then unknown(results.unread)
        when list_contains(getvariable('named_resources_do')::varchar[], wanted.objective) then pass(results.reached)
        else fail(results.missed)
    end as judged,
    to_json(struct_pack(open_actions, only_for, exempt, statements)) as evidence
from stg_expected_accounts as accounts
cross join (select unnest(getvariable('objectives')::varchar[]) as objective) as wanted
left join int_guardrail_results as results
    on
        results.policy_type = 'SERVICE_CONTROL_POLICY'
        and accounts.account_id = results.account_id
        and wanted.objective = results.objective
>>>>>>> main
