/*
title = "What runs in each account, and the roles it runs as"
description = """
As far as the paths of escalation act upon it; also identity providers, with each role that trusts one, and in the
accounts from which Identity Center is administered its instance, its permission sets that people have or that
administer an account, and the groups that have one of these. Instances that a service manages are left out: only the
service can change them.
"""
[columns]
dataset = "Dataset of the resource, as the catalogue of paths has it"
arn = "ARN of the function, project, instance, cluster, provider, permission set or group"
role_arn = "ARN of the role that it runs as, or lets people in; empty for none, null for what has no role of its own"
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
),

identity_center as (
    select 'organization_identity_center' as dataset, instance_arn as arn from stg_organization_identity_center
    union all
    select 'permission_set_assignments', permission_set_arn from int_permission_sets where is_assigned
    union all
    select 'permission_sets', permission_set_arn from int_permission_sets where admin = 'yes'
    union all
    select distinct
        'identity_store_groups' as dataset,
        format('arn:{}:identitystore:::group/{}', split_part(sets.permission_set_arn, ':', 2), assignments.principal_id) as arn
    from stg_permission_set_assignments as assignments
    inner join int_permission_sets as sets on assignments.permission_set_arn = sets.permission_set_arn
    where sets.admin = 'yes' and assignments.principal_type = 'GROUP'
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
union all
select homes.account_id, identity_center.dataset, identity_center.arn, null
from int_identity_center_homes as homes
cross join identity_center
