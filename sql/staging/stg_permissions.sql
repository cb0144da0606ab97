/*
title = "What decides over the permissions of each user and role"
description = """
Two principals with the same `permissions_sha256` can do the same, each in its own account: their identity policies,
boundary and SCPs read alike once the own account's id is taken out. A principal that its own policies name by ARN
stands for itself alone.
"""
[columns]
principal_type = "user or role"
grants = "Identity policies: name, document and group through which it is held"
boundary_arn = "ARN of the permissions boundary"
boundary_name = "Name of the permissions boundary"
boundary_sha256 = "Document of the permissions boundary; null with a boundary_arn: the policy is not among those read"
scp_levels_sha256 = "Key of the account's SCPs in stg_control_levels; null where none bind the principal"
permissions_sha256 = "Key of all that"
*/
with
principals as (
    select
        account_id, 'user' as principal_type, arn as principal_arn, user_name as principal_name,
        permissions_boundary_arn as boundary_arn, false as is_service_linked
    from stg_users
    union all
    select account_id, 'role', arn, role_name, permissions_boundary_arn, is_service_linked
    from stg_roles
),

granted as (
    select
        grants.account_id,
        grants.principal_arn,
        list(
            {name: grants.policy_name, sha256: grants.document_sha256, via_group: grants.via_group}
            order by grants.policy_name, grants.document_sha256, grants.via_group
        ) as grants,
        list(
            sha256(replace(documents.document, grants.account_id, '')) || grants.policy_name
            order by grants.policy_name, grants.document_sha256, grants.via_group
        ) as contents,
        bool_or(contains(documents.document, grants.principal_arn)) as names_itself
    from stg_grants as grants
    left join stg_identity_documents as documents using (document_sha256)
    group by grants.account_id, grants.principal_arn
),

final as (
    select
        principals.account_id,
        principals.principal_type,
        principals.principal_arn,
        principals.principal_name,
        principals.is_service_linked,
        coalesce(granted.grants, []) as grants,
        principals.boundary_arn,
        boundaries.policy_name as boundary_name,
        boundaries.document_sha256 as boundary_sha256,
        if(principals.is_service_linked, null, levels.levels_sha256) as scp_levels_sha256,
        sha256(to_json({
            kind: principals.principal_type,
            is_service_linked: principals.is_service_linked,
            contents: granted.contents,
            boundary_arn: replace(principals.boundary_arn, principals.account_id, ''),
            boundary: sha256(replace(boundaries.document, principals.account_id, '')),
            scps: scp_levels_sha256,
            itself: if(
                granted.names_itself or contains(boundaries.document, principals.principal_arn),
                principals.principal_arn, null
            )
        })::varchar) as permissions_sha256
    from principals
    left join granted using (account_id, principal_arn)
    left join stg_policies as boundaries
        on principals.account_id = boundaries.account_id and principals.boundary_arn = boundaries.arn
    left join stg_control_levels as levels
        on principals.account_id = levels.account_id and levels.policy_type = 'SERVICE_CONTROL_POLICY'
)

select * from final
