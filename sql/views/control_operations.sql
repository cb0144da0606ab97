/*
title = "The API operations that each control rests on"
description = """
What was read, when and how it ended is in the ledger: for an account's finding, its rows of these operations in that
account, and wherever the operation is of scope organization those of every account.
"""
[columns]
control_id = "Id of the control"
operation = "API operation, with the service prefix of its IAM actions"
scope = "How it is called: for the organization once, or in each account, or in each account and region"
*/
with
called as (
    select
        control_id,
        unnest(operations) as operation,
        scope
    from control_needs
    semi join control_catalog using (control_id)
)

-- Where an operation is called in more than one way, that in each Region: its calls name the account.
select
    control_id,
    operation,
    max(scope) as scope
from called
group by control_id, operation
order by control_id, operation
