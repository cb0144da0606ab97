/*
id = "BP13-05"
title = "Resource control policies should meet each guardrail objective of the organization"
severity = "high"
fixed_by = "organization"
description = """
One finding for each account and objective, by probe requests on resources that are open to everyone, under the RCPs in
force. `objectives` are the organization's standard. Outbound federation is judged where the account issues such
tokens.
"""
why = "A resource policy that is too wide admits outsiders; an RCP stops them whoever wrote the policy."
fix = "Attach an RCP that denies the requests named, with aws:PrincipalOrgID, aws:SourceOrgID, aws:SecureTransport or sts:IdentityTokenAudience."
may_break = "Partners and services outside the organization that should have access: exempt them by account."
frameworks = { cis_aws_7 = "2.1.2" }

[params]
objectives = ["identity_perimeter", "confused_deputy", "tls_only", "oidc_issuers", "outbound_federation"]
named_resources_do = []

[evidence]
statements = "The statements that decided, with policy, number and Sid"
open_actions = "Actions that are not denied"
only_for = "Resources that it holds for only"
exempt = "Principals that the Deny spares"
loopholes = "Principals that the Deny spares and that others may become"
*/
select
    accounts.account_id,
    accounts.arn || '/' || wanted.objective as resource,
    case
        when accounts.is_management then not_applicable('RCPs bind neither the management account nor one in no organization.')
        when wanted.objective = 'outbound_federation' and not outbound.is_enabled
            then not_applicable('The account issues no tokens to its principals for services outside AWS.')
        when results.objective is null then unknown('There is no such objective.')
        when not results.is_enabled then fail('The organization has not switched RCPs on.')
        when results.met = 'yes' then pass(results.reached)
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
        results.policy_type = 'RESOURCE_CONTROL_POLICY'
        and accounts.account_id = results.account_id
        and wanted.objective = results.objective
left join raw_outbound_identity_federation as outbound on accounts.account_id = outbound.account_id
