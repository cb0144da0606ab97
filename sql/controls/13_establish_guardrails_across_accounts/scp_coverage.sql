/*
id = "BP13-02"
title = "Member accounts should be bound by a service control policy other than FullAWSAccess"
severity = "high"
fixed_by = "organization"
description = "Judged by attachment between the account and the root; what the policies deny is not weighed. SCPs never bind the management account."
why = "Without an SCP, an administrator of the account can do anything in it, including disabling its logs and guardrails."
fix = "Enable the policy type at the root and attach guardrail SCPs to the account's organizational unit."
may_break = "A new Deny binds every principal of the accounts below it, automation included: test it on one organizational unit first."
frameworks = { cis_aws_7 = "2.1.2", other = "c7n:org-account.policy, org-unit.policy" }

[evidence]
is_enabled = "Whether the policy type is enabled at the root"
policies = "SCPs that bind the account, but those that allow everything"
*/
select
    account_id,
    resource,
    case
        when is_management then not_applicable('SCPs bind neither the management account nor one in no organization.')
        when not is_enabled then fail('The policy type SERVICE_CONTROL_POLICY is not enabled at the root.')
        when len(policies) > 0 then pass(format('Bound by {}.', array_to_string(policies, ', ')))
        else fail('Only FullAWSAccess, which denies nothing, binds the account.')
    end as judged,
    to_json(struct_pack(is_enabled, policies)) as evidence
from int_guardrail_attachment
where policy_type = 'SERVICE_CONTROL_POLICY'
