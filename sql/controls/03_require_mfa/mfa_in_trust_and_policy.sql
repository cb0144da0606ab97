/*
id = "BP03-05"
title = "Roles that IAM users may assume, and users with a console password, should require MFA"
severity = "medium"
description = """
Roles that admit IAM users: a user by name, the whole account of the role, or everyone. The whole account counts only
where users in it can sign in to the console, or the role names one of them beside it. MFA is required where a request without it is refused, by whichever
statement: an operator that an absent key satisfies (BoolIfExists in an Allow) requires nothing. A user with a console
password is required to use it where a policy of its own or of its groups denies everything else without MFA.
"""
why = "Anyone who finds a user's password or key can step up to the role with it alone."
fix = "Add Bool aws:MultiFactorAuthPresent = true to the trust policy, and a Deny with BoolIfExists aws:MultiFactorAuthPresent = false to the policies of console users."
may_break = "Scripts that assume the role with a user's bare access key stop working."
frameworks = { other = "Scout:iam-assume-role-no-mfa; Parliament:BAD_PATTERN_FOR_MFA" }

[evidence]
statements = "The statements that decided, with policy, number and Sid"
console_users = "How many IAM users of the account can sign in to the console"
enforced_by = "Policies that deny everything without MFA"
partly_by = "Policies that deny named actions only without MFA"
missed_by = "Policies whose Deny access keys escape"
unread = "What could not be read"
*/
with
statements as (
    select
        roles.account_id,
        roles.arn as resource,
        roles.own_account,
        console_users.users as console_users,
        console_users.not_reported,
        trusts.*,
        console_users.users > 0 or bool_or(trusts.kind = 'principal') over (partition by roles.account_id, roles.arn) as is_used
    from int_role_trusts as roles
    inner join fact_trusts as trusts
        on roles.trust_sha256 = trusts.trust_sha256 and (trusts.admits_users or trusts.malformed_reason is not null)
    inner join int_console_users as console_users on roles.account_id = console_users.account_id
),

roles as (
    select
        account_id,
        resource,
        any_value(own_account) as own_account,
        any_value(malformed_reason) as malformed_reason,
        any_value(console_users) as console_users,
        any_value(not_reported) as not_reported,
        bool_or(is_used) as is_used,
        string_agg(distinct principal, ', ' order by principal) as principals,
        string_agg(distinct principal, ', ' order by principal)
            filter (where is_used and admits_users_without_mfa) as open_to,
        list({
            statement: statement_index, sid: sid, principal: principal,
            pins_mfa: not admits_users_without_mfa, text: statement
        } order by statement_index, principal) as statements
    from statements
    group by account_id, resource
)

select
    account_id,
    resource,
    case
        when malformed_reason is not null
            then unknown(replace(format('Its trust policy cannot be read: {}.', malformed_reason), own_account, account_id))
        when open_to is not null then fail(format(
            'IAM users may assume it without MFA as {}; {} can sign in here.',
            replace(open_to, own_account, account_id), console_users
        ))
        when is_used then pass(format(
            'IAM users need MFA to assume it as {}.', replace(principals, own_account, account_id)
        ))
        when not_reported > 0 then unknown(format(
            'Whether {} IAM users can sign in to the console was not reported.', not_reported
        ))
        else not_applicable(format(
            'Trusts {}, and no IAM user of the account can sign in to the console.',
            replace(principals, own_account, account_id)
        ))
    end as judged,
    replace(to_json(struct_pack(statements, console_users))::varchar, own_account, account_id)::json as evidence
from roles
union all
select
    account_id,
    user_arn,
    case
        when enforced_by is not null
            then pass(format('{} can do nothing without MFA: {}.', user_name, array_to_string(enforced_by, ', ')))
        when unread is not null
            then unknown(format('Policies of {} cannot be read: {}.', user_name, array_to_string(unread, ', ')))
        when missed_by is not null then fail(format(
            '{} signs in to the console, and {} denies with an operator that access keys escape.',
            user_name, array_to_string(missed_by, ', ')
        ))
        when partly_by is not null then fail(format(
            '{} signs in to the console, and {} denies named actions only.',
            user_name, array_to_string(partly_by, ', ')
        ))
        else fail(user_name || ' signs in to the console, and no policy denies what is asked without MFA.')
    end,
    to_json(struct_pack(statements, enforced_by, partly_by, missed_by, unread))
from int_user_mfa_guards
