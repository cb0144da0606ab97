/*
id = "BP10-03"
title = "The role that outsiders may assume demands an external id, or a named person with MFA"
practice = 10
severity = "high"
description = "Roles whose trust policy lets AWS principals outside the organization, or anybody, assume them. Each such statement needs StringEquals on sts:ExternalId or, for people, the user's ARN together with MFA. Deny statements are not weighed."
why = "Without an external id, a third party can be talked into using your role on behalf of another of its customers."
fix = "Add a StringEquals condition on sts:ExternalId, with a value that the third party made for you alone."
may_break = "The third party must send the external id from then on."
frameworks = { other = "Scout:iam-assume-role-lacks-external-id-and-mfa" }
*/
with
trusts as (select * from stg_outside_trusts),

judged as (
    select
        account_id,
        arn as resource,
        any_value(malformed_reason) as malformed_reason,
        list_sort(list(distinct principal)) as principals,
        list_sort(
            list(distinct principal) filter (where not has_external_id and not (names_person and has_mfa))
        ) as open_to,
        list(
            struct_pack(statement_index, principal, has_external_id, names_person, has_mfa)
            order by statement_index, principal
        ) as statements
    from trusts
    group by account_id, arn
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
                then format(
                    'Assumable without an external id from outside the organization: {}.',
                    array_to_string(open_to, ', ')
                )
            else format('Demands an external id, or MFA of a named person, of {}.', array_to_string(principals, ', '))
        end as reason,
        to_json(struct_pack(statements)) as evidence
    from judged
)

select * from final
