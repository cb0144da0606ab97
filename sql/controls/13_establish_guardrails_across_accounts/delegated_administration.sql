/*
id = "BP13-07"
title = "Organization policies and integrated services are run from approved delegated administrators"
practice = 13
severity = "medium"
scope = "organization"
description = "A finding for the organization's own resource policy and one for each service that has trusted access or a delegated administrator. Approved are the register's delegated_administrators."
why = "SCPs never bind the management account, so every service run from there, or from an account nobody approved, is run outside the guardrails."
fix = "Register a member account as delegated administrator, list it in the register, and delegate policy management by the organization's resource policy."
frameworks = { cis_aws_7 = "2.1.5, 2.1.6", prowler = "organizations_delegated_administrators" }

[params]
# Services with trusted access for which AWS offers no delegated administrator, or one under another name.
services_without_delegation = [
    "agentless.inspector2.amazonaws.com", "aws-artifact-account-sync.amazonaws.com", "controltower.amazonaws.com",
    "ds.amazonaws.com", "license-management.marketplace.amazonaws.com", "malware-protection.guardduty.amazonaws.com",
    "opsdatasync.ssm.amazonaws.com", "ram.amazonaws.com", "servicequotas.amazonaws.com",
    "tagpolicies.tag.amazonaws.com", "wellarchitected.amazonaws.com",
]
*/
with organization as (select * from raw_organization),

administrators as (select * from raw_delegated_administrators),

approvals as (select * from raw_register where kind = 'delegated_administrator' and expires_on >= getvariable('as_of')),

services as (
    select service_principal from raw_trusted_services
    union
    select service_principal from administrators
),

delegations as (
    select
        administrators.service_principal,
        list(administrators.account_id order by administrators.account_id) as account_ids,
        list(administrators.account_id order by administrators.account_id) filter (
            where not exists (
                select 1 from approvals
                where coalesce(approvals.account_id, administrators.account_id) = administrators.account_id
                    and coalesce(approvals.service_principal, administrators.service_principal)
                    = administrators.service_principal
            )
        ) as not_approved
    from administrators
    group by administrators.service_principal
),

judged as (
    select
        services.service_principal as subject,
        coalesce(delegations.account_ids, []) as account_ids,
        coalesce(delegations.not_approved, []) as not_approved,
        list_contains(getvariable('services_without_delegation'), services.service_principal) as cannot_be_delegated
    from services
    left join delegations on services.service_principal = delegations.service_principal
),

findings as (
    select
        subject,
        case
            when len(not_approved) > 0 then 'fail'
            when len(account_ids) > 0 then 'pass'
            when cannot_be_delegated then 'not_applicable'
            else 'fail'
        end as verdict,
        case
            when len(not_approved) > 0
                then format('{} is delegated to {}, which the register does not approve.', subject, array_to_string(not_approved, ', '))
            when len(account_ids) > 0 then format('{} is delegated to {}, as approved.', subject, array_to_string(account_ids, ', '))
            when cannot_be_delegated then format('{} has trusted access; AWS offers no delegated administrator for it.', subject)
            else format('{} has trusted access but no delegated administrator.', subject)
        end as reason,
        to_json(struct_pack(account_ids, not_approved)) as evidence
    from judged
    union all
    select
        null as subject,
        case when count(*) > 0 then 'pass' else 'fail' end as verdict,
        case
            when count(*) > 0 then 'The organization''s resource policy delegates the management of its policies.'
            else 'The organization has no resource policy: its policies can only be managed from the management account.'
        end as reason,
        to_json(struct_pack(policy_ids := list(policy_id order by policy_id))) as evidence
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
