/*
title = "Permission sets of which it is not known whether they administer an account"
description = "A path of escalation through one is then neither open nor closed for certain. Apart from int_workloads_unread, which rests on no policy."
[columns]
dataset = "Dataset of what the path acts upon, as in int_workloads"
reason = "The permission sets"
*/
select
    homes.account_id,
    acted_upon.dataset,
    format('Whether these permission sets administer an account is not known: {}', string_agg(sets.name, ', ' order by sets.name)) as reason
from int_identity_center_homes as homes
cross join int_permission_sets as sets
cross join (values ('permission_sets'), ('identity_store_groups')) as acted_upon (dataset)
where sets.admin = 'depends'
group by homes.account_id, acted_upon.dataset
