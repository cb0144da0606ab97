/*
title = "The long-term credentials of every account"
*/
select *
from int_credentials
