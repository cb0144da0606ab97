/*
title = "IAM roles"
description = "Their longest session is in stg_role_sessions: it comes from another call."
[columns]
age_days = "Days since it was created"
unused_days = "Days since it was last used; null when no use is on record (AWS looks back 400 days)"
trust_document_sha256 = "Key of the trust policy in documents and fact_trust_principals"
owner = "Who answers for it: its tag owner, else team, else contact (keys in any case)"
is_service_linked = "Whether an AWS service made it for itself"
is_identity_center = "Whether IAM Identity Center made it for a permission set"
*/
select
    account_id,
    role_name,
    role_id,
    arn,
    path,
    created_at,
    days_since(created_at) as age_days,
    last_used_at,
    days_since(last_used_at) as unused_days,
    last_used_region,
    trust_document,
    sha256(trust_document) as trust_document_sha256,
    permissions_boundary_arn,
    instance_profile_names,
    tags::json as tags,
    list_min(
        list_transform(
            list_filter(
                map_entries(tags::json::map(varchar, varchar)),
                lambda tag: tag.value <> '' and list_contains(['owner', 'team', 'contact'], lower(tag.key))
            ),
            lambda tag: {'rank': list_position(['owner', 'team', 'contact'], lower(tag.key)), 'value': tag.value}
        )
    ).value as owner,
    starts_with(path, '/aws-service-role/') as is_service_linked,
    starts_with(path, '/aws-reserved/sso.amazonaws.com/') and starts_with(role_name, 'AWSReservedSSO_')
        as is_identity_center
from raw_roles
semi join stg_expected_accounts using (account_id)
