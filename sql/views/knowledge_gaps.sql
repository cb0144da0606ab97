/*
title = "Names and values of this night that are not in Rolecall's lists"
description = """
The first sign that a list is older than AWS. None of them turns a verdict by itself: what is off a list is unknown or
remarked.
"""
[columns]
kind = "action, condition key, issuer, partition, service principal, managed policy, value or member"
name = "The name as the policy has it; of a value, the column that holds it; of a member, the operation that answered with it"
times = "Documents, trusts, attachments, rows or answers that name it"
accounts = "Accounts in which they are; empty for values"
sample = "Of values, up to ten of the rows"
*/
select kind, name, times, accounts, null::json as sample
from fact_knowledge_gaps
union all
select 'value', dataset || '.' || replace(check_name, '_in_set', ''), unexpected_count, [], sample
from raw_quality_results
where not passed and ends_with(check_name, '_in_set')
union all
select 'member', operation || ': ' || member, sum(times)::bigint, list(distinct account_id order by account_id), null
from raw_unlisted_members
group by operation, member
order by kind, name
