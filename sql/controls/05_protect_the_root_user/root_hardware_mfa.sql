/*
id = "BP05-03"
title = "The root user should have a hardware MFA device"
severity = "high"
description = """
AWS lists only the root user's virtual devices: with MFA and none of these, the device is hardware. A virtual device beside
a hardware one is a fail, as in Security Hub's IAM.6: it lets in as well.
"""
why = "A virtual device is a secret on a phone or in a vault that can be copied; a security key cannot be."
fix = "Register a security key for the root user and keep it in a safe, then remove the virtual device."
frameworks = { cis_aws_7 = "2.6", security_hub = "IAM.6", prowler = "iam_root_hardware_mfa_enabled", other = "Config:ROOT_ACCOUNT_HARDWARE_MFA_ENABLED; Steampipe:iam_root_user_hardware_mfa_enabled; Scout:iam-root-account-no-hardware-mfa; Fix:root_hardware_mfa_enabled" }

[evidence]
has_mfa = "Whether an MFA device is enabled; null where AWS does not say"
has_password = "Whether there is a console password; null where AWS does not say"
has_access_keys = "Whether the root user has access keys; null where AWS does not say"
virtual_devices = "Virtual MFA devices of the root user, by serial number"
other_devices = "Whether a device that is not virtual is enabled"
*/
with
devices as (
    select
        account_id,
        count(*) as listed,
        list(serial_number order by serial_number) filter (where is_root and kind = 'virtual') as virtual,
        list(serial_number order by serial_number) filter (where is_root and kind <> 'virtual') as others
    from stg_mfa_devices
    group by account_id
),

facts as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.no_root_user,
        summaries.root_has_password as has_password,
        summaries.root_has_access_keys as has_access_keys,
        summaries.root_has_mfa as has_mfa,
        coalesce(summaries.mfa_devices_in_use <= devices.listed, true) as are_all_listed,
        coalesce(devices.virtual, []) as virtual_devices,
        coalesce(devices.others, []) as other_devices
    from stg_expected_accounts as accounts
    left join int_account_summary as summaries on accounts.account_id = summaries.account_id
    left join devices on accounts.account_id = devices.account_id
)

select
    account_id,
    resource,
    case
        when no_root_user is not null then not_applicable(no_root_user)
        when not (has_mfa or has_password or has_access_keys)
            then not_applicable('The root user has no password and no access keys.')
        when has_mfa is null then unknown('The account summary does not say whether the root user has MFA.')
        when not has_mfa then fail('The root user has no MFA.')
        when virtual_devices = [] and other_devices <> []
            then pass(format('The root user has the device {}, and no virtual device.', other_devices[1]))
        when virtual_devices = [] then pass('The root user has MFA, and no virtual device is its own.')
        else fail(format(
            'The root user has {} virtual device {}.',
            if(are_all_listed and len(virtual_devices) = 1 and other_devices = [], 'only the', 'the'), virtual_devices[1]
        ))
    end as judged,
    to_json(struct_pack(has_mfa, has_password, has_access_keys, virtual_devices, other_devices)) as evidence
from facts
