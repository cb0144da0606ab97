/*
id = "BP13-01"
title = "Accounts should be in an organizational unit of an organization with all features enabled"
severity = "high"
fixed_by = "organization"
description = "The place of the management account is not judged, because no guardrail binds it anywhere."
why = "Guardrails need an organization with all features, and an account directly under the root gets only the guardrails that every account gets."
fix = "Enable all features, and move the account into the organizational unit whose guardrails it needs."
may_break = "Moving an account changes the policies that bind it."
frameworks = { cis_aws_7 = "2.1.4", security_hub = "Account.2", prowler = "organizations_account_part_of_organizations", other = "Config:ACCOUNT_PART_OF_ORGANIZATIONS; Steampipe:account_part_of_organizations; c7n:account.organization" }

[evidence]
organization_id = "Id of the organization; null where the account is in none"
feature_set = "Feature set of the organization"
parent_id = "Where the account hangs"
is_management = "Whether it is the management account"
*/
select
    accounts.account_id,
    accounts.arn as resource,
    case
        when organization_id is null then fail('The account is in no organization.')
        when coalesce(feature_set, '') <> 'ALL'
            then fail(format('Organization {} has the feature set {}, not ALL.', organization_id, feature_set))
        when is_management
            then not_applicable(format(
                'Management account of {}, which has all features; no guardrail binds it anywhere.', organization_id
            ))
        when parent_id is null then unknown('The place of the account in the organization was not read.')
        when starts_with(parent_id, 'r-')
            then fail(format('The account stands directly under the root {}, in no organizational unit.', parent_id))
        else pass(format('Member of {}, which has all features, in {}.', organization_id, parent_id))
    end as judged,
    to_json(struct_pack(organization_id, feature_set, parent_id, is_management)) as evidence
from stg_expected_accounts as accounts
left join stg_organization as organization on true
