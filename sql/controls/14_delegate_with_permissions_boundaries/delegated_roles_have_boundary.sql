/*
id = "BP14-03"
title = "The role or user made by delegation carries an approved permissions boundary"
severity = "medium"
description = "Made by delegation is what has one of the paths, names (globs) or tag keys in the parameters. Approved are the boundaries in approved_boundaries (globs of ARNs or policy names); with none listed, every customer managed policy."
why = "Whoever may make roles without a boundary on them can make one that may do more than they may themselves."
fix = "Set the boundary on the role or user, and let the delegation's own policy demand it at creation."
may_break = "What the boundary does not allow stops working for the role."
frameworks = { other = "Config(RDK):IAM_USER_PERMISSION_BOUNDARY_CHECK; c7n:iam-role.set-boundary (action)" }
params = { delegated_path_prefixes = ["/app/", "/delegated/"], delegated_names = [], delegated_tag_keys = ["delegated-by"], approved_boundaries = [] }
*/
with
principals as (
    select account_id, arn, user_name as name, path, tags, permissions_boundary_arn from stg_users
    union all
    select account_id, arn, role_name as name, path, tags, permissions_boundary_arn from stg_roles
    where not is_service_linked and not is_identity_center
),

delegated as (
    select
        *,
        split_part(permissions_boundary_arn, ':policy/', 2) as boundary_path,
        list_concat(
            list_filter(getvariable('delegated_path_prefixes')::varchar[], lambda p: starts_with(path, p)),
            list_filter(getvariable('delegated_names')::varchar[], lambda n: name glob n),
            list_filter(getvariable('delegated_tag_keys')::varchar[], lambda k: list_contains(json_keys(tags), k))
        ) as signs
    from principals
),

judged as (
    select
        *,
        case
            when permissions_boundary_arn is null then false
            when len(getvariable('approved_boundaries')) = 0
                then not permissions_boundary_arn glob 'arn:*:iam::aws:policy/*'
            else len(list_filter(
                getvariable('approved_boundaries')::varchar[],
                lambda b: permissions_boundary_arn glob b or split_part(permissions_boundary_arn, '/', -1) glob b
            )) > 0
        end as is_approved
    from delegated
    where len(signs) > 0
),

final as (
    select
        account_id,
        arn as resource,
        if(is_approved, 'pass', 'fail') as verdict,
        case
            when permissions_boundary_arn is null
                then format('Made by delegation ({}), without a permissions boundary.', array_to_string(signs, ', '))
            when is_approved then format('Bound by {}.', permissions_boundary_arn)
            else format(
                'Made by delegation ({}); its boundary {} is not an approved one.',
                array_to_string(signs, ', '), permissions_boundary_arn
            )
        end as reason,
        to_json(struct_pack(path, signs, permissions_boundary_arn)) as evidence
    from judged
)

select * from final
