/*
title = "Accounts in which an unused-access analyzer works"
description = "A row an account that is expected to be read: covered by an analyzer of the organization that does not leave it out, or by one of its own."
[columns]
is_covered = "Whether an active unused-access analyzer that was read covers it"
might_be_covered = "Whether an analyzer that was not read might, or one whose exclusions were not: its own, or the organization's"
*/
with

analyzers as (
    select
        account_id,
        analyzer_type,
        configuration_error,
        coalesce(flatten(from_json(
            configuration -> '$.unusedAccess.analysisRule.exclusions[*].accountIds', '[["varchar"]]'
        )), []) as left_out
    from stg_analyzers
    where analyzer_type like '%\_UNUSED\_ACCESS' escape '\' and status = 'ACTIVE'
),

unread as (
    select account_id from raw_extracts where dataset = 'analyzers' and status <> 'ok'
    union
    select account_id from stg_unread_records where dataset = 'analyzers'
)

select
    accounts.account_id,
    exists (
        select 1 from analyzers
        where (analyzers.analyzer_type = 'ACCOUNT_UNUSED_ACCESS' and analyzers.account_id = accounts.account_id)
            or (
                analyzers.analyzer_type = 'ORGANIZATION_UNUSED_ACCESS'
                and analyzers.configuration_error is null
                and not list_contains(analyzers.left_out, accounts.account_id)
            )
    ) as is_covered,
    accounts.account_id in (select account_id from unread)
    or exists (select 1 from int_organization_analyzer_homes where not is_read)
    or exists (
        select 1 from analyzers
        where analyzer_type = 'ORGANIZATION_UNUSED_ACCESS' and configuration_error is not null
    ) as might_be_covered
from stg_expected_accounts as accounts
