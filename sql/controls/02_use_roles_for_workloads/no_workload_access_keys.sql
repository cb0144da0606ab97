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
*/
with
used as (
    select
        account_id,
        user_name,
        list(struct_pack(key_number, last_used_service, last_used_at, last_used_region) order by key_number) as keys,
        string_agg(
            format(
                'key {} called {} on {}',
                key_number, coalesce(last_used_service, 'an unnamed service'), last_used_at::date
            ),
            ', ' order by key_number
        ) as calls
    from int_access_keys
    where
        is_active
        and unused_days <= getvariable('window_days')
        and not list_contains(getvariable('harmless_services'), coalesce(last_used_service, ''))
    group by account_id, user_name
)

select
    users.account_id,
    users.arn as resource,
    case
        when used.keys is not null then fail(format('{}: {}.', users.user_name, used.calls))
        when users.more_access_keys is not null then unknown(format(
            'The credential report does not show what further access keys of {} called: {}.',
            users.user_name, rtrim(users.more_access_keys, '.')
        ))
        when users.active_access_keys = 0 then pass(format('{} has no active access key.', users.user_name))
        else pass(format(
            'No access key of {} called a workload''s service in the last {} days.',
            users.user_name, getvariable('window_days')
        ))
    end as judged,
    to_json(struct_pack(users.active_access_keys, keys := coalesce(used.keys, []))) as evidence
from stg_credential_report as users
left join used on users.account_id = used.account_id and users.user_name = used.user_name
where not users.is_root
