/*
title = "Root users"
description = "What the account summary and the credential report know of the root user of each account, together. A control should take the one that it needs alone."
[columns]
user_name = "<root_account>, as in the credential report"
user_arn = "ARN of the root user"
has_password = "Whether it has a password; null if not reported"
has_access_keys = "Whether it has access keys; null if not reported"
has_certificates = "Whether it has signing certificates; null if not reported"
has_mfa = "Whether it has an MFA device; null if not reported"
password_last_used_at = "When its password was last used; null if never or not reported"
password_unused_days = "Days since then"
last_used_at = "When its password or a key of it last was used; null if never or not reported"
unused_days = "Days since then"
*/
select
    account.account_id,
    '<root_account>' as user_name,
    format('arn:{}:iam::{}:root', account.partition, account.account_id) as user_arn,
    coalesce(summary.root_has_password, report.has_password) as has_password,
    coalesce(summary.root_has_access_keys, report.active_access_keys > 0) as has_access_keys,
    coalesce(summary.root_has_certificates, report.cert_1_active or report.cert_2_active) as has_certificates,
    coalesce(summary.root_has_mfa, report.has_mfa) as has_mfa,
    report.password_last_used_at,
    days_since(report.password_last_used_at) as password_unused_days,
    report.last_used_at,
    report.unused_days
from stg_expected_accounts as account
left join int_account_summary as summary on account.account_id = summary.account_id
left join stg_credential_report as report on account.account_id = report.account_id and report.is_root
