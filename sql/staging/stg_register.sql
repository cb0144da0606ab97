/*
title = "The register: exceptions, attestations, justifications and approvals"
[columns]
is_live = "Whether the entry still counts on this night"
*/
select
    entry,
    kind,
    control_id,
    account_id,
    resource,
    service_principal,
    use_case,
    operation,
    dataset,
    owner,
    reason,
    ticket,
    evidence_url,
    expires_on,
    expires_on >= getvariable('as_of') as is_live
from raw_register
