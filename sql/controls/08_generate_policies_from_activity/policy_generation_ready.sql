/*
id = "BP08-02"
title = "A trail records the management events of every region, as policy generation needs"
severity = "medium"
description = """
The account's own trail or the organization's; owed by accounts with roles of their own. An account without a role that Access Analyzer may use to read the trail
passes with a remark: the role is made when a policy is first generated.
"""
why = "A policy can only be generated from activity that somebody recorded, and an investigation starts there too."
fix = "Create an organization trail that covers every region, with all management events."
frameworks = { cis_aws_7 = "4.1", security_hub = "CloudTrail.1", prowler = "cloudtrail_multi_region_enabled, cloudtrail_multi_region_enabled_logging_management_events", other = "c7n:account.check-cloudtrail" }
*/
with
accounts as (select * from stg_expected_accounts),

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
        ) as trails
    from int_trails
    group by account_id
),

owned as (
    select account_id, count(*) as roles
    from stg_roles
    where not is_service_linked and not is_identity_center
    group by account_id
),

readers as (
    select roles.account_id, min(roles.arn) as arn
    from stg_roles as roles
    inner join fact_trust_principals as trusts on roles.trust_document_sha256 = trusts.document_sha256
    where
        trusts.effect = 'Allow' and trusts.principal = 'access-analyzer.amazonaws.com' and not roles.is_service_linked
    group by roles.account_id
),

judged as (
    select
        accounts.account_id,
        accounts.arn,
        trails.* exclude (account_id),
        readers.arn as reader,
        owned.roles is null as has_no_roles
    from accounts
    left join owned on accounts.account_id = owned.account_id
    left join trails on accounts.account_id = trails.account_id
    left join readers on accounts.account_id = readers.account_id
),

final as (
    select
        account_id,
        arn as resource,
        case
            when ready is not null then 'pass'
            when has_no_roles then 'not_applicable'
            when unread is not null then 'unknown'
            else 'fail'
        end as verdict,
        case
            when ready is not null
                then format(
                    'Recorded by {}.{}',
                    array_to_string(ready, ', '), if(reader is null, ' No role for policy generation reads it yet.', '')
                )
            when has_no_roles then 'The account has no roles of its own to generate policies for.'
            when unread is not null
                then format('Whether and what {} records was not read.', array_to_string(unread, ', '))
            when faults is not null then format('No trail is fit: {}.', array_to_string(faults, '; '))
            else 'No trail records the account.'
        end as reason,
        to_json(struct_pack(trails, reader)) as evidence
    from judged
)

select * from final
