/*
id = "BP11-06"
title = "Role trust policies should not admit an unrestricted * principal"
severity = "critical"
description = """
A principal of * (or NotPrincipal) fails, unless some statement restricts it by the caller's organization, account or
ARN; such roles pass, and the evidence lists them. IP addresses, Regions, tags and an external ID do not identify
the caller. BP02-08 judges web identity.
"""
why = "Anyone with an AWS account, and anyone can have one, can assume the role and use its rights."
fix = "Name the principals that need the role; to open it to the organization, require aws:PrincipalOrgID with StringEquals."
may_break = "Callers that nobody knew of are refused from then on."
frameworks = { cis_aws_7 = "2.21", other = "Cloudsplaining:AssumableByAnyPrincipal, AssumableByAnyPrincipalWithConditions; Scout:iam-assume-role-policy-allows-all" }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
*/
with
facts as (
    select
        *,
        list_contains(outside_accounts, '*') and not pins_organization as is_open,
        nullif(array_to_string(condition_keys, ', '), '') as keys
    from fact_trusts
    where kind = 'everyone' or malformed_reason is not null
),

trusts as (
    select
        trust_sha256,
        any_value(malformed_reason) as malformed_reason,
        bool_or(is_open) as is_open,
        bool_or(is_open and keys is null) as is_unconditional,
        string_agg(distinct keys, '; ' order by keys) filter (where is_open) as keys,
        list_sort(list_distinct(flatten(list(outside_accounts)))) as outside_accounts,
        list(
            {
                statement: statement_index,
                sid: sid,
                outside_accounts: outside_accounts,
                pins_organization: pins_organization,
                pins_external_id: pins_external_id,
                text: statement
            } order by statement_index
        ) filter (where kind is not null) as statements
    from facts
    group by trust_sha256
)

select
    roles.account_id,
    roles.arn as resource,
    case
        when malformed_reason is not null
            then unknown(format('Its trust policy cannot be read: {}.', malformed_reason))
        when is_unconditional then fail('Anybody may assume it, from any account.')
        when is_open then fail(format('Anybody who meets {} may assume it, from any account.', keys))
        when statements is null then pass('Names the principals it trusts.')
        when list_contains(outside_accounts, '*')
            then pass('Names everyone, narrowed to organizations of which one at least is not this one.')
        when len(outside_accounts) > 0
            then pass(format(
                'Names everyone, narrowed to accounts outside the organization: {}.',
                array_to_string(outside_accounts, ', ')
            ))
        else pass('Names everyone, narrowed to principals of the organization.')
    end as judged,
    replace(
        to_json({statements: coalesce(statements, [])})::varchar, roles.own_account, roles.account_id
    )::json as evidence
from int_role_trusts as roles
left join trusts on roles.trust_sha256 = trusts.trust_sha256
