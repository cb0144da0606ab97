/*
id = "BP12-03"
title = "Service and resource control policies validate without errors or security warnings"
practice = 12
severity = "high"
scope = "organization"
description = "By Access Analyzer's policy validation. A policy near its size quota, or a target near its attachment quota, passes with a remark. Quotas are AWS's defaults."
why = "A statement with a misspelt action or an impossible condition denies nothing, and nobody notices."
fix = "Correct what ValidatePolicy names; its evidence links to AWS's page on each issue."
may_break = "A corrected statement begins to deny what it was meant to deny."
frameworks = { other = "aws-samples 05-scps/validate-scp.sh" }
params = { max_policy_bytes = 5120, max_policies_per_target = 5, near_quota_percent = 90 }
*/
with organization as (select * from raw_organization),

policies as (select * from raw_organization_policies where not is_aws_managed),

targets as (
    select
        policy_targets.policy_id,
        policy_targets.target_id,
        count(*) over (partition by policy_targets.target_id, organization_policies.policy_type) as attached
    from raw_policy_targets as policy_targets
    inner join raw_organization_policies as organization_policies
        on policy_targets.policy_id = organization_policies.policy_id
),

crowded as (
    select
        policy_id,
        list_sort(list(target_id)) as target_ids
    from targets
    where attached * 100 >= getvariable('max_policies_per_target') * getvariable('near_quota_percent')
    group by policy_id
),

validations as (
    select
        document_sha256,
        policy_type,
        list_sort(list(distinct issue_code) filter (where finding_type in ('ERROR', 'SECURITY_WARNING'))) as faults,
        list_sort(list(distinct issue_code) filter (where finding_type in ('WARNING', 'SUGGESTION'))) as remarks,
        list_sort(list(distinct learn_more_link)) as learn_more_links
    from raw_policy_validations
    group by document_sha256, policy_type
),

judged as (
    select
        policies.*,
        strlen(policies.document) as bytes,
        coalesce(validations.faults, []) as faults,
        coalesce(validations.remarks, []) as remarks,
        coalesce(validations.learn_more_links, []) as learn_more_links,
        validations.document_sha256 is not null as is_validated,
        coalesce(crowded.target_ids, []) as near_full_targets,
        strlen(policies.document) * 100
        >= getvariable('max_policy_bytes') * getvariable('near_quota_percent') as is_near_full
    from policies
    left join validations
        on sha256(policies.document) = validations.document_sha256 and policies.policy_type = validations.policy_type
    left join crowded on policies.policy_id = crowded.policy_id
),

final as (
    select
        organization.management_account_id as account_id,
        judged.arn as resource,
        case when not judged.is_validated then 'unknown' when len(judged.faults) > 0 then 'fail' else 'pass' end as verdict,
        case
            when not judged.is_validated then format('{} has not been validated.', judged.name)
            when len(judged.faults) > 0
                then format('{} has errors or security warnings: {}.', judged.name, array_to_string(judged.faults, ', '))
            else format('{} has no errors or security warnings.', judged.name)
        end
        || case when judged.is_near_full then format(' It is near its size quota: {} bytes.', judged.bytes) else '' end
        || case
            when len(judged.near_full_targets) > 0
                then format(' Near their attachment quota: {}.', array_to_string(judged.near_full_targets, ', '))
            else ''
        end as reason,
        to_json(struct_pack(
            name := judged.name, policy_type := judged.policy_type, faults := judged.faults, remarks := judged.remarks,
            learn_more_links := judged.learn_more_links, bytes := judged.bytes,
            near_full_targets := judged.near_full_targets
        )) as evidence
    from judged
    cross join organization
)

select * from final
