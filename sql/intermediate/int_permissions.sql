/*
title = "Policies that determine the permissions of each user and role"
description = """
Two principals with the same `permissions_sha256` can do the same, each in its own account: their identity policies,
boundary and SCPs read alike once the own account's id is taken out, and the same patterns of these, which may single
out a principal or an account, match both. Where they speak of aws:PrincipalTag, the principals' tags of these keys are
equal too, and where they speak of the path of the organization, their accounts hang at the same place.
"""
[columns]
principal_type = "user or role"
grants = "Identity policies: name, document and group through which it is held"
boundary_arn = "ARN of the permissions boundary"
boundary_name = "Name of the permissions boundary"
boundary_sha256 = "Document of the permissions boundary; null with a boundary_arn: the policy is not among those read"
scp_levels_sha256 = "Key of the account's SCPs in int_control_levels; null where none bind the principal"
tags = "Tags of the user or role, as a JSON object"
takes_session_tags = "Whether sessions may carry other tags than the principal's own: its trust policy allows sts:TagSession, or cannot be read"
permissions_sha256 = "Key of these permissions: the same for all principals with the same grants, boundary and SCPs"
*/
with
principals as (
    select
        account_id, 'user' as principal_type, arn as principal_arn, user_name as principal_name,
        permissions_boundary_arn as boundary_arn, false as is_service_linked, tags, false as takes_session_tags
    from stg_users
    union all
    select
        roles.account_id, 'role', roles.arn, roles.role_name, roles.permissions_boundary_arn, roles.is_service_linked,
        roles.tags, coalesce(trusts.tags_sessions, true)
    from stg_roles as roles
    left join (
        select document_sha256, bool_or(malformed_reason is not null or tags_sessions) as tags_sessions
        from fact_trust_principals
        group by document_sha256
    ) as trusts on roles.trust_document_sha256 = trusts.document_sha256
),

-- Few documents name an account or a principal: only those have to be read for each holder.
documents as (
    select
        document_sha256,
        document,
        regexp_matches(document, '[0-9]{12}') as names_accounts,
        -- A name as the value of a tag, and escaped letters, hide whom the document speaks of.
        regexp_matches(document, '"aws:user(name|id)"|\\', 'i')
        or regexp_matches(document, 'aws:principaltag/.*\$\{aws:user|\$\{aws:user.*aws:principaltag/', 'is') as is_personal,
        regexp_matches(document, 'aws:(principal|resource)orgpaths', 'i') as is_placed,
        list_distinct(list_transform(
            regexp_extract_all(document, 'aws:principaltag/([^"},]+)', 1, 'i'), lambda key: lower(trim(key))
        )) as tag_keys,
        -- What can be the ARN of a user or role, or a part of an account's id.
        list_distinct(list_concat(
            regexp_extract_all(document, '"((?:arn:[^":]*:(?:iam|[^":]*[*?$])|[*?$])[^"]+)"', 1),
            list_filter(
                regexp_extract_all(document, '[":\s\[,]([0-9*?]*[0-9][0-9*?]*)', 1),
                lambda digits: regexp_matches(digits, '[*?]')
            )
        )) as patterns
    from (
        select document_sha256, document from int_identity_documents
        union
        select document_sha256, document from stg_organization_policies
    )
),

scps as (
    select
        held.levels_sha256,
        list_distinct(flatten(list(documents.patterns))) as patterns,
        list_distinct(flatten(list(regexp_extract_all(documents.document, '[0-9]{12}')))) as account_ids,
        flatten(list(documents.tag_keys)) as tag_keys,
        bool_or(documents.is_personal) as is_personal,
        bool_or(documents.is_placed) as is_placed
    from (
        select distinct levels_sha256, unnest(flatten(levels)).sha256 as document_sha256
        from int_control_levels
        where policy_type = 'SERVICE_CONTROL_POLICY'
    ) as held
    inner join documents using (document_sha256)
    group by held.levels_sha256
),

granted as (
    select
        grants.account_id,
        grants.principal_arn,
        list_sort(list({
            name: grants.policy_name,
            sha256: grants.document_sha256,
            via_group: grants.via_group,
            content: if(
                documents.names_accounts,
                sha256(replace(documents.document, grants.account_id, '')),
                coalesce(documents.document_sha256, grants.policy_arn, '')
            )
        })) as held,
        bool_or(documents.is_personal) as is_personal,
        bool_or(documents.is_placed) as is_placed,
        flatten(list(documents.patterns) filter (len(documents.patterns) > 0)) as patterns,
        flatten(list(documents.tag_keys) filter (len(documents.tag_keys) > 0)) as tag_keys
    from int_grants as grants
    left join documents using (document_sha256)
    group by grants.account_id, grants.principal_arn
),

final as (
    select
        principals.account_id,
        principals.principal_type,
        principals.principal_arn,
        principals.principal_name,
        principals.is_service_linked,
        list_transform(
            coalesce(granted.held, []),
            lambda one: {name: one.name, sha256: one.sha256, via_group: one.via_group}
        ) as grants,
        principals.boundary_arn,
        boundaries.policy_name as boundary_name,
        boundaries.document_sha256 as boundary_sha256,
        if(principals.is_service_linked, null, levels.levels_sha256) as scp_levels_sha256,
        list_concat(granted.tag_keys, bounds.tag_keys, scps.tag_keys) as spoken,
        principals.tags,
        principals.takes_session_tags,
        sha256(to_json({
            kind: principals.principal_type,
            is_service_linked: principals.is_service_linked,
            is_reserved: contains(principals.principal_arn, ':role/aws-reserved/'),
            contents: list_transform(granted.held, lambda one: one.content || one.name),
            boundary_arn: replace(principals.boundary_arn, principals.account_id, ''),
            boundary: sha256(replace(boundaries.document, principals.account_id, '')),
            scps: scp_levels_sha256,
            itself: if(granted.is_personal or bounds.is_personal or scps.is_personal, principals.principal_arn, null),
            account: if(list_contains(scps.account_ids, principals.account_id), principals.account_id, null),
            tags: list_sort(list_filter(
                map_entries(principals.tags::json::map(varchar, varchar)), lambda tag: list_contains(spoken, lower(tag.key))
            )),
            place: if(granted.is_placed or bounds.is_placed or scps.is_placed, accounts.ou_ids, null),
            takes_session_tags: len(spoken) > 0 and principals.takes_session_tags,
            matched: list_sort(list_distinct(list_transform(
                list_filter(
                    list_transform(
                        list_concat(granted.patterns, bounds.patterns, scps.patterns),
                        lambda pattern: {written: pattern, own: if(
                            contains(pattern, '${'),
                            regexp_replace(
                                regexp_replace(pattern, '\$\{aws:username\}', principals.principal_name, 'gi'),
                                '\$\{aws:principalaccount\}', principals.account_id, 'gi'
                            ),
                            pattern
                        )}
                    ),
                    lambda pattern: principals.account_id glob pattern.own
                    or lower(principals.principal_arn) glob lower(regexp_replace(pattern.own, '\$\{[^}]*\}', '*', 'g'))
                ),
                -- Of other variables the value is not known here.
                lambda pattern: replace(pattern.written, principals.account_id, '') || case
                    when contains(pattern.own, '${') then principals.principal_arn
                    when principals.principal_arn glob pattern.own then ''
                    else ' in another case'
                end
            )))
        })::varchar) as permissions_sha256
    from principals
    left join int_accounts as accounts on principals.account_id = accounts.account_id
    left join granted
        on principals.account_id = granted.account_id and principals.principal_arn = granted.principal_arn
    left join stg_policies as boundaries
        on principals.account_id = boundaries.account_id and principals.boundary_arn = boundaries.arn
    left join documents as bounds on boundaries.document_sha256 = bounds.document_sha256
    left join int_control_levels as levels
        on principals.account_id = levels.account_id and levels.policy_type = 'SERVICE_CONTROL_POLICY'
    left join scps on levels.levels_sha256 = scps.levels_sha256
)

select * exclude (spoken) from final
