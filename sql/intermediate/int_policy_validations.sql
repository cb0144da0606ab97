/*
title = "Access Analyzer's validation findings for each distinct service and resource control policy"
[columns]
faults = "Issue codes of errors and security warnings"
remarks = "Issue codes of warnings and suggestions"
learn_more_links = "AWS's pages on these issues"
*/
select
    document_sha256,
    policy_type,
    coalesce(
        list_sort(list(distinct issue_code) filter (where finding_type in ('ERROR', 'SECURITY_WARNING'))), []
    ) as faults,
    coalesce(
        list_sort(list(distinct issue_code) filter (where finding_type in ('WARNING', 'SUGGESTION'))), []
    ) as remarks,
    coalesce(list_sort(list(distinct learn_more_link)), []) as learn_more_links
from raw_policy_validations
group by document_sha256, policy_type
