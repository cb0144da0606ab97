/*
id = "BP07-05"
title = "People should not have broad AWS managed policies"
severity = "medium"
register_entries = ["approved_administrator"]
of_management = ["permission_sets", "permission_set_policies"]
description = """
IAM users (their groups' policies included), roles that a SAML provider opens, and, in the management account,
permission sets. Broad are AdministratorAccess, PowerUserAccess and *FullAccess, IAMFullAccess among them. Approved
administrators of the register may have them. A boundary takes away from what is said here. Roles of Identity Center
follow their permission sets and are not judged again.
"""
why = "An AWS managed policy is written for every customer at once: a person's stolen session has a whole service or the account, and AWS may widen it overnight."
fix = "Give people customer managed policies with what their job needs; AWS's policies for job functions are a start. Enter administrators in the register."
may_break = "People lose what the new policy leaves out: look at what they used, with last accessed information, first."
frameworks = { aws = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-use-aws-defined-policies", other = "Cloudsplaining: attached AWS managed policies" }

[params]
broad_policies = ["*FullAccess*", "PowerUserAccess", "AdministratorAccess*"]

[evidence]
policies = "The broad policies, each with the group through which a user has it"
kind = "user, role or permission set"
entry = "Entry of the register that decided; null for none"
*/
with
people as (
    select account_id, arn, 'user' as kind, user_name as name, null as malformed_reason
    from stg_users
    union all
    select account_id, arn, 'role', role_name, malformed_reason from int_saml_roles
    union all
    select organization.management_account_id, sets.permission_set_arn, 'permission set', sets.name, null
    from stg_permission_sets as sets
    cross join stg_organization as organization
),

held as (
    select distinct account_id, principal_arn as arn, policy_name, via_group
    from int_grants
    where policy_arn glob 'arn:*:iam::aws:policy/*'
    union
    select organization.management_account_id, sets.permission_set_arn, sets.policy_name, null
    from stg_permission_set_policies as sets
    cross join stg_organization as organization
    where sets.kind = 'aws_managed'
),

broad as (
    select
        account_id,
        arn,
        list(distinct policy_name order by policy_name) as names,
        list({policy: policy_name, via_group: via_group} order by policy_name, via_group) as policies
    from held
    where len(list_filter(getvariable('broad_policies')::varchar[], lambda name: policy_name glob name)) > 0
    group by account_id, arn
),

facts as (
    select
        people.*,
        coalesce(broad.policies, []) as policies,
        array_to_string(broad.names, ', ') as names,
        (
            select arg_max(register, (register.is_live, register.expires_on, register.entry))
            from stg_register as register
            where
                register.kind = 'approved_administrator'
                and people.account_id = coalesce(register.account_id, people.account_id)
                and people.arn glob register.resource
        ) as approval
    from people
    left join broad on people.account_id = broad.account_id and people.arn = broad.arn
)

select
    account_id,
    arn as resource,
    case
        when malformed_reason is not null
            then unknown(format('The trust policy of {} cannot be read: {}.', name, malformed_reason))
        when len(policies) = 0 then pass(format('The {} {} has no broad AWS managed policy.', kind, name))
        when approval.is_live then not_applicable(format(
            'The {} {} has {} as an approved administrator; {} answers until {}.',
            kind, name, names, approval.owner, approval.expires_on
        ))
        else fail(format(
            'The {} {} has {}{}.', kind, name, names,
            coalesce(format('; its approval ended on {}', approval.expires_on), '')
        ))
    end as judged,
    to_json(struct_pack(policies, kind, entry := approval.entry)) as evidence
from facts
