/*
title = "Lambda functions"
*/
select
    account_id,
    region,
    function_name,
    arn,
    role_arn,
    runtime,
    has_aws_key_variable,
    aws_key_variables
from raw_lambda_functions
semi join stg_expected_accounts using (account_id)
