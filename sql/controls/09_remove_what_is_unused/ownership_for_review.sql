/*
id = "BP09-07"
title = "IAM users and roles should have an owner tag"
severity = "low"
register_entries = ["attestation"]
description = "A tag named in owner_tag_keys, in any case, with a value. If the register attests the account's quarterly review, the evidence shows the entry."
alone = ["roles", "users"]
why = "An access review achieves nothing where nobody can say whether the access is still needed."
fix = "Tag it with its owner, ideally where it is created: in the template or pipeline."
frameworks = { security_hub = "IAM.24, IAM.25" }
params = { owner_tag_keys = ["owner", "team", "contact"] }

[evidence]
owner_tags = "Tags that name an owner"
review_entries = "Entries of the register on its review"
*/
with
principals as (
    select account_id, arn, tags, null as maker from stg_users
    union all
    select
        account_id,
        arn,
        tags,
        case
            when is_service_linked then 'an AWS service'
            when is_identity_center then 'IAM Identity Center'
        end as maker
    from stg_roles
),

tagged as (
    select
        *,
        list_filter(
            map_entries(tags::map(varchar, varchar)),
            lambda tag: trim(tag.value) <> '' and list_contains(
                list_transform(getvariable('owner_tag_keys')::varchar[], lambda k: lower(k)), lower(tag.key)
            )
        ) as owner_tags,
        (
            select list(reviews.entry order by reviews.entry) from stg_register as reviews
            where reviews.kind = 'attestation' and reviews.control_id = 'ownership_for_review' and reviews.is_live
                and coalesce(reviews.account_id, principals.account_id) = principals.account_id
        ) as review_entries
    from principals
)

select
    account_id,
    arn as resource,
    case
        when maker is not null then not_applicable(format('This role is kept by {}.', maker))
        when len(owner_tags) > 0 then pass(format('Tagged {} = {}.', owner_tags[1].key, owner_tags[1].value))
        else fail(format(
            'None of the tags {} has a value.', array_to_string(getvariable('owner_tag_keys')::varchar[], ', ')
        ))
    end as judged,
    to_json(struct_pack(owner_tags, review_entries)) as evidence
from tagged
