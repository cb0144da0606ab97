/*
title = "Every distinct identity policy document"
description = "Default versions of managed policies and inline policies, each content once."
[columns]
document = "The policy document; of a managed policy, that of its default version"
document_sha256 = "SHA-256 of the document's text"
*/
select document_sha256, any_value(document) as document
from (
    select document_sha256, document from stg_policies
    union all
    select document_sha256, document from stg_inline_policies
)
where document is not null
group by document_sha256
