"""Checks that find rows which are missing, by what names them in another dataset of the same account.

Only what comes from the same answers is compared, so that nothing can have been made or deleted between two of them. A
failure costs the extract that lacks the row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.collectors.account_regions import REGIONS
from pipeline.collectors.account_summary import SUMMARY
from pipeline.collectors.authorization_details import ATTACHMENTS, GROUPS, INLINE, POLICIES, ROLES, USERS
from pipeline.collectors.credential_report import REPORT, ROOT_USER
from pipeline.collectors.external_analyzers import ASKED, OFF
from pipeline.collectors.role_session_durations import DURATIONS
from pipeline.quality.declared import Check, no_rows
from pipeline.rows import quoted
from pipeline.schema import Dataset

HELD = " union all ".join(
    f"select account_id, principal_type, principal_arn from raw_{dataset.name}" for dataset in (ATTACHMENTS, INLINE)
)
FEWER_ROLES = (
    "select account_id from raw_account_summary as s where metric = 'Roles' "
    "and value > (select count(*) from raw_roles as r where r.account_id = s.account_id)"
)
"""Accounts with fewer roles than GetAccountSummary counts: what ListRoles names beside them is not just newer."""

Named = tuple[Dataset, str, tuple[Dataset, ...], str]
"""A dataset, its column, the datasets that name its values, and a query for those: `account_id` and `named`."""
NAMED: tuple[Named, ...] = (
    *(
        (
            dataset,
            "arn",
            (ATTACHMENTS, INLINE),
            f"select account_id, principal_arn as named from ({HELD}) where principal_type = {quoted(kind)}",
        )
        for dataset, kind in ((GROUPS, "group"), (ROLES, "role"), (USERS, "user"))
    ),
    (
        USERS,
        "arn",
        (REPORT,),
        f"select account_id, arn as named from raw_{REPORT.name} where user_name <> {quoted(ROOT_USER)}",
    ),
    (
        ROLES,
        "arn",
        (DURATIONS, SUMMARY),
        f"select account_id, arn as named from raw_{DURATIONS.name} where account_id in ({FEWER_ROLES})",
    ),
    # Policies of AWS stay attached after AWS has retired them, and are then in no answer.
    (
        POLICIES,
        "arn",
        (ATTACHMENTS,),
        f"select account_id, policy_arn as named from raw_{ATTACHMENTS.name} "
        "where policy_arn not like 'arn:aws%:iam::aws:%'",
    ),
    (
        ASKED,
        "region_name",
        (REGIONS,),
        f"select account_id, region_name as named from raw_{REGIONS.name} "
        f"where opt_status not in ({', '.join(map(quoted, OFF))})",
    ),
)


def across(datasets: Mapping[str, Dataset]) -> Iterator[Check]:
    """A check for each dataset whose rows others name, if all of these are there."""
    for name in dict.fromkeys(dataset.name for dataset, *_ in NAMED):
        parts = [
            (column, query)
            for dataset, column, by, query in NAMED
            if dataset.name == name and datasets.keys() >= {name, *(d.name for d in by)}
        ]
        if parts:
            column = parts[0][0]
            queries = " union ".join(query for _, query in parts)
            missing = (
                f"select account_id, named as {column} from ({queries}) as n "
                f"where account_id in (select account_id from raw_extracts where dataset = {quoted(name)} "
                f"and status = 'ok') and not exists (from (from $table) as t where t.account_id = n.account_id "
                f"and t.{column} = n.named) and named not in (select resource from raw_unread_records "
                f"where dataset = {quoted(name)} and resource is not null)"
            )
            what = f"Has every {column} that another dataset of the account names"
            yield no_rows(name, "named_elsewhere", "blocking", what, missing)
