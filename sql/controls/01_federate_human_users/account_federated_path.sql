/*
id = "BP01-02"
title = "Accounts should have a role that people reach by federation"
severity = "high"
fixed_by = "organization"
description = "A role that Identity Center made, or one that a SAML provider may assume. An account that has just joined may still wait for it."
why = "Without a federated way in, people fall back on IAM users with passwords and long-lived keys."
fix = "Assign a permission set of IAM Identity Center to the account."
frameworks = { cis_aws_7 = "2.19", prowler = "iam_check_saml_providers_sts", other = "Fix:check_saml_providers_sts" }

[params]
grace_days = 3

[evidence]
role_arns = "ARNs of the roles, ten at most where there are more"
roles = "How many such roles there are"
unreadable = "What could not be read, and why"
joined_on = "When the account joined the organization"
*/
with
trusts as (
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
        list(roles.arn order by roles.arn) filter (where roles.is_identity_center or trusts.is_saml) as role_arns,
        list(roles.arn order by roles.arn) filter (where trusts.is_malformed) as unreadable
    from stg_roles as roles
    inner join trusts on roles.trust_document_sha256 = trusts.document_sha256
    group by roles.account_id
),

facts as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.joined_at::date as joined_on,
        coalesce(ways.role_arns, []) as role_arns,
        coalesce(ways.unreadable, []) as unreadable
    from stg_expected_accounts as accounts
    left join ways on accounts.account_id = ways.account_id
)

select
    account_id,
    resource,
    case
        when role_arns <> []
            then pass(format('Roles that people reach by federation: {}, such as {}.', len(role_arns), role_arns[1]))
        when unreadable <> []
            then unknown(format('No federated role found, and the trust policy of {} is malformed.', unreadable[1]))
        when days_since(joined_on) <= getvariable('grace_days')
            then not_applicable(format('The account joined on {} and has no federated role yet.', joined_on))
        else fail('No role of the account can be reached from Identity Center or a SAML provider.')
    end as judged,
    to_json(struct_pack(role_arns := role_arns[:10], roles := len(role_arns), unreadable, joined_on)) as evidence
from facts
