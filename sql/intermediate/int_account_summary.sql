/*
title = "Account summaries"
description = "The metrics of GetAccountSummary that are used, a row an account. A metric that AWS left out is null."
[columns]
users = "IAM users"
groups = "IAM groups"
roles = "IAM roles"
customer_policies = "Customer managed policies"
instance_profiles = "Instance profiles"
server_certificates = "Server certificates"
identity_providers = "SAML and OIDC providers"
mfa_devices = "MFA devices"
mfa_devices_in_use = "MFA devices that belong to a user"
root_has_mfa = "Whether the root user has an MFA device"
root_has_password = "Whether the root user has a password"
root_has_access_keys = "Whether the root user has access keys"
root_has_certificates = "Whether the root user has signing certificates"
*/
select
    account_id,
    max(value) filter (where metric = 'Users') as users,
    max(value) filter (where metric = 'Groups') as groups,
    max(value) filter (where metric = 'Roles') as roles,
    max(value) filter (where metric = 'Policies') as customer_policies,
    max(value) filter (where metric = 'InstanceProfiles') as instance_profiles,
    max(value) filter (where metric = 'ServerCertificates') as server_certificates,
    max(value) filter (where metric = 'Providers') as identity_providers,
    max(value) filter (where metric = 'MFADevices') as mfa_devices,
    max(value) filter (where metric = 'MFADevicesInUse') as mfa_devices_in_use,
    max(value) filter (where metric = 'AccountMFAEnabled') > 0 as root_has_mfa,
    max(value) filter (where metric = 'AccountPasswordPresent') > 0 as root_has_password,
    max(value) filter (where metric = 'AccountAccessKeysPresent') > 0 as root_has_access_keys,
    max(value) filter (where metric = 'AccountSigningCertificatesPresent') > 0 as root_has_certificates
from raw_account_summary
semi join stg_expected_accounts using (account_id)
group by account_id
