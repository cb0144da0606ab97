/*
id = "BP06-02"
title = "Administrators should be few and approved"
severity = "high"
register_entries = ["approved_administrator"]
description = """
An administrator is a principal that can do everything, or has full control of IAM, after boundary, SCPs and Denies, by
whatever policies. Each is a finding; so is the account, for their number, approved ones included. Approved are the
register's approved_administrators. Roles of Identity Center permission sets are named and left out: who gets them is
decided there. Roles of Control Tower are judged like any other.
"""
why = "Every administrator is a way to lose the account, and nobody watches one that nobody counted."
fix = "Give the principal only the permissions it needs, or enter it in the register under [[approved_administrators]], with an owner and an expiry."
may_break = "Automation that runs as administrator for want of a narrower policy."
frameworks = { cis_aws_7 = "2.14", security_hub = "IAM.1", prowler = "iam_aws_attached_policy_no_administrative_privileges, iam_user_administrator_access_policy, iam_group_administrator_access_policy, iam_role_administratoraccess_policy", other = "Config:IAM_POLICY_BLACKLISTED_CHECK; Steampipe:iam_role_no_administrator_access_policy_attached; c7n:iam-role.has-specific-managed-policy" }
params = { max_admins = 5 }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
class = "What it counts as: administrator, conditional, approved, permission set, kept, unread or none"
level = "How much it administers: full, equivalent (unrestricted control over IAM) or none"
is_control_tower = "Whether it has the name of a role of AWS Control Tower"
entry = "Entry of the register that decided; null for none"
administrators = "Administrators, by ARN"
permission_set_administrators = "Administrators by permission sets of IAM Identity Center"
*/
with
registered as (
    select principals.*, approvals as entry
    from int_principal_permissions as principals
    left join int_approved_administrators as approvals on principals.principal_arn = approvals.principal_arn
),

principals as (
    select
        *,
        entry.is_live is true as is_approved,
        if(is_approved, '', coalesce(format('; its approval ended on {}', entry.expires_on), '')) as former,
        principal_name glob 'AWSControlTower*' or principal_name glob 'aws-controltower-*' as is_control_tower,
        list_concat(unreadable, unreadable_limits) as unread,
        case
            when keeper = 'an AWS service' then 'kept'
            when admin = 'yes' and keeper is not null then 'permission set'
            when admin = 'yes' then if(is_approved, 'approved', 'administrator')
            when len(unreadable) > 0 or (admin = 'depends' and len(unread) > 0) then 'unread'
            when admin = 'depends' then if(is_approved, 'approved', 'conditional')
            else 'none'
        end as class
    from registered
),

counted as (
    select
        account_id,
        list(principal_arn order by principal_arn) filter (where class in ('administrator', 'conditional', 'approved'))
            as admins,
        count(*) filter (where class = 'permission set') as permission_sets,
        count(*) filter (where class = 'unread') as untold,
        len(coalesce(admins, [])) as number,
        format(
            '{} administrators beside those of permission sets; at most {} are allowed{}.', number,
            getvariable('max_admins'), if(untold > 0, format(', and of {} principals it cannot be determined', untold), '')
        ) as reason
    from principals
    group by account_id
)

select
    account_id,
    principal_arn as resource,
    case class
        when 'kept' then not_applicable('A role of an AWS service: only the service can act as it.')
        when 'permission set' then not_applicable(
            'Administrator by a permission set of IAM Identity Center, which decides who gets it.'
        )
        when 'administrator' then fail(format(
            'Administrator ({}){}, and not approved{}.',
            if(admin_level = 'full', 'every action on every resource', 'unrestricted control over IAM'),
            if(is_control_tower, ' with the name of an AWS Control Tower role', ''),
            former
        ))
        when 'conditional' then fail(format(
            'Administrator under conditions on {}, and not approved{}.', array_to_string(admin_conditions, ', '), former
        ))
        when 'unread' then unknown(format('What it may do cannot be determined: {}.', array_to_string(unread, '; ')))
        when 'approved'
            then pass(format('An approved administrator; {} answers until {}.', entry.owner, entry.expires_on))
        else pass('No administrator.')
    end as judged,
    to_json({
        statements: admin_statements, class: class, level: admin_level, is_control_tower: is_control_tower,
        entry: entry.entry
    }) as evidence
from principals
union all
select
    counted.account_id,
    accounts.arn,
    case
        when number > getvariable('max_admins') then fail(reason)
        when number + untold > getvariable('max_admins') then unknown(reason)
        else pass(reason)
    end,
    to_json({administrators: coalesce(admins, []), permission_set_administrators: permission_sets})
from counted
inner join stg_expected_accounts as accounts on counted.account_id = accounts.account_id
