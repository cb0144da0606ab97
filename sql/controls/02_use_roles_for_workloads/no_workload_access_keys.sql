/*
id = "BP02-01"
title = "Workloads should not use access keys of IAM users"
severity = "high"
description = "A key that recently called any service but those listed is taken to be a workload's."
why = "A workload's access key sits in files and variables for years; a role's credentials expire within hours."
fix = "Give the workload a role: an instance profile, task role, IRSA, OIDC federation or Roles Anywhere; a person who works at a terminal needs no key either: `aws sso login` or, without Identity Center, `aws login`."
may_break = "Deactivate the key and watch before deleting it: anything that still uses it stops working."
frameworks = { prowler = "iam_user_with_temporary_credentials" }

[params]
window_days = 90
# A key that calls only these does no more than look at itself.
harmless_services = ["iam", "sts"]

[evidence]
active_access_keys = "How many access keys of the user work"
keys = "Keys that called a workload's service, with the last call"
*/
with
used as (
    select
        account_id,
        user_name,
        list(struct_pack(key_id, last_used_service, last_used_at, last_used_region) order by key_id) as keys,
        string_agg(
            format(
                'key {} called {} on {}',
                key_id, coalesce(last_used_service, 'an unnamed service'), last_used_at::date
            ),
            ', ' order by key_id
        ) as calls
    from int_access_keys
    where
        is_active
        and unused_days <= getvariable('window_days')
        and not list_contains(getvariable('harmless_services'), coalesce(last_used_service, ''))
    group by account_id, user_name
),

keys as (
    select
        account_id,
        user_name,
        count(*) as active,
        list(key_id order by key_id) filter (not is_use_known) as not_shown
    from int_access_keys
    where is_active
    group by account_id, user_name
)

select
    users.account_id,
    users.arn as resource,
    case
        when used.keys is not null then fail(format('{}: {}.', users.user_name, used.calls))
        when keys.not_shown is not null then unknown(format(
            'The credential report does not show what access key {} of {} called.',
            array_to_string(keys.not_shown, ', '), users.user_name
        ))
        when keys.active is null then pass(format('{} has no active access key.', users.user_name))
        else pass(format(
            'No access key of {} called a workload''s service in the last {} days.',
            users.user_name, getvariable('window_days')
        ))
    end as judged,
    to_json(struct_pack(active_access_keys := coalesce(keys.active, 0), keys := coalesce(used.keys, []))) as evidence
from stg_credential_report as users
left join used on users.account_id = used.account_id and users.user_name = used.user_name
left join keys on users.account_id = keys.account_id and users.user_name = keys.user_name
where not users.is_root
