/*
title = "Accounts that are expected to be read"
description = """
Active accounts in scope, and those in a state that Organizations did not have before: they are not read, and unknown.
The narrow list that every other table of accounts' rows is cut down to.
"""
[columns]
partition = "aws, aws-cn, aws-us-gov or another partition of AWS"
no_root_user = """
Why no one can sign in as a root user: AWS GovCloud
(https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-iam.html) and AWS China
(https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html) have none; null for other partitions
"""
*/
select
    account_id,
    arn,
    split_part(arn, ':', 2) as partition,
    case partition
        when 'aws-us-gov' then 'AWS GovCloud accounts have no root user to sign in as.'
        when 'aws-cn' then 'Accounts of AWS China have no root user.'
    end as no_root_user,
    name,
    email,
    joined_at,
    parent_id,
    is_management
from stg_accounts
where state not in ('PENDING_ACTIVATION', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED') and is_in_scope
