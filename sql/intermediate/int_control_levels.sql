/*
title = "The SCPs and RCPs of each account by level of the tree"
description = "One row an account and policy type, the same key for the same policies at the same levels."
[columns]
levels = "Documents by level, the root first and the account last"
levels_sha256 = "Key of the levels"
*/
with
steps as (
    select account_id, unnest(list_append(ou_ids, account_id)) as target_id, generate_subscripts(list_append(ou_ids, account_id), 1) as level
    from int_accounts
    where is_expected and not is_management
),

steps_of_type as (
    select *
    from steps
    cross join (values ('SERVICE_CONTROL_POLICY'), ('RESOURCE_CONTROL_POLICY')) as types (policy_type)
),

attached as (
    select
        steps.account_id,
        steps.policy_type,
        steps.target_id,
        steps.level,
        list({name: policies.policy_name, sha256: policies.document_sha256} order by policies.policy_name)
            filter (policies.policy_id is not null) as policies
    from steps_of_type as steps
    left join int_effective_policies as policies using (account_id, policy_type, target_id)
    group by all
)

select
    account_id,
    policy_type,
    list(coalesce(policies, []) order by level) as levels,
    sha256(to_json(levels)::varchar) as levels_sha256
from attached
group by all
