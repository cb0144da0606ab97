/*
title = "Inline policies of users, groups and roles"
[columns]
document_sha256 = "Key of the document in documents"
*/
select
    account_id,
    principal_type,
    principal_name,
    principal_arn,
    policy_name,
    document,
    sha256(document) as document_sha256
from raw_inline_policies
semi join stg_expected_accounts using (account_id)
