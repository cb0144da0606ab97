/*
id = "BP02-11"
title = "EKS Hybrid Nodes should use roles of SSM or Roles Anywhere with no more permissions than a node needs"
severity = "medium"
description = "EKS clusters that nodes outside AWS may join. The role behind each access entry of type HYBRID_LINUX is judged by whom it trusts, by the AWS managed policies attached to it, and by the actions its own policies allow; resources, conditions, boundaries and Deny statements are not evaluated."
why = "A node outside AWS keeps its role's credentials on a machine that AWS does not protect."
fix = "Create an access entry of type HYBRID_LINUX for a role that trusts only ssm.amazonaws.com or rolesanywhere.amazonaws.com, with eks:DescribeCluster, image pulls and SSM's core policy."
may_break = "Pods that relied on their node's role need roles of their own."

[evidence]
roles = "Roles of the cluster's hybrid nodes, with what is wrong with each"
role_arn = "ARN of its role"
other_callers = "Who may assume the role beside devices"
beyond = "What its role may do beyond what Systems Manager needs"
*/
with
nodes as (
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

clusters as (
    select
        clusters.account_id,
        clusters.region,
        clusters.arn,
        clusters.cluster_name,
        count(nodes.role_name) as roles,
        string_agg(nullif(nodes.problems, ''), '; ' order by nodes.principal_arn) as problems,
        string_agg(nullif(nodes.doubts, ''), '; ' order by nodes.principal_arn) as doubts,
        list(
            struct_pack(role_arn := nodes.principal_arn, nodes.other_callers, nodes.beyond)
            order by nodes.principal_arn
        ) filter (where nodes.principal_arn is not null) as evidence
    from stg_eks_clusters as clusters
    left join nodes on clusters.account_id = nodes.account_id and clusters.arn = nodes.cluster_arn
    where clusters.has_remote_network
    group by clusters.account_id, clusters.region, clusters.arn, clusters.cluster_name
)

select
    account_id,
    region,
    arn as resource,
    case
        when roles = 0
            then fail(cluster_name || ' lets nodes outside AWS join, but has no access entry of type HYBRID_LINUX.')
        when problems is not null then fail(format('{}: {}.', cluster_name, problems))
        when doubts is not null then unknown(format('{}: {}.', cluster_name, doubts))
        else pass(format('{}: {} of its hybrid nodes'' roles can do no more than a node needs.', cluster_name, roles))
    end as judged,
    to_json(struct_pack(roles := coalesce(clusters.evidence, []))) as evidence
from clusters
