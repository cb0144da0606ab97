/*
title = "The users and roles of every account"
*/
select *
from stg_principals
