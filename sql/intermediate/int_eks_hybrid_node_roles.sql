/*
title = "Roles with which nodes outside AWS join EKS clusters"
description = "The roles behind access entries of type HYBRID_LINUX: whom they trust, and what they allow beyond what a node needs, by the AWS managed policies attached and the actions of their own policies, as written."
[columns]
principal_arn = "ARN of the role that the access entry admits"
is_missing = "Whether there is no such role in the account"
other_callers = "Principals that the role trusts beside SSM and Roles Anywhere"
beyond = "AWS managed policies and actions that are more than a node needs"
unread = "Policies whose documents could not be read"
[params]
node_services = ["ssm.amazonaws.com", "rolesanywhere.amazonaws.com"]
allowed_policies = [
    "AmazonSSMManagedInstanceCore", "AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly",
]
# What AWS's guide for hybrid nodes asks for, and what the allowed policies say.
allowed_actions = [
    "eks:DescribeCluster", "eks:ListAccessEntries", "eks-auth:AssumeRoleForPodIdentity", "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage",
    "ecr:BatchImportUpstreamImage", "ssm:DescribeInstanceInformation", "ssm:DeregisterManagedInstance",
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
entries as (select * from stg_eks_access_entries where entry_type = 'HYBRID_LINUX'),

rights as (
    select
        grants.account_id,
        grants.principal_arn,
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
    semi join entries on grants.account_id = entries.account_id and grants.principal_arn = entries.principal_arn
    left join int_policy_actions as actions on grants.document_sha256 = actions.document_sha256
)

select
    entries.account_id,
    entries.cluster_arn,
    entries.principal_arn,
    any_value(callers.arn) is null as is_missing,
    any_value(callers.malformed_reason) as malformed_reason,
    list_filter(any_value(callers.callers), lambda c: not list_contains(getvariable('node_services')::varchar[], c))
        as other_callers,
    list_sort(list_distinct(coalesce(flatten(list(rights.beyond) filter (where rights.beyond is not null)), [])))
        as beyond,
    list_sort(list(distinct rights.policy_name) filter (where rights.policy_name is not null and rights.beyond is null))
        as unread
from entries
left join int_role_callers as callers
    on entries.account_id = callers.account_id and entries.principal_arn = callers.arn
left join rights on entries.account_id = rights.account_id and entries.principal_arn = rights.principal_arn
group by entries.account_id, entries.cluster_arn, entries.principal_arn
