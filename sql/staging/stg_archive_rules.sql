/*
title = "Archive rules of external-access analyzers"
[columns]
arn = "ARN of the rule"
filter = "What it matches, by property"
*/
select
    account_id,
    region,
    analyzer_arn || '/archive-rule/' || rule_name as arn,
    analyzer_arn,
    rule_name,
    filter::json as filter,
    created_at,
    updated_at
from raw_archive_rules
semi join stg_expected_accounts using (account_id)
