/*
title = "Score and coverage tonight, with the scores of the night before, a week ago and a month ago"
description = "`tonight` and `earlier` are the published columns of the scores, in their order; `unnest` spreads them."
[columns]
as_of = "The night"
tonight = "Verdicts counted, score and coverage"
earlier = "Scores of the nights before, and which nights these are"
has_enough_data = "Whether the coverage reaches the setting min_coverage_to_score"
*/
select
    getvariable('as_of') as as_of,
    measures.scope,
    measures.practice,
    measures.control_id,
    measures.account_id,
    measures.owner,
    measures.ou_id,
    struct_pack(
        pass, fail, exempt, not_applicable, unknown, manual, score, expected, judged, coverage,
        has_enough_data := coverage >= getvariable('min_coverage_to_score')
    ) as tonight,
    struct_pack(
        previous_score, previous_as_of, week_ago_score, week_ago_as_of, month_ago_score, month_ago_as_of
    ) as earlier
from measures
left join score_history using (scope, key)
