/*
title = "Assignments of permission sets: who may use which in which account"
[columns]
account_id = "Account that the assignment opens"
permission_set_arn = "ARN of the permission set"
permission_set_name = "Name of the permission set"
principal_type = "USER or GROUP"
principal_id = "Id of the user or group in the identity store"
principal_name = "Name of the user or group; null where the identity store does not have it"
is_known = "Whether the identity store has the user or group"
is_disabled = "Whether it is a user who may not sign in"
without_external_id = "Users that it reaches, by themselves or in the group, whom no identity provider sent"
*/
select
    account_id,
    permission_set_arn,
    permission_set_name,
    principal_type,
    principal_id,
    principal_name,
    is_known,
    is_disabled,
    without_external_id
from int_permission_set_assignments
order by account_id, permission_set_name, principal_type, principal_id
