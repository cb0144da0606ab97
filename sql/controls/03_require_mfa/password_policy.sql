/*
id = "BP03-06"
title = "Accounts whose IAM users can sign in should have a strong password policy"
severity = "medium"
description = "Length and reuse are judged; complexity and expiry only where the parameters ask for them."
why = "Short or reused passwords are guessed from lists of leaked ones."
fix = "Set the account's password policy to the length and reuse that are asked."
may_break = "Users with a weaker password must choose a new one at their next change."
frameworks = { cis_aws_7 = "2.8, 2.9", security_hub = "IAM.7, IAM.10, IAM.11, IAM.12, IAM.13, IAM.14, IAM.15, IAM.16, IAM.17", prowler = "iam_password_policy_minimum_length_14, iam_password_policy_reuse_24, iam_password_policy_lowercase, iam_password_policy_uppercase, iam_password_policy_number, iam_password_policy_symbol, iam_password_policy_expires_passwords_within_90_days_or_less", other = "Config:IAM_PASSWORD_POLICY; Steampipe:iam_account_password_policy_{strong_min_length_8,strong_min_reuse_24,min_length_14,reuse_24,one_lowercase_letter,one_uppercase_letter,one_number,one_symbol}, iam_password_policy_expire_90; Scout:iam-password-policy-{expiration-threshold,minimum-length,no-expiration,no-lowercase-required,no-number-required,no-symbol-required,no-uppercase-required,reuse-enabled}; Fix:password_policy_{minimum_length_14,reuse_24,lowercase,number,symbol,uppercase,expire_90}; c7n:account.password-policy" }

[params]
minimum_length = 14
reuse_prevention = 24
requires_symbols = false
requires_numbers = false
requires_uppercase = false
requires_lowercase = false
# 0: passwords need not expire.
max_age_days = 0

[evidence]
console_users = "How many IAM users of the account can sign in to the console"
minimum_length = "Characters that a password needs"
reuse_prevention = "How many passwords are remembered"
max_age_days = "Days after which passwords end; null for never"
faults = "What is wrong, one by one"
*/
with
policies as (
    select
        account_id,
        minimum_password_length as minimum_length,
        coalesce(password_reuse_prevention, 0) as reuse_prevention,
        max_password_age_days as max_age_days,
        list_filter([
            if(minimum_length >= getvariable('minimum_length'), null, format('length {}', minimum_length)),
            if(reuse_prevention >= getvariable('reuse_prevention'), null, format('{} remembered', reuse_prevention)),
            if(requires_symbols or not getvariable('requires_symbols'), null, 'no symbols'),
            if(requires_numbers or not getvariable('requires_numbers'), null, 'no numbers'),
            if(requires_uppercase or not getvariable('requires_uppercase'), null, 'no upper case'),
            if(requires_lowercase or not getvariable('requires_lowercase'), null, 'no lower case'),
            if(
                getvariable('max_age_days') = 0 or max_age_days between 1 and getvariable('max_age_days'),
                null, 'expiry ' || coalesce(max_age_days || ' days', 'never')
            )
        ], lambda fault: fault is not null) as faults
    from stg_password_policies
),

facts as (
    select
        accounts.account_id,
        accounts.arn as resource,
        console.users as console_users,
        console.not_reported,
        policies.* exclude (account_id)
    from stg_expected_accounts as accounts
    inner join int_console_users as console on accounts.account_id = console.account_id
    left join policies on accounts.account_id = policies.account_id
)

select
    account_id,
    resource,
    case
        when console_users = 0 and not_reported > 0 then unknown(format(
            'Whether {} IAM users can sign in to the console was not reported.', not_reported
        ))
        when console_users = 0 then not_applicable('No IAM user can sign in to the console.')
        when faults is null then fail(format(
            'The account has no password policy; IAM users who can sign in: {}.', console_users
        ))
        when faults = []
            then pass(format('Passwords need {} characters, {} are remembered.', minimum_length, reuse_prevention))
        else fail(format(
            'The password policy falls short of length {} and {} remembered: {}; IAM users who can sign in: {}.',
            getvariable('minimum_length'), getvariable('reuse_prevention'),
            array_to_string(faults, ', '), console_users
        ))
    end as judged,
    to_json(struct_pack(console_users, minimum_length, reuse_prevention, max_age_days, faults)) as evidence
from facts
