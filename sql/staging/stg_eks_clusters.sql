/*
title = "EKS clusters"
[columns]
oidc_provider_url = "The issuer as an OIDC provider of IAM is called: without its scheme"
*/
select
    account_id,
    region,
    cluster_name,
    arn,
    status,
    oidc_issuer,
    regexp_replace(oidc_issuer, '^https://', '') as oidc_provider_url,
    authentication_mode,
    has_remote_network
from raw_eks_clusters
semi join stg_expected_accounts using (account_id)
where status <> 'DELETING'
