/*
id = "BP06-03"
title = "The customer's policies do not grant whole services, or all but a few actions, on everything"
practice = 6
severity = "medium"
description = """
Every action of a service on every resource, or on all of a kind; and Allow with NotAction on every resource. Whole
IAM, KMS and CloudTrail, and kms:Decrypt on every key, are marked in the evidence as graver.
"""
why = "The next action or resource of the service is granted before anybody has thought of it."
fix = "Name the actions and resources that the last-accessed data show in use."
may_break = "Rarely used actions: keep the old version of the policy at hand."
frameworks = { security_hub = "IAM.21", prowler = "iam_policy_no_full_access_to_cloudtrail, iam_policy_no_full_access_to_kms, iam_inline_policy_no_full_access_to_cloudtrail, iam_inline_policy_no_full_access_to_kms, iam_policy_no_wildcard_marketplace_subscribe, iam_inline_policy_no_wildcard_marketplace_subscribe", other = "Config:IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS, IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS; Cloudsplaining:ServiceWildcard" }
params = { grave = ["iam", "kms", "cloudtrail", "kms:Decrypt"] }
*/
with
policies as (
    select
        account_id,
        resource,
        bool_or(is_attached) as is_attached,
        bool_and(is_boundary_only) as is_boundary_only,
        list_sort(list(distinct policy_name)) as names
    from stg_customer_documents
    group by account_id, resource
),

facts as (
    select
        account_id,
        resource,
        bool_or(kind in ('admin', 'admin_if') and list_contains(details, 'full')) as grants_all,
        list_sort(list_distinct(flatten(list(details) filter (where kind = 'service_wildcard')))) as services,
        list_sort(list_distinct(flatten(list(details) filter (where kind = 'allow_not_action')))) as all_but,
        list_filter(
            list_sort(list_distinct(flatten(list(details) filter (where kind in ('service_wildcard', 'sensitive_unscoped'))))),
            lambda detail: list_contains(getvariable('grave')::varchar[], detail)
        ) as grave,
        string_agg(format('{}: {}', policy_name, malformed_reason), '; ' order by policy_name)
        filter (where kind = 'malformed') as unreadable,
        list(
            { policy: policy_name, fact: kind, details: details, statements: statements }
            order by policy_name, statement_index, kind
        ) filter (where kind <> 'malformed') as statements
    from stg_customer_facts
    where
        kind in ('malformed', 'service_wildcard', 'allow_not_action', 'admin', 'admin_if', 'sensitive_unscoped')
        and not (kind = 'sensitive_unscoped' and not list_contains(details, 'kms:Decrypt'))
    group by account_id, resource
),

final as (
    select
        policies.account_id,
        policies.resource,
        case
            when policies.is_boundary_only then 'not_applicable'
            when facts.grants_all or len(facts.services) > 0 or len(facts.all_but) > 0 then 'fail'
            when facts.unreadable is not null then 'unknown'
            else 'pass'
        end as verdict,
        case
            when policies.is_boundary_only then 'Serves as a permissions boundary only, and grants nothing.'
            when verdict = 'unknown' then format('A document cannot be read: {}.', facts.unreadable)
            when facts.grants_all then 'Grants every service.'
            when len(facts.all_but) > 0
                then format('Grants everything but {}.', array_to_string(facts.all_but, ', '))
            when len(facts.services) > 0
                then format('Grants every action of {} on everything.', array_to_string(facts.services, ', '))
            else 'Grants no whole service on everything.'
        end as reason,
        to_json({
            policies: policies.names,
            is_attached: policies.is_attached,
            grave: coalesce(facts.grave, []),
            unreadable: facts.unreadable,
            statements: coalesce(facts.statements, [])
        }) as evidence
    from policies
    left join facts on policies.account_id = facts.account_id and policies.resource = facts.resource
)

select * from final
