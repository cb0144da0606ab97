/*
title = "Accounts from which Identity Center is administered"
description = "The management account and those to which it has delegated that; elsewhere the calls fail."
*/
select account_id from stg_expected_accounts where is_management
union
select account_id from stg_delegated_administrators where service_principal = 'sso.amazonaws.com'
