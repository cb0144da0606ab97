/*
title = "Score and coverage tonight: overall, and by practice, control, account, owner and OU"
description = "An OU is measured with everything below it. `key` names the thing measured within its scope."
[columns]
pass = "Resources that pass"
fail = "Resources that fail"
exempt = "Fails that a live exception covers"
not_applicable = "Verdicts that do not apply"
unknown = "Verdicts that could not be given, for want of data"
manual = "Verdicts that wait for an attestation"
score = "Percent of pass in pass and fail; null where there is neither"
expected = "Pairs of control and account that a verdict is owed for"
judged = "Those of them that have one"
coverage = "Percent of judged in expected: read no score without it"
*/
with
parts as (
    select
        case grouping_id(practice, control_id, account_id, owner)
            when 15 then 'overall'
            when 7 then 'practice'
            when 3 then 'control'
            when 13 then 'account'
            when 5 then 'account and practice'
            when 14 then 'owner'
        end as scope,
        practice,
        control_id,
        account_id,
        owner,
        null as ou_id,
        sum(pass)::bigint as pass,
        sum(fail)::bigint as fail,
        sum(exempt)::bigint as exempt,
        sum(not_applicable)::bigint as not_applicable,
        sum(unknown)::bigint as unknown,
        sum(manual)::bigint as manual,
        count(*) as expected,
        count(*) filter (is_judged) as judged
    from control_account_counts
    group by grouping sets ((), (practice), (practice, control_id), (account_id), (account_id, practice), (owner))
),

ou_parts as (
    select
        if(grouping(practice) = 1, 'ou', 'ou and practice') as scope,
        practice,
        null as control_id,
        null as account_id,
        null as owner,
        ou_id,
        sum(pass)::bigint as pass,
        sum(fail)::bigint as fail,
        sum(exempt)::bigint as exempt,
        sum(not_applicable)::bigint as not_applicable,
        sum(unknown)::bigint as unknown,
        sum(manual)::bigint as manual,
        count(*) as expected,
        count(*) filter (is_judged) as judged
    from (select * exclude (ou_ids), unnest(ou_ids) as ou_id from control_account_counts)
    group by grouping sets ((ou_id), (ou_id, practice))
),

final as (
    select
        *,
        concat_ws('/', coalesce(control_id, account_id, ou_id, owner), if(control_id is null, practice, null)) as key,
        round(100 * pass / nullif(pass + fail, 0), 4) as score,
        round(100 * judged / nullif(expected, 0), 4) as coverage
    from (select * from parts union all by name select * from ou_parts)
    where scope is not null
)

select * from final
order by scope, key
