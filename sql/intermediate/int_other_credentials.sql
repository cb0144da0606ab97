/*
title = "Long-term credentials other than passwords and access keys"
description = "SSH keys, signing certificates and service-specific credentials of IAM users."
[columns]
kind = "SSH key, signing certificate or service-specific credential"
credential = "Its id"
user_arn = "ARN of the user"
resource = "ARN of the user, what it is, and its id"
service_name = "Service that a service-specific credential is for"
is_active = "Whether it works"
created_at = "When it was made or uploaded"
age_days = "Days since then"
expires_at = "When it stops working by itself; null if never or not reported"
owner = "Who answers for it: its tag owner, else team, else contact (keys in any case)"
*/
with

credentials as (
    select
        account_id, user_name, 'SSH key' as kind, 'sshkey' as kind_path, key_id as credential, null as service_name,
        status, uploaded_at as created_at, null as expires_at
    from raw_ssh_public_keys
    union all
    select
        account_id, user_name, 'signing certificate', 'signingcertificate', certificate_id, null,
        status, uploaded_at, null
    from raw_signing_certificates
    union all
    select
        account_id, user_name, 'service-specific credential', 'servicecredential', credential_id, service_name,
        status, created_at, expires_at
    from raw_service_specific_credentials
)

select
    credentials.account_id,
    credentials.user_name,
    coalesce(
        users.arn, format('arn:{}:iam::{}:user/{}', accounts.partition, credentials.account_id, credentials.user_name)
    ) as user_arn,
    credentials.kind,
    credentials.credential,
    user_arn || '/' || credentials.kind_path || '/' || credentials.credential as resource,
    credentials.service_name,
    credentials.status = 'Active' as is_active,
    credentials.created_at,
    days_since(credentials.created_at) as age_days,
    credentials.expires_at,
    users.owner
from credentials
inner join stg_expected_accounts as accounts on credentials.account_id = accounts.account_id
left join stg_users as users
    on credentials.account_id = users.account_id and credentials.user_name = users.user_name
-- The path of a user who could not be read is not known, nor then the credential's ARN; the user is unknown.
where
    users.arn is not null
    or not exists (
        from stg_unread_records as unread
        where
            unread.dataset = 'users'
            and unread.account_id = credentials.account_id
            and (unread.resource = '' or unread.resource glob '*/' || credentials.user_name)
    )
