/*
title = "Accounts that are expected to be read"
description = """
Active accounts in scope, and those in a state that Organizations did not have before: they are not read, and unknown.
The narrow list that every other table of accounts' rows is cut down to.
"""
[columns]
partition = "aws, aws-cn or aws-us-gov"
*/
select account_id, arn, split_part(arn, ':', 2) as partition, name, email, joined_at, parent_id, is_management
from stg_accounts
where state not in ('PENDING_ACTIVATION', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED') and is_in_scope
