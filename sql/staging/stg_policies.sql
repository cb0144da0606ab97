/*
title = "Managed policies"
description = "Customer managed policies, and those of AWS that are in use in the account."
[columns]
age_days = "Days since it was created"
unchanged_days = "Days since its default version changed"
is_aws_managed = "Whether AWS keeps it"
document_sha256 = "Key of the default version's document in documents"
*/
select
    account_id,
    policy_name,
    policy_id,
    arn,
    path,
    default_version_id,
    attachment_count,
    permissions_boundary_usage_count,
    is_attachable,
    created_at,
    days_since(created_at) as age_days,
    updated_at,
    days_since(updated_at) as unchanged_days,
    version_count,
    arn glob 'arn:*:iam::aws:policy/*' as is_aws_managed,
    document,
    sha256(document) as document_sha256
from raw_policies
semi join stg_expected_accounts using (account_id)
