/*
id = "BP13-02"
title = "Every member account is bound by a service control policy beyond full access"
severity = "high"
description = "Judged by attachment between the account and the root; what the policies deny is not weighed. SCPs never bind the management account."
why = "Without an SCP, whoever administers the account may do anything in it, switching off its logs and guards included."
fix = "Turn on the policy type at the root and attach guardrail SCPs to the account's organizational unit."
may_break = "A new deny binds every principal of the accounts below, automation included: try it on a test unit first."
frameworks = { cis_aws_7 = "2.1.2", other = "c7n:org-account.policy, org-unit.policy" }
*/
select
    account_id,
    resource,
    case
        when is_management then 'not_applicable'
        when is_enabled and len(policies) > 0 then 'pass'
        else 'fail'
    end as verdict,
    case
        when is_management then 'SCPs never bind the management account.'
        when not is_enabled then 'The policy type SERVICE_CONTROL_POLICY is not enabled at the root.'
        when len(policies) > 0 then format('Bound by {}.', array_to_string(policies, ', '))
        else 'Only FullAWSAccess, which denies nothing, binds the account.'
    end as reason,
    to_json(struct_pack(is_enabled, policies)) as evidence
from int_guardrail_attachment
where policy_type = 'SERVICE_CONTROL_POLICY'
