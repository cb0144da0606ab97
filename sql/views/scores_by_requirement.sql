/*
title = "Verdicts and coverage of each requirement of other frameworks, by the controls that answer for it"
description = """
An account meets a requirement when it meets every control that answers for it: judged in full, nothing fails, and
something passes. A requirement that no control answers for has no row: that is a gap of our controls, not a pass.
"""
[columns]
as_of = "The night"
framework = "Key of the framework: cis_aws_7, security_hub, prowler or one of your own"
requirement = "Number or id of the requirement there"
place = "Place of the requirement in its framework, by the numbers in its id"
controls = "Controls that answer for it"
severity = "The most severe of these controls"
pass = "Resources that pass"
fail = "Resources that fail"
exempt = "Fails that a live exception covers"
not_applicable = "Verdicts that do not apply"
unknown = "Verdicts that could not be given, for want of data"
manual = "Verdicts that wait for an attestation"
accounts_met = "Accounts that were judged in full and meet every control here that applies"
accounts_not_met = "Accounts with a fail here"
accounts = "Accounts that a verdict is owed for"
coverage = "Percent of pairs of control and account that were judged: read no figure without it"
has_enough_data = "Whether the coverage is enough for a figure (setting min_coverage_to_score)"
*/
with
by_account as (
    select
        answers.framework,
        answers.requirement,
        counts.account_id,
        sum(counts.pass) as pass,
        sum(counts.fail) as fail,
        sum(counts.exempt) as exempt,
        sum(counts.not_applicable) as not_applicable,
        sum(counts.unknown) as unknown,
        sum(counts.manual) as manual,
        count(*) filter (counts.is_met) as met,
        count(*) filter (counts.fail > 0) as not_met,
        count(*) filter (counts.is_judged) as judged,
        count(*) as expected
    from control_frameworks as answers
    inner join control_account_counts as counts using (control_id)
    group by answers.framework, answers.requirement, counts.account_id
),

answering as (
    select
        answers.framework,
        answers.requirement,
        list(answers.control_id order by answers.control_id) as controls,
        min(as_severity(catalog.severity)) as severity
    from control_frameworks as answers
    inner join control_catalog as catalog using (control_id)
    group by answers.framework, answers.requirement
)

select
    getvariable('as_of') as as_of,
    framework,
    requirement,
    row_number() over (
        partition by framework
        order by
            regexp_replace(requirement, '[0-9].*', ''),
            regexp_extract_all(requirement, '[0-9]+')::bigint [],
            requirement
    ) as place,
    any_value(answering.controls) as controls,
    any_value(answering.severity) as severity,
    sum(by_account.pass)::bigint as pass,
    sum(by_account.fail)::bigint as fail,
    sum(by_account.exempt)::bigint as exempt,
    sum(by_account.not_applicable)::bigint as not_applicable,
    sum(by_account.unknown)::bigint as unknown,
    sum(by_account.manual)::bigint as manual,
    count(*) filter (
        by_account.not_met = 0 and by_account.judged = by_account.expected and by_account.met > 0
    ) as accounts_met,
    count(*) filter (by_account.not_met > 0) as accounts_not_met,
    count(*) as accounts,
    round(100 * sum(by_account.judged) / sum(by_account.expected), 4) as coverage,
    coverage >= getvariable('min_coverage_to_score') as has_enough_data
from by_account
inner join answering using (framework, requirement)
group by framework, requirement
order by framework, place
