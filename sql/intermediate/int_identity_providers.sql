/*
title = "SAML and OIDC providers, and how many roles trust each"
[columns]
arn = "ARN of the provider"
kind = "SAML provider or OIDC provider"
roles = "Roles whose trust policy lets its identities in"
roles_unread = "Roles of the account whose trust policy could not be read"
is_identity_center = "Whether IAM Identity Center made it and keeps it"
*/
with

providers as (
    select account_id, arn, 'SAML provider' as kind, name glob 'AWSSSO_*_DO_NOT_DELETE' as is_identity_center
    from stg_saml_providers
    union all
    select account_id, arn, 'OIDC provider' as kind, false as is_identity_center
    from stg_oidc_providers
),

trusts as (
    select
        roles.account_id,
        roles.role_name,
        trusts.principal,
        trusts.malformed_reason
    from stg_roles as roles
    inner join fact_trust_principals as trusts on roles.trust_document_sha256 = trusts.document_sha256
    where trusts.malformed_reason is not null or (trusts.effect = 'Allow' and trusts.principal_type = 'federated')
)

select
    providers.account_id,
    providers.arn,
    providers.kind,
    count(distinct trusts.role_name) filter (where trusts.principal = providers.arn) as roles,
    count(distinct trusts.role_name) filter (where trusts.malformed_reason is not null) as roles_unread,
    providers.is_identity_center
from providers
left join trusts on providers.account_id = trusts.account_id
group by providers.account_id, providers.arn, providers.kind, providers.is_identity_center
