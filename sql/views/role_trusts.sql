/*
title = "Whom the trust policies of roles let in"
description = """
The trust map: a row for each Allow statement of a role and each principal that it names. Service-linked roles are left
out. A trust policy that cannot be read is one row with malformed_reason.
"""
[columns]
account_id = "Account of the role"
role_arn = "ARN of the role"
statement = "Number of the statement, from 1; null where the policy cannot be read"
sid = "Sid of the statement; empty for none"
principal_kind = "everyone, account, principal, session, service, saml, oidc, orphan or other"
principal = "The principal as the statement has it"
relation = "own account, organization, external, everyone, service, provider or nobody"
lets_in = "Whether the policy as a whole, with its Deny statements, lets the principal in: yes, depends or no"
outside_accounts = "Accounts outside the organization that get in; * stands for any"
condition_keys = "Condition keys of the statement"
pins_external_id = "Whether the policy demands an external ID of this principal"
pins_mfa = "Whether it demands MFA"
pins_subject = "Whether it demands a subject of a web identity token"
malformed_reason = "Why the trust policy could not be read; null where it could"
*/
select
    roles.account_id,
    roles.arn as role_arn,
    trusts.statement_index + 1 as statement,
    trusts.sid,
    trusts.kind as principal_kind,
    replace(trusts.principal, roles.own_account, roles.account_id) as principal,
    trusts.relation,
    trusts.lets_in,
    coalesce(trusts.outside_accounts, []) as outside_accounts,
    trusts.condition_keys,
    trusts.pins_external_id,
    trusts.pins_mfa,
    trusts.pins_subject,
    trusts.malformed_reason
from int_role_trusts as roles
inner join fact_trusts as trusts on roles.trust_sha256 = trusts.trust_sha256
where not roles.is_service_linked
