/*
id = "BP06-09"
title = "Customer managed and inline policies should not allow destroying and blinding actions on every resource"
severity = "medium"
description = """
Destroying actions delete what a customer has, or end what runs; blinding actions stop trails, recorders, detectors and
alarms. One on every resource fails, unless a condition confines it to an account, an organization or a tag. Which
actions count is in the knowledge file destructive_actions, looked up one by one; an action that is not there does not
count. Actions that take no resource cannot be limited to one, and are not judged.
"""
why = "With these, one stolen session ends an account's data, or its own traces."
fix = "Name the resources, or require a tag on them; leave trails, recorders and detectors to the roles of the security team."
may_break = "Clean-up jobs that delete resources nobody has listed."
frameworks = { aws = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege", other = "Cloudsplaining:InfrastructureModification" }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
policies = "Names of the policies that were looked at"
is_attached = "Whether somebody holds the policy"
unreadable = "What could not be read, and why"
*/
with
found as (
    select
        documents.account_id,
        documents.resource,
        list({
            policy: documents.policy_name, statement: facts.statement_index, sid: facts.sid, kind: facts.kind,
            actions: facts.actions
        } order by documents.policy_name, facts.statement_index, facts.kind) as statements,
        flatten(list(facts.actions order by documents.policy_name, facts.statement_index) filter (facts.kind = 'destroys'))
            as destroying,
        flatten(list(facts.actions order by documents.policy_name, facts.statement_index) filter (facts.kind = 'blinds'))
            as blinding
    from int_customer_documents as documents
    inner join fact_destructive_actions as facts on documents.content_sha256 = facts.content_sha256
    group by documents.account_id, documents.resource
),

policies as (
    select
        policies.*,
        coalesce(found.statements, []) as statements,
        list_sort(list_distinct(coalesce(destroying, []))) as destroying,
        list_sort(list_distinct(coalesce(blinding, []))) as blinding
    from int_customer_policies as policies
    left join found on policies.account_id = found.account_id and policies.resource = found.resource
)

select
    account_id,
    resource,
    case
        when is_boundary_only then not_applicable('Serves as a permissions boundary only, and grants nothing.')
        when len(statements) > 0 then fail(format(
            'On every resource it allows {}.',
            concat_ws(
                ' and ',
                if(len(destroying) > 0, format('destroying ({}{})', array_to_string(destroying[:3], ', '),
                    if(len(destroying) > 3, format(' and {} more', len(destroying) - 3), '')), null),
                if(len(blinding) > 0, format('blinding ({}{})', array_to_string(blinding[:3], ', '),
                    if(len(blinding) > 3, format(' and {} more', len(blinding) - 3), '')), null)
            )
        ))
        when unreadable is not null then unknown(format('A document cannot be read: {}.', unreadable))
        else pass('Allows none of the destroying and blinding actions of Rolecall''s list on every resource.')
    end as judged,
    to_json(struct_pack(statements, policies, is_attached, unreadable)) as evidence
from policies
