/*
title = "Recommended action for each active access key, most urgent first"
description = """
The advice follows the verdicts: a quarantined key and one that is not used are to be deactivated; one of the root user,
an administrator or a person, one that is old, and one without a live entry in the register are to be replaced by a role;
only a key with a live entry is kept. Quarantined keys come first, then root users', then what to deactivate, to replace,
what is unknown and what to keep. Of these the key that could do most comes first, one of which that is not known after
those that could make an administrator; then the longest unused, where one never used counts from its making; then the
oldest.
"""
params = { max_age_days = 90, unused_days = 45 }
[columns]
unused_days = "Days since the key was last used; null when never or not known"
age_days = "Days since the key was created"
credential = "Id of the key; for the root user's 1 or 2"
account_id = "Account of the user"
user_name = "Name of the user, <root_account> for the root user"
advice = "deactivate, replace, unknown (what it rests on could not be read) or keep"
advice_reason = "Why"
user_arn = "ARN of the user, or of the root user"
is_admin = "Whether its user administers its account: yes (as root users do), depends (on conditions or on what could not be read) or no; null where not known"
steps_to_admin = "Steps in which its user can become administrator; 0 is one, conditions count where no other way is; null for none"
power = "Its permissions: administrator, can become administrator, sensitive (granted sensitive actions, or a path of escalation), limited, or unknown (its permissions could not be judged)"
place = "Place among all: 1 is the first to remove"
*/
with
verdicts as (
    select
        judgements.*,
        controls.title,
        controls.severity
    from judgements
    inner join control_catalog as controls using (control_id)
),

active as (
    select
        credentials.*,
        keys.resource,
        keys.is_use_known
    from int_credentials as credentials
    inner join int_access_keys as keys
        on
            credentials.account_id = keys.account_id
            and credentials.user_arn = keys.user_arn
            and credentials.credential = keys.key_id
    where credentials.kind = 'access key' and credentials.is_active
),

-- What the controls say of a key and of its user. An unread dataset says it of the whole account.
judged as (
    select
        active.account_id,
        active.resource,
        min_by(verdicts.verdict, verdicts.verdict <> 'unknown')
            filter (verdicts.control_id = 'compromised_key_quarantine') as quarantine,
        min_by(verdicts.verdict, verdicts.verdict <> 'unknown')
            filter (verdicts.control_id = 'long_term_key_justified') as entry,
        min(verdicts.reason) filter (
            verdicts.verdict = 'unknown'
            and verdicts.control_id in ('compromised_key_quarantine', 'long_term_key_justified')
        ) as unknown_reason,
        min(verdicts.title) filter (verdicts.verdict = 'fail' and verdicts.severity = 'critical') as critical
    from active
    inner join verdicts
        on
            active.account_id = verdicts.account_id
            and (
                verdicts.resource in (active.resource, active.user_arn)
                or (verdicts.verdict = 'unknown' and verdicts.origin = 'unread')
            )
    group by active.account_id, active.resource
),

keys as (
    select
        active.*,
        judged.* exclude (account_id, resource),
        people.user_name is not null as is_person,
        if(active.is_root, 'yes', reach.is_admin) as is_admin,
        if(active.is_root, 0, coalesce(reach.steps, reach.possible_steps)) as steps_to_admin,
        case
            when active.is_root or reach.is_admin = 'yes' then 'administrator'
            when reach.steps is not null then 'can become administrator'
            when coalesce(len(permissions.unreadable) + len(permissions.unreadable_limits), 1) > 0 then 'unknown'
            when reach.possible_steps is not null then 'can become administrator'
            when privileges.sensitive_actions + privileges.escalation_paths > 0 then 'sensitive'
            else 'limited'
        end as power,
        coalesce(quarantine in ('fail', 'exempt'), false) as is_quarantined
    from active
    left join judged using (account_id, resource)
    left join stg_passwords as people using (account_id, user_name)
    left join principal_reach as reach
        on active.account_id = reach.account_id and active.user_arn = reach.principal_arn
    left join int_principal_permissions as permissions
        on active.account_id = permissions.account_id and active.user_arn = permissions.principal_arn
    left join least_privilege as privileges
        on active.account_id = privileges.account_id and active.user_arn = privileges.arn
),

-- The first that applies.
advised as (
    select
        *,
        case
            when is_quarantined then ['deactivate', 'AWS has quarantined its user: somebody else may have the key.']
            when is_use_known and last_used_at is null and age_days > getvariable('unused_days')
                then ['deactivate', format('Never used in the {} days that it exists.', age_days)]
            when unused_days > getvariable('unused_days')
                then ['deactivate', format('Not used for {} days.', unused_days)]
            when is_root then ['replace', 'The root user needs no access key.']
            when is_admin = 'yes' then ['replace', 'Its user is an administrator.']
            when is_admin = 'depends' then ['replace', 'Its user may be an administrator.']
            when is_person then ['replace', 'Its user has a password, so is a person.']
            when critical is not null then ['replace', format('Critical: {}.', critical)]
            when age_days > getvariable('max_age_days') then ['replace', format('{} days old and in use.', age_days)]
            when entry = 'fail' then ['replace', 'It has no live entry in the register.']
            when not is_use_known then ['unknown', 'The credential report does not show when it was used.']
            when is_admin is null or power = 'unknown'
                then ['unknown', 'What its user may do could not be judged.']
            when quarantine = 'pass' and entry in ('pass', 'exempt')
                then ['keep', 'Young, in use, and with a live entry in the register.']
            else ['unknown', coalesce(unknown_reason, 'The controls that decide about it are disabled.')]
        end as advice
    from keys
)

select
    account_id,
    user_name,
    credential,
    age_days,
    unused_days,
    last_used_service,
    owner,
    advice[1] as advice,
    advice[2] as advice_reason,
    user_arn,
    is_admin,
    steps_to_admin,
    power,
    row_number() over (
        order by
            is_quarantined desc,
            is_root desc,
            array_position(['deactivate', 'replace', 'unknown', 'keep'], advice[1]),
            array_position(
                ['administrator', 'can become administrator', 'unknown', 'sensitive', 'limited'], power
            ),
            coalesce(unused_days, age_days) desc nulls last,
            age_days desc nulls last,
            account_id,
            user_name,
            credential
    ) as place
from advised
order by place
