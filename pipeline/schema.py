"""Declarations of raw tables: columns, types and constraints.

A `Dataset` is declared once, next to the collector that fills it. The Parquet schema, the column comments in the
warehouse and the checks on the input data (types, nulls, keys, patterns, values and references) are derived from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa

Row = dict[str, Any]
Scope = Literal["organization", "account", "region"]

ACCOUNT_ID = r"\d{12}"
NAME = r"[\w+=,.@-]+"
"""Names in IAM, and service principals in Organizations, as the API models have them."""
IDENTITY_ID = r"([0-9a-f]{10}-)?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
"""Users and groups of an identity store, as its API model has them."""
ARN = r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws)?:.+"

ARROW: Mapping[str, pa.DataType] = {
    "varchar": pa.string(),
    "boolean": pa.bool_(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
    "varchar[]": pa.list_(pa.string()),
    "json": pa.string(),
}


@dataclass(frozen=True)
class Column:
    """One column of a raw table. Timestamps are UTC without a zone; durations carry their unit in the name."""

    name: str
    type: str
    description: str
    required: bool = False
    pattern: str | None = None
    values: tuple[str, ...] = ()
    references: str | None = None
    """`dataset.column` that must contain every value."""
    is_to_come: bool = False
    """Whether the moment may be later than the answer that has it, as an expiry."""
    needed_if: str | None = None
    """SQL condition on the row under which the column is never null, though it can be otherwise."""
    only_if: str | None = None
    """SQL condition on the row without which the column is always null."""
    source: str | None = None
    """For `listing`: member of the API response, as a JMESPath expression (https://jmespath.org)."""


@dataclass(frozen=True)
class Dataset:
    """A raw table: `raw_<name>` in SQL, `<name>/` in the landing.

    `scope`: read once for the organization, per account, or per account and Region. `operations` are the API operations
    it is read with, with IAM's service prefixes (`iam:GetAccountSummary`): an account's dataset is valid only if all of
    them succeeded there. The required IAM actions can have other names: see `pipeline.aws.permissions`.
    """

    name: str
    description: str
    scope: Scope
    operations: tuple[str, ...]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    history_days: int = 0
    """Number of earlier days included in `raw_<name>` (with their `as_of`), for data that an API keeps only briefly."""
    may_be_empty: bool = True
    severity: Literal["blocking", "warning"] = "blocking"
    gaps_are_told: bool = False
    """Whether findings on other resources say by themselves when a record that they refer to is missing."""

    @property
    def named_by(self) -> str | None:
        """The column that names a row's subject: its ARN, else the last of the key; None for the account itself."""
        names = [name for name in self.key if name not in ("account_id", "region")]
        arns = [column.name for column in self.columns if column.name == "arn"]
        arns += [name for name in reversed(names) if name.endswith("arn")]
        return next(iter((*arns, *reversed(names))), None)

    def arrow(self) -> pa.Schema:
        """The Parquet schema of this dataset."""
        return pa.schema([pa.field(c.name, ARROW[c.type]) for c in self.columns])

    def table(self, rows: Iterable[Row]) -> pa.Table:
        """Rows as an Arrow table. Unknown or missing keys are errors: a typo must not become a column of nulls."""
        names = {c.name for c in self.columns}
        rows = list(rows)
        for row in rows:
            if row.keys() != names:
                odd = sorted(row.keys() ^ names)
                raise ValueError(f"{self.name}: a row must have exactly the declared columns; differs in {odd}")
        return pa.Table.from_pylist(rows, schema=self.arrow())


def account_column(**more: Any) -> Column:
    """The `account_id` column that nearly every dataset starts with."""
    return Column("account_id", "varchar", "Id of the account", required=True, pattern=ACCOUNT_ID, **more)


@dataclass(frozen=True)
class Call:
    """One row of the ledger: an operation in an account and Region, with all pages and attempts combined."""

    account_id: str
    region: str
    operation: str
    status: Literal["ok", "failed"]
    error_class: str | None = None
    error_code: str | None = None
    message: str | None = None
    calls: int = 0
    attempts: int = 0
    rows: int = 0
    seconds: float = 0.0
    data_time: Any = None


LEDGER = Dataset(
    "ledger",
    "Every operation asked of every account and region on this night, and how it ended.",
    "organization",
    (),
    (
        account_column(),
        Column("region", "varchar", "Region asked, 'global' for services without one", required=True),
        Column("operation", "varchar", "API operation, with the service prefix of its IAM actions", required=True),
        Column("status", "varchar", "How it ended", required=True, values=("ok", "failed")),
        Column("error_class", "varchar", "Why it failed: scp_deny, iam_deny, assume_role_failed, throttled, ..."),
        Column("error_code", "varchar", "The error code AWS answered with"),
        Column("message", "varchar", "The message AWS answered with"),
        Column("calls", "bigint", "Requests that were answered (pages)", required=True),
        Column("attempts", "bigint", "Requests sent, repeats included", required=True),
        Column("rows", "bigint", "Items in the answers", required=True),
        Column("seconds", "double", "Time spent waiting for the answers", required=True),
        Column("data_time", "timestamp", "Time of the data (UTC): of the answer, or of the report inside it"),
    ),
    key=("account_id", "region", "operation"),
)

EXTRACTS = Dataset(
    "extracts",
    "For every account in scope, region and dataset: whether its rows count, else the call that failed.",
    "organization",
    (),
    (
        account_column(),
        Column("region", "varchar", "Region read, 'global' for services without one", required=True),
        Column("dataset", "varchar", "Name of the dataset", required=True),
        Column("status", "varchar", "Whether the extract finished", required=True, values=("ok", "failed")),
        Column("rows", "bigint", "Rows landed", required=True),
        Column("operation", "varchar", "The operation that failed"),
        Column("error_class", "varchar", "Class of the failure, as in the ledger"),
        Column("error_code", "varchar", "The error code AWS answered with"),
        Column("message", "varchar", "The message AWS answered with"),
        Column("read_on", "date", "Night on which its oldest rows were read; an earlier one if some are remembered"),
        Column("empty_since", "date", "First of the nights without a break on which it had no rows; null if it has"),
    ),
    key=("account_id", "region", "dataset"),
    may_be_empty=False,
)


@dataclass(frozen=True)
class Extract:
    """A successful extract of an earlier night."""

    rows: int
    read_on: date | None
    """None for nights of a version that did not say."""
    empty_since: date | None


UNREAD = Dataset(
    "unread_records",
    "Single records that could not be read, or hold what this version does not know, in extracts that finished.",
    "organization",
    (),
    (
        account_column(),
        Column("region", "varchar", "Region read, 'global' for services without one", required=True),
        Column("dataset", "varchar", "Name of the dataset", required=True),
        Column("resource", "varchar", "ARN or name of the record", required=True),
        Column("operation", "varchar", "The operation that failed, or gave the record", required=True),
        Column(
            "error_class", "varchar", "Class of the failure, as in the ledger; unknown_value besides", required=True
        ),
        Column("error_code", "varchar", "The error code AWS answered with"),
        Column("message", "varchar", "What is wrong with the record"),
    ),
    key=("account_id", "region", "dataset", "resource"),
)

UNLISTED_MEMBERS = Dataset(
    "unlisted_members",
    "Members of responses that botocore's models do not have, among the first responses of each operation.",
    "organization",
    (),
    (
        account_column(),
        Column("region", "varchar", "Region read, 'global' for services without one", required=True),
        Column("operation", "varchar", "The operation that was asked", required=True),
        Column("member", "varchar", "The member, as a path in the response: `Roles[].NewMember`", required=True),
        Column("times", "bigint", "Responses that had it", required=True),
    ),
    key=("account_id", "region", "operation", "member"),
)

REGISTER = Dataset(
    "register",
    "The register file as it stood on this night: exceptions, attestations, justifications and approvals.",
    "organization",
    (),
    (
        Column("entry", "varchar", "Where the entry stands in the register: kind and number", required=True),
        Column(
            "kind",
            "varchar",
            "What the entry says",
            required=True,
            values=(
                "exception",
                "attestation",
                "long_term_key",
                "break_glass_user",
                "approved_administrator",
                "critical_resource",
                "archive_rule",
                "delegated_administrator",
                "vendor",
                "accepted_gap",
                "accepted_check",
            ),
        ),
        Column("control_id", "varchar", "Control it speaks of"),
        Column("account_id", "varchar", "Account it is about; null for every account", pattern=ACCOUNT_ID),
        Column("resource", "varchar", "ARN or glob of ARNs it is limited to; null for every resource"),
        Column("service_principal", "varchar", "Service that a delegated administrator is approved for"),
        Column("use_case", "varchar", "Why the long-term key exists"),
        Column("operation", "varchar", "Operation of an accepted gap; null for every operation"),
        Column("dataset", "varchar", "Dataset of an accepted gap or check; null for every dataset"),
        Column("check_name", "varchar", "Check on the inputs whose failure is accepted"),
        Column("owner", "varchar", "Who answers for the entry", required=True),
        Column("reason", "varchar", "Why the entry exists", required=True),
        Column("ticket", "varchar", "Ticket or change record"),
        Column("evidence_url", "varchar", "Where the evidence of an attestation is"),
        Column("expires_on", "date", "Last day on which the entry counts", required=True),
    ),
    key=("entry",),
)

QUALITY_RESULTS = Dataset(
    "quality_results",
    "Every check on the inputs of this night, and what it found.",
    "organization",
    (),
    (
        Column("dataset", "varchar", "Name of the dataset checked", required=True),
        Column("check_name", "varchar", "Name of the check, unique in its dataset", required=True),
        Column("expectation", "varchar", "The expectation behind it, as Great Expectations calls it", required=True),
        Column(
            "severity",
            "varchar",
            "What a failure does: blocking keeps the night from being published, or costs the accounts whose rows fail",
            required=True,
            values=("blocking", "warning"),
        ),
        Column("passed", "boolean", "Whether it held", required=True),
        Column("unexpected_count", "bigint", "Rows that did not hold; null where the check could not be computed"),
        Column("sample", "json", "Up to ten of those rows, as a list of objects", required=True),
        Column("message", "varchar", "What is expected and what was found, as a sentence", required=True),
        Column("accepted_by", "varchar", "Live entry of the register that accepts the failure; it is one all the same"),
    ),
    key=("dataset", "check_name"),
)

SYSTEM = (LEDGER, EXTRACTS, UNREAD, UNLISTED_MEMBERS, REGISTER, QUALITY_RESULTS)
