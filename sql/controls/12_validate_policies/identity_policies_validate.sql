/*
id = "BP12-01"
title = "Customer managed and inline policies should have no validation errors or security warnings"
severity = "high"
description = """
By Access Analyzer's policy validation; warnings and suggestions are counted in the evidence. The inline policy of
a permission set is judged in the accounts to which Identity Center has copied it.
"""
why = "A misspelled action grants nothing and a loose one too much, and neither shows until it hurts."
fix = "Correct what ValidatePolicy reports; the evidence links to AWS's page on each issue."
may_break = "A narrower policy can take away what someone has come to rely on."
frameworks = { other = "Parliament (offline lint: UNKNOWN_ACTION, RESOURCE_MISMATCH, INVALID_ARN, MALFORMED...); aws-samples access-analyzer samples (scripts/IaC); awslabs aws-iam-access-analyzer-policy-validation-config-rule" }

[evidence]
policy_name = "Name of the policy"
faults = "What is wrong, one by one"
remarks = "How many suggestions and warnings there are beside"
learn_more_links = "Pages of AWS on the findings"
validated_on = "Day on which it was validated"
*/
with
policies as (
    select account_id, arn as resource, policy_name, document_sha256
    from stg_policies
    where not is_aws_managed and document is not null
    union all
    select account_id, principal_arn || '/inline/' || policy_name, policy_name, document_sha256
    from stg_inline_policies
)

select
    policies.account_id,
    policies.resource,
    case
        when faults is null then unknown(format('{} has not been validated.', policy_name))
        when len(faults) > 0
            then fail(format('{} has errors or security warnings: {}.', policy_name, array_to_string(faults, ', ')))
        else pass(format('{} has no errors or security warnings.', policy_name))
    end as judged,
    to_json(struct_pack(policy_name, faults, remarks, learn_more_links, validated_on)) as evidence
from policies
left join int_document_validations as validations
    on
        policies.account_id = validations.account_id
        and policies.document_sha256 = validations.document_sha256
        and validations.policy_type = 'IDENTITY_POLICY'
