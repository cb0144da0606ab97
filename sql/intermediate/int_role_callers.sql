/*
title = "Principals named in each role's trust policy"
description = "The principals of its Allow statements. Conditions and Deny statements are not weighed."
[columns]
callers = "Principals as written, each once; empty where the trust policy allows nobody"
malformed_reason = "Why the trust policy could not be read"
*/
select
    roles.account_id,
    roles.arn,
    roles.role_name,
    coalesce(
        list_sort(list(distinct trusts.principal) filter (where trusts.effect = 'Allow')), []
    ) as callers,
    any_value(trusts.malformed_reason) as malformed_reason
from stg_roles as roles
left join fact_trust_principals as trusts on roles.trust_document_sha256 = trusts.document_sha256
group by roles.account_id, roles.arn, roles.role_name
