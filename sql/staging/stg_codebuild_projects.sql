/*
title = "CodeBuild projects"
*/
select
    account_id,
    region,
    project_name,
    arn,
    role_arn,
    has_aws_key_variable,
    aws_key_variables
from raw_codebuild_projects
semi join stg_expected_accounts using (account_id)
