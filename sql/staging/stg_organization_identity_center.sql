/*
title = "The organization instance of Identity Center"
*/
select instance_arn, identity_store_id, owner_account_id, home_region, status
from raw_organization_identity_center
