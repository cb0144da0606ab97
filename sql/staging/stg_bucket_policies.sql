/*
title = "The policy of each S3 bucket, or why it could not be read"
*/
select account_id, bucket, document, error_class, message
from raw_bucket_policies
semi join stg_expected_accounts using (account_id)
