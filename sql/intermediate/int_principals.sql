/*
title = "Users and roles"
description = "It rests on the credential report too: a control should take stg_users or stg_roles instead."
[columns]
arn = "ARN of the user or role"
name = "Name of the user or role"
path = "Path of the user or role, / for none"
created_at = "When the user or role was created (UTC)"
principal_type = "user or role"
last_used_at = "When the role, or a password or access key of the user, last was used; null if never or not reported"
owner = "Who answers for it: its tag owner, else team, else contact (keys in any case)"
is_service_linked = "Whether an AWS service made the role for itself"
is_identity_center = "Whether IAM Identity Center made the role for a permission set"
has_console = "Whether the user can sign in to the console; null for roles and if not reported"
has_mfa = "Whether the user has an MFA device; null for roles and if not reported"
active_access_keys = "Access keys of the user that work; null for roles and if not reported"
*/
select
    users.account_id,
    'user' as principal_type,
    users.arn,
    users.user_name as name,
    users.path,
    users.created_at,
    report.last_used_at,
    users.owner,
    users.permissions_boundary_arn,
    false as is_service_linked,
    false as is_identity_center,
    report.has_password as has_console,
    mfa.has_mfa,
    report.active_access_keys
from stg_users as users
left join stg_credential_report as report
    on users.account_id = report.account_id and users.user_name = report.user_name
left join int_user_mfa as mfa on users.account_id = mfa.account_id and users.arn = mfa.user_arn
union all
select
    account_id,
    'role',
    arn,
    role_name,
    path,
    created_at,
    last_used_at,
    owner,
    permissions_boundary_arn,
    is_service_linked,
    is_identity_center,
    null,
    null,
    null
from stg_roles
