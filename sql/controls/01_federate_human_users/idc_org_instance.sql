/*
id = "BP01-01"
title = "The organization should have one Identity Center instance, and member accounts none of their own"
severity = "high"
of_management = ["identity_center_settings"]
description = """
The management account answers for the organization's instance, which must have permission sets to open accounts (an
instance can be for applications alone), every other account for having none of its own. The evidence has the instance's
encryption and its network controls.
"""
why = "One place to sign in is one place to disable a person; a stray instance is a second way in that goes unwatched."
fix = "Enable IAM Identity Center for the organization, delete the member account's own instance, and deny sso:CreateInstance by SCP."
may_break = "Applications that use the stray instance lose their users when it is deleted."
frameworks = { cis_aws_7 = "2.19" }

[evidence]
is_management = "Whether it is the management account"
is_trusted = "Whether Identity Center has trusted access in the organization"
instances = "Instances of IAM Identity Center"
settings = "Of the organization's instance: its permission sets, encryption and network controls"
*/
with
own as (
    select account_id, list_sort(list(distinct instance_arn)) as instances
    from stg_identity_center_instances
    where status = 'ACTIVE' and owner_account_id = account_id
    group by account_id
),

settings as (
    select
        coalesce(list(of_instance order by of_instance.instance_arn), []) as settings,
        coalesce(bool_or(not of_instance.has_permission_sets), false) as is_without_sets
    from stg_identity_center_settings as of_instance
),

trusted as (select count(*) > 0 as is_trusted from raw_trusted_services where service_principal = 'sso.amazonaws.com'),

facts as (
    select
        accounts.*,
        organization.feature_set,
        trusted.is_trusted,
        coalesce(own.instances, []) as instances,
        array_to_string(own.instances, ', ') as names,
        if(accounts.is_management, settings.settings, []) as settings,
        settings.is_without_sets
    from stg_expected_accounts as accounts
    cross join raw_organization as organization
    cross join trusted
    cross join settings
    left join own on accounts.account_id = own.account_id
)

select
    account_id,
    arn as resource,
    case
        when is_management and feature_set <> 'ALL'
            then not_applicable('Without an organization with all features there is no Identity Center instance for all accounts.')
        when is_management and instances <> [] and is_without_sets
            then fail(format('The organization has the instance {}, without permission sets: it opens no account.', names))
        when is_management and instances <> [] then pass(format('The organization has the instance {}.', names))
        when is_management and is_trusted
            then unknown('Identity Center has trusted access, but its instance is in none of the regions that are read.')
        when is_management then fail('The organization has no active Identity Center instance.')
        when instances = [] then pass('The account runs no Identity Center instance of its own.')
        else fail(format('The account runs an Identity Center instance of its own: {}.', names))
    end as judged,
    to_json(struct_pack(is_management, is_trusted, instances, settings)) as evidence
from facts
