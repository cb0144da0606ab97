/*
id = "BP12-02"
title = "Role trust policies should have no validation errors or security warnings"
severity = "high"
description = "By Access Analyzer's policy validation, as a trust policy. Roles that AWS or Identity Center manages are not judged."
why = "A trust policy whose condition never holds admits nobody; one whose condition always holds admits anybody."
fix = "Correct what ValidatePolicy reports; the evidence links to AWS's page on each issue."
may_break = "A corrected condition begins to refuse callers that it admitted before."
frameworks = { other = "Parliament (offline lint); aws-samples access-analyzer samples (scripts/IaC); awslabs aws-iam-access-analyzer-policy-validation-config-rule" }

[evidence]
faults = "What is wrong, one by one"
remarks = "How many suggestions and warnings there are beside"
learn_more_links = "Pages of AWS on the findings"
validated_on = "Day on which it was validated"
*/
select
    roles.account_id,
    roles.arn as resource,
    case
        when is_service_linked then not_applicable('Kept by an AWS service.')
        when is_identity_center then not_applicable('Kept by IAM Identity Center.')
        when faults is null then unknown('Its trust policy has not been validated.')
        when len(faults) > 0
            then fail(format('Its trust policy has errors or security warnings: {}.', array_to_string(faults, ', ')))
        else pass('Its trust policy has no errors or security warnings.')
    end as judged,
    to_json(struct_pack(faults, remarks, learn_more_links, validated_on)) as evidence
from stg_roles as roles
left join int_document_validations as validations
    on
        roles.account_id = validations.account_id
        and roles.trust_document_sha256 = validations.document_sha256
        and validations.policy_type = 'TRUST_POLICY'
where roles.trust_document is not null
