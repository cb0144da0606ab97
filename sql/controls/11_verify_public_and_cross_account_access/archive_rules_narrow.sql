/*
id = "BP11-05"
title = "Archive rules of external access analyzers should be narrow, should not hide public access, and should have an owner"
severity = "high"
register_entries = ["archive_rule"]
description = """
A narrow rule names a principal or a resource. A rule can hide public access unless it requires isPublic = false or
names its principals with eq or contains. Its owner is whoever has a live entry for it in the register, under
[[archive_rules]].
"""
why = "An archive rule decides before anyone looks; one that is too wide hides the next leak."
fix = "Name the principal or resource in the rule, add isPublic = false, and enter the rule in the register with its owner and end date."

[evidence]
filter = "Filter of the archive rule"
updated_at = "When it was last changed"
is_narrow = "Whether the rule names what it archives narrowly enough"
spares_public = "Whether the rule leaves findings on public access open"
entry = "Entry of the register that decided; null for none"
*/
with
criteria as (
    select
        arn,
        key,
        coalesce(from_json(criterion -> '$.eq', '["varchar"]'), []) as equals,
        list_concat(equals, coalesce(from_json(criterion -> '$.contains', '["varchar"]'), [])) as accepted
    from (select arn, unnest(json_keys(filter)) as key, filter -> key as criterion from stg_archive_rules)
),

limits as (
    select
        arn,
        bool_or(
            (key like 'principal.%' or key in ('resource', 'resourceOwnerAccount')) and len(accepted) > 0
        ) as is_narrow,
        bool_or(
            (key = 'isPublic' and equals = ['false'])
            or (key like 'principal.%' and len(accepted) > 0 and not list_has_any(accepted, ['', '*']))
        ) as spares_public
    from criteria
    group by arn
),

rules as (
    select
        rules.*,
        coalesce(limits.is_narrow, false) as is_narrow,
        coalesce(limits.spares_public, false) as spares_public,
        (
            select arg_max(register, (register.is_live, register.expires_on, register.entry))
            from stg_register as register
            where register.kind = 'archive_rule'
                and coalesce(register.account_id, rules.account_id) = rules.account_id
                and rules.arn glob register.resource
        ) as entry
    from stg_archive_rules as rules
    left join limits on rules.arn = limits.arn
)

select
    account_id,
    region,
    arn as resource,
    case
        when not is_narrow then fail(format('The rule {} names neither a principal nor a resource.', rule_name))
        when not spares_public then fail(format('The rule {} can hide public access.', rule_name))
        when entry.entry is null then fail(format('Nobody answers for the rule {} in the register.', rule_name))
        when not entry.is_live
            then fail(format('The entry of the rule {} in the register ended on {}.', rule_name, entry.expires_on))
        else pass(format('The rule {} is narrow; {} answers until {}.', rule_name, entry.owner, entry.expires_on))
    end as judged,
    to_json({
        filter: filter,
        updated_at: updated_at,
        is_narrow: is_narrow,
        spares_public: spares_public,
        entry: entry.entry
    }) as evidence
from rules
