/*
id = "BP04-03"
title = "Access keys should be in use, and not belong to users with a password"
severity = "medium"
description = "Users with an active key are judged: one never used after the grace period, or created together with the user and never used, or a password beside it."
why = "A key that was never used can only be stolen, and one user for person and program blurs who did what."
fix = "Delete keys that were never used, and separate the person from the program: Identity Center (or `aws login`) for one, a role for the other."
may_break = "A key made for a rarely run job counts as never used until its first call."
frameworks = { prowler = "iam_user_no_setup_initial_access_key", other = "Steampipe:iam_user_access_keys_and_password_at_setup; Scout:iam-user-unused-access-key-initial-setup, iam-user-with-password-and-key, iam-service-user-with-password; Fix:user_uses_access_keys_console_access" }

[params]
grace_days = 7
# A key this soon after the user was made together with it.
setup_seconds = 60

[evidence]
has_password = "Whether there is a console password; null where AWS does not say"
keys = "The active access keys, with when they were made and last used"
*/
with
keys as (
    select
        *,
        is_use_known and last_used_at is null as is_unused,
        is_unused and coalesce(age_days > getvariable('grace_days'), true) as is_never_used,
        is_unused
        and date_diff('second', user_created_at, created_at) <= getvariable('setup_seconds') as is_from_setup
    from int_access_keys
    where is_active
),

users as (
    select
        users.account_id,
        users.arn as resource,
        users.user_name,
        users.has_password,
        list(struct_pack(keys.key_id, keys.created_at, keys.last_used_at) order by keys.created_at, keys.key_id)
            as keys,
        list(keys.key_id order by keys.key_id) filter (not keys.is_use_known) as not_shown,
        concat_ws(
            '; ',
            if(users.has_password, 'it has a console password beside its access key', null),
            string_agg(
                format(
                    'access key {} was made on {} and never used',
                    keys.key_id, coalesce(keys.created_at::date::varchar, 'an unknown day')
                ),
                '; ' order by keys.created_at, keys.key_id
            ) filter (where keys.is_never_used or keys.is_from_setup)
        ) as faults
    from stg_credential_report as users
    inner join keys on users.account_id = keys.account_id and users.user_name = keys.user_name
    where not users.is_root
    group by users.account_id, users.arn, users.user_name, users.has_password
)

select
    account_id,
    resource,
    case
        when faults <> '' then fail(format('{}: {}.', user_name, faults))
        when not_shown is not null then unknown(format(
            'The credential report does not show whether access key {} of {} was used.',
            array_to_string(not_shown, ', '), user_name
        ))
        else pass(user_name || ' has no password, and its access keys are used or new.')
    end as judged,
    to_json(struct_pack(has_password, keys)) as evidence
from users
