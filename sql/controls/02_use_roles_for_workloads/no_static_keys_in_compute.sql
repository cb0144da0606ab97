/*
id = "BP02-04"
title = "Functions, tasks and builds should not have AWS access keys in their configuration"
severity = "critical"
description = "Variables in clear text of Lambda functions, of task definitions that an ECS service runs, and of CodeBuild projects: by the name of the variable, or by a value that looks like an access key id. Values are never stored. References to a secret are not judged."
alone = ["codebuild_projects", "ecs_services", "ecs_task_definitions", "lambda_functions"]
why = "Anyone who may view the configuration has the key, and it works from anywhere until somebody deletes it."
fix = "Delete the variable and the key, and give the function, task or build a role."
may_break = "Software that was given the key by this variable must be set to use its role."
frameworks = { security_hub = "CodeBuild.2, ECS.8", prowler = "awslambda_function_no_secrets_in_variables, codebuild_project_no_secrets_in_variables, ecs_task_definitions_no_environment_secrets" }

[evidence]
aws_key_variables = "Names of the variables with an AWS key; their values are not kept"
*/
with
workloads as (
    select account_id, region, arn, 'Function ' || function_name as name, has_aws_key_variable, aws_key_variables
    from stg_lambda_functions
    union all
    select
        account_id, region, task_definition_arn, 'Task definition ' || split_part(task_definition_arn, '/', -1),
        has_aws_key_variable, aws_key_variables
    from int_ecs_task_definitions
    union all
    select account_id, region, arn, 'Project ' || project_name, has_aws_key_variable, aws_key_variables
    from stg_codebuild_projects
)

select
    account_id,
    region,
    arn as resource,
    case has_aws_key_variable
        when true
            then fail(format('{} has an AWS key in its variables: {}.', name, array_to_string(aws_key_variables, ', ')))
        when false then pass(name || ' has no AWS key in its variables.')
        else unknown(name || ' has variables that AWS could not decrypt: their KMS key is out of reach.')
    end as judged,
    to_json(struct_pack(aws_key_variables)) as evidence
from workloads
