/*
id = "BP02-08"
title = "The role that web identities may assume pins audience and subject of an issuer that is allowed"
severity = "critical"
description = """
Roles that sts:AssumeRoleWithWebIdentity opens. A pin that admits the whole provider, tenant or organization fails; one
that admits a project, or a name that can move, passes and is told. Another claim that AWS reads may stand for the
subject. allowed_issuers: hosts or URLs without https://, with * and ?; an empty list allows any.
"""
why = "Issuers of CI and cloud services sign tokens for everybody: without a pinned subject any of their customers may enter."
fix = "Demand <issuer>:aud and an exact <issuer>:sub by StringEquals: one repository and branch, workspace or service account."
may_break = "Pipelines whose subject is not listed can no longer assume the role."
frameworks = { other = "Checkov:CKV_AWS_358; RCP sample GitHub-Actions" }
params = { allowed_issuers = [] }
*/
with
facts as (
    select
        *,
        len(getvariable('allowed_issuers')) > 0
        and len(list_filter(getvariable('allowed_issuers')::varchar[], lambda pattern: issuer glob pattern)) = 0
            as is_foreign,
        case
            when is_foreign then format('{} is not an allowed issuer', issuer)
            when not pins_audience then format('{}: no audience is pinned', issuer)
            when not (pins_subject or pins_identity) then format('{}: no subject is pinned', issuer)
            when oidc_grade = 'dangerous' then format('{}: {}', issuer, oidc_reason)
        end as fault,
        format('{}: {}', issuer, oidc_reason) as pin
    from fact_trusts
    where kind = 'oidc' or malformed_reason is not null
),

judged as (
    select
        roles.account_id,
        roles.arn as resource,
        any_value(roles.own_account) as own_account,
        any_value(facts.malformed_reason) as malformed_reason,
        string_agg(distinct facts.fault, '; ' order by facts.fault) as faults,
        string_agg(distinct facts.pin, '; ' order by facts.pin) as pins,
        string_agg(distinct facts.pin, '; ' order by facts.pin) filter (where facts.oidc_grade = 'caution') as cautions,
        list(
            {
                statement: facts.statement_index,
                sid: facts.sid,
                issuer: facts.issuer,
                grade: facts.oidc_grade,
                reason: facts.oidc_reason,
                pins_audience: facts.pins_audience,
                pins_subject: facts.pins_subject,
                pins_tenant: facts.pins_tenant,
                claims_aws_does_not_read: facts.unexposed_claims,
                text: facts.statement
            } order by facts.statement_index, facts.principal
        ) as statements
    from int_role_trusts as roles
    inner join facts on roles.trust_sha256 = facts.trust_sha256
    group by roles.account_id, roles.arn
),

final as (
    select
        account_id,
        resource,
        case
            when malformed_reason is not null then 'unknown'
            when faults is not null then 'fail'
            else 'pass'
        end as verdict,
        replace(
            case
                when malformed_reason is not null then format('Its trust policy cannot be read: {}.', malformed_reason)
                when faults is not null then format('Open too wide: {}.', faults)
                when cautions is not null then format('Pinned, with caution: {}.', cautions)
                else format('Pinned: {}.', pins)
            end,
            own_account, account_id
        ) as reason,
        replace(to_json(struct_pack(statements))::varchar, own_account, account_id)::json as evidence
    from judged
)

select * from final
