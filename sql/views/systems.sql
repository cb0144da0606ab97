/*
title = "The AWS systems that each best practice is judged by, and the findings that rest on them"
description = """
A system is known by the operations that read it; a finding counts for every system that its control reads. What
nearly every control needs, the list of accounts, is left out.
"""
[columns]
as_of = "The night"
practice = "Number of the best practice, 1 to 14"
system = "The AWS system"
controls = "Controls of the best practice that read it"
pass = "Resources that pass"
fail = "Resources that fail"
exempt = "Fails that a live exception covers"
not_applicable = "Verdicts that do not apply"
unknown = "Verdicts that could not be given, for want of data"
manual = "Verdicts that wait for an attestation"
*/
with
named (operation, system) as (
    values
    ('access-analyzer:ListAnalyzers', 'IAM Access Analyzer: analyzers of external, unused and internal access'),
    ('access-analyzer:*Finding*', 'IAM Access Analyzer: findings'),
    ('access-analyzer:ListArchiveRules', 'IAM Access Analyzer: archive rules'),
    ('access-analyzer:*Generat*', 'IAM Access Analyzer: policy generation'),
    ('access-analyzer:ListAccessPreviews', 'IAM Access Analyzer: access previews'),
    ('access-analyzer:ValidatePolicy', 'IAM Access Analyzer: policy validation'),
    ('account:GetAlternateContact', 'Account Management: contacts'),
    ('acm-pca:*', 'AWS Private CA'),
    ('cassandra:*', 'Amazon Keyspaces'),
    ('cloudtrail:*', 'AWS CloudTrail'),
    ('codebuild:*', 'AWS CodeBuild'),
    ('codecommit:*', 'AWS CodeCommit'),
    ('controltower:*', 'AWS Control Tower'),
    ('ec2:*', 'Amazon EC2'),
    ('ecs:*ContainerInstances', 'Amazon ECS Anywhere'),
    ('ecs:*Service*', 'Amazon ECS'),
    ('ecs:*TaskDefinition', 'Amazon ECS'),
    ('eks:*AccessEntr*', 'Amazon EKS Hybrid Nodes'),
    ('eks:*', 'Amazon EKS'),
    ('iam:GetAccountAuthorizationDetails', 'IAM users, groups, roles and policies'),
    ('iam:GetAccountPasswordPolicy', 'Password policy'),
    ('iam:GetAccountSummary', 'Root user'),
    ('iam:GetCredentialReport', 'Credential report: passwords, MFA, access keys and their last use'),
    ('iam:*MFADevices', 'MFA devices'),
    ('iam:ListOrganizationsFeatures', 'Centralized root access'),
    ('iam:GetOutboundWebIdentityFederationInfo', 'STS tokens for services outside AWS'),
    ('iam:ListInstanceProfiles', 'Instance profiles'),
    ('iam:ListRoles', 'STS sessions: longest duration'),
    ('iam:*SAMLProviders', 'STS federation with SAML'),
    ('iam:*OpenIDConnectProvider*', 'STS federation with web identity'),
    ('iam:ListSSHPublicKeys', 'SSH keys for CodeCommit'),
    ('iam:ListServerCertificates', 'Server certificates'),
    ('iam:ListServiceSpecificCredentials', 'Service-specific credentials: CodeCommit, Keyspaces, Bedrock'),
    ('iam:ListSigningCertificates', 'Signing certificates'),
    ('iam:*ServiceLastAccessedDetails', 'Last accessed information'),
    ('identitystore:*', 'IAM Identity Center: people and groups'),
    ('iot:*', 'AWS IoT credential provider'),
    ('lambda:*', 'AWS Lambda'),
    ('organizations:ListTargetsForPolicy', 'Organizations: SCPs and RCPs'),
    ('organizations:DescribePolicy', 'Organizations: SCPs and RCPs'),
    ('organizations:*Delegated*', 'Organizations: delegated administrators'),
    ('organizations:ListAWSServiceAccessForOrganization', 'Organizations: trusted access'),
    ('ram:*', 'AWS Resource Access Manager'),
    ('rolesanywhere:*', 'IAM Roles Anywhere'),
    ('s3:*', 'Amazon S3'),
    ('signin:*', 'AWS Sign-In: console access control'),
    ('ssm:*', 'Systems Manager hybrid activations'),
    ('sso:*', 'IAM Identity Center')
),

reading as (
    select distinct needs.control_id, named.system
    from (select control_id, unnest(operations) as operation from control_needs) as needs
    inner join named on needs.operation glob named.operation
)

select
    getvariable('as_of') as as_of,
    findings.practice,
    reading.system,
    list_sort(list(distinct findings.control_id)) as controls,
    count(*) filter (findings.verdict = 'pass') as pass,
    count(*) filter (findings.verdict = 'fail') as fail,
    count(*) filter (findings.verdict = 'exempt') as exempt,
    count(*) filter (findings.verdict = 'not_applicable') as not_applicable,
    count(*) filter (findings.verdict = 'unknown') as unknown,
    count(*) filter (findings.verdict = 'manual') as manual
from judgements as findings
inner join reading using (control_id)
group by findings.practice, reading.system
order by findings.practice, reading.system
