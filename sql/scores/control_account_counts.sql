/*
title = "Each control in each account that it is owed by: its verdicts counted, whether it was judged, whether it is met"
description = """
A pair of control and account is judged when none of its verdicts is unknown or waits for an attestation. It is met when
it is judged, nothing of it fails, and something passes or is covered by a live exception. Where nothing applies it is
neither met nor not met. How many resources pass makes no difference.
"""
[columns]
owner = "Owner of the account; '' for none"
severity = "Severity of the control"
is_judged = "Whether none of its verdicts is unknown or waits for an attestation"
is_met = "Whether it is judged, nothing fails, and something passes or is exempt"
*/
with
counted as (
    select
        judgements.control_id,
        judgements.practice,
        judgements.account_id,
        any_value(accounts.ou_ids) as ou_ids,
        coalesce(any_value(accounts.owner), '') as owner,
        count(*) filter (verdict = 'pass') as pass,
        count(*) filter (verdict = 'fail') as fail,
        count(*) filter (verdict = 'exempt') as exempt,
        count(*) filter (verdict = 'not_applicable') as not_applicable,
        count(*) filter (verdict = 'unknown') as unknown,
        count(*) filter (verdict = 'manual') as manual
    from judgements
    inner join int_accounts as accounts using (account_id)
    group by judgements.control_id, judgements.practice, judgements.account_id
)

select
    counted.*,
    controls.severity,
    counted.unknown + counted.manual = 0 as is_judged,
    is_judged and counted.fail = 0 and counted.pass + counted.exempt > 0 as is_met
from counted
inner join control_catalog as controls using (control_id)
order by counted.control_id, counted.account_id
