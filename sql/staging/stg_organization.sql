/*
title = "The organization and its management account"
*/
select organization_id, arn, feature_set, management_account_id, management_account_arn
from raw_organization
