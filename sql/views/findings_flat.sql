/*
title = "The findings of the night with what lists of them need: control, account, owner and age in one row"
by_controls = true
[columns]
verdict = "fail, unknown, manual, exempt, pass or not_applicable; sorts in this order"
severity = "critical, high, medium or low; sorts in this order"
number = "Number of the control, as BP04-01"
title = "The rule in a sentence"
control_id = "Id of the control"
practice = "Number of the best practice, 1 to 14"
practice_title = "The best practice in short"
account_id = "Id of the account"
account_name = "Name of the account"
ou_path = "Names of the organizational units from the root down; '/' directly under the root, null where AWS gives no place"
owner = "Who answers for the account; null where no tag says so"
environment = "Environment of the account; null where no tag says so"
region = "Region, 'global' for services without one"
resource_type = "Service and kind of the resource by its ARN, as iam:role, iam:accesskey or s3:bucket"
resource = "ARN of what is judged"
reason = "A sentence with the values in it"
opened = "First night of the current episode of failing; null unless it fails"
age_days = "Days from opened to tonight; null unless it fails"
times_reopened = "How often it failed again after having been resolved; null where it never failed"
first_seen = "First night on which the control had a verdict on the resource"
last_changed = "Night on which the current verdict began"
exception_entry = "Entry of the register that makes the fail exempt; null for none"
fix = "What to do about a fail"
fixed_by = "Who makes the fix: account or organization"
may_break = "What following the fix can break; null for nothing"
*/
with
exempt as (
    select control_id, account_id, region, resource, exception_entry
    from judgements
    where exception_entry is not null
)

select
    findings.as_of,
    findings.verdict,
    controls.severity,
    controls.number,
    controls.title,
    findings.control_id,
    findings.practice,
    controls.practice_title,
    findings.account_id,
    accounts.name as account_name,
    accounts.ou_path,
    accounts.owner,
    accounts.environment,
    findings.region,
    case
        when findings.resource glob 'arn:*:user/*/accesskey/*' then 'iam:accesskey'
        when findings.resource glob 'arn:*/archive-rule/*' then 'access-analyzer:archive-rule'
        when findings.resource glob 'arn:*:s3:::*' then 's3:bucket'
        else regexp_extract(findings.resource, '^arn:[^:]*:([^:]*):[^:]*:[^:]*:', 1)
            || ':' || regexp_extract(findings.resource, '^arn:[^:]*:[^:]*:[^:]*:[^:]*:([^/:]*)', 1)
    end as resource_type,
    findings.resource,
    findings.reason,
    if(life.state = 'open', life.opened, null) as opened,
    life.age_days,
    life.times_reopened,
    findings.first_seen,
    findings.last_changed,
    exempt.exception_entry,
    controls.fix,
    controls.fixed_by,
    controls.may_break
from findings
inner join controls using (control_id)
inner join accounts using (account_id)
left join exempt using (control_id, account_id, region, resource)
left join finding_life as life using (control_id, account_id, region, resource)
where list_contains(getvariable('part'), findings.control_id)
order by findings.verdict, controls.severity, controls.number, findings.account_id, findings.region, findings.resource
