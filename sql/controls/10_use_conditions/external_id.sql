/*
id = "BP10-03"
title = "Roles that outside accounts can assume should require an external ID, or MFA of a named principal"
severity = "high"
description = """
Roles that admit principals of accounts outside the organization, with all statements of the trust policy weighed. Each of
these principals must have to send an external ID or, if a person, be named and use MFA. A `*` principal that is narrowed to
accounts of the organization is not outside.
"""
why = "Without an external ID, a third party can be tricked into using your role on behalf of another of its customers."
fix = "Add a StringEquals condition on sts:ExternalId, with a value that the third party has generated for you alone."
may_break = "The third party must send the external ID from then on."
frameworks = { other = "Scout:iam-assume-role-lacks-external-id-and-mfa" }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
*/
with
facts as (
    select *, not pins_external_id and not (names_principal and pins_mfa) as is_open
    from fact_trusts
    where malformed_reason is not null or len(outside_accounts) > 0
),

outsiders as (select trust_sha256, is_open, unnest(outside_accounts) as account_id from facts),

labels as (
    select
        outsiders.trust_sha256,
        outsiders.is_open,
        case
            when outsiders.account_id = '*' then 'any account'
            when vendors.vendor is null then outsiders.account_id
            when vendors.is_aws then format('{} (AWS service account: {})', outsiders.account_id, vendors.vendor)
            else format('{} ({})', outsiders.account_id, vendors.vendor)
        end as label
    from outsiders
    left join fact_known_vendors as vendors on outsiders.account_id = vendors.account_id
),

named as (
    select
        trust_sha256,
        string_agg(distinct label, ', ' order by label) as outsiders,
        string_agg(distinct label, ', ' order by label) filter (where is_open) as open_to
    from labels
    group by trust_sha256
),

trusts as (
    select
        trust_sha256,
        any_value(malformed_reason) as malformed_reason,
        list(
            {
                statement: statement_index,
                sid: sid,
                principal: principal,
                outside_accounts: outside_accounts,
                pins_external_id: pins_external_id,
                names_principal: names_principal,
                pins_mfa: pins_mfa,
                text: statement
            } order by statement_index, principal
        ) as statements
    from facts
    group by trust_sha256
)

select
    roles.account_id,
    roles.arn as resource,
    case
        when malformed_reason is not null
            then unknown(format('Its trust policy cannot be read: {}.', malformed_reason))
        when open_to is not null
            then fail(format('Assumable without an external id from outside the organization: {}.', open_to))
        else pass(format('Demands an external id, or MFA of a named principal, of {}.', outsiders))
    end as judged,
    replace(to_json(struct_pack(statements))::varchar, roles.own_account, roles.account_id)::json as evidence
from int_role_trusts as roles
inner join trusts on roles.trust_sha256 = trusts.trust_sha256
left join named on roles.trust_sha256 = named.trust_sha256
