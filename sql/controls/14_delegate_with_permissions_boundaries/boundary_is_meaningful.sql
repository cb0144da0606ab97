/*
id = "BP14-04"
title = "Permissions boundary policies should exist and should limit something"
severity = "medium"
description = """
A policy that users or roles have as their boundary must exist, must not allow everything or all of IAM, and must
keep its bearer from editing it and from removing boundaries. Nobody can edit AWS managed policies.
"""
why = "A boundary that allows everything, or that its bearer can edit, limits nothing."
fix = "Write the boundary as the widest set of permissions a workload may have, with a Deny that protects boundaries and itself."
may_break = "Workloads that use what the narrower boundary leaves out."

[evidence]
statements = "The statements that decided, with policy, number and Sid"
bearers = "Users and roles that it bounds"
allows_everything = "Whether it allows every action on every resource"
allows_iam = "Whether it allows unrestricted control over IAM"
protects_itself = "Whether it denies its bearers to change it or to take it off"
*/
with
bounded as (
    select account_id, permissions_boundary_arn as arn, count(*) as bearers
    from (
        select account_id, permissions_boundary_arn from stg_users
        union all
        select account_id, permissions_boundary_arn from stg_roles
    ) as principals
    where permissions_boundary_arn is not null
    group by account_id, permissions_boundary_arn
)

select
    account_id,
    arn as resource,
    case
        when malformed_reason is not null then unknown(format('The document cannot be read: {}.', malformed_reason))
        when allows_iam is null and arn glob 'arn:*:iam::aws:*'
            then unknown('The document of this policy of AWS was not read.')
        when allows_iam is null
            then fail(format('There is no such policy, though {} principals have it as boundary.', coalesce(bearers, 0)))
        when allows_everything then fail('Leaves everything open.')
        when allows_iam then fail('Leaves all of IAM open.')
        when not (protects_itself or arn glob 'arn:*:iam::aws:*')
            then fail('Principals with this boundary may edit it or remove boundaries.')
        else pass(format('Bounds {} principals, and protects itself.', coalesce(bearers, 0)))
    end as judged,
    to_json({
        statements: statements,
        bearers: coalesce(bearers, 0),
        allows_everything: allows_everything,
        allows_iam: allows_iam,
        protects_itself: protects_itself
    }) as evidence
from bounded
full join fact_boundaries using (account_id, arn)
