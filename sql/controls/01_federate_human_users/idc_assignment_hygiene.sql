/*
id = "BP01-06"
title = "Access through Identity Center goes to groups, and to people who are still there"
severity = "medium"
description = """
Each assignment of a permission set, in the account that it opens. Name the identity provider in
external_identity_provider where one feeds the identity store: users that it did not send then count as well.
"""
why = "An assignment to one person is forgotten when they change teams, and one to somebody who left may be inherited by a namesake."
fix = "Assign the permission set to a group, and delete the assignment to the user; delete users whom the identity provider does not know."
may_break = "The person loses the access until they are in the group."
params = { external_identity_provider = "" }
*/
with
assignments as (select * from int_permission_set_assignments),

judged as (
    select
        assignments.*,
        coalesce(assignments.principal_name, assignments.principal_id) as name,
        getvariable('external_identity_provider') <> '' and len(without_external_id) > 0 as has_homemade
    from assignments
    semi join stg_expected_accounts as accounts on assignments.account_id = accounts.account_id
),

final as (
    select
        account_id,
        concat_ws('/', permission_set_arn, lower(principal_type), principal_id) as resource,
        if(not is_known or principal_type = 'USER' or has_homemade, 'fail', 'pass') as verdict,
        case
            when not is_known
                then format(
                    '{} is assigned to the {} {}, which the identity store does not have.',
                    permission_set_name, lower(principal_type), principal_id
                )
            when is_disabled then format('{} is assigned to the user {}, who is disabled.', permission_set_name, name)
            when principal_type = 'USER'
                then format('{} is assigned to the user {}, not to a group.', permission_set_name, name)
            when has_homemade
                then format(
                    '{} is assigned to the group {}, which has users that {} did not send: {}.',
                    permission_set_name, name, getvariable('external_identity_provider'),
                    array_to_string(without_external_id, ', ')
                )
            else format('{} is assigned to the group {}.', permission_set_name, name)
        end as reason,
        to_json(
            struct_pack(
                permission_set_name, principal_type, principal_name, is_known, is_disabled, without_external_id
            )
        ) as evidence
    from judged
)

select * from final
