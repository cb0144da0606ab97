/*
id = "BP01-02"
title = "People can reach the account by federation"
severity = "high"
description = "A role that Identity Center made, or one that a SAML provider may assume. An account that has just joined may still wait for it."
why = "Where no federated way in exists, people fall back on IAM users with passwords and keys that last."
fix = "Assign a permission set of IAM Identity Center to the account."
frameworks = { cis_aws_7 = "2.19", prowler = "iam_check_saml_providers_sts", other = "Fix:check_saml_providers_sts" }

[params]
grace_days = 3
*/
with
accounts as (select * from stg_expected_accounts),

roles as (select * from stg_roles),

trust as (
    select
        document_sha256,
        coalesce(
            bool_or(
                effect = 'Allow'
                and principal_type = 'federated'
                and principal glob 'arn:*:iam::*:saml-provider/*'
                and len(list_filter(actions, lambda action: 'sts:assumerolewithsaml' glob lower(action))) > 0
            ),
            false
        ) as is_saml,
        bool_or(malformed_reason is not null) as is_malformed
    from fact_trust_principals
    group by document_sha256
),

ways as (
    select
        roles.account_id,
        list(roles.arn order by roles.arn) filter (where roles.is_identity_center or trust.is_saml) as role_arns,
        list(roles.arn order by roles.arn) filter (where trust.is_malformed) as unreadable
    from roles
    inner join trust on roles.trust_document_sha256 = trust.document_sha256
    group by roles.account_id
),

judged as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.joined_at::date as joined_on,
        coalesce(getvariable('as_of') - joined_on <= getvariable('grace_days'), false) as is_new,
        coalesce(ways.role_arns, []) as role_arns,
        coalesce(ways.unreadable, []) as unreadable
    from accounts
    left join ways on accounts.account_id = ways.account_id
),

final as (
    select
        account_id,
        resource,
        case
            when role_arns <> [] then 'pass'
            when unreadable <> [] then 'unknown'
            when is_new then 'not_applicable'
            else 'fail'
        end as verdict,
        case
            when role_arns <> []
                then format('Roles that people reach by federation: {}, such as {}.', len(role_arns), role_arns[1])
            when unreadable <> []
                then format('No federated role found, and the trust policy of {} is malformed.', unreadable[1])
            when is_new then format('The account joined on {} and has no federated role yet.', joined_on)
            else 'No role of the account can be reached from Identity Center or a SAML provider.'
        end as reason,
        to_json(struct_pack(role_arns := role_arns[:10], roles := len(role_arns), unreadable, joined_on)) as evidence
    from judged
)

select * from final
