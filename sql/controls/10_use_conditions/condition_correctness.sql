/*
id = "BP10-05"
title = "Conditions in customer managed and inline policies should have the effect they appear to have"
severity = "medium"
settles_unread = ["document_validations"]
description = """
Operators and values fit the key, the actions support the key, no value matches everything, ForAllValues in an Allow on a
key that says who calls is guarded by Null, and IfExists does not let through what it was meant to stop. `tolerated` are
flaws that are reported but do not fail. A key that is in none of Rolecall's lists is judged by AWS's validation of the
document (ValidatePolicy), and is unknown without it.
"""
why = "A condition that never matches blocks the work; one that always matches protects nothing, while it looks as if it did."
fix = "Correct the operator, key or value named in the reason; IAM Access Analyzer's policy check reports the same."
may_break = "Requests that a broken condition has let through."
frameworks = { other = "Parliament:MISMATCHED_TYPE, UNKNOWN_OPERATOR, UNKNOWN_CONDITION_FOR_ACTION" }
params.tolerated = [
    "usable_mismatch", "set_operator_on_single_value", "caller_chooses", "passes_empty", "passes_without_service",
    "asks_presence", "key_not_listed",
]

[evidence]
statements = "The statements that decided, with policy, number and Sid"
policies = "Names of the policies that were looked at"
is_attached = "Whether somebody holds the policy"
unreadable = "What could not be read, and why"
*/
with
flaws as (
    select
        account_id,
        resource,
        string_agg(array_to_string(details, ', '), '; ' order by policy_name, statement_index, flaw)
        filter (where not list_contains(getvariable('tolerated')::varchar[], flaw)) as flaws,
        string_agg(distinct flaw, ', ' order by flaw)
        filter (where list_contains(getvariable('tolerated')::varchar[], flaw)) as tolerated
    from int_customer_facts
    where kind = 'flaw'
    group by account_id, resource
),

not_listed as (
    select
        documents.account_id,
        documents.resource,
        string_agg(distinct facts.detail, ', ' order by facts.detail) as keys,
        bool_and(len(validations.faults) = 0 and validations.faults is not null) as is_validated
    from int_customer_documents as documents
    inner join fact_documents as facts on documents.content_sha256 = facts.content_sha256
    left join int_document_validations as validations
        on
            documents.account_id = validations.account_id
            and documents.document_sha256 = validations.document_sha256
            and validations.policy_type = 'IDENTITY_POLICY'
    where facts.flaw = 'key_not_listed'
    group by documents.account_id, documents.resource
)

select
    policies.account_id,
    policies.resource,
    case
        when policies.is_boundary_only
            then not_applicable('Serves as a permissions boundary only, and grants nothing.')
        when flaws.flaws is not null then fail(format('Conditions are flawed: {}.', flaws.flaws))
        when policies.unreadable is not null
            then unknown(format('A document cannot be read: {}.', policies.unreadable))
        when not policies.has_conditions then not_applicable('Its statements have no conditions.')
        when not not_listed.is_validated then unknown(format(
            'Rolecall cannot tell, and AWS has not validated the policy as free of faults: {}.', not_listed.keys
        ))
        when not_listed.keys is not null
            then pass(format('Its conditions work, by AWS''s validation: {}.', not_listed.keys))
        when flaws.tolerated is not null then pass(format('Its conditions work; tolerated are {}.', flaws.tolerated))
        else pass('Its conditions work.')
    end as judged,
    to_json({
        statements: list_filter(policies.facts, lambda fact: starts_with(fact.fact, 'flaw')),
        policies: policies.policies,
        is_attached: policies.is_attached,
        unreadable: policies.unreadable
    }) as evidence
from int_customer_policies as policies
left join flaws on policies.account_id = flaws.account_id and policies.resource = flaws.resource
left join not_listed on policies.account_id = not_listed.account_id and policies.resource = not_listed.resource
