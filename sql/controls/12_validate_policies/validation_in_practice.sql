/*
id = "BP12-04"
title = "Current policies should be validated, and changes should be checked before deployment"
severity = "low"
description = """
Two things: nearly all of the account's policies have been validated in their current version, and CloudTrail
or an access preview shows that someone other than Rolecall checked policies in the last 90 days. CloudTrail is asked in the home
Region, for the newest events only.
"""
why = "A fault found before a policy is deployed costs a minute; one found afterwards costs an incident."
fix = "Have the pipeline that deploys policies call ValidatePolicy and CheckNoNewAccess, and fail on what they find."
params = { min_validated_percent = 95, used_days = 90 }

[evidence]
documents = "How many distinct documents the account has"
validated = "How many of them were validated"
signs = "What shows that policies are validated before they are deployed"
last_used_at = "When it was last used; null for never or not reported"
*/
with
documents as (
    select account_id, document_sha256, 'IDENTITY_POLICY' as policy_type, json_valid(document) as is_read
    from stg_policies
    where not is_aws_managed and document is not null
    union
    select account_id, document_sha256, 'IDENTITY_POLICY', json_valid(document) from stg_inline_policies
    union
    select account_id, trust_document_sha256, 'TRUST_POLICY', json_valid(trust_document)
    from stg_roles
    where trust_document is not null and not is_service_linked and not is_identity_center
),

validated as (
    select account_id, count(*) as documents, count(validations.document_sha256) as validated,
        count(*) filter (not is_read) as unreadable
    from documents
    left join int_document_validations as validations using (account_id, document_sha256, policy_type)
    group by account_id
),

unread as (
    select account_id, count(*) as records
    from stg_unread_records
    where dataset in ('groups', 'policies', 'roles', 'users')
    group by account_id
),

events as (
    select
        account_id,
        list(event_name order by event_name) filter (where uses > 0) as used,
        max(last_used_at) as last_used_at,
        bool_and(is_complete) as is_complete
    from stg_validation_events
    group by account_id
),

previews as (
    select account_id, max(created_at) as previewed_at
    from raw_access_previews
    where days_since(created_at) <= getvariable('used_days')
    group by account_id
),

accounts as (
    select
        accounts.account_id,
        accounts.arn as resource,
        coalesce(validated.documents, 0) as documents,
        coalesce(validated.validated, 0) as validated,
        coalesce(validated.unreadable, 0) + coalesce(unread.records, 0) as unreadable,
        round(100 * validated.validated / validated.documents, 1) as validated_percent,
        list_concat(
            coalesce(events.used, []), if(previews.previewed_at is null, [], ['access previews'])
        ) as signs,
        greatest(events.last_used_at, previews.previewed_at) as last_used_at,
        coalesce(events.is_complete, false) as is_complete
    from stg_expected_accounts as accounts
    left join validated using (account_id)
    left join unread using (account_id)
    left join events using (account_id)
    left join previews using (account_id)
)

select
    account_id,
    resource,
    case
        when documents = 0 then not_applicable('The account has no policies of its own.')
        when unreadable > 0 then unknown(format('Policies that cannot be read: {}.', unreadable))
        when validated_percent < getvariable('min_validated_percent')
            then fail(format(
                '{} of {} policies are validated ({} %, at least {}).',
                validated, documents, validated_percent, getvariable('min_validated_percent')
            ))
        when len(signs) > 0
            then pass(format(
                'Policies are checked beforehand: {}, last on {}.', array_to_string(signs, ', '), last_used_at::date
            ))
        when not is_complete
            then unknown('There are more events than were looked at, and none of those was somebody else''s.')
        else fail(format('Nobody has checked a policy beforehand in {} days.', getvariable('used_days')))
    end as judged,
    to_json(struct_pack(documents, validated, signs, last_used_at)) as evidence
from accounts
