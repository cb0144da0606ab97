/*
id = "BP10-01"
title = "Requests to the S3 bucket must use TLS, by its policy or by an RCP"
severity = "medium"
description = """
Probed with requests in plain text, of the account and of a stranger: reading and writing an object, listing the bucket.
A resource control policy that denies them spares the bucket its own statement; none binds the management account.
"""
why = "Data and credentials sent in plain text can be read and changed on the way."
fix = "Attach a resource control policy that denies requests without aws:SecureTransport, or put the same statement into the bucket's policy, on the bucket and its objects."
may_break = "Clients that still use plain HTTP are turned away."
frameworks = { cis_aws_7 = "3.1.1", security_hub = "S3.5", prowler = "s3_bucket_secure_transport_policy", other = "AWS RCP sample Restrict-access-to-only-HTTPS" }
*/
with
buckets as (select * from int_buckets),

final as (
    select
        account_id,
        arn as resource,
        case
            when rcps_deny = 'yes' or policy_denies = 'yes' then 'pass'
            when error_class is not null or 'depends' in (rcps_deny, policy_denies) or policy_denies is null
                then 'unknown'
            else 'fail'
        end as verdict,
        case
            when rcps_deny = 'yes' then format('Requests without TLS are {}.', reason)
            when policy_denies = 'yes' then 'The bucket''s policy denies requests without TLS.'
            when error_class is not null
                then format('Its policy could not be read ({}): {}', error_class, message)
            when verdict = 'unknown' then format('It could not be told: {}.', coalesce(reason, 'nothing was read'))
            when has_policy then 'Its policy lets requests without TLS through, and no RCP denies them.'
            else 'It has no policy, and no RCP denies requests without TLS.'
        end as reason,
        to_json(struct_pack(bucket, has_policy, policy_denies, rcps_deny, error_class)) as evidence
    from buckets
)

select * from final
