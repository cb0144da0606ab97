/*
title = "The root of the organization"
*/
select root_id, arn, name, enabled_policy_types
from raw_organization_roots
