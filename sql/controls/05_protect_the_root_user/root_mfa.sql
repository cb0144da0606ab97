/*
id = "BP05-02"
title = "The root user should have MFA wherever it has a credential"
severity = "critical"
description = "Judged by the account summary. A summary that does not mention a password is taken to mean that there is one."
why = "The root user can do anything in the account, and anyone who reads its mailbox can reset its password."
fix = "Remove the root credentials by centralized root access; in the management account register a security key."
frameworks = { cis_aws_7 = "2.5", security_hub = "IAM.9", prowler = "iam_root_mfa_enabled", other = "Config:ROOT_ACCOUNT_MFA_ENABLED; Steampipe:iam_root_user_mfa_enabled, iam_root_user_account_console_access_mfa_enabled; Scout:iam-root-account-no-mfa; Fix:root_mfa_enabled; Cartography:aws_root_mfa_disabled" }

[evidence]
has_mfa = "Whether an MFA device is enabled; null where AWS does not say"
has_password = "Whether there is a console password; null where AWS does not say"
has_access_keys = "Whether the root user has access keys; null where AWS does not say"
*/
select
    accounts.account_id,
    accounts.arn as resource,
    case
        when accounts.no_root_user is not null then not_applicable(accounts.no_root_user)
        when root_has_mfa then pass('The root user has MFA.')
        when not (root_has_password or root_has_access_keys)
            then not_applicable('The root user has no password and no access keys.')
        when root_has_mfa is null then unknown('The account summary does not say whether the root user has MFA.')
        else fail(format('The root user has {} and no MFA.', if(root_has_access_keys, 'access keys', 'a password')))
    end as judged,
    to_json({
        has_mfa: root_has_mfa, has_password: root_has_password, has_access_keys: root_has_access_keys
    }) as evidence
from stg_expected_accounts as accounts
left join int_account_summary as summaries on accounts.account_id = summaries.account_id
