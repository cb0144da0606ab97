/*
title = "The verdict of every control on every resource tonight"
description = """
What the controls say, with four things laid over it. Where a dataset that a control rests on could not be read, its
rows are dropped and one `unknown` names the call that failed. Where a single record could not, or holds what AWS did not
have before, what is said of it, and of anything else with its help, is `unknown` and says why. Where a live exception covers a fail, the fail is
`exempt`. Where an account has no resource of the kind, one `not_applicable` says so: every control has a verdict in
every account that it is owed by.
"""
by_controls = true
[columns]
control_id = "Id of the control"
account_id = "Id of the account"
region = "Region, 'global' for services without one"
resource = "ARN of what is judged"
practice = "Number of the best practice, 1 to 14"
verdict = "pass, fail, exempt, not_applicable, unknown or manual"
reason = "A sentence with the values in it"
evidence = "The facts that decided"
exception_entry = "Entry of the register that makes the fail exempt; null for none"
origin = "control: what the control says; unread: data was missing; absent: there is nothing to judge"
*/
with
expected as (
    select
        controls.control_id,
        controls.practice,
        accounts.account_id,
        accounts.arn,
        accounts.is_management,
        controls.scope = 'organization' and exists(from raw_organization where feature_set = 'NONE') as is_without_organization
    from control_catalog as controls
    inner join int_accounts as accounts
        on accounts.is_expected and (controls.scope = 'account' or accounts.is_management)
    where list_contains(getvariable('part'), controls.control_id)
),

owed as (
    select distinct
        expected.control_id,
        expected.account_id,
        expected.arn,
        needs.dataset,
        needs.scope,
        needs.is_alone
    from expected
    inner join control_needs as needs using (control_id)
    where
        (expected.is_management or not needs.of_management)
        and not needs.settles_unread
        and not expected.is_without_organization
),

-- Apart for what is read once and what each account has, so that both are joined by equal keys.
failed as (
    select owed, extracts
    from owed
    left join raw_extracts as extracts using (dataset)
    where owed.scope = 'organization' and extracts.status is distinct from 'ok'
    union all
    select owed, extracts
    from owed
    left join raw_extracts as extracts using (dataset, account_id)
    where owed.scope <> 'organization' and extracts.status is distinct from 'ok'
),

missing as (
    select
        owed.control_id,
        owed.account_id,
        owed.dataset,
        coalesce(extracts.region, 'global') as region,
        extracts.operation,
        extracts.error_class,
        extracts.error_code,
        extracts.message
    from failed
),

unread as (
    select
        control_id,
        account_id,
        region,
        min_by(missing, dataset) as first
    from missing
    group by control_id, account_id, region
    qualify region = 'global' or not bool_or(region = 'global') over (partition by control_id, account_id)
),

odd_records as (
    select
        owed.control_id,
        owed.account_id,
        owed.dataset,
        owed.is_alone,
        unread_records.region,
        unread_records.resource as name,
        regexp_replace(unread_records.resource, '^arn:[^:]*:([^:]*):[^:]*:[^:]*:([^/:]*).*$', '\1:\2') as kind,
        coalesce(nullif(unread_records.resource, ''), owed.arn) as resource,
        unread_records as record
    from owed
    inner join raw_unread_records as unread_records
        on owed.dataset = unread_records.dataset and owed.account_id = unread_records.account_id
),

said as (
    select
        results.control_id,
        results.account_id,
        coalesce(results.region, 'global') as region,
        results.resource,
        results.verdict,
        results.reason,
        results.evidence::json as evidence,
        regexp_replace(results.resource, '^arn:[^:]*:([^:]*):[^:]*:[^:]*:([^/:]*).*$', '\1:\2') as kind
    from control_results as results
    inner join expected using (control_id, account_id)
    where list_contains(getvariable('part'), results.control_id) and not expected.is_without_organization and not exists (
        from unread
        where
            unread.control_id = results.control_id
            and unread.account_id = results.account_id
            and (unread.region = 'global' or coalesce(results.region, 'global') in ('global', unread.region))
    )
),

-- What belongs to a record that could not be read, and what is said of something else with the help of such records:
-- neither of a resource of the record's own kind, nor of another record of the dataset.
in_doubt as (
    select
        said.control_id,
        said.account_id,
        said.region,
        said.resource,
        min_by(odd_records, (odd_records.resource <> said.resource, odd_records.dataset, odd_records.resource)) as first
    from said
    inner join odd_records
        on
            said.control_id = odd_records.control_id
            and said.account_id = odd_records.account_id
            and (odd_records.region = 'global' or said.region in ('global', odd_records.region))
    where
        said.resource = odd_records.name
        or starts_with(said.resource, odd_records.name || '/')
        or ends_with(said.resource, '/' || odd_records.name)
        or ends_with(said.resource, ':' || odd_records.name)
        or (
            not odd_records.is_alone
            and said.kind <> odd_records.kind
            and not exists (
                from record_names as others
                where
                    others.dataset = odd_records.dataset
                    and others.account_id = said.account_id
                    and others.name <> odd_records.name
                    and (
                        said.resource = others.name
                        or starts_with(said.resource, others.name || '/')
                        or ends_with(said.resource, '/' || others.name)
                        or ends_with(said.resource, ':' || others.name)
                    )
            )
        )
    group by said.control_id, said.account_id, said.region, said.resource
),

doubtful as (
    select control_id, account_id, region, resource, first from in_doubt
    union all by name
    select
        odd_records.control_id,
        odd_records.account_id,
        odd_records.region,
        odd_records.resource,
        min_by(odd_records, odd_records.dataset) as first
    from odd_records
    anti join in_doubt
        on
            odd_records.control_id = in_doubt.control_id
            and odd_records.account_id = in_doubt.account_id
            and (odd_records.resource = in_doubt.resource or not starts_with(odd_records.name, 'arn:'))
            and (odd_records.region = 'global' or in_doubt.region in ('global', odd_records.region))
    where not exists (
        from unread
        where
            unread.control_id = odd_records.control_id
            and unread.account_id = odd_records.account_id
            and (unread.region = 'global' or odd_records.region in ('global', unread.region))
    )
    group by odd_records.control_id, odd_records.account_id, odd_records.region, odd_records.resource
),

kept as (
    select * exclude (kind), 'control' as origin
    from said
    anti join in_doubt using (control_id, account_id, region, resource)
),

unknown_records as (
    select
        control_id,
        account_id,
        region,
        resource,
        'unknown' as verdict,
        format(
            '{}{} ({}): {}',
            if(first.resource = resource, '', format('It may depend on {}, which could not be read: ', first.resource)),
            first.record.operation, first.record.error_class, first.record.message
        ) as reason,
        to_json({
            dataset: first.dataset,
            operation: first.record.operation,
            error_class: first.record.error_class,
            error_code: first.record.error_code
        }) as evidence,
        'record' as origin
    from doubtful
),

unknowns as (
    select
        unread.control_id,
        unread.account_id,
        unread.region,
        expected.arn as resource,
        'unknown' as verdict,
        case
            when unread.first.operation is null
                then format('The dataset {} was not collected on this night.', unread.first.dataset)
            else format(
                '{} failed ({}): {}', unread.first.operation, unread.first.error_class,
                coalesce(unread.first.message, unread.first.error_code, 'no message')
            )
        end as reason,
        to_json({
            dataset: unread.first.dataset,
            operation: unread.first.operation,
            error_class: unread.first.error_class,
            error_code: unread.first.error_code
        }) as evidence,
        'unread' as origin
    from unread
    inner join expected using (control_id, account_id)
),

absent as (
    select
        expected.control_id,
        expected.account_id,
        'global' as region,
        expected.arn as resource,
        'not_applicable' as verdict,
        if(
            expected.is_without_organization,
            'The account is in no organization.',
            'There is nothing of the kind in the account.'
        ) as reason,
        '{}'::json as evidence,
        'absent' as origin
    from expected
    anti join kept using (control_id, account_id)
    anti join unknown_records using (control_id, account_id)
    anti join unknowns using (control_id, account_id)
),

verdicts as (
    select * from kept
    union all by name
    select * from unknown_records
    union all by name
    select * from unknowns
    union all by name
    select * from absent
),

covering as (
    select
        verdicts.control_id,
        verdicts.account_id,
        verdicts.region,
        verdicts.resource,
        min_by(register, register.entry) as entry
    from verdicts
    inner join raw_register as register
        on
            register.kind = 'exception'
            and verdicts.control_id = register.control_id
            and verdicts.account_id = coalesce(register.account_id, verdicts.account_id)
            and verdicts.resource glob coalesce(register.resource, '*')
            and register.expires_on >= getvariable('as_of')
    where verdicts.verdict = 'fail'
    group by all
),

final as (
    select
        verdicts.control_id,
        controls.practice,
        verdicts.account_id,
        verdicts.region,
        verdicts.resource,
        if(covering.entry is null, verdicts.verdict, 'exempt') as verdict,
        if(
            covering.entry is null,
            verdicts.reason,
            format(
                '{} Accepted by {} until {}: {}', verdicts.reason, covering.entry.owner,
                covering.entry.expires_on, covering.entry.reason
            )
        ) as reason,
        verdicts.evidence,
        verdicts.origin,
        covering.entry.entry as exception_entry
    from verdicts
    inner join control_catalog as controls using (control_id)
    left join covering using (control_id, account_id, region, resource)
)

select * from final
order by control_id, account_id, region, resource
