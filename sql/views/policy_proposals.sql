/*
title = "A smaller policy for the worst users and roles of least_privilege"
description = """
Their own statements with what they use of them: services by last accessed information, actions where AWS tracks them,
or the actions of the policy that Access Analyzer generated. Resources, conditions and Deny statements are kept, so that
nothing is allowed that was not before. Boundaries and SCPs stay as they are and are not part of it.
"""
[columns]
account_id = "Account of the principal"
place = "Place in least_privilege, the worst first"
arn = "ARN of the user or role"
principal_type = "user or role"
name = "Name of the user or role"
source = "last_accessed, or access_analyzer where it generated a policy for the principal"
generated_on = "Day on which Access Analyzer generated the policy"
policies = "The proposed policies as JSON text: one, or more where one managed policy does not hold it; empty for none"
size_characters = "Size of them all as IAM counts it, without whitespace; a managed policy holds 6,144"
removed_services = "Services that are granted now and would not be"
removed_actions = "Actions of the remaining services that are granted now and would not be, or that do not exist"
replaces = "The grants in whose place they come: name, arn (null for inline) and via_group"
problems = "Problems that AWS would report, as far as can be determined offline; empty if valid"
notes = "What to mind before they are put in place"
*/
select
    worst.place,
    worst.account_id,
    worst.arn,
    worst.principal_type,
    worst.name,
    facts.source,
    if(facts.source = 'access_analyzer', generated.completed_at::date, null) as generated_on,
    facts.policies,
    facts.size_characters,
    facts.removed_services,
    facts.removed_actions,
    facts.replaces,
    facts.problems,
    facts.notes
from fact_proposals as facts
inner join least_privilege as worst on facts.account_id = worst.account_id and facts.arn = worst.arn
left join int_generated_policies as generated
    on facts.account_id = generated.account_id and facts.arn = generated.principal_arn
order by worst.place
