/*
id = "BP12-03"
title = "The service or resource control policy validates without errors or security warnings"
severity = "high"
scope = "organization"
description = """
By Access Analyzer's policy validation. A policy near its size quota, or on a target near its attachment quota, passes
with a remark; the quotas in the parameters are AWS's defaults.
"""
why = "A statement with a misspelt service or an impossible condition denies nothing, and nobody notices."
fix = "Correct what ValidatePolicy names; the evidence links to AWS's page on each issue."
may_break = "A corrected statement begins to deny what it was meant to deny."
frameworks = { other = "aws-samples 05-scps/validate-scp.sh (script only)" }
params = { max_policy_bytes = 5120, max_policies_per_target = 5, near_quota_percent = 90 }
*/
with
organization as (select * from raw_organization),

policies as (select * from stg_organization_policies where not is_aws_managed),

validations as (select * from int_policy_validations),

crowded as (
    select
        policy_id,
        array_to_string(list_sort(list(target_id)), ', ') as targets
    from int_organization_policy_targets
    where policies_of_type * 100 >= getvariable('max_policies_per_target') * getvariable('near_quota_percent')
    group by policy_id
),

judged as (
    select
        policies.*,
        validations.faults,
        validations.remarks,
        validations.learn_more_links,
        crowded.targets as crowded_targets,
        strlen(policies.document) as bytes,
        bytes * 100 >= getvariable('max_policy_bytes') * getvariable('near_quota_percent') as is_near_full
    from policies
    left join validations using (document_sha256, policy_type)
    left join crowded using (policy_id)
),

final as (
    select
        organization.management_account_id as account_id,
        judged.arn as resource,
        case when faults is null then 'unknown' when len(faults) > 0 then 'fail' else 'pass' end as verdict,
        concat_ws(
            ' ',
            case
                when faults is null then format('{} has not been validated.', name)
                when len(faults) > 0
                    then format('{} has errors or security warnings: {}.', name, array_to_string(faults, ', '))
                else format('{} has no errors or security warnings.', name)
            end,
            if(is_near_full, format('It is near its size quota: {} bytes.', bytes), null),
            format('Near their attachment quota: {}.', crowded_targets)
        ) as reason,
        to_json({
            name: name,
            policy_type: policy_type,
            faults: faults,
            remarks: remarks,
            learn_more_links: learn_more_links,
            bytes: bytes
        }) as evidence
    from judged
    cross join organization
)

select * from final
