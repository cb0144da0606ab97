"""How many known actions of each service are granted to principals with the same permissions.

Granted means allowed, and not denied unconditionally, by identity policies. As in AWS's last accessed information,
boundaries, SCPs and resource policies are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._principals import ONE_FOR_ALL_ALIKE, PrincipalFactory
from pipeline.facts._principals import QUERIES as OF_PRINCIPALS
from pipeline.policy.proposals import granted_actions
from pipeline.policy.sensitive import sensitive_actions
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_grants",
    "How many actions of each service principals with the same permissions are granted.",
    "account",
    (),
    (
        Column("permissions_sha256", "varchar", "Key of the permissions in int_permissions", required=True),
        Column("service", "varchar", "Service, as the prefix of its actions", required=True),
        Column("actions", "bigint", "Known actions granted", required=True),
        Column("tracked_actions", "bigint", "Those of which AWS tracks the use", required=True),
        Column("sensitive_actions", "bigint", "Those that read data or return credentials", required=True),
    ),
    key=("permissions_sha256", "service"),
)
QUERIES = {
    **OF_PRINCIPALS,
    "principals": ONE_FOR_ALL_ALIKE,
    "tracked": "select action from stg_tracked_actions order by action",
}
JUDGES: tuple[PolicyLayer, ...] = ("identity",)


def rows(tables: Queried) -> Iterator[Row]:
    factory = PrincipalFactory(tables)
    tracked = frozenset(row["action"] for row in tables["tracked"])
    sensitive = frozenset((*sensitive_actions("data_actions"), *sensitive_actions("credential_actions")))
    for row in tables["principals"]:
        documents = (policy.document for policy in factory.principal(row).policies)
        granted = granted_actions(frozenset(document for document in documents if document))
        for service, actions in sorted(granted.items()):
            yield {
                "permissions_sha256": row["permissions_sha256"],
                "service": service,
                "actions": len(actions),
                "tracked_actions": len(actions & tracked),
                "sensitive_actions": len(actions & sensitive),
            }
