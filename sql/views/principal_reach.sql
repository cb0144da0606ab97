/*
title = "Which users and roles can become administrator, and in how many steps"
description = """
A step is the assumption of a role or a path of escalation, inside or across accounts. Roles of AWS services are left
out: only the service can act as them.
"""
[columns]
account_id = "Account of the principal"
principal_arn = "ARN of the principal"
is_admin = "Whether it administers its account: yes, depends (on conditions or on what could not be read) or no"
steps = "Steps to administrator by ways that hold whatever the request; 0 is an administrator, null that there is none"
possible_steps = "The same when ways under conditions count too, or, where there is none, ways on what was not read or collected"
via = "One shortest way: for each step how, and to which principal"
*/
select
    permissions.account_id,
    permissions.principal_type,
    permissions.principal_arn,
    permissions.admin as is_admin,
    reach.steps,
    reach.possible_steps,
    reach.via
from int_principal_permissions as permissions
left join fact_reach as reach on permissions.principal_arn = reach.principal_arn
where permissions.keeper is distinct from 'an AWS service'
