/*
id = "BP06-05"
title = "Customer managed and inline policies should not allow iam:PassRole or sts:AssumeRole on every role"
severity = "high"
description = "iam:PassRole on every role is accepted where iam:PassedToService says to which services."
why = "Passing any role to a service one controls, or assuming any role that trusts the account, is the shortest way to more permissions."
fix = "Name the roles, by path or prefix, and add iam:PassedToService."
may_break = "Deployments that pass roles nobody has listed."
frameworks = { prowler = "iam_no_custom_policy_permissive_role_assumption, iam_policy_passrole_to_bedrock_agentcore_restricted", other = "Steampipe:iam_policy_custom_no_permissive_role_assumption, iam_policy_custom_no_assume_role; Scout:iam-inline-policy-for-role, iam-managed-policy-for-role" }

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
        list_filter(
            facts, lambda fact: list_contains(['pass_role_unscoped', 'assume_role_unscoped'], fact.fact)
        ) as statements,
        list_distinct(list_transform(statements, lambda fact: fact.fact)) as found
    from int_customer_policies
)

select
    account_id,
    resource,
    case
        when is_boundary_only then not_applicable('Serves as a permissions boundary only, and grants nothing.')
        when len(found) > 1 then fail('Allows passing any role to any service, and assuming any role.')
        when list_contains(found, 'pass_role_unscoped') then fail('Allows passing any role to any service.')
        when list_contains(found, 'assume_role_unscoped') then fail('Allows assuming any role that trusts it.')
        when unreadable is not null then unknown(format('A document cannot be read: {}.', unreadable))
        else pass('Allows neither passing nor assuming any role at all.')
    end as judged,
    to_json(struct_pack(statements, policies, is_attached, unreadable)) as evidence
from policies
