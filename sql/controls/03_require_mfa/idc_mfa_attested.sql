/*
id = "BP03-04"
title = "MFA in Identity Center is attested"
severity = "high"
scope = "organization"
description = "No API tells the MFA settings of Identity Center or of the identity provider behind it; an attestation in the register decides, and one that has ended is a fail."
why = "Whoever signs in through Identity Center reaches many accounts, and AWS offers no call that shows whether MFA is asked."
fix = "Require MFA in Identity Center or the identity provider, and enter an attestation with evidence and an expiry in the register."
*/
with
management as (select * from stg_expected_accounts where is_management),

instances as (
    select
        account_id,
        list_sort(list(distinct instance_arn)) as instances
    from stg_identity_center_instances
    where status = 'ACTIVE'
    group by account_id
),

trusted as (select count(*) > 0 as is_trusted from raw_trusted_services where service_principal = 'sso.amazonaws.com'),

attestation as (
    select arg_max(register, (expires_on, entry)) as newest
    from stg_register as register
    inner join management on coalesce(register.account_id, management.account_id) = management.account_id
    where register.kind = 'attestation' and register.control_id = 'idc_mfa_attested'
),

judged as (
    select
        management.account_id,
        management.arn as resource,
        coalesce(instances.instances, []) as instances,
        trusted.is_trusted,
        trusted.is_trusted or instances.instances is not null as is_used,
        attestation.newest as attestation
    from management
    cross join trusted
    cross join attestation
    left join instances on management.account_id = instances.account_id
),

final as (
    select
        account_id,
        resource,
        case
            when not is_used then 'not_applicable'
            when attestation is null then 'manual'
            when attestation.is_live then 'pass'
            else 'fail'
        end as verdict,
        case
            when not is_used then 'The organization does not use IAM Identity Center.'
            when attestation is null then 'Identity Center is in use, and nobody has attested that MFA is required.'
            when attestation.is_live
                then format(
                    'Attested by {} until {}: {}', attestation.owner, attestation.expires_on, attestation.reason
                )
            else format('The attestation by {} ended on {}.', attestation.owner, attestation.expires_on)
        end as reason,
        to_json(struct_pack(
            instances,
            is_trusted,
            entry := attestation.entry,
            evidence_url := attestation.evidence_url,
            expires_on := attestation.expires_on
        )) as evidence
    from judged
)

select * from final
