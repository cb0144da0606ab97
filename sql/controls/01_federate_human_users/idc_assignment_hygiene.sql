/*
id = "BP01-06"
title = "Permission sets should be assigned to groups, and only to principals that still exist"
severity = "medium"
fixed_by = "organization"
description = """
Each assignment of a permission set, in the account that it opens. Name the identity provider in
external_identity_provider where one feeds the identity store: users that it did not send then count as well.
"""
why = "An assignment to one person is forgotten when they change teams, and one to somebody who has left may pass to a namesake."
fix = "Assign the permission set to a group and delete the assignment to the user; delete users that the identity provider does not know."
may_break = "The person loses the access until they are in the group."
params = { external_identity_provider = "" }

[evidence]
permission_set_name = "Name of the permission set"
principal_type = "USER or GROUP"
principal_name = "Name of the user or group"
is_known = "Whether the identity store has the user or group"
is_disabled = "Whether the user may not sign in"
without_external_id = "Users it reaches that no identity provider has sent"
*/
with
facts as (
    select
        assignments.*,
        coalesce(assignments.principal_name, assignments.principal_id) as name,
        getvariable('external_identity_provider') <> '' and len(without_external_id) > 0 as has_homemade
    from int_permission_set_assignments as assignments
    semi join stg_expected_accounts as accounts on assignments.account_id = accounts.account_id -- same
)

select
    account_id,
    concat_ws('/', permission_set_arn, lower(principal_type), principal_id) as resource,
    case
        when not is_known then fail(format(
            '{} is assigned to the {} {}, which the identity store does not have.',
            permission_set_name, lower(principal_type), principal_id
        ))
        when principal_type = 'USER' and is_disabled
            then fail(format('{} is assigned to the user {}, who is disabled.', permission_set_name, name))
        when principal_type = 'USER'
            then fail(format('{} is assigned to the user {}, not to a group.', permission_set_name, name))
        when has_homemade then fail(format(
            '{} is assigned to the group {}, which has users that {} did not send: {}.',
            permission_set_name, name, getvariable('external_identity_provider'),
            array_to_string(without_external_id, ', ')
        ))
        else pass(format('{} is assigned to the group {}.', permission_set_name, name))
    end as judged,
    to_json(
        struct_pack(permission_set_name, principal_type, principal_name, is_known, is_disabled, without_external_id)
    ) as evidence
from facts
