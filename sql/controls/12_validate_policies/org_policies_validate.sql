/*
id = "BP12-03"
title = "Service and resource control policies should have no validation errors or security warnings"
severity = "high"
scope = "organization"
description = """
By Access Analyzer's policy validation. A policy near its size quota, or on a target near its attachment quota, passes
with a remark; the quotas of each type are AWS's (fact_policy_quotas). Of the other types of policy (tag, backup,
declarative and so on), AWS says in which accounts the result is invalid: each is a fail of its own.
"""
why = "A statement with a misspelled service or an impossible condition denies nothing, and nobody notices."
fix = "Correct what ValidatePolicy reports; the evidence links to AWS's page on each issue."
may_break = "A corrected statement begins to deny what it was meant to deny."
frameworks = { other = "aws-samples 05-scps/validate-scp.sh (script only)" }
params = { near_quota_percent = 90 }

[evidence]
name = "Name of the policy"
policy_type = "Type of the policy"
faults = "What is wrong, one by one"
remarks = "How many suggestions and warnings there are beside"
learn_more_links = "Pages of AWS on the findings"
characters = "Characters of the policy, as its quota counts them"
account_id = "Account in which the effective policy is invalid"
error_codes = "What AWS says is invalid"
contributing_policies = "Policies that the effective policy is made from"
*/
with
crowded as (
    select policy_id, array_to_string(list_sort(list(target_id)), ', ') as targets
    from int_organization_policy_targets
    inner join fact_policy_quotas using (policy_type)
    where policies_of_type * 100 >= max_per_target * getvariable('near_quota_percent')
    group by policy_id
),

policies as (
    select
        policies.*,
        validations.faults,
        validations.remarks,
        validations.learn_more_links,
        policies.characters,
        if(
            policies.characters * 100 >= quotas.max_characters * getvariable('near_quota_percent'),
            format(' It is near its size quota: {} of {} characters.', policies.characters, quotas.max_characters), ''
        ) || coalesce(format(' Near their attachment quota: {}.', crowded.targets), '') as near
    from stg_organization_policies as policies
    left join int_policy_validations as validations using (document_sha256, policy_type)
    left join fact_policy_quotas as quotas using (policy_type)
    left join crowded using (policy_id)
    where not policies.is_aws_managed
)

select
    organization.management_account_id as account_id,
    policies.arn as resource,
    case
        when faults is null then unknown(format('{} has not been validated.{}', name, near))
        when len(faults) > 0
            then fail(format('{} has errors or security warnings: {}.{}', name, array_to_string(faults, ', '), near))
        else pass(format('{} has no errors or security warnings.{}', name, near))
    end as judged,
    to_json(struct_pack(name, policy_type, faults, remarks, learn_more_links, characters)) as evidence
from policies
cross join stg_organization as organization
union all
select
    organization.management_account_id as account_id,
    accounts.arn || '/' || invalid.policy_type as resource,
    fail(format(
        'The effective {} of account {} is invalid and not enforced in full: {}.',
        invalid.policy_type, invalid.account_id, coalesce(nullif(array_to_string(invalid.error_codes, ', '), ''), 'no code')
    )) as judged,
    to_json(struct_pack(
        invalid.policy_type, invalid.account_id, invalid.error_codes, invalid.contributing_policies
    )) as evidence
from stg_invalid_effective_policies as invalid
inner join stg_expected_accounts as accounts on invalid.account_id = accounts.account_id
cross join stg_organization as organization
