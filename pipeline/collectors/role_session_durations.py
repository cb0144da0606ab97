"""Maximum session duration and template of each role: what GetAccountAuthorizationDetails leaves out.

An account whose roles are those of the last night is asked once in seven nights.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors._listing import WHOLE, Remembered, listing
from pipeline.collectors._turns import stays
from pipeline.collectors.authorization_details import ROLES
from pipeline.schema import ARN, Column, Dataset, account_column

DURATIONS = Dataset(
    "role_session_durations",
    "Maximum session duration of each IAM role.",
    "account",
    ("iam:ListRoles",),
    (
        account_column(),
        Column("role_name", "varchar", "Name of the role", required=True, source="RoleName"),
        Column("arn", "varchar", "ARN of the role", required=True, pattern=ARN, source="Arn"),
        Column(
            "max_session_duration_seconds",
            "bigint",
            "Maximum session duration, in seconds",
            required=True,
            source="MaxSessionDuration",
        ),
        Column(
            "role_template_arn",
            "varchar",
            "Template that IAM role manager made it from; null for roles made otherwise",
            source="SourceRoleTemplate.TemplateArn",
        ),
    ),
    key=("account_id", "arn"),
    may_be_empty=False,
)

DATASETS = (DURATIONS,)


def _unchanged(account: Account) -> Remembered:
    kept, before = account.of_last_night(DURATIONS), account.of_last_night(ROLES)
    if not kept or not before:
        return {}
    ids = {role["arn"]: role["role_id"] for role in account.rows(ROLES.name)}
    is_same = ids == {role["arn"]: role["role_id"] for role in before} and ids.keys() == {row["arn"] for row in kept}
    return {WHOLE: kept} if is_same and stays(account, DURATIONS, account.account_id) else {}


collect = listing(DURATIONS, "Roles", remembered=_unchanged)
