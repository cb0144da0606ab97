/*
title = "Pod Identity associations of EKS clusters"
*/
select
    account_id,
    region,
    association_arn,
    cluster_arn,
    namespace,
    service_account
from raw_eks_pod_identity_associations
semi join stg_expected_accounts using (account_id)
