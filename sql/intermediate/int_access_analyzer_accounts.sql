/*
title = "Accounts that can have analyzers of the whole organization"
description = "The management account and the delegated administrators of Access Analyzer."
*/
select management_account_id as account_id
from stg_organization
union
select account_id
from stg_delegated_administrators
where service_principal = 'access-analyzer.amazonaws.com'
