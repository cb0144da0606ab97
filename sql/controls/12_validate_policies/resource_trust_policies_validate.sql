/*
id = "BP12-02"
title = "The role's trust policy validates without errors or security warnings"
severity = "high"
description = "By Access Analyzer's policy validation, as a trust policy. Roles that AWS or Identity Center keep are not judged."
why = "A trust policy with a condition that never holds, or always does, lets in nobody or anybody."
fix = "Correct what ValidatePolicy names; the evidence links to AWS's page on each issue."
may_break = "A corrected condition begins to turn away callers that it let in."
frameworks = { other = "Parliament (offline lint); aws-samples access-analyzer samples (scripts/IaC); awslabs aws-iam-access-analyzer-policy-validation-config-rule" }
*/
with
roles as (
    select
        *,
        case
            when is_service_linked then 'an AWS service'
            when is_identity_center then 'IAM Identity Center'
        end as keeper
    from stg_roles
    where trust_document is not null
),

validations as (select * from int_document_validations where policy_type = 'TRUST_POLICY'),

final as (
    select
        roles.account_id,
        roles.arn as resource,
        case
            when keeper is not null then 'not_applicable'
            when faults is null then 'unknown'
            when len(faults) > 0 then 'fail'
            else 'pass'
        end as verdict,
        case
            when keeper is not null then format('Kept by {}.', keeper)
            when faults is null then 'Its trust policy has not been validated.'
            when len(faults) > 0
                then format('Its trust policy has errors or security warnings: {}.', array_to_string(faults, ', '))
            else 'Its trust policy has no errors or security warnings.'
        end as reason,
        to_json(struct_pack(faults, remarks, learn_more_links, validated_on)) as evidence
    from roles
    left join validations
        on roles.account_id = validations.account_id and roles.trust_document_sha256 = validations.document_sha256
)

select * from final
