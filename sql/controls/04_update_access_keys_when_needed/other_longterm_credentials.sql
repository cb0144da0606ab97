/*
id = "BP04-05"
title = "SSH keys, signing certificates and service-specific credentials should be recent and for services that need them"
severity = "medium"
description = "Active ones are judged. A service-specific credential must be for an allowed service, or for one that is allowed while it expires by itself; one for CodeCommit or Keyspaces needs a repository or a keyspace in some region that is read."
why = "These credentials sign in as the user without MFA, and reviews of access keys overlook them."
fix = "Use roles and the SigV4 helpers of CodeCommit, Keyspaces and Bedrock; otherwise replace the credential and delete the old one."
may_break = "Git remotes, Cassandra drivers and API clients that hold the old credential stop working."
frameworks = { prowler = "bedrock_api_key_no_long_term_credentials", other = "Config(RDK):IAM_USER_NO_SERVICE_SPECIFIC_CREDENTIALS; c7n:iam-user.{service-specific-credentials,ssh-key}; Steampipe: table only" }

[params]
max_age_days = 90
allowed_services = ["codecommit.amazonaws.com", "cassandra.amazonaws.com"]
# Allowed while the credential carries an expiry.
expiring_services = ["bedrock.amazonaws.com"]
*/
with
purposes (service_name, purpose) as (
    values
    ('codecommit.amazonaws.com', 'CodeCommit repository'),
    ('cassandra.amazonaws.com', 'keyspace of Amazon Keyspaces')
),

-- Services that a credential can be for and that the account has nothing in.
missing as (
    select accounts.account_id, purposes.service_name, purposes.purpose
    from stg_expected_accounts as accounts
    cross join purposes
    anti join int_credential_services as used
        on accounts.account_id = used.account_id and purposes.service_name = used.service_name
),

credentials as (
    select
        *,
        format('{} of {}', concat_ws(' ', kind, credential, 'for ' || service_name), user_name) as name,
        concat_ws(
            ', and ',
            case
                when service_name is null then null
                when list_contains(getvariable('allowed_services'), service_name)
                    then 'is for an allowed service, but the account has no ' || purpose
                when not list_contains(getvariable('expiring_services'), service_name)
                    then 'is for a service that is not allowed'
                when expires_at is null then 'never expires'
            end,
            if(
                age_days > getvariable('max_age_days'),
                format('is {} days old; the limit is {}', age_days, getvariable('max_age_days')), null
            )
        ) as faults
    from int_other_credentials
    left join missing using (account_id, service_name)
    where is_active
)

select
    account_id,
    resource,
    case
        when faults <> '' then fail(format('The {} {}.', name, faults))
        when age_days is null then unknown(format('AWS does not say when the {} was made.', name))
        else pass(format('The {} is {} days old; the limit is {}.', name, age_days, getvariable('max_age_days')))
    end as judged,
    to_json(struct_pack(kind, credential, service_name, created_at, age_days, expires_at, owner)) as evidence
from credentials
