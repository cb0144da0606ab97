/*
id = "BP09-04"
title = "The user or role holds no sensitive service that it has not used lately"
severity = "medium"
description = """
By last accessed information of services, at most seven nights old. Which services are sensitive is a parameter. Roles
that AWS or Identity Center keep are not judged. What no account under an organizational unit uses, a candidate for an
SCP, is in staging.stg_unit_service_usage.
"""
why = "Access to secrets, keys or identities that a principal does not use is found by others first."
fix = "Take the service out of the principal's policies; its last use is in the evidence."
may_break = "What the principal does with the service less often than every 90 days stops working."
frameworks = { prowler = "iam_role_access_not_stale_to_bedrock, iam_user_access_not_stale_to_bedrock, iam_user_access_not_stale_to_sagemaker", other = "Repokid/Aardvark; AirIAM; Steampipe: aws_iam_access_advisor table; c7n:*.usage" }
[params]
max_unused_days = 90
min_age_days = 90
sensitive_services = [
    "bedrock", "cloudtrail", "dynamodb", "ec2", "iam", "kms", "lambda", "organizations", "rds", "s3", "sagemaker",
    "secretsmanager", "ssm", "sso", "sts",
]
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

judged as (
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
),

final as (
    select
        account_id,
        arn as resource,
        case
            when keeper is not null or age_days < getvariable('min_age_days') then 'not_applicable'
            when not is_read then 'unknown'
            when granted = 0 then 'not_applicable'
            when len(sensitive) > 0 then 'fail'
            else 'pass'
        end as verdict,
        case
            when keeper is not null then format('Kept by {}.', keeper)
            when age_days < getvariable('min_age_days')
                then format('Created {} days ago: too early to tell.', age_days)
            when not is_read then format('Its use of services was not told{}.', coalesce(': ' || message, ''))
            when granted = 0 then 'It is granted no service.'
            when len(sensitive) > 0
                then format(
                    'Not used in {} days: {}; of {} services granted, {} are unused.',
                    getvariable('max_unused_days'),
                    array_to_string(list_transform(sensitive, lambda s: s.service), ', '),
                    granted,
                    unused
                )
            else format('Of {} services granted, {} are unused, none of them sensitive.', granted, unused)
        end as reason,
        to_json(struct_pack(read_on, granted, unused, sensitive)) as evidence
    from judged
)

select * from final
