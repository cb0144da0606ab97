/*
id = "BP08-02"
title = "A multi-Region trail should record all management events of the account"
severity = "medium"
fixed_by = "organization"
description = """
The account's own trail counts, or the organization's. Accounts without roles of their own do not need one. An account in which no role lets Access
Analyzer read the trail passes with a remark: that role is created when a policy is first generated.
"""
why = "A policy can only be generated from recorded activity, and every investigation starts from the same record."
fix = "Create an organization trail that covers every Region, with all management events."
frameworks = { cis_aws_7 = "4.1", security_hub = "CloudTrail.1", prowler = "cloudtrail_multi_region_enabled, cloudtrail_multi_region_enabled_logging_management_events", other = "c7n:account.check-cloudtrail" }

[evidence]
trails = "Trails that record the account"
reader = "Role by which Access Analyzer reads the trail; null for none"
*/
with
trails as (
    select
        account_id,
        list(trail_arn order by trail_arn) filter (
            where is_multi_region and is_logging and management_events = 'All'
        ) as ready,
        list(trail_arn order by trail_arn) filter (
            where is_multi_region and (is_logging is null or management_events is null)
            and coalesce(is_logging, true) and coalesce(management_events, 'All') = 'All'
        ) as unread,
        list(
            name || case
                when not is_multi_region then ' records one region only'
                when not is_logging then ' does not record'
                else ' records management events: ' || management_events
            end
            order by name
        ) as faults,
        list(
            struct_pack(trail_arn, is_multi_region, is_organization, is_logging, management_events)
            order by trail_arn
        ) as described
    from int_trails
    group by account_id
),

readers as (
    select roles.account_id, min(roles.arn) as arn
    from stg_roles as roles
    inner join fact_trust_principals as trusts on roles.trust_document_sha256 = trusts.document_sha256
    where
        trusts.effect = 'Allow' and trusts.principal = 'access-analyzer.amazonaws.com' and not roles.is_service_linked
    group by roles.account_id
)

select
    accounts.account_id,
    accounts.arn as resource,
    case
        when ready is not null
            then pass(format(
                'Recorded by {}.{}',
                array_to_string(ready, ', '), if(readers.arn is null, ' No role for policy generation reads it yet.', '')
            ))
        when unread is not null
            then unknown(format('Whether and what {} records was not read.', array_to_string(unread, ', ')))
        when accounts.account_id not in (
            select account_id from stg_roles where not is_service_linked and not is_identity_center
        ) then not_applicable('The account has no roles of its own to generate policies for.')
        when faults is not null then fail(format('No trail is fit: {}.', array_to_string(faults, '; ')))
        else fail('No trail records the account.')
    end as judged,
    to_json({trails: described, reader: readers.arn}) as evidence
from stg_expected_accounts as accounts
left join trails on accounts.account_id = trails.account_id
left join readers on accounts.account_id = readers.account_id
