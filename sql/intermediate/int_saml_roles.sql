/*
title = "Roles that a SAML provider opens to people"
description = "Those of IAM Identity Center and of AWS services are left out; roles whose trust policy cannot be read are among them, for they might be."
[columns]
malformed_reason = "Why the trust policy could not be read"
*/
with
trusts as (
    select document_sha256, any_value(malformed_reason) as malformed_reason
    from fact_trust_principals
    where
        malformed_reason is not null
        or effect = 'Allow' and principal_type = 'federated' and principal glob 'arn:*:iam::*:saml-provider/*'
    group by document_sha256
)

select roles.account_id, roles.arn, roles.role_name, trusts.malformed_reason
from stg_roles as roles
inner join trusts on roles.trust_document_sha256 = trusts.document_sha256
where not roles.is_identity_center and not roles.is_service_linked
