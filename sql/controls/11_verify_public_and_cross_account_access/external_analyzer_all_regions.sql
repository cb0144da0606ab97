/*
id = "BP11-01"
title = "An external-access analyzer covers the account in every region that it has switched on"
severity = "high"
description = """
A row for each region of the account's own list: covered by its own analyzer, or by one of the whole organization in the
management or the delegated administrator's account. A region that an SCP closes needs none.
"""
why = "A bucket or key opened to the world in a region that nobody watches stays open."
fix = "Create an organization analyzer in every region that is switched on, or close the region by an SCP."
frameworks = { cis_aws_7 = "2.18", security_hub = "IAM.28", prowler = "accessanalyzer_enabled", other = "Config:IAM_EXTERNAL_ACCESS_ANALYZER_ENABLED; Steampipe:iam_access_analyzer_enabled; Fix:access_analyzer_enabled; c7n:account.access-analyzer" }
*/
with
coverage as (
    select coverage.*, accounts.arn
    from int_external_analyzer_coverage as coverage
    inner join stg_expected_accounts as accounts on coverage.account_id = accounts.account_id
),

final as (
    select
        account_id,
        region,
        arn as resource,
        case
            when is_closed then 'not_applicable'
            when len(active) > 0 then 'pass'
            when len(unread) > 0 then 'unknown'
            else 'fail'
        end as verdict,
        case
            when is_closed then format('Nobody can use {}: {}.', region, error_class)
            when len(active) > 0 then format('Covered in {} by {}.', region, array_to_string(active, ', '))
            when len(unread) > 0
                then format(
                    'No analyzer is known in {}, but its analyzers in {} were not read.',
                    region, array_to_string(unread, ', ')
                )
            when len(broken) > 0
                then format('No analyzer works in {}: {}.', region, array_to_string(broken, ', '))
            else format('No external-access analyzer covers {}.', region)
        end as reason,
        to_json(struct_pack(active, broken, unread, error_class, message)) as evidence
    from coverage
)

select * from final
