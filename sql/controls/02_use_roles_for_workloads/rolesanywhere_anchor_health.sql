/*
id = "BP02-06"
title = "Roles Anywhere trust anchors should be unexpired, revocable and monitored"
severity = "medium"
description = "Enabled trust anchors. Their CA certificates must remain valid for some time, an enabled revocation list or the certificates' own distribution points must be checked, and notifications for both expiries must be on. Whether a revocation list is current is not judged."
why = "When the CA's certificate expires, every machine under it loses its credentials at once; without revocation, a stolen certificate works until it expires."
fix = "Renew the CA's certificate, import a revocation list or enable distribution points, and enable the anchor's expiry notifications."
may_break = "Once revocation is checked, machines with a revoked certificate are refused."
frameworks = { prowler = "rolesanywhere_trust_anchor_pqc_pki (post-quantum only)" }

[params]
min_remaining_days = 45
expected_events = ["CA_CERTIFICATE_EXPIRY", "END_ENTITY_CERTIFICATE_EXPIRY"]

[evidence]
source_type = "Where the certificates come from"
certificate_expires_at = "When the certificate of the anchor ends"
enabled_crls = "Certificate revocation lists that are enabled"
is_crl_distribution_point_checked = "Whether revocation lists named in certificates are checked"
notified_events = "Events that somebody is told about"
*/
with
lists as (
    select account_id, region, trust_anchor_arn, count(*) as enabled_crls
    from stg_rolesanywhere_crls
    where is_enabled
    group by account_id, region, trust_anchor_arn
),

anchors as (
    select
        anchors.*,
        coalesce(lists.enabled_crls, 0) as enabled_crls,
        list_filter(
            getvariable('expected_events')::varchar[], lambda e: not list_contains(anchors.notified_events, e)
        ) as silent_events,
        concat_ws(
            '; ',
            case
                when anchors.remaining_days < 0
                    then format('a CA certificate ended on {}', anchors.certificate_expires_at::date)
                when anchors.remaining_days < getvariable('min_remaining_days')
                    then format('a CA certificate ends in {} days', anchors.remaining_days)
            end,
            if(
                lists.enabled_crls is null and not anchors.is_crl_distribution_point_checked,
                'certificates cannot be revoked', null
            ),
            'not notified: ' || nullif(array_to_string(silent_events, ', '), '')
        ) as problems
    from stg_rolesanywhere_trust_anchors as anchors
    left join lists
        on anchors.account_id = lists.account_id
        and anchors.region = lists.region
        and anchors.arn = lists.trust_anchor_arn
)

select
    account_id,
    region,
    arn as resource,
    case
        when not is_enabled then not_applicable(name || ' is disabled: nobody gets credentials through it.')
        when problems <> '' then fail(format('{}: {}.', name, problems))
        when remaining_days is null
            then unknown(format('{}: the end of its certificate ({}) could not be read.', name, source_type))
        else pass(format(
            '{} holds for {} days, can revoke certificates and notifies of expiries.', name, remaining_days
        ))
    end as judged,
    to_json(struct_pack(
        source_type, certificate_expires_at, enabled_crls, is_crl_distribution_point_checked, notified_events
    )) as evidence
from anchors
