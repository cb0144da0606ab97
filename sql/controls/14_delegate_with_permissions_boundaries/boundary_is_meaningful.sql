/*
id = "BP14-04"
title = "Boundary policies exist and bound something"
severity = "medium"
description = """
A policy that users or roles have as boundary must be there, must not leave everything or all of IAM open, and must
keep its bearer from editing it and from taking boundaries off. Boundaries of AWS cannot be edited by anybody.
"""
why = "A boundary that allows everything, or that its bearer can edit, is a name and no limit."
fix = "Write the boundary as the widest set of rights a workload may have, with a Deny on boundaries and on itself."
may_break = "Workloads that use what the narrower boundary leaves out."
*/
with
bearers as (
    select account_id, permissions_boundary_arn as arn, count(*) as bearers
    from (
        select account_id, permissions_boundary_arn from stg_users
        union all
        select account_id, permissions_boundary_arn from stg_roles
    ) as principals
    where permissions_boundary_arn is not null
    group by account_id, permissions_boundary_arn
),

facts as (select * from fact_boundaries),

judged as (
    select
        coalesce(bearers.account_id, facts.account_id) as account_id,
        coalesce(bearers.arn, facts.arn) as resource,
        coalesce(bearers.bearers, 0) as number,
        resource glob 'arn:*:iam::aws:*' as is_aws_managed,
        facts.* exclude (account_id, arn)
    from bearers
    full join facts on bearers.account_id = facts.account_id and bearers.arn = facts.arn
),

final as (
    select
        account_id,
        resource,
        case
            when malformed_reason is not null or (allows_iam is null and is_aws_managed) then 'unknown'
            when allows_iam is null or allows_everything or allows_iam or not (protects_itself or is_aws_managed) then 'fail'
            else 'pass'
        end as verdict,
        case
            when malformed_reason is not null then format('The document cannot be read: {}.', malformed_reason)
            when verdict = 'unknown' then 'The document of this policy of AWS was not read.'
            when allows_iam is null then format('There is no such policy, though {} principals have it as boundary.', number)
            when allows_everything then 'Leaves everything open.'
            when allows_iam then 'Leaves all of IAM open.'
            when verdict = 'fail' then 'Its bearer may edit it or take boundaries off.'
            else format('Bounds {} principals, and protects itself.', number)
        end as reason,
        to_json(struct_pack(bearers := number, allows_everything, allows_iam, protects_itself, statements)) as evidence
    from judged
)

select * from final
