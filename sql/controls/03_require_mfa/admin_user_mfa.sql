/*
id = "BP03-02"
title = "IAM users who are administrators should have MFA"
severity = "critical"
description = "Administrator in effect: by the user's own, group and inline policies, less boundary, SCPs and Denies; under conditions counts."
why = "Anyone who finds the password or key of such a user has the account."
fix = "Have the user register a security key or passkey today, or take the permissions away."
frameworks = { prowler = "iam_administrator_access_with_mfa", other = "Steampipe:iam_user_with_administrator_access_mfa_enabled" }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
has_mfa = "Whether an MFA device is enabled; null where AWS does not say"
admin = "Whether it administers an account: yes, depends or no"
level = "How much it administers: full, equivalent (unrestricted control over IAM) or none"
*/
with
users as (
    select
        users.*,
        list_concat(users.unreadable, users.unreadable_limits) as unread,
        report.has_mfa,
        format(
            '{} is an administrator{} and {}.',
            users.principal_name,
            if(users.admin = 'depends', ' under conditions on ' || array_to_string(users.admin_conditions, ', '), ''),
            case report.has_mfa
                when true then 'has MFA'
                when false then 'has no MFA'
                else 'the credential report says nothing of MFA'
            end
        ) as reason
    from int_principal_permissions as users
    left join int_user_mfa as report
        on users.account_id = report.account_id and users.principal_arn = report.user_arn
    where users.principal_type = 'user'
)

select
    account_id,
    principal_arn as resource,
    case
        when admin <> 'yes' and (len(unreadable) > 0 or (admin = 'depends' and len(unread) > 0))
            then unknown(format('Whether it is an administrator cannot be determined: {}.', array_to_string(unread, '; ')))
        when has_mfa and admin <> 'no' then pass(reason)
        when admin = 'no' then not_applicable(format('{} is no administrator.', principal_name))
        when has_mfa is null then unknown(reason)
        else fail(reason)
    end as judged,
    to_json({statements: admin_statements, has_mfa: has_mfa, admin: admin, level: admin_level}) as evidence
from users
