/*
title = "Roles whose own policies grant whole services"
description = """
A row for each role with an Allow statement, or with a policy that cannot be read; in a customer managed or inline policy of it, on every resource and on
every action of a service, on every action at all, or on all but some (NotAction). Read off the documents as they
stand: boundaries, conditions and Deny statements are not weighed.
"""
[columns]
arn = "ARN of the role"
policy_names = "The policies that have such a statement"
wildcards = "What they grant: actions as written"
unreadable = "Its customer managed and inline policies that could not be read"
*/
with

policies as (
    select attachments.account_id, attachments.principal_arn, policies.policy_name, policies.document
    from stg_policy_attachments as attachments
    inner join stg_policies as policies
        on attachments.account_id = policies.account_id and attachments.policy_arn = policies.arn
    where attachments.principal_type = 'role' and not attachments.is_aws_managed
    union all
    select account_id, principal_arn, policy_name, document
    from stg_inline_policies
    where principal_type = 'role'
),

statements as (
    select
        account_id,
        principal_arn,
        policy_name,
        unnest(
            case json_type(document, '$.Statement')
                when 'ARRAY' then from_json(document -> '$.Statement', '["json"]')
                when 'OBJECT' then [document -> '$.Statement']
            end
        ) as statement
    from policies
    where json_valid(document)
),

grants as (
    select
        account_id,
        principal_arn,
        policy_name,
        case json_type(statement, '$.Action')
            when 'ARRAY' then from_json(statement -> '$.Action', '["varchar"]')
            when 'VARCHAR' then [statement ->> '$.Action']
            else ['NotAction']
        end as actions
    from statements
    where statement ->> '$.Effect' = 'Allow'
        and (statement ->> '$.Resource' = '*' or coalesce(json_contains(statement -> '$.Resource', '"*"'), false))
),

wildcards as (
    select account_id, principal_arn, policy_name, unnest(actions) as action
    from grants
),

granting as (
    select
        account_id,
        principal_arn,
        list_sort(list(distinct policy_name)) as policy_names,
        list_sort(list(distinct action)) as wildcards
    from wildcards
    where action in ('*', 'NotAction') or action glob '*:[*]'
    group by account_id, principal_arn
),

malformed as (
    select held.account_id, held.principal_arn, list_sort(list(distinct held.policy_name)) as policy_names
    from (select account_id, resource, policy_name, unnest(holders) as principal_arn from int_customer_documents) as held
    semi join (select * from int_customer_facts where kind = 'malformed') as facts
        on
            held.account_id = facts.account_id
            and held.resource = facts.resource
            and held.policy_name = facts.policy_name
    where held.principal_arn glob 'arn:*:iam::*:role/*'
    group by held.account_id, held.principal_arn
)

select
    account_id,
    principal_arn as arn,
    coalesce(granting.policy_names, []) as policy_names,
    coalesce(granting.wildcards, []) as wildcards,
    coalesce(malformed.policy_names, []) as unreadable
from granting
full join malformed using (account_id, principal_arn)
