/*
title = "The measures tonight, with their changes since the night before, a week ago and a month ago"
description = "`tonight` and `earlier` are the published columns of the measures, in their order; `unnest` spreads them."
[columns]
as_of = "The night"
tonight = "Open findings, controls met, verdicts counted and coverage"
earlier = "Changes since the nights before, like for like, and which nights these are"
previous_as_of = "The night before"
critical_change = "Change in critical fails since the night before, in what was judged on both nights"
high_change = "Change in high fails since the night before, in what was judged on both nights"
met_change = "Change of controls_met since the night before, in points, in what was judged on both nights"
week_ago_as_of = "The last night at least seven days before"
week_ago_critical_change = "Change in critical fails since that night"
week_ago_high_change = "Change in high fails since that night"
week_ago_met_change = "Change of controls_met since that night, in points"
month_ago_as_of = "The last night at least thirty days before"
month_ago_critical_change = "Change in critical fails since that night"
month_ago_high_change = "Change in high fails since that night"
month_ago_met_change = "Change of controls_met since that night, in points"
has_enough_data = "Whether the coverage reaches the setting min_coverage_to_score"
*/
with
nights as (
    select
        any_value(since_as_of) filter (since = 'previous') as previous_as_of,
        any_value(since_as_of) filter (since = 'week_ago') as week_ago_as_of,
        any_value(since_as_of) filter (since = 'month_ago') as month_ago_as_of
    from measure_changes
)

select
    getvariable('as_of') as as_of,
    measures.scope,
    measures.practice,
    measures.control_id,
    measures.subject,
    struct_pack(
        critical, high, accounts_with_critical, accounts_with_critical_or_high, accounts_without_critical,
        controls_met, met, not_met, accounts_met, accounts_not_met, accounts,
        pass, fail, exempt, not_applicable, unknown, manual, pass_rate, expected, judged, coverage,
        has_enough_data := coverage >= getvariable('min_coverage_to_score')
    ) as tonight,
    struct_pack(
        nights.previous_as_of,
        critical_change := previous.critical_change,
        high_change := previous.high_change,
        met_change := previous.met_change,
        nights.week_ago_as_of,
        week_ago_critical_change := week_ago.critical_change,
        week_ago_high_change := week_ago.high_change,
        week_ago_met_change := week_ago.met_change,
        nights.month_ago_as_of,
        month_ago_critical_change := month_ago.critical_change,
        month_ago_high_change := month_ago.high_change,
        month_ago_met_change := month_ago.met_change
    ) as earlier
from measures
cross join nights
left join measure_changes as previous
    on measures.scope = previous.scope and measures.key = previous.key and previous.since = 'previous'
left join measure_changes as week_ago
    on measures.scope = week_ago.scope and measures.key = week_ago.key and week_ago.since = 'week_ago'
left join measure_changes as month_ago
    on measures.scope = month_ago.scope and measures.key = month_ago.key and month_ago.since = 'month_ago'
