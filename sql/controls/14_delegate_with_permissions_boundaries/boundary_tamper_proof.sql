/*
id = "BP14-02"
title = "Bounded principals cannot take off their boundary or edit its policy"
severity = "high"
description = "In effect, boundary and SCPs included. A principal without a boundary is not judged."
why = "A boundary that its bearer can lift binds nobody."
fix = "Deny in the boundary to delete boundaries, to set another, and to edit or delete the boundary's policy."
may_break = "Pipelines that update the boundary's policy as a principal that bears it."
*/
with
principals as (
    select
        *,
        list_concat(unreadable, unreadable_limits) as unread,
        from_json(boundary_edits, '[{"action": "varchar", "is_unread": "boolean"}]') as edits,
        list_transform(list_filter(edits, lambda one: not one.is_unread), lambda one: one.action) as free
    from int_principal_permissions
),

final as (
    select
        account_id,
        principal_arn as resource,
        case
            when boundary_arn is null or keeper = 'an AWS service' then 'not_applicable'
            when len(free) > 0 then 'fail'
            when len(unreadable) > 0 or len(edits) > 0 then 'unknown'
            else 'pass'
        end as verdict,
        case
            when keeper = 'an AWS service' then 'A role of an AWS service: only the service can act as it.'
            when boundary_arn is null then 'Has no permissions boundary.'
            when verdict = 'fail' then format('May do to its boundary: {}.', array_to_string(free, ', '))
            when verdict = 'unknown' then format('What it may do cannot be told: {}.', array_to_string(unread, '; '))
            else format('Can neither take off nor edit {}.', boundary_arn)
        end as reason,
        to_json({ boundary: boundary_arn, edits: boundary_edits }) as evidence
    from principals
)

select * from final
