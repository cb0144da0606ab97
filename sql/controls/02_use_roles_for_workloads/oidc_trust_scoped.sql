/*
id = "BP02-08"
title = "Roles for web identities should pin the audience and subject of an allowed issuer"
severity = "critical"
description = """
Roles that sts:AssumeRoleWithWebIdentity opens. A pin that admits the whole provider, tenant or organization fails; one
that admits a project, or a name that can move, passes, and the reason says so. Another claim that AWS evaluates may
stand in for the subject. allowed_issuers: hosts or URLs without https://, with * and ?; an empty list allows any.
An issuer that is in no list of Rolecall's may be shared by many customers: unknown, unless own_issuers names it.
"""
why = "Issuers of CI and cloud services sign tokens for all their customers: without a pinned subject any of them can assume the role."
fix = "Require <issuer>:aud and an exact <issuer>:sub by StringEquals: one repository and branch, workspace or service account."
may_break = "Pipelines whose subject is not listed can no longer assume the role."
frameworks = { other = "Checkov:CKV_AWS_358; RCP sample GitHub-Actions" }

[params]
allowed_issuers = []
# Issuers, written like those, that sign tokens for this organization alone.
own_issuers = []

[evidence]
statements = "The statements that decided, with policy, number and Sid"
*/
with
issuers as (
    select
        * replace (
            if(
                len(list_filter(getvariable('own_issuers')::varchar[], lambda p: issuer glob p)) > 0,
                null, nullif(oidc_unknown, '')
            ) as oidc_unknown
        )
    from fact_trusts
    where kind = 'oidc' or malformed_reason is not null
),

trusts as (
    select
        *,
        case
            when
                len(getvariable('allowed_issuers')) > 0
                and len(list_filter(getvariable('allowed_issuers')::varchar[], lambda p: issuer glob p)) = 0
                then format('{} is not an allowed issuer', issuer)
            when not pins_audience then format('{}: no audience is pinned', issuer)
            when not (pins_subject or pins_identity) then format('{}: no subject is pinned', issuer)
            when oidc_grade = 'dangerous' and oidc_unknown is null then format('{}: {}', issuer, oidc_reason)
        end as fault,
        format('{}: {}', issuer, oidc_reason) as pin
    from issuers
),

facts as (
    select
        roles.account_id,
        roles.arn as resource,
        any_value(roles.own_account) as own_account,
        any_value(trusts.malformed_reason) as malformed_reason,
        string_agg(distinct trusts.fault, '; ' order by trusts.fault) as faults,
        string_agg(distinct trusts.pin, '; ' order by trusts.pin) as pins,
        string_agg(distinct format('{}: {}', issuer, oidc_unknown), '; ' order by format('{}: {}', issuer, oidc_unknown))
        filter (where oidc_unknown is not null) as unlisted,
        string_agg(distinct trusts.pin, '; ' order by trusts.pin) filter (where oidc_grade = 'caution') as cautions,
        list({
            statement: trusts.statement_index, sid: trusts.sid, issuer: trusts.issuer,
            grade: trusts.oidc_grade, reason: trusts.oidc_reason, not_in_the_list: trusts.oidc_unknown,
            pins_audience: trusts.pins_audience, pins_subject: trusts.pins_subject, pins_tenant: trusts.pins_tenant,
            claims_not_in_the_list: trusts.unlisted_claims, text: trusts.statement
        } order by trusts.statement_index, trusts.principal) as statements
    from int_role_trusts as roles
    inner join trusts on roles.trust_sha256 = trusts.trust_sha256
    group by roles.account_id, roles.arn
)

select
    account_id,
    resource,
    case
        when malformed_reason is not null
            then unknown(replace(format('Its trust policy cannot be read: {}.', malformed_reason), own_account, account_id))
        when faults is not null then fail(replace(format('Open too wide: {}.', faults), own_account, account_id))
        when unlisted is not null then unknown(format('Pinned, but {}.', unlisted))
        when cautions is not null
            then pass(replace(format('Pinned, with caution: {}.', cautions), own_account, account_id))
        else pass(replace(format('Pinned: {}.', pins), own_account, account_id))
    end as judged,
    replace(to_json(struct_pack(statements))::varchar, own_account, account_id)::json as evidence
from facts
