/*
title = "Accounts in which what runs was not read, or not in all Regions"
description = "A path of escalation that acts upon it is then neither open nor closed for certain."
[columns]
dataset = "Dataset of the resource, as in int_workloads"
reason = "The calls that failed, and where"
*/
with
datasets as (
    select unnest([
        'lambda_functions', 'codebuild_projects', 'ec2_instances', 'ecs_clusters', 'eks_clusters', 'saml_providers'
    ]) as dataset
),

-- What is read once for the organization, and acted upon where Identity Center is administered.
of_identity_center (dataset, source) as (
    values
    ('organization_identity_center', 'organization_identity_center'),
    ('permission_set_assignments', 'permission_set_assignments'),
    ('permission_sets', 'permission_sets'),
    ('permission_sets', 'permission_set_policies'),
    ('identity_store_groups', 'permission_set_policies'),
    ('identity_store_groups', 'permission_set_assignments')
),

missing as (
    select
        accounts.account_id,
        datasets.dataset,
        if(
            extracts.operation is null,
            'The dataset ' || datasets.dataset || ' was not collected on this night',
            format('{} failed in {} ({})', extracts.operation, extracts.region, extracts.error_class)
        ) as reason
    from stg_expected_accounts as accounts
    cross join datasets
    left join raw_extracts as extracts
        on accounts.account_id = extracts.account_id and datasets.dataset = extracts.dataset
    where extracts.status is distinct from 'ok'
    union all
    select
        records.account_id,
        records.dataset,
        format('{} answered in part in {} ({})', records.operation, records.region, records.error_class)
    from raw_unread_records as records
    semi join datasets on records.dataset = datasets.dataset
    union all
    select
        homes.account_id,
        needs.dataset,
        if(
            extracts.operation is null,
            'The dataset ' || needs.source || ' was not collected on this night',
            format('{} failed ({})', extracts.operation, extracts.error_class)
        )
    from int_identity_center_homes as homes
    cross join of_identity_center as needs
    left join raw_extracts as extracts on needs.source = extracts.dataset
    where extracts.status is distinct from 'ok'
)

select
    account_id,
    dataset,
    string_agg(distinct reason, ', ' order by reason) as reason
from missing
group by account_id, dataset
