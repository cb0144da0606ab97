/*
id = "BP13-09"
title = "Accounts should be opted out of AI services that keep content"
severity = "low"
description = """
By the AI services opt-out policies between the account and the root, the management account's too. The default for all
services must be optOut: of several policies the one nearest to the account decides, unless one above it forbids others
to change it (@@operators_allowed_for_child_policies). A service that a policy opts in again fails.
"""
why = "Without it, some AI services of AWS may keep content of the account, also in other Regions, to develop themselves."
fix = "Enable the policy type AISERVICES_OPT_OUT_POLICY and attach a policy to the root that opts out by default and that no other may change."
frameworks = { prowler = "organizations_opt_out_ai_services_policy", aws = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_ai-opt-out.html" }

[evidence]
opted_in = "AI services that are opted in"
opted_out_by = "Policy that opts out by default; null for none"
policies = "AI services opt-out policies that bear on the account"
is_enabled = "Whether the policy type is enabled at the root"
unreadable = "What could not be read, and why"
*/
with
attached as (
    select account_id, unnest(policies) as policy, generate_subscripts(policies, 1) as place
    from int_management_policies
    where policy_type = 'AISERVICES_OPT_OUT_POLICY'
),

ruled as (
    select
        account_id,
        place,
        policy.name as policy,
        policy.document -> '$.services' as services,
        contains(coalesce(services ->> '@@operators_allowed_for_child_policies', ''), '@@none') as is_last
    from attached
),

keyed as (
    select ruled.*, unnest(json_keys(services)) as service
    from ruled
    -- What a policy above has closed, another cannot change.
    where not exists (
        from ruled as above
        where above.account_id = ruled.account_id and above.place < ruled.place and above.is_last
    )
),

said as (
    select
        *,
        services -> service -> 'opt_out_policy' ->> '@@assign' as choice,
        contains(coalesce(
            services -> service -> 'opt_out_policy' ->> '@@operators_allowed_for_child_policies', ''
        ), '@@none') as is_final
    from keyed
),

choices as (
    select
        account_id,
        service,
        coalesce(arg_min(choice, place) filter (is_final), arg_max(choice, place)) as choice,
        coalesce(arg_min(policy, place) filter (is_final), arg_max(policy, place)) as policy
    from said
    where choice is not null
    group by account_id, service
),

decided as (
    select
        account_id,
        any_value(policy) filter (service = 'default' and choice = 'optOut') as opted_out_by,
        list(service order by service) filter (choice <> 'optOut') as opted_in
    from choices
    group by account_id
),

facts as (
    select
        policies.*,
        decided.opted_out_by,
        coalesce(decided.opted_in, []) as opted_in,
        list_transform(policies, lambda one: one.name) as names,
        list_transform(list_filter(policies, lambda one: one.document is null), lambda one: one.name) as unreadable
    from int_management_policies as policies
    left join decided on policies.account_id = decided.account_id
    where policies.policy_type = 'AISERVICES_OPT_OUT_POLICY'
)

select
    account_id,
    resource,
    case
        when organization.feature_set <> 'ALL'
            then not_applicable(format(
                'AI services opt-out policies need an organization with all features; here: {}.', feature_set
            ))
        when not is_enabled then fail('The policy type AISERVICES_OPT_OUT_POLICY is not enabled at the root.')
        when len(unreadable) > 0 then unknown(format(
            'The content of {} cannot be read.', array_to_string(unreadable, ', ')
        ))
        when len(opted_in) > 0 then fail(format('Opted in: {}.', array_to_string(opted_in, ', ')))
        when opted_out_by is null then fail('No AI services opt-out policy opts it out of all services by default.')
        else pass(format('Opted out of all AI services by {}.', opted_out_by))
    end as judged,
    to_json(struct_pack(opted_in, opted_out_by, policies := names, is_enabled, unreadable)) as evidence
from facts
cross join stg_organization as organization
