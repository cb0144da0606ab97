/*
id = "BP02-07"
title = "Roles Anywhere profiles should narrow the session, and their roles should name the trust anchor"
severity = "high"
description = "One finding per profile, and one for each role that trusts Roles Anywhere: every such statement needs a condition on aws:SourceArn or on the certificate (aws:PrincipalTag/x509...) that not every value meets. The contents of a session policy are not evaluated."
why = "A role that trusts the service alone is open to every certificate of every trust anchor in the account."
fix = "Give the profile a session policy or managed policies and a duration of an hour at most; require the trust anchor's ARN as aws:SourceArn in the role's trust policy."
may_break = "Machines whose certificates do not meet the new condition lose the role."
frameworks = { prowler = "rolesanywhere_profile_restricts_session_permissions" }

[params]
max_duration_seconds = 3600

[evidence]
has_session_policy = "Whether the profile has a session policy"
managed_policy_arns = "Managed policies that narrow the sessions"
duration_seconds = "How long its sessions last, in seconds"
role_arns = "ARNs of the roles, ten at most where there are more"
statements = "The statements that decided, with policy, number and Sid"
open_statements = "Statements without a condition on the trust anchor or the certificate, by number"
*/
with
conditions as (
    select
        document_sha256,
        statement_index,
        lower(operator.key) as operator,
        unnest(map_entries(operator.value)) as condition
    from (
        select distinct
            document_sha256,
            statement_index,
            unnest(map_entries(conditions::json::map(varchar, map(varchar, varchar[])))) as operator
        from fact_trust_principals
        where malformed_reason is null
    )
),

pinned as (
    select distinct document_sha256, statement_index
    from conditions
    where
        regexp_matches(operator, '^(foranyvalue:)?(string|arn)(equals|equalsignorecase|like)$')
        and (condition.key = 'aws:sourcearn' or condition.key like 'aws:principaltag/x509%')
        and len(list_filter(condition.value, lambda v: trim(v, '*?') = '')) = 0
),

roles as (
    select
        roles.account_id,
        roles.arn,
        roles.role_name,
        list_sort(
            list(distinct trusts.statement_index) filter (where pinned.document_sha256 is null)
        ) as open_statements,
        list_sort(list(distinct trusts.statement_index)) as statements
    from stg_roles as roles
    inner join fact_trust_principals as trusts
        on roles.trust_document_sha256 = trusts.document_sha256
        and trusts.effect = 'Allow'
        and trusts.principal_type = 'service'
        and trusts.principal = 'rolesanywhere.amazonaws.com'
    left join pinned
        on trusts.document_sha256 = pinned.document_sha256 and trusts.statement_index = pinned.statement_index
    where not roles.is_service_linked
    group by roles.account_id, roles.arn, roles.role_name
),

profiles as (
    select
        *,
        concat_ws(
            '; ',
            if(has_session_policy or len(managed_policy_arns) > 0, null, 'no policy narrows its sessions'),
            if(
                duration_seconds > getvariable('max_duration_seconds'),
                format('its sessions last {} seconds', duration_seconds), null
            )
        ) as problems
    from stg_rolesanywhere_profiles
)

select
    account_id,
    region,
    arn as resource,
    case
        when not is_enabled then not_applicable(format('Profile {} is disabled: it gives out no sessions.', name))
        when problems <> '' then fail(format('Profile {}: {}.', name, problems))
        else pass(format('Profile {} narrows its sessions and ends them after {} seconds.', name, duration_seconds))
    end as judged,
    to_json(struct_pack(has_session_policy, managed_policy_arns, duration_seconds, role_arns)) as evidence
from profiles
union all
select
    account_id,
    'global',
    arn,
    if(
        open_statements is null,
        pass(format('{} demands a trust anchor or a certificate of Roles Anywhere.', role_name)),
        fail(format('{} trusts Roles Anywhere, whatever the trust anchor and the certificate.', role_name))
    ),
    to_json(struct_pack(statements, open_statements := coalesce(open_statements, [])))
from roles
union all
select
    roles.account_id,
    'global',
    roles.arn,
    unknown(format('The trust policy of {} cannot be read: {}.', roles.role_name, trusts.malformed_reason)),
    to_json({statements: [], open_statements: []})
from stg_roles as roles
inner join (
    select document_sha256, any_value(malformed_reason) as malformed_reason
    from fact_trust_principals
    where malformed_reason is not null
    group by document_sha256
) as trusts on roles.trust_document_sha256 = trusts.document_sha256
