/*
id = "BP02-11"
title = "EKS Hybrid Nodes sign in with roles of SSM or Roles Anywhere that can do no more than a node needs"
severity = "medium"
description = "EKS clusters that nodes outside AWS may join. The role behind each access entry of type HYBRID_LINUX is judged by whom it trusts, by the AWS managed policies attached to it, and by the actions its own policies allow; resources, conditions, boundaries and Deny statements are not weighed."
why = "A node outside AWS keeps its role's credentials on a machine that AWS does not protect."
fix = "Make an access entry of type HYBRID_LINUX for a role that trusts ssm.amazonaws.com or rolesanywhere.amazonaws.com alone, with eks:DescribeCluster, pulling of images and SSM's core policy."
may_break = "Pods that lived on their node's role need roles of their own."
*/
with
described as (
    select
        *,
        split_part(principal_arn, '/', -1) as role_name,
        concat_ws(
            '; ',
            if(is_missing, format('{} does not exist in the account', role_name), null),
            role_name || ' also trusts ' || nullif(array_to_string(other_callers, ', '), ''),
            role_name || ' goes beyond what a node needs: ' || nullif(array_to_string(beyond, ', '), '')
        ) as problems,
        concat_ws(
            '; ',
            format('the trust policy of {} cannot be read: {}', role_name, malformed_reason),
            format('policies of {} cannot be read: {}', role_name, nullif(array_to_string(unread, ', '), ''))
        ) as doubts
    from int_eks_hybrid_node_roles
),

judged as (
    select
        clusters.account_id,
        clusters.region,
        clusters.arn,
        clusters.cluster_name,
        count(described.role_name) as nodes_roles,
        string_agg(nullif(described.problems, ''), '; ' order by described.principal_arn) as problems,
        string_agg(nullif(described.doubts, ''), '; ' order by described.principal_arn) as doubts,
        list(
            struct_pack(role_arn := described.principal_arn, described.other_callers, described.beyond)
            order by described.principal_arn
        ) filter (where described.principal_arn is not null) as roles
    from stg_eks_clusters as clusters
    left join described on clusters.account_id = described.account_id and clusters.arn = described.cluster_arn
    where clusters.has_remote_network
    group by clusters.account_id, clusters.region, clusters.arn, clusters.cluster_name
),

final as (
    select
        account_id,
        region,
        arn as resource,
        case
            when nodes_roles = 0 or problems is not null then 'fail'
            when doubts is not null then 'unknown'
            else 'pass'
        end as verdict,
        cluster_name || case
            when nodes_roles = 0 then ' lets nodes outside AWS join, but has no access entry of type HYBRID_LINUX.'
            when problems is not null then format(': {}.', problems)
            when doubts is not null then format(': {}.', doubts)
            else format(': {} of its hybrid nodes'' roles can do no more than a node needs.', nodes_roles)
        end as reason,
        to_json(struct_pack(roles := coalesce(roles, []))) as evidence
    from judged
)

select * from final
