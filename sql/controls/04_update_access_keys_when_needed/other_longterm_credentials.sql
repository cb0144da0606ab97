/*
id = "BP04-05"
title = "SSH keys, signing certificates and service-specific credentials should be recent and for services that need them"
severity = "medium"
description = "Active ones are judged. A service-specific credential must be for an allowed service, or expire by itself; one for CodeCommit or Keyspaces needs a repository or a keyspace in some region that is read."
alone = ["service_specific_credentials", "signing_certificates", "ssh_public_keys"]
why = "These credentials sign in as the user without MFA, and reviews of access keys overlook them."
fix = "Use roles: SDKs, git-remote-codecommit, the SigV4 plugin of Keyspaces and the short-term API keys of AWS services need no such credential. Otherwise replace the credential and delete the old one."
may_break = "Git remotes, Cassandra drivers and API clients that hold the old credential stop working."
frameworks = { prowler = "bedrock_api_key_no_long_term_credentials", other = "Config(RDK):IAM_USER_NO_SERVICE_SPECIFIC_CREDENTIALS; c7n:iam-user.{service-specific-credentials,ssh-key}; Steampipe: table only" }

[params]
max_age_days = 90
allowed_services = ["codecommit.amazonaws.com", "cassandra.amazonaws.com"]
# Whether a credential for another service is allowed while it carries an expiry, as AWS's API keys can.
allow_expiring = true

[evidence]
kind = "Kind of the credential"
credential = "Id of the credential"
service_name = "Service that the credential is for; null for none"
created_at = "When it was made"
age_days = "Days since it was made"
expires_at = "When it ends by itself; null for never"
owner = "Who answers for it; null where nobody is named"
*/
with
-- Services that a credential can be for and that the account has nothing in.
missing as (
    select accounts.account_id, purposes.service_name, purposes.purpose
    from stg_expected_accounts as accounts
    cross join fact_credential_services as purposes
    anti join int_credential_services as used
        on accounts.account_id = used.account_id and purposes.service_name = used.service_name
    where purposes.purpose is not null
),

credentials as (
    select
        int_other_credentials.*,
        format('{} of {}', concat_ws(' ', kind, credential, 'for ' || service_name), user_name) as name,
        concat_ws(
            ', and ',
            case
                when service_name is null then null
                when list_contains(getvariable('allowed_services'), service_name)
                    then 'is for an allowed service, but the account has no ' || missing.purpose
                when expires_at is not null and getvariable('allow_expiring') then null
                when known.expires and getvariable('allow_expiring') then 'never expires'
                else 'is for a service that is not allowed' || if(known.service_name is null, ' (not in Rolecall''s list)', '')
            end,
            if(
                age_days > getvariable('max_age_days'),
                format('is {} days old; the limit is {}', age_days, getvariable('max_age_days')), null
            )
        ) as faults,
        list_contains(getvariable('allowed_services'), service_name) and known.service_name is null as is_unlisted
    from int_other_credentials
    left join missing using (account_id, service_name)
    left join fact_credential_services as known using (service_name)
    where is_active
)

select
    account_id,
    resource,
    case
        when faults <> '' then fail(format('The {} {}.', name, faults))
        when is_unlisted
            then unknown(format('What an account needs the {} for is not in Rolecall''s list.', name))
        when age_days is null then unknown(format('AWS does not say when the {} was made.', name))
        else pass(format('The {} is {} days old; the limit is {}.', name, age_days, getvariable('max_age_days')))
    end as judged,
    to_json(struct_pack(kind, credential, service_name, created_at, age_days, expires_at, owner)) as evidence
from credentials
