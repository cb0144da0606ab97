/*
title = "The requirements of other frameworks that each control answers for"
[columns]
control_id = "Id of the control"
framework = "Key of the framework, as the control's header names it: cis_aws_7, security_hub, prowler or one of your own"
requirement = "Number or id of the requirement there"
*/
with
named as (
    select
        control_id,
        frameworks::json as frameworks,
        unnest(json_keys(frameworks::json)) as framework
    from control_catalog
)

select
    control_id,
    framework,
    trim(unnest(string_split(frameworks ->> framework, ','))) as requirement
from named
where framework <> 'other'
order by control_id, framework, requirement
