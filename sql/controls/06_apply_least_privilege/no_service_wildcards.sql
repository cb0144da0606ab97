/*
id = "BP06-03"
title = "Customer managed and inline policies should not grant whole services on every resource"
severity = "medium"
description = """
Every action of a service on every resource, or on all of a kind; and Allow with NotAction on every resource. Whole
IAM, KMS and CloudTrail, and kms:Decrypt on every key, are marked in the evidence as more serious.
"""
why = "The service's next action or resource is granted before anybody has thought of it."
fix = "Name the actions and resources that the last-accessed data show in use."
may_break = "Rarely used actions: keep the old version of the policy at hand."
frameworks = { security_hub = "IAM.21", prowler = "iam_policy_no_full_access_to_cloudtrail, iam_policy_no_full_access_to_kms, iam_inline_policy_no_full_access_to_cloudtrail, iam_inline_policy_no_full_access_to_kms, iam_policy_no_wildcard_marketplace_subscribe, iam_inline_policy_no_wildcard_marketplace_subscribe", other = "Config:IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS, IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS; Cloudsplaining:ServiceWildcard" }
params = { grave = ["iam", "kms", "cloudtrail", "kms:Decrypt"] }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
policies = "Names of the policies that were looked at"
is_attached = "Whether somebody holds the policy"
grave = "Whether the statement gives a service whose control is the account: IAM, KMS or CloudTrail"
unreadable = "What could not be read, and why"
*/
with
policies as (
    select
        *,
        list_filter(facts, lambda fact: list_contains(
            ['admin', 'admin_if', 'service_wildcard', 'allow_not_action'], fact.fact
        ) or fact.fact = 'sensitive_unscoped' and list_contains(fact.details, 'kms:Decrypt')) as statements
    from int_customer_policies
),

details as (
    select
        account_id,
        resource,
        bool_or(fact.fact in ('admin', 'admin_if') and list_contains(fact.details, 'full')) as grants_all,
        flatten(list(fact.details) filter (where fact.fact = 'service_wildcard')) as services,
        flatten(list(fact.details) filter (where fact.fact = 'allow_not_action')) as all_but,
        flatten(list(fact.details) filter (where fact.fact in ('service_wildcard', 'sensitive_unscoped'))) as named
    from (select account_id, resource, unnest(statements) as fact from policies)
    group by account_id, resource
),

facts as (
    select
        policies.*,
        details.grants_all,
        list_sort(list_distinct(details.services)) as services,
        list_sort(list_distinct(details.all_but)) as all_but,
        list_filter(
            list_sort(list_distinct(details.named)),
            lambda detail: list_contains(getvariable('grave')::varchar[], detail)
        ) as grave
    from policies
    left join details on policies.account_id = details.account_id and policies.resource = details.resource
)

select
    account_id,
    resource,
    case
        when is_boundary_only then not_applicable('Serves as a permissions boundary only, and grants nothing.')
        when grants_all then fail('Grants every service.')
        when all_but <> [] then fail(format('Grants everything but {}.', array_to_string(all_but, ', ')))
        when services <> []
            then fail(format('Grants every action of {} on everything.', array_to_string(services, ', ')))
        when unreadable is not null then unknown(format('A document cannot be read: {}.', unreadable))
        else pass('Grants no whole service on everything.')
    end as judged,
    to_json(struct_pack(statements, policies, is_attached, grave := coalesce(grave, []), unreadable)) as evidence
from facts
