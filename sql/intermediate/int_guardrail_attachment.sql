/*
title = "The SCPs and RCPs that bind each account, beyond those that allow everything"
description = "By attachment between the account and the root. A row for each account in scope and policy type."
[columns]
resource = "ARN of the account"
policy_type = "SERVICE_CONTROL_POLICY or RESOURCE_CONTROL_POLICY"
is_enabled = "Whether the policy type is switched on at the root"
policies = "Names of the policies"
*/
with
kinds as (
    select
        unnest(['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY']) as policy_type,
        flatten(coalesce((select list(enabled_policy_types) from stg_organization_roots), [])) as enabled
),

attached as (
    select account_id, policy_type, list_sort(list(distinct policy_name)) as policies
    from int_effective_policies
    where not is_aws_managed
    group by account_id, policy_type
)

select
    accounts.account_id,
    accounts.arn as resource,
    accounts.is_management,
    kinds.policy_type,
    list_contains(kinds.enabled, kinds.policy_type) as is_enabled,
    coalesce(attached.policies, []) as policies
from stg_expected_accounts as accounts
cross join kinds
left join attached on accounts.account_id = attached.account_id and kinds.policy_type = attached.policy_type
