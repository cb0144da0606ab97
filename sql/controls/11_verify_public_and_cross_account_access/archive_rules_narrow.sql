/*
id = "BP11-05"
title = "The archive rule is narrow, cannot hide public access, and somebody answers for it"
severity = "high"
description = """
Of external-access analyzers. A narrow rule says whom or which resource it is about. It can hide public access unless it
demands isPublic = false or names, by eq or contains, the principals it is about. Somebody answers for it who has a live
entry in the register, under [[archive_rules]].
"""
why = "An archive rule decides before anybody looks; one that is too wide hides the next leak."
fix = "Name the principal or resource in the rule, add isPublic = false, and enter the rule in the register with its owner and end."
*/
with
rules as (select * from stg_archive_rules),

register as (select * from stg_register where kind = 'archive_rule'),

criteria as (
    select
        arn,
        key,
        coalesce(from_json(criterion -> '$.eq', '["varchar"]'), []) as equals,
        coalesce(from_json(criterion -> '$.contains', '["varchar"]'), []) as contains
    from (select arn, unnest(json_keys(filter)) as key, filter -> key as criterion from rules)
),

limits as (
    select
        arn,
        bool_or(
            (key like 'principal.%' or key in ('resource', 'resourceOwnerAccount'))
            and len(equals) + len(contains) > 0
        ) as is_narrow,
        bool_or(
            (key = 'isPublic' and equals = ['false'])
            or (
                key like 'principal.%'
                and len(equals) + len(contains) > 0
                and len(list_filter(list_concat(equals, contains), lambda v: v in ('', '*'))) = 0
            )
        ) as spares_public
    from criteria
    group by arn
),

judged as (
    select
        rules.*,
        coalesce(limits.is_narrow, false) as is_narrow,
        coalesce(limits.spares_public, false) as spares_public,
        (
            select arg_max(register, (register.is_live, register.expires_on, register.entry)) from register
            where coalesce(register.account_id, rules.account_id) = rules.account_id
                and rules.arn glob register.resource
        ) as entry
    from rules
    left join limits on rules.arn = limits.arn
),

final as (
    select
        account_id,
        region,
        arn as resource,
        if(is_narrow and spares_public and coalesce(entry.is_live, false), 'pass', 'fail') as verdict,
        case
            when not is_narrow then format('The rule {} names neither a principal nor a resource.', rule_name)
            when not spares_public then format('The rule {} can hide public access.', rule_name)
            when entry.entry is null then format('Nobody answers for the rule {} in the register.', rule_name)
            when not entry.is_live
                then format('The entry of the rule {} in the register ended on {}.', rule_name, entry.expires_on)
            else format('The rule {} is narrow; {} answers until {}.', rule_name, entry.owner, entry.expires_on)
        end as reason,
        to_json({
            filter: filter,
            updated_at: updated_at,
            is_narrow: is_narrow,
            spares_public: spares_public,
            entry: entry.entry
        }) as evidence
    from judged
)

select * from final
