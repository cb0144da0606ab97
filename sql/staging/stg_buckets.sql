/*
title = "S3 buckets"
*/
select account_id, bucket, bucket_region, created_at
from raw_buckets
semi join stg_expected_accounts using (account_id)
