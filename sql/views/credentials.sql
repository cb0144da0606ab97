/*
title = "The long-term credentials of every account"
*/
select *
from stg_credentials
