/*
title = "Content of each customer managed and inline policy document"
description = "fact_documents for each of int_customer_documents, gathered by statement; a document that was not read is malformed."
[columns]
kind = "Kind of fact, as in fact_documents"
details = "The services, actions or conditions that it is about"
flaw = "What kind of flaw a condition has"
statements = "The statements that it rests on"
*/
select
    documents.account_id,
    documents.resource,
    documents.policy_name,
    coalesce(facts.kind, 'malformed') as kind,
    facts.statement_index,
    facts.flaw,
    list(
        distinct replace(facts.detail, documents.own_account, documents.account_id)
        order by replace(facts.detail, documents.own_account, documents.account_id)
    ) filter (where facts.detail <> '') as details,
    any_value(replace(facts.statements::varchar, documents.own_account, documents.account_id)::json) as statements,
    any_value(if(documents.document_sha256 is null, 'it was not read', facts.malformed_reason)) as malformed_reason
from int_customer_documents as documents
left join fact_documents as facts on documents.content_sha256 = facts.content_sha256
where facts.kind is not null or documents.document_sha256 is null
group by
    documents.account_id, documents.resource, documents.policy_name, facts.kind, facts.statement_index, facts.flaw
