/*
title = "Policies of each permission set"
*/
select permission_set_arn, kind, policy_name, policy_path, policy_arn, document
from raw_permission_set_policies
