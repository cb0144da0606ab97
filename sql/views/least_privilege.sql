/*
title = "Granted and used access of every user and role"
description = """
The worst first. Granted services are those that AWS's last accessed information lists: what the identity policies
allow, without boundaries, SCPs and resource policies. Used are services, and actions where AWS tracks them, that it
tried to use in the last used_days. AWS looks back 400 days at most, and tracks no data events among the actions.
weight = log2(1 + unused_actions) × power. power = 1, and 8 for an administrator (4 where conditions decide), and 1 for
each path of escalation (4 at most), and a quarter for each sensitive action (2 at most). What is not known, or too
new to tell, has no weight. The worst have a row in policy_proposals.
"""
*/
select * exclude (rank)
from int_privilege_use
order by rank
