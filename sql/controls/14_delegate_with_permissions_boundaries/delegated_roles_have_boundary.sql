/*
id = "BP14-03"
title = "Users and roles created by delegation should have an approved permissions boundary"
severity = "medium"
description = "Created by delegation are those with one of the paths, names (globs) or tag keys in the parameters. Approved are the boundaries in approved_boundaries (globs of ARNs or policy names); with none listed, every customer managed policy."
why = "Someone who can create roles without a boundary can create one with more rights than their own."
fix = "Set the boundary on the role or user, and require it at creation in the delegate's own policy."
may_break = "What the boundary does not allow stops working for the role."
frameworks = { other = "Config(RDK):IAM_USER_PERMISSION_BOUNDARY_CHECK; c7n:iam-role.set-boundary (action)" }
params = { delegated_path_prefixes = ["/app/", "/delegated/"], delegated_names = [], delegated_tag_keys = ["delegated-by"], approved_boundaries = [] }

[evidence]
path = "IAM path of the role"
signs = "What shows that the role was made by a delegate"
permissions_boundary_arn = "Permissions boundary of the role; null for none"
*/
with
principals as (
    select account_id, arn, user_name as name, path, tags, permissions_boundary_arn from stg_users
    union all
    select account_id, arn, role_name, path, tags, permissions_boundary_arn from stg_roles
    where not is_service_linked and not is_identity_center
),

delegated as (
    select
        *,
        list_concat(
            list_filter(getvariable('delegated_path_prefixes')::varchar[], lambda p: starts_with(path, p)),
            list_filter(getvariable('delegated_names')::varchar[], lambda n: name glob n),
            list_filter(getvariable('delegated_tag_keys')::varchar[], lambda k: list_contains(json_keys(tags), k))
        ) as signs,
        if(
            len(getvariable('approved_boundaries')) = 0,
            not permissions_boundary_arn glob 'arn:*:iam::aws:policy/*',
            len(list_filter(
                getvariable('approved_boundaries')::varchar[],
                lambda b: permissions_boundary_arn glob b or split_part(permissions_boundary_arn, '/', -1) glob b
            )) > 0
        ) as is_approved
    from principals
    where len(signs) > 0
)

select
    account_id,
    arn as resource,
    case
        when permissions_boundary_arn is null
            then fail(format(
                'Made by delegation ({}), without a permissions boundary.', array_to_string(signs, ', ')
            ))
        when is_approved then pass(format('Bound by {}.', permissions_boundary_arn))
        else fail(format(
            'Made by delegation ({}); its boundary {} is not an approved one.',
            array_to_string(signs, ', '), permissions_boundary_arn
        ))
    end as judged,
    to_json(struct_pack(path, signs, permissions_boundary_arn)) as evidence
from delegated
