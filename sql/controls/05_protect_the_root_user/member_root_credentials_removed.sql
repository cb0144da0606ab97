/*
id = "BP05-06"
title = "Member accounts should have no root credentials"
severity = "high"
fixed_by = "organization"
description = "Judged once centralized root access is enabled: before that, a member cannot do without its root credentials."
why = "A root user without password, keys and certificates cannot be signed in as, phished or reset."
fix = "Delete the member's root credentials by centralized root access (IAM, root access management)."
may_break = "The few tasks that need root are then done in a root session from the management or delegated account."
frameworks = { cis_aws_7 = "2.1.1" }

[evidence]
has_password = "Whether there is a console password; null where AWS does not say"
has_access_keys = "Whether the root user has access keys; null where AWS does not say"
has_certificates = "Whether the root user has signing certificates; null where AWS does not say"
is_central = "Whether root credentials of members are managed centrally"
*/
with
facts as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.is_management,
        accounts.no_root_user,
        summaries.root_has_password as has_password,
        summaries.root_has_access_keys as has_access_keys,
        summaries.root_has_certificates as has_certificates,
        has_password or has_access_keys or has_certificates as has_credentials,
        exists (from raw_organization_features where feature = 'RootCredentialsManagement') as is_central,
        format('The root user has {}', concat_ws(
            ', ',
            if(has_password, 'a password', null),
            if(has_access_keys, 'access keys', null),
            if(has_certificates, 'certificates', null)
        )) as reason
    from stg_expected_accounts as accounts
    left join int_account_summary as summaries on accounts.account_id = summaries.account_id
)

select
    account_id,
    resource,
    case
        when is_management then not_applicable('The management account, or one in no organization, must keep its root credentials.')
        when no_root_user is not null then not_applicable(no_root_user)
        when has_credentials and is_central then fail(reason || '.')
        when has_credentials
            then not_applicable(reason || ', which it needs while centralized root access is off.')
        when not has_credentials then pass('The root user has no credentials.')
        else unknown('The account summary does not say which credentials the root user has.')
    end as judged,
    to_json(struct_pack(has_password, has_access_keys, has_certificates, is_central)) as evidence
from facts
