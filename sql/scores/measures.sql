/*
title = "The measures tonight: overall, and by practice, control, account, owner and OU"
description = """
An OU is measured with everything below it. `key` names the thing measured within its scope. `controls_met` is the mean
over accounts, so that each weighs the same, however many resources it has.
"""
[columns]
subject = "Id of the account or OU, or the owner; null where all accounts are measured together"
pass = "Resources that pass"
fail = "Resources that fail"
exempt = "Fails that a live exception covers"
not_applicable = "Verdicts that do not apply"
unknown = "Verdicts that could not be given, for want of data"
manual = "Verdicts that wait for an attestation"
critical = "Fails of critical controls"
high = "Fails of high controls"
accounts_with_critical = "Accounts with a fail of a critical control"
accounts_with_critical_or_high = "Accounts with a fail of a critical or high control"
accounts_without_critical = "Accounts without one in which every critical control was judged"
controls_met = "Percent of controls met, account by account: the mean over accounts with enough data; null if there is none"
met = "Pairs of control and account that are met: judged, and nothing fails"
not_met = "Pairs of control and account with a fail"
accounts_met = "Accounts that were judged in full and meet every control here that applies"
accounts_not_met = "Accounts with a fail here"
accounts = "Accounts that a verdict is owed for"
pass_rate = "Percent of pass in pass and fail: a thousand harmless roles raise it, so it is no measure of the organization"
expected = "Pairs of control and account that a verdict is owed for"
judged = "Those of them that have one"
coverage = "Percent of judged in expected: read no measure without it"
*/
select
    scopes.scope,
    scopes.subject,
    counts.practice,
    counts.control_id,
    concat_ws(
        '/', scopes.subject, counts.control_id, if(counts.control_id is null, counts.practice, null)
    ) as key,
    sum(counts.critical)::bigint as critical,
    sum(counts.high)::bigint as high,
    count(*) filter (counts.critical > 0) as accounts_with_critical,
    count(*) filter (counts.critical + counts.high > 0) as accounts_with_critical_or_high,
    count(*) filter (counts.critical + counts.critical_not_judged = 0) as accounts_without_critical,
    round(avg(counts.met_percent), 4) as controls_met,
    sum(counts.met)::bigint as met,
    sum(counts.not_met)::bigint as not_met,
    count(*) filter (counts.not_met = 0 and counts.judged = counts.expected and counts.met > 0) as accounts_met,
    count(*) filter (counts.not_met > 0) as accounts_not_met,
    count(*) as accounts,
    sum(counts.pass)::bigint as pass,
    sum(counts.fail)::bigint as fail,
    sum(counts.exempt)::bigint as exempt,
    sum(counts.not_applicable)::bigint as not_applicable,
    sum(counts.unknown)::bigint as unknown,
    sum(counts.manual)::bigint as manual,
    round(100 * sum(counts.pass) / nullif(sum(counts.pass) + sum(counts.fail), 0), 4) as pass_rate,
    sum(counts.expected)::bigint as expected,
    sum(counts.judged)::bigint as judged,
    round(100 * sum(counts.judged) / sum(counts.expected), 4) as coverage
from account_counts as counts
inner join measured_scopes as scopes using (account_id, level)
group by scopes.scope, scopes.subject, counts.practice, counts.control_id
order by scopes.scope, key
