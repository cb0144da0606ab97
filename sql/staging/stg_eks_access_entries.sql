/*
title = "Access entries of EKS clusters with Hybrid Nodes"
*/
select
    account_id,
    region,
    cluster_arn,
    principal_arn,
    entry_type
from raw_eks_access_entries
semi join stg_expected_accounts using (account_id)
