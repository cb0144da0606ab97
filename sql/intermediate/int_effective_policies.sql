/*
title = "Service and resource control policies that bear on each account"
description = "Inherited along the path from the root to the account. They never bind the management account, so it has no rows."
[columns]
policy_name = "Name of the policy"
target_id = "Root, organizational unit or account that it hangs on"
target_type = "ROOT, ORGANIZATIONAL_UNIT or ACCOUNT"
document_sha256 = "Key of the document in documents and policy_validations"
*/
with

path as (
    select account_id, unnest(list_append(ou_ids, account_id)) as target_id
    from int_accounts
    where is_expected and not is_management
)

select
    path.account_id,
    policy.policy_id,
    policy.name as policy_name,
    policy.policy_type,
    policy.is_aws_managed,
    target.target_id,
    target.target_type,
    policy.document,
    policy.document_sha256
from path
inner join stg_policy_targets as target on path.target_id = target.target_id
inner join stg_organization_policies as policy on target.policy_id = policy.policy_id
