/*
id = "BP06-01"
title = "Customer managed and inline policies should not grant full administrative access"
severity = "critical"
description = """
Every action on every resource, however it is written: by wildcard, by NotAction, or by statements that add up. The
policy's own Denies count. Inline policies of a principal are judged together, under its ARN; policies that serve only
as a boundary are left out, and unattached ones are judged like the rest.
"""
why = "Anyone who gets hold of a principal with such a policy has the account."
fix = "Replace it with policies for the work at hand; for administrators use a permission set that is known and counted."
may_break = "Anything that relied on a permission nobody wrote down: look up the last-accessed services first."
frameworks = { cis_aws_7 = "2.14", security_hub = "IAM.1", prowler = "iam_customer_attached_policy_no_administrative_privileges, iam_customer_unattached_policy_no_administrative_privileges, iam_inline_policy_no_administrative_privileges", other = "Config:IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS; Steampipe:iam_all_policy_no_star_star; Scout:iam-managed-policy-allows-full-privileges; c7n:iam-policy.has-allow-all" }

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
        list_filter(facts, lambda fact: list_contains(['admin', 'admin_if'], fact.fact)) as statements,
        list_transform(
            list_filter(statements, lambda fact: list_contains(fact.details, 'full')), lambda fact: fact.fact
        ) as grants
    from int_customer_policies
)

select
    account_id,
    resource,
    case
        when is_boundary_only then not_applicable('Serves as a permissions boundary only, and grants nothing.')
        when list_contains(grants, 'admin') then fail(format(
            'Grants every action on every resource ({}){}.',
            array_to_string(policies, ', '), if(is_attached, '', ', though nobody holds it')
        ))
        when len(grants) > 0 then fail('Grants every action on every resource under a condition.')
        when unreadable is not null then unknown(format('A document cannot be read: {}.', unreadable))
        when len(list_filter(statements, lambda fact: list_contains(fact.details, 'equivalent'))) > 0
            then pass('Does not grant everything, though unrestricted control over IAM, which leads there.')
        else pass('Does not grant everything.')
    end as judged,
    to_json(struct_pack(statements, policies, is_attached, unreadable)) as evidence
from policies
