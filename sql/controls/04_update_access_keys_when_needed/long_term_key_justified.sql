/*
id = "BP04-04"
title = "Long-term keys should have a use case, an owner and an expiry in the register"
severity = "high"
register_entries = ["long_term_key"]
description = "Users with an active access key or service-specific credential are judged."
why = "A key without an owner is one that nobody rotates and that outlives the employee who made it."
fix = "Replace a program's key with a role and a person's with `aws sso login` or, without Identity Center, `aws login`; or enter it in the register as a long_term_key with use case, owner and expiry."

[params]
use_cases = ["no_role_possible", "third_party_client", "codecommit", "keyspaces"]

[evidence]
keys = "The active access keys and service-specific credentials"
entry = "Entry of the register that decided; null for none"
use_case = "Use case in the register"
ends_on = "Last day on which the entry counts"
*/
with
keys as (
    select account_id, user_name, format('access key {}', key_id) as name
    from int_access_keys
    where is_active and not is_root
    union all
    select account_id, user_name, format('{} credential {}', service_name, credential_id)
    from stg_service_specific_credentials
    where is_active
),

users as (
    select report.account_id, report.user_name, report.arn, list(keys.name order by keys.name) as keys
    from stg_credential_report as report
    inner join keys on report.account_id = keys.account_id and report.user_name = keys.user_name
    group by report.account_id, report.user_name, report.arn
),

register as (
    select *, is_live and coalesce(list_contains(getvariable('use_cases'), use_case), false) as is_good
    from stg_register
    where kind = 'long_term_key'
),

facts as (
    select
        users.*,
        array_to_string(users.keys, ', ') as names,
        arg_max(register, (register.is_good, register.expires_on, register.entry)) as entry
    from users
    left join register
        on users.account_id = coalesce(register.account_id, users.account_id)
        and users.arn glob coalesce(register.resource, '*')
    group by all
)

select
    account_id,
    arn as resource,
    case
        when entry.entry is null then fail(format('{} has {} and no entry in the register.', user_name, names))
        when entry.is_good then pass(format(
            '{} has {} for {}; {} answers until {}.', user_name, names, entry.use_case, entry.owner, entry.expires_on
        ))
        when entry.is_live then fail(format(
            '{} has {}; the use case "{}" in the register is not one that is approved.',
            user_name, names, coalesce(entry.use_case, '')
        ))
        else fail(format('{} has {}; its entry in the register ended on {}.', user_name, names, entry.expires_on))
    end as judged,
    to_json(struct_pack(keys, entry := entry.entry, use_case := entry.use_case, ends_on := entry.expires_on)) as evidence
from facts
