/*
id = "BP07-04"
title = "Each job-function policy that is asked for is on a role that people can assume"
severity = "low"
description = "A role counts when its trust policy lets an account, a federated identity or Identity Center in, not only services. Add SecurityAudit to required_policies where auditors work in every account."
why = "Without a role for it, whoever must open a support case in a hurry does so with far more rights than that takes, or not at all."
fix = "Attach AWSSupportAccess to a role or permission set that those who handle incidents can assume."
frameworks = { cis_aws_7 = "2.15", security_hub = "IAM.18", prowler = "iam_support_role_created, iam_securityaudit_role_created", other = "Steampipe:iam_support_role, iam_security_audit_role; Scout:iam-no-support-role; Fix:support_role_exists" }
params = { required_policies = ["AWSSupportAccess"] }
*/
with
accounts as (select * from stg_expected_accounts),

roles as (select * from stg_roles),

required as (select distinct unnest(getvariable('required_policies')::varchar[]) as policy_name),

trusts as (
    select
        document_sha256,
        bool_or(effect = 'Allow' and principal_type in ('aws', 'federated', 'any')) as is_assumable,
        bool_or(malformed_reason is not null) as is_malformed
    from fact_trust_principals
    group by document_sha256
),

carriers as (
    select
        roles.account_id,
        attachments.policy_name,
        list(roles.role_name order by roles.role_name) as role_names,
        list(roles.role_name order by roles.role_name) filter (where trusts.is_assumable) as assumable,
        bool_or(coalesce(trusts.is_malformed, true)) as is_unsure
    from stg_policy_attachments as attachments
    inner join roles on attachments.account_id = roles.account_id and attachments.principal_arn = roles.arn
    left join trusts on roles.trust_document_sha256 = trusts.document_sha256
    where attachments.is_aws_managed
    group by roles.account_id, attachments.policy_name
),

judged as (
    select
        accounts.account_id,
        accounts.arn as resource,
        list(required.policy_name order by required.policy_name) filter (where carriers.assumable is null) as missing,
        bool_and(coalesce(carriers.is_unsure, false)) filter (where carriers.assumable is null) as is_unsure,
        list(
            struct_pack(policy := required.policy_name, roles := carriers.role_names, assumable := carriers.assumable)
            order by required.policy_name
        ) as carriers
    from accounts
    cross join required
    left join carriers
        on accounts.account_id = carriers.account_id and required.policy_name = carriers.policy_name
    group by accounts.account_id, accounts.arn
),

final as (
    select
        account_id,
        resource,
        case when missing is null then 'pass' when is_unsure then 'unknown' else 'fail' end as verdict,
        case
            when missing is not null and is_unsure
                then format(
                    'The trust policy of a role that carries {} cannot be read.',
                    array_to_string(missing, ' or ')
                )
            when missing is not null
                then format('No role that people can assume carries {}.', array_to_string(missing, ' or '))
            else 'Carried by: ' || array_to_string(
                list_transform(carriers, lambda c: format('{} by {}', c.policy, array_to_string(c.assumable, ', '))),
                '; '
            ) || '.'
        end as reason,
        to_json(struct_pack(carriers)) as evidence
    from judged
)

select * from final
