/*
title = "MFA of IAM users"
description = """
A row for each user of the credential report. A device that is listed counts, though the report may be hours older. The
root user's MFA is in int_root.
"""
[columns]
user_arn = "ARN of the user"
has_password = "Whether the user can sign in to the console; null where AWS does not say"
has_mfa = "Whether the user has an MFA device; null where AWS does not say"
active_access_keys = "Access keys that work"
*/
select
    report.account_id,
    report.user_name,
    report.arn as user_arn,
    report.has_password,
    report.has_mfa or devices.user_arn is not null as has_mfa,
    report.active_access_keys,
    report.password_last_used_at
from stg_credential_report as report
left join (select distinct account_id, user_arn from stg_mfa_devices) as devices
    on report.account_id = devices.account_id and report.arn = devices.user_arn
where not report.is_root
