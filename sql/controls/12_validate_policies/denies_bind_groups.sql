/*
id = "BP12-05"
title = "Deny statements should not name groups that they cannot bind"
severity = "medium"
description = """
A group is no principal: it makes no request, and an action on a user is not one on its group. So a Deny of such actions
on a group's ARN stops nobody, nor does one for requests whose aws:PrincipalArn is a group's. Deny statements of customer
managed and inline policies are judged, by the resource types in the Service Authorization Reference.
"""
why = "Whoever wrote the statement believes that the group's users are stopped, and they are not."
fix = "Attach the Deny to the group, or name its users by path, by tag or one by one."
may_break = "A Deny that begins to work stops those it was written for."
frameworks = { aws = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html", other = "Scout:iam-lightspin-user-action-denied-for-group" }

[evidence]
statements = "The statements that stop nobody: policy, number, Sid, the element that names groups, and the actions"
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
            policy: documents.policy_name, statement: facts.statement_index, sid: facts.sid, element: facts.element,
            groups: list_transform(
                facts.groups, lambda name: replace(name, documents.own_account, documents.account_id)
            ),
            actions: facts.actions
        } order by documents.policy_name, facts.statement_index, facts.element) as statements
    from int_customer_documents as documents
    inner join fact_void_denies as facts on documents.content_sha256 = facts.content_sha256
    group by documents.account_id, documents.resource
)

select
    policies.account_id,
    policies.resource,
    case
        when found.statements is not null then fail(format(
            'Its Deny of {} stops nobody: {} is a group''s ARN.',
            array_to_string(found.statements[1].actions[:3], ', '), array_to_string(found.statements[1].groups[:1], '')
        ))
        when policies.unreadable is not null
            then unknown(format('A document cannot be read: {}.', policies.unreadable))
        else pass('No Deny of it names a group in vain.')
    end as judged,
    to_json({
        statements: coalesce(found.statements, []), policies: policies.policies,
        is_attached: policies.is_attached, unreadable: policies.unreadable
    }) as evidence
from int_customer_policies as policies
left join found on policies.account_id = found.account_id and policies.resource = found.resource
