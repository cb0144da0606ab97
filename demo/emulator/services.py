"""Services of AWS, and actions that IAM tracks: enough for reports on what was last used."""

from __future__ import annotations

# What a grant of "*" lists; AWS itself lists hundreds.
SERVICES = (
    *("access-analyzer", "account", "acm", "apigateway", "athena", "autoscaling", "backup", "batch", "bedrock"),
    *("budgets", "ce", "cloudformation", "cloudfront", "cloudtrail", "cloudwatch", "codebuild", "codecommit"),
    *("cognito-idp", "config", "dynamodb", "ec2", "ecr", "ecs", "eks", "elasticache", "elasticfilesystem"),
    *("elasticloadbalancing", "elasticmapreduce", "es", "events", "firehose", "glue", "guardduty", "iam", "iot"),
    *("kafka", "kinesis", "kms", "lambda", "lightsail", "logs", "organizations", "rds", "redshift"),
    *("resource-groups", "route53", "s3", "sagemaker", "secretsmanager", "securityhub", "servicecatalog", "ses"),
    *("sns", "sqs", "ssm", "sso", "states", "sts", "tag", "wafv2"),
)
# What most who may use much do use.
COMMON = ("cloudwatch", "dynamodb", "ec2", "iam", "kms", "lambda", "logs", "s3", "secretsmanager", "sqs", "sts")

TRACKED = {
    "ec2": (
        *("AttachVolume", "AuthorizeSecurityGroupIngress", "CreateSecurityGroup", "CreateSnapshot", "CreateVolume"),
        *("DeleteSnapshot", "DescribeImages", "DescribeInstances", "DescribeVpcs", "RunInstances", "StartInstances"),
        *("StopInstances", "TerminateInstances"),
    ),
    "iam": (
        *("AttachRolePolicy", "AttachUserPolicy", "CreateAccessKey", "CreatePolicy", "CreateRole", "CreateUser"),
        *("DeleteRole", "GetPolicy", "GetRole", "GetUser", "ListRoles", "ListUsers", "PutRolePolicy", "PutUserPolicy"),
        *("UpdateAssumeRolePolicy",),
    ),
    "kms": (
        *("CreateAlias", "CreateGrant", "CreateKey", "DescribeKey", "DisableKey", "ListKeys", "PutKeyPolicy"),
        *("ScheduleKeyDeletion",),
    ),
    "lambda": (
        *("AddPermission", "CreateFunction", "DeleteFunction", "GetFunction", "ListFunctions", "UpdateFunctionCode"),
        *("UpdateFunctionConfiguration",),
    ),
    "s3": (
        *("CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "GetBucketPolicy", "GetBucketVersioning"),
        *("GetEncryptionConfiguration", "ListAllMyBuckets", "PutBucketPolicy", "PutBucketVersioning"),
        *("PutEncryptionConfiguration", "PutLifecycleConfiguration"),
    ),
}
"""Management actions that IAM reports on, by service. Data events, such as s3:GetObject, are not among them."""
