/*
id = "BP10-02"
title = "Roles assumed by AWS services should be limited to resources of the organization's own accounts"
severity = "medium"
description = """
Roles that trust a service which states on whose behalf it acts (fact_trust_services names the page). Limited by the trust policy, or
for all roles by a resource control policy. Of other services it is not known, and roles that AWS created for itself cannot be
changed: neither is judged.
"""
why = "A service that acts for every customer can be tricked into using your role on someone else's behalf."
fix = "Add aws:SourceAccount, aws:SourceArn or aws:SourceOrgID to the statement, or deny other sources for sts:AssumeRole in an RCP."
may_break = "A resource in another account that uses the role is refused from then on."
frameworks = { prowler = "iam_role_cross_service_confused_deputy_prevention", other = "Prowler:iam_role_service_trust_restricts_source_to_account" }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
*/
with
trusted as (
    select
        roles.account_id,
        roles.arn as resource,
        roles.own_account,
        roles.is_service_linked,
        facts.*,
        services.page,
        guards.confines,
        guards.policy_name,
        guards.statement as guard,
        services.service is not null and coalesce(guards.confines, 'no') in ('no', 'depends') as is_open,
        services.service is null and not facts.pins_source and known.service is null as is_unlisted
    from int_role_trusts as roles
    inner join fact_trusts as facts on roles.trust_sha256 = facts.trust_sha256
    left join int_service_trusts as trusts
        on
            roles.account_id = trusts.account_id
            and roles.arn = trusts.arn
            and facts.statement_index = trusts.statement_index
            and facts.principal = trusts.principal
    left join fact_trust_services as services on trusts.service = services.service
    left join fact_trust_services as known on facts.service = known.service
    left join fact_trust_guards as guards on trusts.guard_sha256 = guards.guard_sha256
    where facts.malformed_reason is not null or (facts.kind = 'service' and facts.lets_in <> 'no')
),

roles as (
    select
        account_id,
        resource,
        any_value(own_account) as own_account,
        is_service_linked,
        any_value(malformed_reason) as malformed_reason,
        string_agg(distinct principal, ', ' order by principal) as principals,
        string_agg(distinct principal, ', ' order by principal) filter (where is_open) as open_to,
        string_agg(distinct principal, ', ' order by principal) filter (where pins_source) as pinned,
        string_agg(distinct principal, ', ' order by principal) filter (where is_unlisted) as unlisted,
        string_agg(distinct policy_name, ', ' order by policy_name) filter (where confines = 'unread') as unread,
        string_agg(distinct policy_name, ', ' order by policy_name) filter (where confines = 'yes') as guarded_by,
        list(
            {
                statement: statement_index,
                sid: sid,
                service: principal,
                pins_source: pins_source,
                documented_at: page,
                rcp: policy_name,
                rcp_confines: confines,
                rcp_statement: guard,
                text: statement
            } order by statement_index, principal
        ) as statements
    from trusted
    group by account_id, resource, is_service_linked
)

select
    account_id,
    resource,
    case
        when is_service_linked
            then not_applicable('A service-linked role; its trust policy cannot be changed.')
        when malformed_reason is not null
            then unknown(format('Its trust policy cannot be read: {}.', malformed_reason))
        when open_to is not null then fail(format('{} may assume it for anybody''s resources.', open_to))
        when unread is not null then unknown(format('The RCP {} cannot be read.', unread))
        when coalesce(guarded_by, pinned) is not null and unlisted is not null then unknown(format(
            'Confines for whom others may act; of {} it is not known that it says for whom: not in Rolecall''s list.', unlisted
        ))
        when guarded_by is not null
            then pass(format('The RCP {} confines for whom {} act.', guarded_by, principals))
        when pinned is not null then pass(format('Confines for whom {} may act.', pinned))
        else not_applicable(format('Of {} it is not known that it says for whom it acts: not in Rolecall''s list.', principals))
    end as judged,
    replace(to_json(struct_pack(statements))::varchar, own_account, account_id)::json as evidence
from roles
