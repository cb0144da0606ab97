/*
title = "Accounts"
description = "Every account of the organization, closed ones too, with its place in the tree and its owner."
[columns]
arn = "ARN of the account"
name = "Name of the account"
parent_id = "Where the account hangs: an organizational unit or the root"
ou_path = "Names of the organizational units from the root down; '/' directly under the root, null where AWS gives no place"
ou_ids = "Ids from the root down to where the account hangs, the root's included"
owner = "Who answers for it: its tag owner, else team, else contact (keys in any case)"
environment = "Its tag environment, else env, else stage (keys in any case)"
is_expected = "Whether it is active and in scope, so that its data is expected"
*/
with recursive

above as (
    select account_id, parent_id as ou_id, if(parent_id is null, [], [parent_id]) as ou_ids, []::varchar[] as names
    from stg_accounts
    union all
    select
        above.account_id,
        unit.parent_id,
        list_prepend(unit.parent_id, above.ou_ids),
        list_prepend(unit.name, above.names)
    from above
    inner join raw_organizational_units as unit on above.ou_id = unit.ou_id
),

place as (
    select account_id, arg_max(ou_ids, len(names)) as ou_ids, arg_max(names, len(names)) as names
    from above
    group by account_id
)

select
    account.account_id,
    account.arn,
    account.name,
    account.email,
    account.state,
    account.joined_method,
    account.joined_at,
    account.parent_id,
    if(account.parent_id is null, null, '/' || array_to_string(place.names, '/')) as ou_path,
    place.ou_ids,
    list_min(
        list_transform(
            list_filter(
                map_entries(try_cast(account.tags as json)::map(varchar, varchar)),
                lambda tag: tag.value <> '' and list_contains(['owner', 'team', 'contact'], lower(tag.key))
            ),
            lambda tag: {'rank': list_position(['owner', 'team', 'contact'], lower(tag.key)), 'value': tag.value}
        )
    ).value as owner,
    list_min(
        list_transform(
            list_filter(
                map_entries(try_cast(account.tags as json)::map(varchar, varchar)),
                lambda tag: tag.value <> '' and list_contains(['environment', 'env', 'stage'], lower(tag.key))
            ),
            lambda tag: {'rank': list_position(['environment', 'env', 'stage'], lower(tag.key)), 'value': tag.value}
        )
    ).value as environment,
    try_cast(account.tags as json) as tags,
    account.is_management,
    account.is_in_scope,
    account.state not in ('PENDING_ACTIVATION', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED')
    and account.is_in_scope as is_expected
from stg_accounts as account
inner join place on account.account_id = place.account_id
