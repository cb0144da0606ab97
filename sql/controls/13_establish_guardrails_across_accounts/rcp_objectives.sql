/*
id = "BP13-05"
title = "RCPs meet each guardrail objective of the organization"
severity = "high"
description = """
A finding for each account and objective, by probe requests on resources that are open to everybody, under the RCPs in
force. `objectives` are the organization's standard. Outbound federation is judged where the account issues such
tokens.
"""
why = "A resource policy written too wide lets strangers in; an RCP stops them whoever wrote it."
fix = "Attach an RCP that denies the requests named, with aws:PrincipalOrgID, aws:SourceOrgID, aws:SecureTransport or sts:IdentityTokenAudience."
may_break = "Partners and services outside the organization that are meant to get in: except them by account."
frameworks = { cis_aws_7 = "2.1.2" }

[params]
objectives = ["identity_perimeter", "confused_deputy", "tls_only", "oidc_issuers", "outbound_federation"]
named_resources_do = []
*/
with
accounts as (select * from stg_expected_accounts),

wanted as (select unnest(getvariable('objectives')::varchar[]) as objective),

results as (
    select *
    from fact_guardrails
    where policy_type = 'RESOURCE_CONTROL_POLICY'
),

outbound as (select * from raw_outbound_identity_federation),

judged as (
    select
        accounts.account_id,
        accounts.arn || '/' || wanted.objective as resource,
        accounts.is_management,
        results.*,
        wanted.objective = 'outbound_federation' and not outbound.is_enabled as is_idle,
        case
            when accounts.is_management or is_idle then 'not_applicable'
            when results.met = 'yes' then 'pass'
            when results.met = 'no' then 'fail'
            when results.met is null or len(results.unreadable) > 0 then 'unknown'
            when list_contains(getvariable('named_resources_do')::varchar[], wanted.objective) then 'pass'
            else 'fail'
        end as verdict
    from accounts
    cross join wanted
    left join results on accounts.account_id = results.account_id and wanted.objective = results.objective
    left join outbound on accounts.account_id = outbound.account_id
),

final as (
    select
        account_id,
        resource,
        verdict,
        case
            when is_management then 'RCPs never bind the management account.'
            when is_idle then 'The account issues no tokens to its principals for services outside AWS.'
            when not is_enabled then 'The organization has not switched RCPs on.'
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
