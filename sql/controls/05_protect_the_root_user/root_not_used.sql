/*
id = "BP05-04"
title = "The root user should not have been used recently"
severity = "high"
alone = ["credential_report"]
why = "The root user is for the few tasks that need it; everyday use leaves its credentials where they can be stolen."
fix = "Use a role for the task; where only root will do, use a root session of centralized root access, or enter an exception with the ticket."
frameworks = { cis_aws_7 = "2.7", security_hub = "IAM.20", prowler = "iam_avoid_root_usage", other = "Steampipe:iam_root_last_used; Scout:iam-root-account-used-recently; Fix:avoid_root_usage" }

[params]
window_days = 30

[evidence]
last_used_at = "When it was last used; null for never or not reported"
password_last_used_at = "When the password was last used; null for never"
unused_days = "Days since the root user was last used; null for never"
*/
with
facts as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.no_root_user,
        root.account_id is not null as has_row,
        root.password_last_used_at,
        root.last_used_at,
        root.unused_days,
        format(
            'The root user was last used on {}, {} days ago; the limit is {}.',
            root.last_used_at::date, root.unused_days, getvariable('window_days')
        ) as reason
    from stg_expected_accounts as accounts
    left join stg_credential_report as root on accounts.account_id = root.account_id and root.is_root
)

select
    account_id,
    resource,
    case
        when not has_row and no_root_user is not null then not_applicable(no_root_user)
        when not has_row then unknown('The credential report has no row for the root user.')
        when unused_days is null then pass('No use of the root user is on record.')
        when unused_days <= getvariable('window_days') then fail(reason)
        else pass(reason)
    end as judged,
    to_json(struct_pack(last_used_at, password_last_used_at, unused_days)) as evidence
from facts
