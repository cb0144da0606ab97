/*
title = "Settings of the organization instance of IAM Identity Center"
[columns]
has_customer_key = "Whether a customer managed KMS key encrypts it"
is_confined = "Whether people must come from a VPC endpoint, with the exceptions listed"
*/
select
    instance_arn,
    has_permission_sets,
    key_type = 'CUSTOMER_MANAGED_KEY' as has_customer_key,
    kms_key_arn,
    needs_vpc_endpoint as is_confined,
    allowed_vpcs,
    allowed_ips,
    exempt_applications,
    store_needs_vpc_endpoint,
    scim_allowed_ips
from raw_identity_center_settings
