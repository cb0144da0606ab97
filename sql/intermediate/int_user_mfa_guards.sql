/*
title = "MFA requirements in the policies of each user who can sign in to the console"
description = "Policies of groups among them. Those of AWS and boundaries are not looked at: none of AWS's demands MFA."
[columns]
enforced_by = "Policies that deny everything, or all but named actions, without MFA, for sessions and access keys alike"
partly_by = "Policies that deny named actions only"
missed_by = "Policies whose Deny has an operator that does not hold for access keys (Bool for BoolIfExists)"
unread = "Policies that could not be read"
statements = "The statements of all these"
*/
with
users as (select account_id, user_arn, user_name from stg_passwords),

documents as (
    select distinct account_id, document_sha256, content_sha256, own_account from int_customer_documents
),

facts as (
    select
        content_sha256,
        kind,
        statement_index,
        statements,
        case
            when kind = 'malformed' then 'unread'
            when kind = 'mfa_wrong_operator' then 'missed'
            when detail = '*' or starts_with(detail, 'all but ') then 'enforced'
            else 'partly'
        end as guard
    from fact_documents
    where kind in ('mfa_enforced', 'mfa_wrong_operator', 'malformed')
)

select
    users.account_id,
    users.user_arn,
    users.user_name,
    list(distinct grants.policy_name order by grants.policy_name) filter (where facts.guard = 'enforced') as enforced_by,
    list(distinct grants.policy_name order by grants.policy_name) filter (where facts.guard = 'partly') as partly_by,
    list(distinct grants.policy_name order by grants.policy_name) filter (where facts.guard = 'missed') as missed_by,
    list(distinct grants.policy_name order by grants.policy_name)
    filter (
        where facts.guard = 'unread'
        or (
            grants.policy_name is not null
            and grants.document_sha256 is null
            and coalesce(grants.policy_arn, '') not glob 'arn:*:iam::aws:*'
        )
    ) as unread,
    list(
        { policy: grants.policy_name, guard: facts.guard, statements: replace(facts.statements::varchar, documents.own_account, documents.account_id)::json }
        order by grants.policy_name, facts.statement_index
    ) filter (where facts.guard is not null) as statements
from users
left join int_grants as grants on users.account_id = grants.account_id and users.user_arn = grants.principal_arn
left join documents on grants.account_id = documents.account_id and grants.document_sha256 = documents.document_sha256
left join facts on documents.content_sha256 = facts.content_sha256
group by users.account_id, users.user_arn, users.user_name
