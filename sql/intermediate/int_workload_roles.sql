/*
title = "Roles of workloads on AWS"
description = """
Roles that a compute service of AWS may assume, service accounts of EKS clusters and machines behind Roles Anywhere
included; and roles whose trust policy could not be read, or that only a service opens which is in no list
(fact_compute_services), for they might be workloads' too.
"""
[columns]
arn = "ARN of the role"
services = "Services that may assume the role; empty where the trust policy could not be read"
malformed_reason = "Why the trust policy could not be read"
unsure = "Why it is not known to be a workload's: its trust policy could not be read, or a service is in no list; else null"
aws_managed_policies = "Names of the AWS managed policies attached to the role"
broad_policies = "Those of them that grant whole services or more: *FullAccess, PowerUserAccess, AdministratorAccess"
unread_policies = "Those of them that could not be read"
deprecated_policies = "Those of them that AWS has withdrawn: no longer attachable"
[params]
broad_policy_names = ["*FullAccess*", "PowerUserAccess", "AdministratorAccess*"]
*/
with

roles as (
    select * from stg_roles where not is_service_linked and not is_identity_center
),

trusted as (
    select
        document_sha256,
        coalesce(
            list(distinct principal order by principal) filter (where principal_type in ('service', 'federated')), []
        ) as services,
        bool_or(principal_type = 'federated' or runs_workloads) as is_workload,
        any_value(malformed_reason) as malformed_reason,
        coalesce(
            format('Its trust policy cannot be read: {}.', any_value(malformed_reason)),
            format(
                'Whether {} runs workloads is not in Rolecall''s list{}.',
                string_agg(distinct service, ', ' order by service) filter (where runs_workloads is null),
                (select ' of ' || max(read_on) from fact_compute_services)
            )
        ) as unsure
    from fact_trust_principals
    left join fact_compute_services using (service)
    where
        malformed_reason is not null
        or effect = 'Allow' and principal_type = 'federated' and principal like '%:oidc-provider/oidc.eks.%'
        or effect = 'Allow' and principal_type = 'service' and coalesce(runs_workloads, true)
    group by document_sha256
),

attached as (
    select
        attachments.account_id,
        attachments.principal_arn,
        attachments.policy_name,
        not policies.is_attachable as is_deprecated,
        unread.resource is not null as is_unread,
        len(list_filter(getvariable('broad_policy_names')::varchar[], lambda p: attachments.policy_name glob p)) > 0
            as is_broad
    from stg_policy_attachments as attachments
    left join stg_policies as policies
        on attachments.account_id = policies.account_id and attachments.policy_arn = policies.arn
    left join stg_unread_records as unread
        on
            attachments.account_id = unread.account_id
            and attachments.policy_arn = unread.resource
            and unread.dataset = 'policies'
    where attachments.principal_type = 'role' and attachments.is_aws_managed
),

policies_of_roles as (
    select
        account_id,
        principal_arn,
        list(policy_name order by policy_name) as aws_managed_policies,
        list(policy_name order by policy_name) filter (where is_broad) as broad_policies,
        list(policy_name order by policy_name) filter (where is_deprecated) as deprecated_policies,
        list(policy_name order by policy_name) filter (where is_unread) as unread_policies
    from attached
    group by account_id, principal_arn
)

select
    roles.account_id,
    roles.role_name,
    roles.arn,
    roles.age_days,
    roles.unused_days,
    trusted.services,
    trusted.malformed_reason,
    if(trusted.is_workload, null, trusted.unsure) as unsure,
    coalesce(policies_of_roles.aws_managed_policies, []) as aws_managed_policies,
    coalesce(policies_of_roles.broad_policies, []) as broad_policies,
    coalesce(policies_of_roles.deprecated_policies, []) as deprecated_policies,
    coalesce(policies_of_roles.unread_policies, []) as unread_policies
from roles
inner join trusted on roles.trust_document_sha256 = trusted.document_sha256
left join policies_of_roles
    on roles.account_id = policies_of_roles.account_id and roles.arn = policies_of_roles.principal_arn
