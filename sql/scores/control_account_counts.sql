/*
title = "Each control in each account that it is owed by: its verdicts counted, and whether it was judged"
description = "A pair is judged when none of its verdicts is unknown or waits for an attestation."
[columns]
owner = "Owner of the account; '' for none"
*/
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
    count(*) filter (verdict = 'manual') as manual,
    count(*) filter (verdict in ('unknown', 'manual')) = 0 as is_judged
from judgements
inner join int_accounts as accounts using (account_id)
group by judgements.control_id, judgements.practice, judgements.account_id
order by judgements.control_id, judgements.account_id
