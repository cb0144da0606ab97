/*
title = "AI services opt-out policies and tag policies that bear on each account"
description = "Inherited along the path from the root to the account, the management account's too."
[columns]
resource = "ARN of the account"
is_enabled = "Whether the policy type is enabled at the root"
policies = "Those attached to the root, an organizational unit above the account or the account itself, in this order"
*/
with
kinds as (
    select
        unnest(['AISERVICES_OPT_OUT_POLICY', 'TAG_POLICY']) as policy_type,
        flatten(coalesce((select list(enabled_policy_types) from stg_organization_roots), [])) as enabled
),

path as (
    select account_id, unnest(list_append(ou_ids, account_id)) as target_id, generate_subscripts(list_append(ou_ids, account_id), 1) as depth
    from int_accounts
    where is_expected
),

held as (
    select policy_id, name, policy_type, document, unnest(target_ids) as target_id
    from stg_management_policies
),

attached as (
    select
        path.account_id,
        held.policy_type,
        list(
            { name: held.name, policy_id: held.policy_id, target_id: held.target_id, document: held.document }
            order by path.depth, held.name, held.policy_id
        ) as policies
    from path
    inner join held on path.target_id = held.target_id
    group by path.account_id, held.policy_type
)

select
    accounts.account_id,
    accounts.arn as resource,
    kinds.policy_type,
    list_contains(kinds.enabled, kinds.policy_type) as is_enabled,
    coalesce(attached.policies, []) as policies
from stg_expected_accounts as accounts
cross join kinds
left join attached on accounts.account_id = attached.account_id and kinds.policy_type = attached.policy_type
