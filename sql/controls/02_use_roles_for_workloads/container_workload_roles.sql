/*
id = "BP02-05"
title = "Containers should have roles of their own"
severity = "medium"
description = "Task definitions that an ECS service runs need a task role. EKS clusters need an OIDC provider of IAM for their issuer, or a Pod Identity association. Whether each pod uses them is not visible in AWS."
why = "Without a role of its own, every container on a host shares the host's role, and each can do what any of them needs."
fix = "Set a task role in the task definition; in EKS, use Pod Identity or an OIDC provider for the cluster."
may_break = "A task that lived on its host's role needs those permissions in its task role."

[evidence]
task_role_arn = "Task role; null for none"
services = "ECS services that run the task definition"
oidc_issuer = "OIDC issuer of the cluster"
has_oidc_provider = "Whether the account has an OIDC provider for the cluster"
pod_identity_associations = "EKS Pod Identity associations of the cluster"
*/
with
associations as (
    select account_id, region, cluster_arn, count(*) as associations
    from stg_eks_pod_identity_associations
    group by account_id, region, cluster_arn
),

clusters as (
    select
        clusters.*,
        providers.url is not null as has_oidc_provider,
        coalesce(associations.associations, 0) as pod_identity_associations
    from stg_eks_clusters as clusters
    left join (select distinct account_id, url from stg_oidc_providers) as providers
        on clusters.account_id = providers.account_id
        and clusters.oidc_provider_url = regexp_replace(providers.url, '^https://', '')
    left join associations
        on clusters.account_id = associations.account_id
        and clusters.region = associations.region
        and clusters.arn = associations.cluster_arn
)

select
    account_id,
    region,
    task_definition_arn as resource,
    if(
        task_role_arn is null,
        fail(split_part(task_definition_arn, '/', -1) || ' has no task role: its containers have at best their host''s.'),
        pass(format(
            '{} has the task role {}.', split_part(task_definition_arn, '/', -1), split_part(task_role_arn, '/', -1)
        ))
    ) as judged,
    to_json(struct_pack(task_role_arn, services)) as evidence
from int_ecs_task_definitions
union all
select
    account_id,
    region,
    arn,
    case
        when has_oidc_provider and pod_identity_associations > 0 then pass(format(
            '{} has an OIDC provider and {} Pod Identity associations.', cluster_name, pod_identity_associations
        ))
        when has_oidc_provider then pass(cluster_name || ' has an OIDC provider for its service accounts.')
        when pod_identity_associations > 0
            then pass(format('{} has {} Pod Identity associations.', cluster_name, pod_identity_associations))
        else fail(
            cluster_name
            || ' has neither an OIDC provider nor a Pod Identity association: its pods have their node''s role.'
        )
    end,
    to_json(struct_pack(oidc_issuer, has_oidc_provider, pod_identity_associations))
from clusters
