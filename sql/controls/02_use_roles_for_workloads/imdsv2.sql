/*
id = "BP02-03"
title = "Role credentials on EC2 are protected by IMDSv2"
severity = "high"
description = "A finding for each instance, stopped ones too, and one for the defaults of each region that is read."
why = "Without a session token, one request that software on the instance is tricked into making gives the role's credentials away."
fix = "Set the metadata option HttpTokens to required on the instance, and as the account's default in the region."
may_break = "Software that asks for credentials without a token, such as old SDKs, loses them: watch the metric MetadataNoToken first."
frameworks = { cis_aws_7 = "6.7", security_hub = "EC2.8", prowler = "ec2_instance_imdsv2_enabled, ec2_instance_account_imdsv2_enabled", other = "c7n:account.ec2-metadata-defaults" }
*/
with
instances as (select * from stg_ec2_instances),

defaults as (
    select defaults.*, accounts.arn
    from stg_ec2_metadata_defaults as defaults
    inner join stg_expected_accounts as accounts using (account_id)
),

final as (
    select
        account_id,
        region,
        arn as resource,
        case
            when http_endpoint = 'disabled' or http_tokens = 'required' then 'pass'
            when http_tokens = 'optional' then 'fail'
            else 'unknown'
        end as verdict,
        instance_id || case
            when http_endpoint = 'disabled' then ' has its metadata service switched off.'
            when http_tokens = 'required' then ' demands session tokens of its metadata service.'
            when http_tokens = 'optional' then ' answers metadata requests without a session token.'
            else ': EC2 does not say how its metadata service is set.'
        end as reason,
        to_json(struct_pack(state, http_endpoint, http_tokens)) as evidence
    from instances
    union all
    select
        account_id,
        region,
        arn,
        if(http_tokens = 'required', 'pass', 'fail'),
        case
            when http_tokens = 'required'
                then format('New instances in {} demand session tokens, by default.', region)
            when http_tokens = 'optional'
                then format('The default in {} lets new instances do without session tokens.', region)
            else format('The account sets no default in {}: the image or the launch decides.', region)
        end,
        to_json(struct_pack(http_tokens, http_tokens_enforced, managed_by))
    from defaults
)

select * from final
