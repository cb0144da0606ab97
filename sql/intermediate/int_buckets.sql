/*
title = "S3 buckets and whether they demand TLS"
[columns]
has_policy = "Whether the bucket has a policy; null where it was not read"
arn = "ARN of the bucket"
policy_denies = "Whether its own policy denies requests without TLS: yes, depends or no"
rcps_deny = "Whether the account's resource control policies do"
reason = "What decided, or why it could not be told"
error_class = "Why the bucket's policy could not be read; null where it could"
*/
select
    buckets.account_id,
    buckets.bucket,
    format('arn:{}:s3:::{}', accounts.partition, buckets.bucket) as arn,
    buckets.bucket_region,
    policies.document is not null as has_policy,
    policies.error_class,
    policies.message,
    tls.policy_denies,
    tls.rcps_deny,
    tls.reason
from stg_buckets as buckets
inner join stg_expected_accounts as accounts on buckets.account_id = accounts.account_id
left join stg_bucket_policies as policies
    on buckets.account_id = policies.account_id and buckets.bucket = policies.bucket
left join fact_bucket_tls as tls on buckets.account_id = tls.account_id and buckets.bucket = tls.bucket
