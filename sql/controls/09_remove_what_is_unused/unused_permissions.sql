/*
id = "BP09-04"
title = "IAM users and roles should not keep access to sensitive services they do not use"
severity = "medium"
description = """
From last accessed information by service, at most seven nights old. A parameter lists the sensitive services. Roles
that AWS or Identity Center manages are not judged. Services that no account under an organizational unit uses are
candidates for an SCP; staging.stg_unit_service_usage lists them.
"""
alone = ["roles", "users"]
why = "Unused access to secrets, keys or identities is an opening for an attacker and of no value to the principal."
fix = "Remove the service from the principal's policies; the evidence shows when it was last used."
may_break = "Anything the principal does with the service less often than every 90 days stops working."
frameworks = { prowler = "iam_role_access_not_stale_to_bedrock, iam_user_access_not_stale_to_bedrock, iam_user_access_not_stale_to_sagemaker", other = "Repokid/Aardvark; AirIAM; Steampipe: aws_iam_access_advisor table; c7n:*.usage" }
[params]
max_unused_days = 90
min_age_days = 90
sensitive_services = [
    "bedrock", "cloudtrail", "dynamodb", "ec2", "iam", "kms", "lambda", "organizations", "rds", "s3", "sagemaker",
    "secretsmanager", "ssm", "sso", "sts",
]

[evidence]
read_on = "Day on which last accessed information was read"
granted = "How many services it is granted"
unused = "Services that were not used"
sensitive = "Sensitive actions that were not used"
*/
with
principals as (
    select account_id, arn, age_days, null as keeper from stg_users
    union all
    select
        account_id,
        arn,
        age_days,
        case
            when is_service_linked then 'an AWS service'
            when is_identity_center then 'IAM Identity Center'
        end
    from stg_roles
),

services as (
    select
        account_id,
        arn,
        count(*) as granted,
        count(*) filter (where coalesce(unused_days > getvariable('max_unused_days'), true)) as unused,
        list(
            struct_pack(service, last_accessed_at, unused_days) order by service
        ) filter (
            where coalesce(unused_days > getvariable('max_unused_days'), true)
            and list_contains(getvariable('sensitive_services')::varchar[], service)
        ) as sensitive
    from stg_service_usage
    group by account_id, arn
),

usage as (
    select
        principals.*,
        reads.read_on,
        reads.message,
        coalesce(reads.is_complete, false) as is_read,
        coalesce(services.granted, 0) as granted,
        coalesce(services.unused, 0) as unused,
        coalesce(services.sensitive, []) as sensitive
    from principals
    left join stg_usage_reads as reads on principals.account_id = reads.account_id and principals.arn = reads.arn
    left join services on principals.account_id = services.account_id and principals.arn = services.arn
)

select
    account_id,
    arn as resource,
    case
        when keeper is not null then not_applicable(format('Kept by {}.', keeper))
        when age_days < getvariable('min_age_days')
            then not_applicable(format('Created {} days ago: too early to tell.', age_days))
        when not is_read then unknown(format('Its use of services was not reported{}.', coalesce(': ' || message, '')))
        when granted = 0 then not_applicable('It is granted no service.')
        when len(sensitive) > 0
            then fail(format(
                'Not used in {} days: {}; of {} services granted, {} are unused.',
                getvariable('max_unused_days'), array_to_string(list_transform(sensitive, lambda s: s.service), ', '),
                granted, unused
            ))
        else pass(format('Of {} services granted, {} are unused, none of them sensitive.', granted, unused))
    end as judged,
    to_json(struct_pack(read_on, granted, unused, sensitive)) as evidence
from usage
