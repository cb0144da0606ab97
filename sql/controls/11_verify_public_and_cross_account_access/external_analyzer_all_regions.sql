/*
id = "BP11-01"
title = "An external access analyzer should cover the account in every enabled Region"
severity = "high"
fixed_by = "organization"
description = """
One row for each enabled Region of the account, covered by its own analyzer or by an organization analyzer in the
management or delegated administrator account. A Region that an SCP closes needs none.
"""
why = "A bucket or key that is opened to the world in an unwatched Region stays open."
fix = "Create an organization analyzer in every enabled Region, or close the Region with an SCP."
frameworks = { cis_aws_7 = "2.18", security_hub = "IAM.28", prowler = "accessanalyzer_enabled", other = "Config:IAM_EXTERNAL_ACCESS_ANALYZER_ENABLED; Steampipe:iam_access_analyzer_enabled; Fix:access_analyzer_enabled; c7n:account.access-analyzer" }

[evidence]
active = "Analyzers that work and cover the account there"
broken = "Analyzers that do not work there, and why"
unread = "Accounts that may hold such an analyzer and were not read"
error_class = "Why it could not be asked, as in the ledger; null where it answered"
message = "What AWS answered; null where it was read"
*/
select
    coverage.account_id,
    coverage.region,
    accounts.arn as resource,
    case
        when is_closed then not_applicable(format('Nobody can use {}: {}.', region, error_class))
        when len(active) > 0 then pass(format('Covered in {} by {}.', region, array_to_string(active, ', ')))
        when len(unread) > 0
            then unknown(format(
                'No analyzer is known in {}, but its analyzers in {} were not read.',
                region, array_to_string(unread, ', ')
            ))
        when len(broken) > 0
            then fail(format('No analyzer works in {}: {}.', region, array_to_string(broken, ', ')))
        else fail(format('No external-access analyzer covers {}.', region))
    end as judged,
    to_json(struct_pack(active, broken, unread, error_class, message)) as evidence
from int_external_analyzer_coverage as coverage
inner join stg_expected_accounts as accounts on coverage.account_id = accounts.account_id
