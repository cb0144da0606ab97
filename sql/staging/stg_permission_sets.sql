/*
title = "Permission sets of Identity Center"
*/
select instance_arn, permission_set_arn, name, description, session_duration_seconds, created_at
from raw_permission_sets
