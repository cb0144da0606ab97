/*
id = "BP02-02"
title = "Running EC2 instances should have an instance profile"
severity = "medium"
description = "Instances that run or are starting. Those that a service of AWS manages are not judged."
why = "Software on an instance without a role needs AWS keys of its own, and keeps them on disk."
fix = "Give the role that the instance's software needs an instance profile, and associate it with the instance."
may_break = "Software that finds the role's credentials first may stop using the keys it was given."
frameworks = { cis_aws_7 = "2.16", prowler = "ec2_instance_profile_attached", other = "Config:EC2_INSTANCE_PROFILE_ATTACHED; Steampipe:ec2_instance_iam_profile_attached" }

[evidence]
state = "State of the instance"
instance_profile_arn = "Instance profile of the instance; null for none"
operator_principal = "Service that runs the instance; null for none"
*/
select
    account_id,
    region,
    arn as resource,
    case
        when operator_principal is not null
            then not_applicable(format('{} is managed by {}; only that can change it.', instance_id, operator_principal))
        when instance_profile_arn is null
            then fail(format('{} is {} without an instance profile.', instance_id, state))
        else pass(format('{} has the instance profile {}.', instance_id, split_part(instance_profile_arn, '/', -1)))
    end as judged,
    to_json(struct_pack(state, instance_profile_arn, operator_principal)) as evidence
from stg_ec2_instances
where state in ('pending', 'running')
