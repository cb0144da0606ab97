"""Maximum session duration and template of each role: what GetAccountAuthorizationDetails leaves out."""

from __future__ import annotations

from pipeline.collectors._listing import listing
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

collect = listing(DURATIONS, "Roles")
