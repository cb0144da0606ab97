/*
id = "BP14-02"
title = "Principals should not be able to remove their permissions boundary or edit its policy"
severity = "high"
description = "In effect, boundary and SCPs included. Principals without a boundary are not judged."
alone = ["roles", "users"]
why = "A boundary that its bearer can remove limits nothing."
fix = "In the boundary, deny deleting boundaries, setting a different one, and editing or deleting the boundary's own policy."
may_break = "Pipelines that update the boundary's policy as a principal that bears it."

[evidence]
boundary = "The permissions boundary; null for none"
edits = "What it may do to its own boundary, with the statements that allow it"
*/
with
principals as (
    select
        permissions.*,
        -- Whether a session may carry other tags, its trust policy says.
        trusts.malformed_reason is not null as is_trust_unread,
        from_json(boundary_edits, '[{"action": "varchar", "verdict": "varchar", "is_unread": "boolean"}]') as edits,
        list_transform(
            list_filter(
                edits, lambda edit: not edit.is_unread and not (is_trust_unread and edit.verdict = 'depends')
            ),
            lambda edit: edit.action
        ) as allowed
    from int_principal_permissions as permissions
    left join int_role_callers as trusts
        on permissions.account_id = trusts.account_id and permissions.principal_arn = trusts.arn
)

select
    account_id,
    principal_arn as resource,
    case
        when keeper = 'an AWS service'
            then not_applicable('A role of an AWS service: only the service can act as it.')
        when boundary_arn is null then not_applicable('Has no permissions boundary.')
        when len(allowed) > 0 then fail(format('May do to its boundary: {}.', array_to_string(allowed, ', ')))
        when len(unreadable) > 0 or len(edits) > 0
            then unknown(format(
                'What it may do cannot be determined: {}.',
                array_to_string(
                    list_concat(unreadable, unreadable_limits, if(is_trust_unread, ['trust policy'], [])), '; '
                )
            ))
        else pass(format('Can neither take off nor edit {}.', boundary_arn))
    end as judged,
    to_json({boundary: boundary_arn, edits: boundary_edits}) as evidence
from principals
