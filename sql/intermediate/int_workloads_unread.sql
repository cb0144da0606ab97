/*
title = "Accounts in which what runs was not read, or not in all Regions"
description = "A path of escalation that acts upon it is then neither open nor closed for certain."
[columns]
dataset = "Dataset of the resource, as in int_workloads"
reason = "The calls that failed, and where"
*/
select
    accounts.account_id,
    datasets.dataset,
    coalesce(
        string_agg(distinct format(
            '{} failed in {} ({})', extracts.operation, extracts.region, extracts.error_class
        ), ', ' order by format('{} failed in {} ({})', extracts.operation, extracts.region, extracts.error_class))
        filter (where extracts.operation is not null),
        'The dataset ' || datasets.dataset || ' was not collected on this night'
    ) as reason
from stg_expected_accounts as accounts
cross join (
    values ('lambda_functions'), ('codebuild_projects'), ('ec2_instances'), ('ecs_clusters'), ('eks_clusters'),
    ('saml_providers')
) as datasets (dataset)
left join raw_extracts as extracts
    on accounts.account_id = extracts.account_id and datasets.dataset = extracts.dataset
where extracts.status is distinct from 'ok'
group by accounts.account_id, datasets.dataset
