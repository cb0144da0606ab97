/*
title = "What runs in each account, and the roles it runs as"
description = """
As far as the paths of escalation act upon it; also identity providers, with each role that trusts one. Instances that a
service manages are left out: only the service can change them.
"""
[columns]
dataset = "Dataset of the resource, as the catalogue of paths has it"
arn = "ARN of the function, project, instance, cluster or provider"
role_arn = "ARN of the role that it runs as, or lets people in; empty for none, null for clusters, whose tasks have their own"
*/
with
instances as (
    select
        instances.account_id,
        instances.arn,
        coalesce(any_value(roles.arn), '') as role_arn
    from stg_ec2_instances as instances
    left join (select account_id, arn, unnest(instance_profile_names) as profile from stg_roles) as roles
        on
            instances.account_id = roles.account_id
            and split_part(instances.instance_profile_arn, '/', -1) = roles.profile
    where instances.operator_principal is null
    group by instances.account_id, instances.arn
)

select account_id, 'lambda_functions' as dataset, arn, role_arn from stg_lambda_functions
union all
select account_id, 'codebuild_projects', arn, coalesce(role_arn, '') from stg_codebuild_projects
union all
select account_id, 'ec2_instances', arn, role_arn from instances
union all
select account_id, 'ecs_clusters', cluster_arn, null from stg_ecs_clusters
union all
select account_id, 'eks_clusters', arn, null from stg_eks_clusters
union all
select distinct
    providers.account_id,
    'saml_providers' as dataset,
    providers.arn,
    roles.arn as role_arn
from stg_saml_providers as providers
inner join fact_trust_principals as trusts on providers.arn = trusts.principal and trusts.effect = 'Allow'
inner join stg_roles as roles
    on trusts.document_sha256 = roles.trust_document_sha256 and providers.account_id = roles.account_id
