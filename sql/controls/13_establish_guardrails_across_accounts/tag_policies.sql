/*
id = "BP13-10"
title = "Accounts should have a tag policy"
severity = "low"
description = """
By the tag policies between the account and the root, the management account's too. A policy that sets no tag key does
not count. Which keys are set, and whether resources comply, is not judged.
"""
why = "Permissions that go by tags rest on tags that are written alike everywhere."
fix = "Enable the policy type TAG_POLICY and attach a policy with the keys that permissions, owners and costs go by."
may_break = "A policy that enforces its values refuses tagging calls that do not comply: begin with reports."
frameworks = { prowler = "organizations_tags_policies_enabled_and_attached", aws = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_tag-policies.html" }

[evidence]
tag_keys = "Tag keys that the policies set"
policies = "Tag policies that bear on the account"
is_enabled = "Whether the policy type is enabled at the root"
unreadable = "What could not be read, and why"
*/
with
facts as (
    select
        *,
        list_transform(policies, lambda one: one.name) as names,
        list_sort(list_distinct(flatten(list_transform(
            policies, lambda one: coalesce(json_keys(one.document -> '$.tags'), [])
        )))) as tag_keys,
        list_transform(list_filter(policies, lambda one: one.document is null), lambda one: one.name) as unreadable
    from int_management_policies
    where policy_type = 'TAG_POLICY'
)

select
    account_id,
    resource,
    case
        when organization.feature_set <> 'ALL'
            then not_applicable(format('Tag policies need an organization with all features; here: {}.', feature_set))
        when not is_enabled then fail('The policy type TAG_POLICY is not enabled at the root.')
        when len(tag_keys) > 0 then pass(format(
            'Tag policies ({}) set {}.', array_to_string(names, ', '), array_to_string(tag_keys, ', ')
        ))
        when len(unreadable) > 0 then unknown(format(
            'The content of {} cannot be read.', array_to_string(unreadable, ', ')
        ))
        when len(names) > 0 then fail(format('Its tag policies ({}) set no tag key.', array_to_string(names, ', ')))
        else fail('No tag policy is attached to it, to an organizational unit above it or to the root.')
    end as judged,
    to_json(struct_pack(tag_keys, policies := names, is_enabled, unreadable)) as evidence
from facts
cross join stg_organization as organization
