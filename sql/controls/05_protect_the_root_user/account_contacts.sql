/*
id = "BP05-08"
title = "The account has a security contact and a root e-mail address of the company"
severity = "medium"
description = "The address is judged once email_domains lists the company's domains. Whether the contacts are current, no API tells."
why = "AWS writes to the security contact about exposed keys and abuse, and to the root address about the account's recovery."
fix = "Set the SECURITY alternate contact to a team's address, from the management account for all members, and the root address to a company mailbox."
frameworks = { cis_aws_7 = "2.3", security_hub = "Account.1", prowler = "account_security_contact_information_is_registered", other = "Steampipe:account_alternate_contact_security_registered; Fix:account_security_contact_information_is_registered" }

[params]
# Empty: the domain of the root e-mail address is not judged.
email_domains = []
*/
with
accounts as (select * from stg_expected_accounts),

contacts as (select account_id, email from stg_alternate_contacts where contact_type = 'SECURITY'),

judged as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.partition = 'aws-us-gov' as is_govcloud,
        contacts.email as security_contact,
        contacts.account_id is not null as has_contact,
        accounts.email as root_email,
        lower(split_part(accounts.email, '@', 2)) as domain,
        len(getvariable('email_domains')) = 0
        or coalesce(list_contains(getvariable('email_domains'), domain), false) as is_own_domain
    from accounts
    left join contacts on accounts.account_id = contacts.account_id
),

final as (
    select
        account_id,
        resource,
        case
            when is_govcloud then 'not_applicable'
            when has_contact and is_own_domain then 'pass'
            else 'fail'
        end as verdict,
        case
            when is_govcloud then 'An AWS GovCloud account has the contacts of the standard account that it goes with.'
            when has_contact and is_own_domain then format('AWS reaches security at {}.', security_contact)
            else concat_ws(
                ' ',
                if(has_contact, null, 'The account has no security contact.'),
                if(is_own_domain, null, format('The root e-mail address {} is not on a company domain.', root_email))
            )
        end as reason,
        to_json(struct_pack(security_contact, root_email, is_own_domain)) as evidence
    from judged
)

select * from final
