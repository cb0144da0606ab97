/*
title = "Actions that each distinct identity policy document allows, as written"
description = """
The actions of its Allow statements, whatever their resources and conditions; a statement with NotAction counts as
the action NotAction. Deny statements are not weighed.
"""
[columns]
actions = "Actions as written, each once; null where the document could not be read"
*/
with
documents as (select * from int_identity_documents),

statements as (
    select
        document_sha256,
        unnest(
            case json_type(document, '$.Statement')
                when 'ARRAY' then from_json(document -> '$.Statement', '["json"]')
                when 'OBJECT' then [document -> '$.Statement']
            end
        ) as statement
    from documents
    where json_valid(document)
),

allowed as (
    select
        document_sha256,
        unnest(
            case json_type(statement, '$.Action')
                when 'ARRAY' then from_json(statement -> '$.Action', '["varchar"]')
                when 'VARCHAR' then [statement ->> '$.Action']
                else ['NotAction']
            end
        ) as action
    from statements
    where statement ->> '$.Effect' = 'Allow'
)

select
    documents.document_sha256,
    if(
        json_valid(any_value(documents.document)),
        coalesce(list_sort(list(distinct allowed.action) filter (where allowed.action is not null)), []),
        null
    ) as actions
from documents
left join allowed using (document_sha256)
group by documents.document_sha256
