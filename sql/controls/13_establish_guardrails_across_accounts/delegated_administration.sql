/*
id = "BP13-07"
title = "Organization policies and integrated services should be managed from approved delegated administrator accounts"
severity = "medium"
register_entries = ["delegated_administrator"]
scope = "organization"
description = """
One finding for the organization's resource policy, and one for each service that has trusted access or a delegated
administrator. Approved are the register's delegated_administrators. A service that is in no list of those that can be
delegated (fact_delegated_services) is unknown.
"""
why = "SCPs never bind the management account: a service run from there, or from an account nobody approved, runs outside the guardrails."
fix = "Register a member account as delegated administrator, list it in the register, and delegate policy management in the organization's resource policy."
frameworks = { cis_aws_7 = "2.1.5, 2.1.6", prowler = "organizations_delegated_administrators" }

[evidence]
delegated_to = "Accounts that the service is delegated to"
not_approved = "Those of them that the register does not approve"
resource_policies = "Resource policies of the organization, by ARN"
*/
with
lists as (select coalesce(' of ' || max(read_on), '') as dated from fact_delegated_services),

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
            when known.can_be_delegated is null
                then unknown(format('{} has trusted access; whether it can be delegated is not in Rolecall''s list{}.', name, lists.dated))
            when not known.can_be_delegated
                then not_applicable(format('{} has trusted access; it is among those without delegation in Rolecall''s list{}.', name, lists.dated))
            else fail(name || ' has trusted access but no delegated administrator.')
        end as judged,
        to_json({delegated_to: account_ids, not_approved: not_approved}) as evidence
    from int_organization_delegations
    left join fact_delegated_services as known using (service_principal)
    cross join lists
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
