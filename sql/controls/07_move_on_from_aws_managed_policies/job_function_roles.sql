/*
id = "BP07-04"
title = "Accounts should have the required job-function policies on roles that people can assume"
severity = "low"
description = "A role counts when its trust policy admits an account, a federated identity or Identity Center, not only services. Add SecurityAudit to required_policies where auditors work in every account."
why = "Without a role for it, a person who must open a support case in a hurry does so with far more permissions than that takes, or not at all."
fix = "Attach AWSSupportAccess to a role or permission set that those who handle incidents can assume."
frameworks = { cis_aws_7 = "2.15", security_hub = "IAM.18", prowler = "iam_support_role_created, iam_securityaudit_role_created", other = "Steampipe:iam_support_role, iam_security_audit_role; Scout:iam-no-support-role; Fix:support_role_exists" }
params = { required_policies = ["AWSSupportAccess"] }

[evidence]
carriers = "Roles that carry an AWS policy for a job function"
*/
with
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
    inner join stg_roles as roles
        on attachments.account_id = roles.account_id and attachments.principal_arn = roles.arn
    left join trusts on roles.trust_document_sha256 = trusts.document_sha256
    where attachments.is_aws_managed
    group by roles.account_id, attachments.policy_name
),

facts as (
    select
        accounts.account_id,
        accounts.arn as resource,
        string_agg(policy_name, ' or ' order by policy_name) filter (where carriers.assumable is null) as missing,
        bool_and(coalesce(carriers.is_unsure, false)) filter (where carriers.assumable is null) as is_unsure,
        string_agg(
            format('{} by {}', policy_name, array_to_string(carriers.assumable, ', ')), '; ' order by policy_name
        ) as carried,
        list(
            struct_pack(policy := policy_name, roles := carriers.role_names, assumable := carriers.assumable)
            order by policy_name
        ) as carriers
    from stg_expected_accounts as accounts
    cross join (select distinct unnest(getvariable('required_policies')::varchar[]) as policy_name)
    left join carriers using (account_id, policy_name)
    group by accounts.account_id, accounts.arn
)

select
    account_id,
    resource,
    case
        when missing is null then pass(format('Carried by: {}.', carried))
        when is_unsure then unknown(format('The trust policy of a role that carries {} cannot be read.', missing))
        else fail(format('No role that people can assume carries {}.', missing))
    end as judged,
    to_json(struct_pack(carriers)) as evidence
from facts
