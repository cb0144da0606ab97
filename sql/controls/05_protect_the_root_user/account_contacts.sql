/*
id = "BP05-08"
title = "Accounts should have a security contact and a root e-mail address of the company"
severity = "medium"
fixed_by = "organization"
settles_unread = ["contact_information"]
description = "The address is judged once email_domains lists the company's domains. Whether the contacts are current, no API tells, but for the telephone number of the primary contact: one that AWS has not verified is remarked on."
why = "AWS writes to the security contact about exposed keys and abuse, and to the root address about recovering the account."
fix = "Set the SECURITY alternate contact to a team's address, from the management account for all members, and the root address to a company mailbox."
frameworks = { cis_aws_7 = "2.3", security_hub = "Account.1", prowler = "account_security_contact_information_is_registered", other = "Steampipe:account_alternate_contact_security_registered; Fix:account_security_contact_information_is_registered" }

[params]
# Empty: the domain of the root e-mail address is not judged.
email_domains = []

[evidence]
security_contact = "Address of the security contact; null for none"
root_email = "Address of the root user"
is_own_domain = "Whether the root user's address is of an allowed domain"
phone_verification = "Whether AWS has verified the phone number of the primary contact"
*/
with
facts as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.partition = 'aws-us-gov' as is_govcloud,
        contacts.email as security_contact,
        contacts.account_id is not null as has_contact,
        accounts.email as root_email,
        len(getvariable('email_domains')) = 0
        or coalesce(list_contains(getvariable('email_domains'), lower(split_part(accounts.email, '@', 2))), false)
            as is_own_domain,
        information.phone_verification,
        if(
            information.phone_verification = 'UNVERIFIED',
            ' AWS has not verified the telephone number of the primary contact.', ''
        ) as remark
    from stg_expected_accounts as accounts
    left join stg_alternate_contacts as contacts
        on accounts.account_id = contacts.account_id and contacts.contact_type = 'SECURITY'
    left join stg_contact_information as information on accounts.account_id = information.account_id
)

select
    account_id,
    resource,
    case
        when is_govcloud
            then not_applicable('An AWS GovCloud account has the contacts of the standard account that it goes with.')
        when has_contact and is_own_domain then pass(format('AWS reaches security at {}.{}', security_contact, remark))
        else fail(concat_ws(
            ' ',
            if(has_contact, null, 'The account has no security contact.'),
            if(is_own_domain, null, format('The root e-mail address {} is not on a company domain.', root_email))
        ))
    end as judged,
    to_json(struct_pack(security_contact, root_email, is_own_domain, phone_verification)) as evidence
from facts
