/*
title = "Roles that hybrid activations give to machines"
description = "What they allow beyond AmazonSSMManagedInstanceCore, by the AWS managed policies attached and the actions of their own policies, as written."
[columns]
role_name = "Name of the role that the machines are given, without the path"
arn = "ARN of the role; null where there is no such role"
is_missing = "Whether there is no such role in the account"
beyond = "AWS managed policies and actions beyond the core policy"
unread = "Policies whose documents could not be read"
[params]
allowed_policies = ["AmazonSSMManagedInstanceCore"]
# What that policy allows.
allowed_actions = [
    "ssm:DescribeAssociation", "ssm:GetDeployablePatchSnapshotForInstance", "ssm:GetDocument", "ssm:DescribeDocument",
    "ssm:GetManifest", "ssm:GetParameter", "ssm:GetParameters", "ssm:ListAssociations",
    "ssm:ListInstanceAssociations", "ssm:PutInventory", "ssm:PutComplianceItems", "ssm:PutConfigurePackageResult",
    "ssm:UpdateAssociationStatus", "ssm:UpdateInstanceAssociationStatus", "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel", "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage",
    "ec2messages:FailMessage", "ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply",
]
*/
with
named as (select distinct account_id, role_name from stg_ssm_activations where role_name is not null),

rights as (
    select
        grants.account_id,
        grants.principal_name as role_name,
        grants.policy_name,
        case
            when coalesce(grants.policy_arn glob 'arn:*:iam::aws:policy/*', false) then if(
                list_contains(getvariable('allowed_policies')::varchar[], grants.policy_name),
                [], [grants.policy_name]
            )
            else list_filter(actions.actions, lambda a: len(list_filter(
                getvariable('allowed_actions')::varchar[], lambda p: lower(a) glob lower(p)
            )) = 0)
        end as beyond
    from int_grants as grants
    inner join named on grants.account_id = named.account_id and grants.principal_name = named.role_name
    left join int_policy_actions as actions on grants.document_sha256 = actions.document_sha256
    where grants.principal_type = 'role'
)

select
    named.account_id,
    named.role_name,
    any_value(roles.arn) as arn,
    any_value(roles.arn) is null as is_missing,
    list_sort(list_distinct(coalesce(flatten(list(rights.beyond) filter (where rights.beyond is not null)), [])))
        as beyond,
    coalesce(
        list_sort(
            list(distinct rights.policy_name) filter (where rights.policy_name is not null and rights.beyond is null)
        ), []
    ) as unread
from named
left join stg_roles as roles on named.account_id = roles.account_id and named.role_name = roles.role_name
left join rights on named.account_id = rights.account_id and named.role_name = rights.role_name
group by named.account_id, named.role_name
