/*
id = "BP12-01"
title = "The account's own policy validates without errors or security warnings"
severity = "high"
description = """
Customer managed policies and inline policies, by Access Analyzer's policy validation; warnings and suggestions are
counted in the evidence. The inline policy of a permission set is judged where Identity Center has put it.
"""
why = "A misspelt action grants nothing and a loose one too much, and neither shows until it hurts."
fix = "Correct what ValidatePolicy names; the evidence links to AWS's page on each issue."
may_break = "A narrower policy can take away what somebody has come to rely on."
frameworks = { other = "Parliament (offline lint: UNKNOWN_ACTION, RESOURCE_MISMATCH, INVALID_ARN, MALFORMED...); aws-samples access-analyzer samples (scripts/IaC); awslabs aws-iam-access-analyzer-policy-validation-config-rule" }
*/
with
policies as (
    select account_id, arn as resource, policy_name, document_sha256
    from stg_policies
    where not is_aws_managed and document is not null
    union all
    select account_id, principal_arn || '/inline/' || policy_name, policy_name, document_sha256
    from stg_inline_policies
),

validations as (select * from int_document_validations where policy_type = 'IDENTITY_POLICY'),

final as (
    select
        policies.account_id,
        policies.resource,
        case when faults is null then 'unknown' when len(faults) > 0 then 'fail' else 'pass' end as verdict,
        case
            when faults is null then format('{} has not been validated.', policy_name)
            when len(faults) > 0
                then format('{} has errors or security warnings: {}.', policy_name, array_to_string(faults, ', '))
            else format('{} has no errors or security warnings.', policy_name)
        end as reason,
        to_json(struct_pack(policy_name, faults, remarks, learn_more_links, validated_on)) as evidence
    from policies
    left join validations
        on policies.account_id = validations.account_id and policies.document_sha256 = validations.document_sha256
)

select * from final
