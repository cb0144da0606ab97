/*
title = "Signs that somebody checks policies before they are put in force"
[columns]
uses = "Events of 90 days among the newest that were looked at, without Rolecall's own"
is_complete = "Whether there are no older events than those looked at"
*/
select account_id, event_name, uses, last_used_at, is_complete
from raw_validation_events
semi join stg_expected_accounts using (account_id)
