/*
title = "The policies of each role by name"
[columns]
arn = "ARN of the role"
policies = "All of them, managed and inline"
own_admin_policies = "Customer managed and inline policies that grant an administrator's rights"
aws_managed_policies = "AWS managed policies"
*/
with
administering as (select account_id, resource, policy_name from int_customer_facts where kind = 'admin')

select
    grants.account_id,
    grants.principal_arn as arn,
    list(distinct grants.policy_name order by grants.policy_name) as policies,
    coalesce(
        list(distinct grants.policy_name order by grants.policy_name) filter (where administering.policy_name is not null), []
    ) as own_admin_policies,
    coalesce(
        list(distinct grants.policy_name order by grants.policy_name) filter (where grants.policy_arn glob 'arn:*:iam::aws:policy/*'), []
    ) as aws_managed_policies
from int_grants as grants
left join administering
    on
        grants.account_id = administering.account_id
        and coalesce(grants.policy_arn, grants.principal_arn) = administering.resource
        and grants.policy_name = administering.policy_name
where grants.principal_type = 'role'
group by grants.account_id, grants.principal_arn
