/*
id = "BP10-06"
title = "Sign-in policies should limit the console to expected networks, with exceptions that the register knows"
severity = "medium"
register_entries = ["break_glass_user"]
description = """
Accounts with a sign-in policy of their own (AWS Sign-In, resource-based policy). Without one, only RCPs limit the console;
they are judged by practice 13. An excluded principal passes if it is a break-glass user of the register.
"""
why = "A password or session that is stolen opens the console from anywhere, and an excluded principal is beyond the policy."
fix = "Enable console authorization, name the expected networks in each statement, and exclude break-glass users only."
may_break = "Whoever signs in from elsewhere is stopped, people who come through the IAM Identity Center portal included."
frameworks = { other = "AWS Sign-In:console access control" }

[evidence]
is_enabled = "Whether console authorization is enabled"
networks = "Condition keys by which the policy limits the network"
excluded = "Principals to which the policy does not apply"
document = "The sign-in policy"
*/
with
conditions as (
    select
        access.account_id,
        lower(keys.key) as key,
        unnest(if(json_type(keys.value) = 'ARRAY', keys.value::varchar[], [keys.value ->> '$'])) as held
    from stg_console_access as access,
        json_each(access.document, '$.Statement') as statements,
        json_each(statements.value, '$.Condition') as operators,
        json_each(operators.value) as keys
),

register as (select * from stg_register where kind = 'break_glass_user' and is_live),

said as (
    select
        account_id,
        list(distinct key order by key) filter (
            where key in ('aws:sourceip', 'aws:sourcevpc', 'aws:sourcevpce', 'aws:vpcsourceip')
        ) as networks,
        list(distinct held order by held) filter (where ends_with(key, ':principalarn')) as excluded,
        list(distinct held order by held) filter (where ends_with(key, ':principalarn') and not exists(
            select 1 from register
            where conditions.held glob register.resource
                and coalesce(register.account_id, conditions.account_id) = conditions.account_id
        )) as without_entry
    from conditions
    group by account_id
)

select
    accounts.account_id,
    accounts.arn as resource,
    case
        when access.account_id is null then not_applicable('Console access control was not read in this account.')
        when is_malformed then unknown('The sign-in policy cannot be read.')
        when document is null then not_applicable('The account has no sign-in policy of its own.')
        when not is_enabled
            then fail('The sign-in policy has no effect: console authorization is not enabled.')
        when networks is null then fail('The sign-in policy limits no network.')
        when without_entry is not null
            then fail(format(
                'The sign-in policy does not apply to {}, who are no break-glass users of the register.',
                array_to_string(without_entry, ', ')
            ))
        else pass(format('The console opens only where {} allow it.', array_to_string(networks, ', ')))
    end as judged,
    to_json(struct_pack(is_enabled, networks, excluded, document)) as evidence
from stg_expected_accounts as accounts
left join stg_console_access as access on accounts.account_id = access.account_id
left join said on accounts.account_id = said.account_id
