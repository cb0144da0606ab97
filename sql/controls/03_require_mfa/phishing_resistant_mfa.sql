/*
id = "BP03-03"
title = "IAM users with MFA should have a phishing-resistant device"
severity = "low"
description = "A security key, passkey or hardware token; one is enough. Users without any device are judged by iam_user_mfa."
why = "A code from an app or a text message can be typed into a look-alike page; a security key answers only the real one."
fix = "Have the user register a security key or passkey beside the virtual device, then remove the virtual one."
frameworks = { prowler = "iam_user_hardware_mfa_enabled", other = "Steampipe:iam_user_hardware_mfa_enabled; Fix:user_hardware_mfa_enabled; c7n:account.has-virtual-mfa" }

[evidence]
devices = "MFA devices of the user, by serial number"
*/
with
users as (
    select
        account_id,
        user_name,
        user_arn,
        bool_or(is_phishing_resistant) as is_resistant,
        list(struct_pack(kind, serial_number) order by kind, serial_number) as devices,
        array_to_string(list_sort(list(distinct kind)), ', ') as kinds
    from stg_mfa_devices
    where not is_root
    group by account_id, user_name, user_arn
)

select
    account_id,
    user_arn as resource,
    if(
        is_resistant,
        pass(format('{} has MFA that resists phishing: {}.', user_name, kinds)),
        fail(format('{} has only MFA that can be phished: {}.', user_name, kinds))
    ) as judged,
    to_json(struct_pack(devices)) as evidence
from users
