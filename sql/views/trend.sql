/*
title = "The measures of every night"
description = "Null where a night was judged before a measure existed."
[columns]
as_of = "The night"
scope = "overall, practice, control, account, ou or owner"
key = "What is measured within that scope; of owners '' for none"
has_enough_data = "Whether the coverage reaches the setting min_coverage_to_score"
*/
select
    *,
    coverage >= getvariable('min_coverage_to_score') as has_enough_data
from history_measures
order by as_of, scope, key
