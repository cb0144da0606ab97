/*
id = "BP13-03"
title = "Member accounts should be bound by a resource control policy other than RCPFullAWSAccess"
severity = "high"
fixed_by = "organization"
description = "Judged by attachment between the account and the root; what the policies deny is not weighed. RCPs never bind the management account."
why = "Without an RCP, one careless resource policy opens a bucket, key or role of the account to any identity outside."
fix = "Enable the policy type at the root and attach data perimeter RCPs to the account's organizational unit."
may_break = "A new Deny binds every caller of the resources below it, partners and services included: test it on one organizational unit first."
frameworks = { cis_aws_7 = "2.1.2" }

[evidence]
is_enabled = "Whether the policy type is enabled at the root"
policies = "RCPs that bind the account, but those that allow everything"
*/
select
    account_id,
    resource,
    case
        when is_management then not_applicable('RCPs bind neither the management account nor one in no organization.')
        when not is_enabled then fail('The policy type RESOURCE_CONTROL_POLICY is not enabled at the root.')
        when len(policies) > 0 then pass(format('Bound by {}.', array_to_string(policies, ', ')))
        else fail('Only RCPFullAWSAccess, which denies nothing, binds the account.')
    end as judged,
    to_json(struct_pack(is_enabled, policies)) as evidence
from int_guardrail_attachment
where policy_type = 'RESOURCE_CONTROL_POLICY'
