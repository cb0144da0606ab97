/*
title = "Service and resource control policies"
[columns]
document_sha256 = "Key of the document in documents and policy_validations"
characters = "Characters of the policy as AWS stores it, white space included, as its quota counts them"
*/
select
    policy_id,
    arn,
    name,
    description,
    policy_type,
    is_aws_managed,
    document,
    coalesce(characters, length(document)) as characters,
    sha256(document) as document_sha256
from raw_organization_policies
