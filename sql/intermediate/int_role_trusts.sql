/*
title = "The trust policy of each role, by content"
description = """
Roles of different accounts whose trust policies differ in nothing but the id of their own account share one
trust_sha256: what holds of the one holds of the other, and fact_trusts has it once.
"""
[columns]
own_account = "What stands for the role's own account in fact_trusts; put account_id in its place"
trust_sha256 = "Key of the trust policy in fact_trusts"
*/
select
    account_id,
    role_name,
    arn,
    is_service_linked,
    is_identity_center,
    -- An id that AWS gives nobody; where a document has it all the same, the account stands for itself.
    if(contains(trust_document, '000000000000'), account_id, '000000000000') as own_account,
    sha256(concat_ws(
        ' ', split_part(arn, ':', 2), own_account, replace(trust_document, account_id, own_account)
    )) as trust_sha256
from stg_roles
