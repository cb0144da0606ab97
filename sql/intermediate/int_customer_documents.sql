/*
title = "Every identity policy document that the customer writes"
description = "Managed policies, and inline ones; all inline policies of a principal are one resource, the principal."
[columns]
document_sha256 = "SHA-256 of the document as it was read; of a managed policy, that of its default version"
resource = "ARN of a managed policy; of an inline one, of the user, group or role that has it"
kind = "managed or inline"
holders = "Users, groups and roles that hold it"
is_attached = "Whether somebody holds it"
is_boundary_only = "Whether it serves as a permissions boundary and nobody holds it"
has_conditions = "Whether a statement of it has a condition"
own_account = "What stands for the policy's own account in fact_documents"
content_sha256 = "Key of the document in fact_documents; the same in every account where it says the same"
*/
with
attachments as (
    select account_id, policy_arn, list(distinct principal_arn order by principal_arn) as holders
    from stg_policy_attachments
    group by account_id, policy_arn
)

select
    policies.account_id,
    policies.arn as resource,
    'managed' as kind,
    policies.policy_name,
    coalesce(attachments.holders, []) as holders,
    len(coalesce(attachments.holders, [])) > 0 or coalesce(policies.attachment_count, 0) > 0 as is_attached,
    not is_attached and policies.permissions_boundary_usage_count > 0 as is_boundary_only,
    contains(policies.document, '"Condition"') as has_conditions,
    policies.document_sha256,
    -- An id that AWS gives nobody; where a document has it all the same, the account stands for itself.
    if(contains(policies.document, '000000000000'), policies.account_id, '000000000000') as own_account,
    sha256(replace(policies.document, policies.account_id, own_account)) as content_sha256
from stg_policies as policies
left join attachments on policies.account_id = attachments.account_id and policies.arn = attachments.policy_arn
where not policies.is_aws_managed
union all
select
    account_id,
    principal_arn as resource,
    'inline' as kind,
    policy_name,
    [principal_arn] as holders,
    true as is_attached,
    false as is_boundary_only,
    contains(document, '"Condition"') as has_conditions,
    document_sha256,
    if(contains(document, '000000000000'), account_id, '000000000000') as own_account,
    sha256(replace(document, account_id, own_account)) as content_sha256
from stg_inline_policies
