/*
id = "BP09-06"
title = "The server certificate kept in IAM has not expired"
severity = "medium"
description = "A certificate that runs out within remark_days passes, with a remark."
why = "An expired certificate can be deployed again by mistake, and its browsers' warnings teach people to ignore them."
fix = "Delete it; keep its successor in AWS Certificate Manager, which renews by itself."
may_break = "A load balancer or distribution that still uses it must be given another one first."
frameworks = { cis_aws_7 = "2.17", security_hub = "IAM.26", prowler = "iam_no_expired_server_certificates_stored", other = "Steampipe:iam_server_certificate_not_expired; Fix:expired_server_certificates; Cartography:aws_expired_certificates; c7n:iam-certificate" }
params = { remark_days = 30 }
*/
with
certificates as (select * from stg_server_certificates),

final as (
    select
        account_id,
        arn as resource,
        case when valid_days is null then 'unknown' when valid_days < 0 then 'fail' else 'pass' end as verdict,
        case
            when valid_days is null then 'Its date of expiry was not told.'
            when valid_days < 0 then format('Expired {} days ago, on {}.', -valid_days, expires_at::date)
            when valid_days < getvariable('remark_days')
                then format('Expires soon: in {} days, on {}.', valid_days, expires_at::date)
            else format('Expires in {} days, on {}.', valid_days, expires_at::date)
        end as reason,
        to_json(struct_pack(server_certificate_name, uploaded_at, expires_at, valid_days)) as evidence
    from certificates
)

select * from final
