/*
id = "BP10-01"
title = "S3 buckets should require requests to use TLS, by bucket policy or RCP"
severity = "medium"
description = """
Probed with plain-text requests, from the account and from outside: reading and writing an object, listing the bucket.
Where a resource control policy denies them, the bucket needs no statement of its own; RCPs never bind the management account.
"""
why = "Data and credentials sent in plain text can be read and changed on the way."
fix = "Attach a resource control policy that denies requests without aws:SecureTransport, or add the same statement to the bucket policy, for the bucket and its objects."
may_break = "Clients that still use plain HTTP are refused."
frameworks = { cis_aws_7 = "3.1.1", security_hub = "S3.5", prowler = "s3_bucket_secure_transport_policy", other = "AWS RCP sample Restrict-access-to-only-HTTPS" }

[evidence]
bucket = "Name of the bucket"
has_policy = "Whether the bucket has a policy"
policy_denies = "Whether the bucket's own policy denies requests without TLS"
rcps_deny = "Whether a resource control policy denies requests without TLS"
error_class = "Why it could not be asked, as in the ledger; null where it answered"
*/
select
    account_id,
    arn as resource,
    case
        when rcps_deny = 'yes' then pass(format('Requests without TLS are {}.', reason))
        when policy_denies = 'yes' then pass('The bucket''s policy denies requests without TLS.')
        when error_class is not null then unknown(format('Its policy could not be read ({}): {}', error_class, message))
        when 'depends' in (rcps_deny, policy_denies) or policy_denies is null
            then unknown(format('It could not be told: {}.', coalesce(reason, 'nothing was read')))
        when has_policy then fail('Its policy allows requests without TLS, and no RCP denies them.')
        else fail('It has no policy, and no RCP denies requests without TLS.')
    end as judged,
    to_json(struct_pack(bucket, has_policy, policy_denies, rcps_deny, error_class)) as evidence
from int_buckets
