/*
title = "Open external access findings"
[columns]
is_public = "Whether anybody has the access; null where the finding does not say"
rcp_restriction = "Whether a resource control policy stops it: APPLIED, APPLICABLE, ..."
*/
select
    analyzer_arn,
    finding_id,
    is_public,
    principal::json as principal,
    actions,
    condition::json as condition,
    rcp_restriction
from raw_external_finding_details
