/*
title = "Guardrail objectives of each member account, in sentences"
description = "fact_guardrails in words. Which objectives are wanted, and whether a Deny on named resources is enough, is for the controls to say."
[columns]
reached = "What to say where the objective counts as met"
missed = "What to say where it does not"
unread = "The policies that could not be read; null where all could"
*/
select
    account_id,
    policy_type,
    objective,
    is_enabled,
    met,
    case
        when len(only_for) > 0 then format('{}: only for {}.', title, array_to_string(only_for, ', '))
        when len(exempt) > 0 then format('{}, with exceptions: {}.', title, array_to_string(exempt, ', '))
        else format('{}.', title)
    end as reached,
    case
        when len(loopholes) > 0
            then format(
                'Not met ({}): an administrator of the account can take the exception {}.',
                title,
                array_to_string(loopholes, '; ')
            )
        when len(only_for) > 0 then format('{}: only for {}.', title, array_to_string(only_for, ', '))
        else format('Not met ({}): {} would pass.', title, array_to_string(open_actions, ', '))
    end as missed,
    if(len(unreadable) > 0, format('Policies cannot be read: {}.', array_to_string(unreadable, '; ')), null) as unread,
    open_actions,
    only_for,
    exempt,
    loopholes,
    statements
from fact_guardrails
