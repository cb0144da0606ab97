/*
id = "BP13-07"
title = "Organization policies and integrated services are run from approved delegated administrators"
severity = "medium"
scope = "organization"
description = """
A finding for the organization's own resource policy, and one for each service that has trusted access or a delegated
administrator. Approved are the register's delegated_administrators.
"""
why = "SCPs never bind the management account: a service run from there, or from an account nobody approved, is run outside the guardrails."
fix = "Register a member account as delegated administrator, list it in the register, and delegate the policies by the organization's resource policy."
frameworks = { cis_aws_7 = "2.1.5, 2.1.6", prowler = "organizations_delegated_administrators" }

[params]
# Services for which AWS offers no delegated administrator, or one under another service's name.
services_without_delegation = [
    "agentless.inspector2.amazonaws.com", "aws-artifact-account-sync.amazonaws.com", "controltower.amazonaws.com",
    "ds.amazonaws.com", "license-management.marketplace.amazonaws.com", "malware-protection.guardduty.amazonaws.com",
    "opsdatasync.ssm.amazonaws.com", "ram.amazonaws.com", "servicequotas.amazonaws.com",
    "tagpolicies.tag.amazonaws.com", "wellarchitected.amazonaws.com",
]
*/
with
organization as (select * from raw_organization),

services as (
    select
        *,
        list_contains(getvariable('services_without_delegation')::varchar[], service_principal) as is_undelegable
    from int_organization_delegations
),

findings as (
    select
        service_principal as subject,
        case
            when len(not_approved) > 0 then 'fail'
            when len(account_ids) > 0 then 'pass'
            when is_undelegable then 'not_applicable'
            else 'fail'
        end as verdict,
        service_principal || case
            when len(not_approved) > 0
                then format(
                    ' is delegated to {}, which the register does not approve.',
                    array_to_string(not_approved, ', ')
                )
            when len(account_ids) > 0
                then format(' is delegated to {}, as approved.', array_to_string(account_ids, ', '))
            when is_undelegable then ' has trusted access; AWS offers no delegated administrator for it.'
            else ' has trusted access but no delegated administrator.'
        end as reason,
        to_json({delegated_to: account_ids, not_approved: not_approved}) as evidence
    from services
    union all
    select
        null as subject,
        if(count(*) > 0, 'pass', 'fail') as verdict,
        if(
            count(*) > 0,
            'The organization''s resource policy delegates the management of its policies.',
            'The organization has no resource policy: its policies are managed from the management account alone.'
        ) as reason,
        to_json({resource_policies: list(arn order by arn)}) as evidence
    from raw_organization_resource_policies
),

final as (
    select
        organization.management_account_id as account_id,
        concat_ws('/', organization.arn, findings.subject) as resource,
        findings.verdict,
        findings.reason,
        findings.evidence
    from organization
    cross join findings
)

select * from final
