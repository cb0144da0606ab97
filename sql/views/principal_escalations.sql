/*
title = "Escalation paths of users and roles"
description = "A row for each principal that is no administrator and each path of the catalogue that is open to it."
[columns]
path_id = "The path, as the catalogue of paths has it"
title = "What the principal would do"
severity = "How bad the path is"
aliases = "Names of the path in public catalogues"
gain = "grant (anything for itself), become (what the targets may do) or resource (all of one resource)"
verdict = "yes, or depends on conditions"
leads_to_admin = "Whether it makes an administrator: yes, no, or depends where that could not be judged"
targets = "Principals that can be taken over; administrators first, at most 25"
conditions = "Condition keys that it depends on"
grants = "Each action of the path, on which resource, and the statements that allow it"
*/
select
    account_id,
    principal_arn,
    path_id,
    title,
    as_severity(severity) as severity,
    aliases,
    gain,
    verdict,
    leads_to_admin,
    targets,
    conditions,
    grants
from fact_escalations
where is_certain
