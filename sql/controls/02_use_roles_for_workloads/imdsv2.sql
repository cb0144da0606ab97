/*
id = "BP02-03"
title = "EC2 instances should require IMDSv2, and new ones by default"
severity = "high"
description = "One finding per instance, stopped ones included, and one for the defaults of each Region that is read."
why = "Without a session token, a single request that software on the instance is tricked into making gives away the role's credentials."
fix = "Set the metadata option HttpTokens to required on the instance, and as the account's default in the region."
may_break = "Software that asks for credentials without a token, such as old SDKs, loses them: watch the metric MetadataNoToken first."
frameworks = { cis_aws_7 = "6.7", security_hub = "EC2.8", prowler = "ec2_instance_imdsv2_enabled, ec2_instance_account_imdsv2_enabled", other = "c7n:account.ec2-metadata-defaults" }

[evidence]
state = "State of the instance"
http_endpoint = "Whether the metadata service is on"
http_tokens = "Whether the metadata service demands tokens (IMDSv2)"
operator_principal = "Service that runs the instance; null for none"
http_tokens_enforced = "Whether the account enforces tokens"
managed_by = "Service that manages the instance; null for none"
*/
select
    account_id,
    region,
    arn as resource,
    case
        when operator_principal is not null
            then not_applicable(format('{} is managed by {}; only that can change it.', instance_id, operator_principal))
        when http_endpoint = 'disabled' then pass(instance_id || ' has its metadata service switched off.')
        when http_tokens = 'required' then pass(instance_id || ' demands session tokens of its metadata service.')
        when http_tokens = 'optional' then fail(instance_id || ' answers metadata requests without a session token.')
        else unknown(instance_id || ': EC2 does not say how its metadata service is set.')
    end as judged,
    to_json(struct_pack(state, http_endpoint, http_tokens, operator_principal)) as evidence
from stg_ec2_instances
union all
select
    defaults.account_id,
    defaults.region,
    accounts.arn,
    case
        when http_tokens = 'required'
            then pass(format('New instances in {} demand session tokens, by default.', region))
        when http_tokens = 'optional'
            then fail(format('The default in {} lets new instances do without session tokens.', region))
        else fail(format('The account sets no default in {}: the image or the launch decides.', region))
    end,
    to_json(struct_pack(http_tokens, http_tokens_enforced, managed_by))
from stg_ec2_metadata_defaults as defaults
inner join stg_expected_accounts as accounts on defaults.account_id = accounts.account_id
