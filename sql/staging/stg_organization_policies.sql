/*
title = "Service and resource control policies"
[columns]
document_sha256 = "Key of the document in documents and policy_validations"
*/
select
    policy_id,
    arn,
    name,
    description,
    policy_type,
    is_aws_managed,
    document,
    sha256(document) as document_sha256
from raw_organization_policies
