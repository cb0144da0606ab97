/*
title = "Delegated administrators"
description = "A row for each account and service."
*/
select account_id, service_principal, delegated_at
from raw_delegated_administrators
