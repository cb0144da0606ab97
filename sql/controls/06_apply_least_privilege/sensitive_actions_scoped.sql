/*
id = "BP06-06"
title = "Customer managed and inline policies should not allow sensitive actions on every resource"
severity = "medium"
description = """
Sensitive actions read data, return credentials or change permissions. One on every resource fails, unless a condition
confines it to an account, an organization or a tag. Which actions count is in the knowledge files data_actions and
credential_actions, with all that AWS calls permissions management; one whose name speaks of data or credentials, and
that neither file judges, is unknown.
"""
why = "These are the actions a thief uses first, and on every resource they reach what the policy was never meant for."
fix = "Name the buckets, secrets, parameters, keys or roles."
may_break = "Programs that reach resources nobody has listed."
frameworks = { other = "Cloudsplaining:DataExfiltration, CredentialsExposure, ResourceExposure; Parliament:credentials_exposure, permissions_management, sensitive_access" }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
policies = "Names of the policies that were looked at"
is_attached = "Whether somebody holds the policy"
unreadable = "What could not be read, and why"
*/
with
policies as (
    select
        *,
        list_filter(facts, lambda fact: fact.fact = 'sensitive_unscoped') as statements,
        list_sort(list_distinct(flatten(list_transform(statements, lambda fact: fact.details)))) as actions,
        list_filter(facts, lambda fact: fact.fact = 'unjudged_unscoped') as unjudged,
        list_sort(list_distinct(flatten(list_transform(unjudged, lambda fact: fact.details)))) as unjudged_actions
    from int_customer_policies
)

select
    account_id,
    resource,
    case
        when is_boundary_only then not_applicable('Serves as a permissions boundary only, and grants nothing.')
        when len(actions) > 0 then fail(format(
            'Allows {} on every resource{}.',
            array_to_string(actions[:5], ', '),
            if(len(actions) > 5, format(' and {} more actions', len(actions) - 5), '')
        ))
        when unreadable is not null then unknown(format('A document cannot be read: {}.', unreadable))
        when len(unjudged_actions) > 0 then unknown(format(
            'Whether {} reads data or returns credentials is not in Rolecall''s lists.',
            array_to_string(unjudged_actions[:5], ', ')
        ))
        else pass('Allows no sensitive action on every resource.')
    end as judged,
    to_json(struct_pack(statements, policies, is_attached, unreadable)) as evidence
from policies
