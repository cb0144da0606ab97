/*
title = "Access Analyzer's validation findings for each distinct identity and trust policy of an account"
[columns]
validated_on = "Night on which AWS was asked"
faults = "Issue codes of errors and security warnings; null where it is not known what AWS finds: a rehearsal does not ask"
remarks = "Issue codes of warnings and suggestions"
learn_more_links = "AWS's pages on these issues"
*/
select
    account_id,
    document_sha256,
    policy_type,
    max(validated_on) as validated_on,
    if(
        bool_or(finding_type is null),
        null,
        coalesce(list_sort(list(distinct issue_code) filter (where finding_type in ('ERROR', 'SECURITY_WARNING'))), [])
    ) as faults,
    coalesce(
        list_sort(list(distinct issue_code) filter (where finding_type in ('WARNING', 'SUGGESTION'))), []
    ) as remarks,
    coalesce(list_sort(list(distinct learn_more_link)), []) as learn_more_links
from raw_document_validations
semi join stg_expected_accounts using (account_id)
group by account_id, document_sha256, policy_type
