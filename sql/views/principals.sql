/*
title = "The users and roles of every account"
*/
select *
from int_principals
