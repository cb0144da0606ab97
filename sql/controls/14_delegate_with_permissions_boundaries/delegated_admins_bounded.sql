/*
id = "BP14-01"
title = "Principals that can write to IAM should be required to set a permissions boundary"
severity = "high"
register_entries = ["approved_administrator"]
description = """
Users and roles that can create principals or give them policies, in effect, must be bound by a condition on
iam:PermissionsBoundary: the request must fail without a boundary, and with any other boundary. The register's
approved_administrators pass.
"""
alone = ["roles", "users"]
why = "A principal that can create a role and its policy without a boundary can create an administrator."
fix = "Add StringEquals iam:PermissionsBoundary with the boundary's ARN to the statement."
may_break = "Pipelines that create roles without naming a boundary."

[evidence]
iam_writes = "Writes to IAM principals that it is allowed in some way"
unbounded = "What it may write without a boundary, with the statements that allow it"
entry = "Entry of the register that decided; null for none"
*/
with
principals as (
    select
        permissions.*,
        from_json(unbounded_writes, '[{"action": "varchar", "is_unread": "boolean"}]') as writes,
        list_transform(list_filter(writes, lambda write: not write.is_unread), lambda write: write.action) as allowed,
        approval
    from int_principal_permissions as permissions
    left join int_approved_administrators as approval on permissions.principal_arn = approval.principal_arn
)

select
    account_id,
    principal_arn as resource,
    case
        when keeper = 'an AWS service'
            then not_applicable('A role of an AWS service: only the service can act as it.')
        when approval.is_live
            then pass(format('An approved administrator; {} answers until {}.', approval.owner, approval.expires_on))
        when len(allowed) > 0
            then fail(format(
                'May without a certain boundary: {}{}.',
                array_to_string(allowed, ', '),
                coalesce(format('; its approval as administrator ended on {}', approval.expires_on), '')
            ))
        when len(unreadable) > 0 or len(writes) > 0
            then unknown(format(
                'What it may do cannot be determined: {}.', array_to_string(list_concat(unreadable, unreadable_limits), '; ')
            ))
        when len(iam_writes) > 0
            then pass(format('May only with a certain boundary: {}.', array_to_string(iam_writes, ', ')))
        else pass('May neither create IAM principals nor give them policies.')
    end as judged,
    to_json({iam_writes: iam_writes, unbounded: unbounded_writes, entry: approval.entry}) as evidence
from principals
