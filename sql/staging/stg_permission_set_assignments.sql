/*
title = "Assignments of permission sets to groups and users, in each account"
*/
select permission_set_arn, target_account_id, principal_type, principal_id
from raw_permission_set_assignments
