/*
id = "BP13-07"
title = "Organization policies and integrated services should be managed from approved delegated administrator accounts"
severity = "medium"
register_entries = ["delegated_administrator"]
scope = "organization"
description = """
One finding for the organization's resource policy, and one for each service that has trusted access or a delegated
administrator. Approved are the register's delegated_administrators.
"""
why = "SCPs never bind the management account: a service run from there, or from an account nobody approved, runs outside the guardrails."
fix = "Register a member account as delegated administrator, list it in the register, and delegate policy management in the organization's resource policy."
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
services as (
    select
        service_principal as name,
        case
            when len(not_approved) > 0
                then fail(format(
                    '{} is delegated to {}, which the register does not approve.',
                    name, array_to_string(not_approved, ', ')
                ))
            when len(account_ids) > 0
                then pass(format('{} is delegated to {}, as approved.', name, array_to_string(account_ids, ', ')))
            when list_contains(getvariable('services_without_delegation')::varchar[], name)
                then not_applicable(name || ' has trusted access; AWS offers no delegated administrator for it.')
            else fail(name || ' has trusted access but no delegated administrator.')
        end as judged,
        to_json({delegated_to: account_ids, not_approved: not_approved}) as evidence
    from int_organization_delegations
    union all
    select
        null as name,
        if(
            count(*) > 0,
            pass('The organization''s resource policy delegates the management of its policies.'),
            fail('The organization has no resource policy: its policies are managed from the management account alone.')
        ) as judged,
        to_json({resource_policies: list(arn order by arn)}) as evidence
    from raw_organization_resource_policies
)

select
    organization.management_account_id as account_id,
    concat_ws('/', organization.arn, services.name) as resource,
    services.judged,
    services.evidence
from stg_organization as organization
cross join services
