/*
title = "Every policy that the customer writes, with all that is said about its documents"
description = "One row for each resource of int_customer_documents. What controls on such policies start from."
[columns]
resource = "ARN of a managed policy; of inline ones, of the user, group or role that has them"
policies = "Names of its documents"
is_attached = "Whether somebody holds it"
is_boundary_only = "Whether it serves as a permissions boundary and nobody holds it"
has_conditions = "Whether a statement of it has a condition"
unreadable = "The documents that cannot be read, and why; null where all can"
facts = "What int_customer_facts says of the others, by document and statement"
*/
with
facts as (
    select
        account_id,
        resource,
        string_agg(format('{}: {}', policy_name, malformed_reason), '; ' order by policy_name)
        filter (where kind = 'malformed') as unreadable,
        list(
            { policy: policy_name, fact: coalesce('flaw: ' || flaw, kind), details: details, statements: statements }
            order by policy_name, statement_index, kind, flaw
        ) filter (where kind <> 'malformed') as facts
    from int_customer_facts
    group by account_id, resource
)

select
    documents.account_id,
    documents.resource,
    list_sort(list(distinct documents.policy_name)) as policies,
    bool_or(documents.is_attached) as is_attached,
    bool_and(documents.is_boundary_only) as is_boundary_only,
    bool_or(documents.has_conditions) as has_conditions,
    any_value(facts.unreadable) as unreadable,
    coalesce(any_value(facts.facts), []) as facts
from int_customer_documents as documents
left join facts on documents.account_id = facts.account_id and documents.resource = facts.resource
group by documents.account_id, documents.resource
