/*
id = "BP09-06"
title = "Expired server certificates should be removed from IAM"
severity = "medium"
description = "A certificate that expires within remark_days passes, with a remark."
why = "An expired certificate can be deployed again by mistake, and the browser warnings teach people to click through them."
fix = "Delete it, and keep its successor in AWS Certificate Manager, which renews certificates automatically."
may_break = "A load balancer or distribution that still uses it must be given another certificate first."
frameworks = { cis_aws_7 = "2.17", security_hub = "IAM.26", prowler = "iam_no_expired_server_certificates_stored", other = "Steampipe:iam_server_certificate_not_expired; Fix:expired_server_certificates; Cartography:aws_expired_certificates; c7n:iam-certificate" }
params = { remark_days = 30 }

[evidence]
server_certificate_name = "Name of the certificate"
uploaded_at = "When it was uploaded"
expires_at = "When it ends by itself; null for never"
valid_days = "Days until it ends; negative where it has ended"
*/
select
    account_id,
    arn as resource,
    case
        when valid_days is null then unknown('Its date of expiry was not reported.')
        when valid_days < 0 then fail(format('Expired {} days ago, on {}.', -valid_days, expires_at::date))
        when valid_days < getvariable('remark_days')
            then pass(format('Expires soon: in {} days, on {}.', valid_days, expires_at::date))
        else pass(format('Expires in {} days, on {}.', valid_days, expires_at::date))
    end as judged,
    to_json(struct_pack(server_certificate_name, uploaded_at, expires_at, valid_days)) as evidence
from stg_server_certificates
