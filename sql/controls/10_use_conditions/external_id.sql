/*
id = "BP10-03"
title = "The role that outsiders may assume demands an external id, or a named principal with MFA"
severity = "high"
description = """
Roles that let principals of accounts outside the organization in, all statements of the trust policy weighed. Each of
them must have to bring an external id or, being people, be named and have MFA. Everyone, where narrowed to accounts of
the organization, is no outsider.
"""
why = "Without an external id, a third party can be talked into using your role on behalf of another of its customers."
fix = "Add a StringEquals condition on sts:ExternalId, with a value that the third party made for you alone."
may_break = "The third party must send the external id from then on."
frameworks = { other = "Scout:iam-assume-role-lacks-external-id-and-mfa" }
*/
with
facts as (
    select
        *,
        not pins_external_id and not (names_principal and pins_mfa) as is_open
    from fact_trusts
    where malformed_reason is not null or len(outside_accounts) > 0
),

outsiders as (
    select
        trust_sha256,
        is_open,
        unnest(outside_accounts) as outsider
    from facts
),

labels as (
    select
        outsiders.trust_sha256,
        outsiders.is_open,
        case
            when outsiders.outsider = '*' then 'any account'
            when vendors.vendor is null then outsiders.outsider
            when vendors.is_aws then format('{} (AWS service account: {})', outsiders.outsider, vendors.vendor)
            else format('{} ({})', outsiders.outsider, vendors.vendor)
        end as label
    from outsiders
    left join fact_known_vendors as vendors on outsiders.outsider = vendors.account_id
),

named as (
    select
        trust_sha256,
        string_agg(distinct label, ', ' order by label) as outsiders,
        string_agg(distinct label, ', ' order by label) filter (where is_open) as open_to
    from labels
    group by trust_sha256
),

judged as (
    select
        roles.account_id,
        roles.arn as resource,
        any_value(roles.own_account) as own_account,
        any_value(facts.malformed_reason) as malformed_reason,
        any_value(named.outsiders) as outsiders,
        any_value(named.open_to) as open_to,
        list(
            {
                statement: facts.statement_index,
                sid: facts.sid,
                principal: facts.principal,
                outside_accounts: facts.outside_accounts,
                pins_external_id: facts.pins_external_id,
                names_principal: facts.names_principal,
                pins_mfa: facts.pins_mfa,
                text: facts.statement
            } order by facts.statement_index, facts.principal
        ) as statements
    from int_role_trusts as roles
    inner join facts on roles.trust_sha256 = facts.trust_sha256
    left join named on roles.trust_sha256 = named.trust_sha256
    group by roles.account_id, roles.arn
),

final as (
    select
        account_id,
        resource,
        case
            when malformed_reason is not null then 'unknown'
            when open_to is not null then 'fail'
            else 'pass'
        end as verdict,
        case
            when malformed_reason is not null then format('Its trust policy cannot be read: {}.', malformed_reason)
            when open_to is not null
                then format('Assumable without an external id from outside the organization: {}.', open_to)
            else format('Demands an external id, or MFA of a named principal, of {}.', outsiders)
        end as reason,
        replace(to_json(struct_pack(statements))::varchar, own_account, account_id)::json as evidence
    from judged
)

select * from final
