/*
id = "BP14-05"
title = "Permission sets that can write to IAM should have a permissions boundary"
severity = "medium"
register_entries = ["approved_administrator"]
scope = "organization"
description = "Judged by what the set's policies allow in any way: creating users or roles, or giving them policies. Approved administrators' sets, in the register's approved_administrators, need none."
why = "Someone who can create roles and give them policies can create one that may do anything, and use it."
fix = "Set a permissions boundary on the permission set, or remove the IAM writes from it; enter an administrators' set in the register, with an owner and an end date."
may_break = "What the boundary does not allow stops working for the people who use the set."

[evidence]
name = "Its name"
policy_names = "Names of its policies"
iam_writes = "Writes to IAM principals that it is allowed in some way"
boundary = "The permissions boundary; null for none"
unreadable = "What could not be read, and why"
entry = "Entry of the register that decided; null for none"
*/
with
sets as (
    select
        sets.*,
        boundaries.boundary,
        (
            select arg_max(register, (register.is_live, register.expires_on, register.entry))
            from stg_register as register
            where register.kind = 'approved_administrator' and sets.permission_set_arn glob register.resource
        ) as approval
    from int_permission_sets as sets
    left join stg_permission_set_boundaries as boundaries on sets.permission_set_arn = boundaries.permission_set_arn
)

select
    organization.management_account_id as account_id,
    permission_set_arn as resource,
    case
        when approval.is_live
            then not_applicable(format(
                '{} is an approved administrators'' set; {} answers until {}.',
                name, approval.owner, approval.expires_on
            ))
        when boundary is not null and len(iam_writes) > 0
            then pass(format('{} is bound by {}.', name, boundary))
        -- What was not read may allow it, or deny it.
        when len(unreadable) > 0
            then unknown(format('What {} grants could not be read: {}.', name, array_to_string(unreadable, '; ')))
        when len(iam_writes) > 0
            then fail(format(
                '{} may {} and has no boundary{}.',
                name,
                array_to_string(iam_writes, ', '),
                coalesce(format('; its approval ended on {}', approval.expires_on), '')
            ))
        when not is_assigned then not_applicable(format('{} is assigned to nobody.', name))
        else not_applicable(format('{} does not write IAM.', name))
    end as judged,
    to_json(struct_pack(name, policy_names, iam_writes, boundary, unreadable, entry := approval.entry)) as evidence
from sets
cross join stg_organization as organization
