/*
id = "BP09-07"
title = "The user or role names its owner in a tag"
severity = "low"
description = "One of owner_tag_keys, in any case, with a value. An attestation in the register that the account's quarterly review took place is shown in the evidence."
why = "A review comes to nothing where nobody can be asked whether the access is still needed."
fix = "Tag it with its owner, best where it is made: in the template or pipeline."
frameworks = { security_hub = "IAM.24, IAM.25" }
params = { owner_tag_keys = ["owner", "team", "contact"] }
*/
with
users as (select * from stg_users),

roles as (select * from stg_roles),

reviews as (select * from stg_register where kind = 'attestation' and control_id = 'ownership_for_review' and is_live),

principals as (
    select account_id, arn, tags, null as maker from users
    union all
    select
        account_id,
        arn,
        tags,
        case
            when is_service_linked then 'an AWS service'
            when is_identity_center then 'IAM Identity Center'
        end as maker
    from roles
),

judged as (
    select
        principals.*,
        list_filter(
            map_entries(principals.tags::map(varchar, varchar)),
            lambda tag: trim(tag.value) <> '' and list_contains(
                list_transform(getvariable('owner_tag_keys')::varchar[], lambda k: lower(k)), lower(tag.key)
            )
        ) as owner_tags,
        (
            select list(reviews.entry order by reviews.entry) from reviews
            where coalesce(reviews.account_id, principals.account_id) = principals.account_id
        ) as review_entries
    from principals
),

final as (
    select
        account_id,
        arn as resource,
        case
            when maker is not null then 'not_applicable'
            when len(owner_tags) > 0 then 'pass'
            else 'fail'
        end as verdict,
        case
            when maker is not null then format('This role is kept by {}.', maker)
            when len(owner_tags) > 0 then format('Tagged {} = {}.', owner_tags[1].key, owner_tags[1].value)
            else format(
                'None of the tags {} has a value.',
                array_to_string(getvariable('owner_tag_keys')::varchar[], ', ')
            )
        end as reason,
        to_json(struct_pack(owner_tags, review_entries)) as evidence
    from judged
)

select * from final
