/*
title = "The organizational units, the root among them"
[columns]
parent_id = "Id of the root or unit above; null for the root"
name = "Name of the root or unit"
ou_id = "Id of the organizational unit, or of the root"
ou_path = "Names from the root down"
depth = "Steps from the root"
accounts = "Active accounts in scope, in it and below"
*/
with recursive
tree as (
    select
        root_id as ou_id,
        null::varchar as parent_id,
        name,
        '/' as ou_path,
        0 as depth
    from raw_organization_roots
    union all
    select
        ous.ou_id,
        ous.parent_id,
        ous.name,
        rtrim(tree.ou_path, '/') || '/' || ous.name as ou_path,
        tree.depth + 1 as depth
    from raw_organizational_units as ous
    inner join tree on ous.parent_id = tree.ou_id
),

members as (
    select
        unnest(ou_ids) as ou_id,
        account_id
    from int_accounts
    where is_expected
)

select
    tree.*,
    count(members.account_id) as accounts
from tree
left join members using (ou_id)
group by all
order by tree.ou_path
