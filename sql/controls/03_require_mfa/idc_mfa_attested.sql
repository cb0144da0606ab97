/*
id = "BP03-04"
title = "MFA in Identity Center should be attested"
severity = "high"
register_entries = ["attestation"]
scope = "organization"
description = "No API returns the MFA settings of Identity Center or of the identity provider behind it; an attestation in the register decides, and one that has expired is a fail."
why = "People who sign in through Identity Center reach many accounts, and AWS offers no call that shows whether MFA is required."
fix = "Require MFA in Identity Center or the identity provider, and enter an attestation with evidence and an expiry in the register."

[evidence]
instances = "Instances of IAM Identity Center"
is_trusted = "Whether Identity Center has trusted access in the organization"
entry = "Attestation in the register; null for none"
evidence_url = "Where the evidence of the attestation is"
expires_on = "Last day on which the attestation counts"
*/
with
management as (select * from stg_expected_accounts where is_management),

instances as (
    select account_id, list_sort(list(distinct instance_arn)) as instances
    from stg_identity_center_instances
    where status = 'ACTIVE'
    group by account_id
),

attestation as (
    select arg_max(register, (expires_on, entry)) as newest
    from stg_register as register
    inner join management on coalesce(register.account_id, management.account_id) = management.account_id
    where register.kind = 'attestation' and register.control_id = 'idc_mfa_attested'
),

facts as (
    select
        management.account_id,
        management.arn as resource,
        coalesce(instances.instances, []) as instances,
        exists (from raw_trusted_services where service_principal = 'sso.amazonaws.com') as is_trusted,
        attestation.newest as attestation
    from management
    cross join attestation
    left join instances on management.account_id = instances.account_id
)

select
    account_id,
    resource,
    case
        when not is_trusted and instances = []
            then not_applicable('The organization does not use IAM Identity Center.')
        when attestation is null
            then manual('Identity Center is in use, and nobody has attested that MFA is required.')
        when attestation.is_live then pass(format(
            'Attested by {} until {}: {}', attestation.owner, attestation.expires_on, attestation.reason
        ))
        else fail(format('The attestation by {} ended on {}.', attestation.owner, attestation.expires_on))
    end as judged,
    to_json(struct_pack(
        instances,
        is_trusted,
        entry := attestation.entry,
        evidence_url := attestation.evidence_url,
        expires_on := attestation.expires_on
    )) as evidence
from facts
