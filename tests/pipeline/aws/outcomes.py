"""What becomes of a reading when an operation's answers are damaged, once or for ever: right, or a sentence."""

from __future__ import annotations

from typing import Any

from pipeline.aws.failures import CallFailed
from tests.pipeline.aws.bench import HEALS, ON_THE_WIRE, Bench, without_lists

# Accounts of the demo organization that between them ask every operation that an account is asked.
MEMBERS = (
    "922119036185",
    "281653481575",
    "123959513473",
    "290972897018",
    "481162246466",
    "506150706042",
    "605921375910",
    "775795512213",
)
# Per thing, with a column in its row for why it could not be read: no failure of the extract.
SAYS_WHY_IN_ITS_ROW = {
    "rolesanywhere_trust_anchors": {"acm-pca:DescribeCertificateAuthority"},
    "accounts": {"organizations:ListTagsForResource", "organizations:ListAccountsForParent"},
    "policy_targets": {"organizations:ListTagsForResource", "organizations:ListAccountsForParent"},
    "organization_roots": {"organizations:ListTagsForResource"},
}
GENERATES = "iam:GenerateCredentialReport"
"""The report that is there is used where no other can be made."""
HALF_AN_ERROR = ("cut, length right", "cut, no length")
HALF_SAYS = {"not_aws", "truncated", "iam_deny"}
"""Of an answer that is an error, half is nothing that AWS says, unless a header has its code."""
FOR_EVER = 10**9
OF_AN_SCP = "scp_deny"
"""Why the organization's SCPs leave a Region unread: it can be what is named of several that are."""


def faulty(bench: Bench, operation: str, times: int, **fault: Any) -> tuple[dict[str, Any], Any]:
    """What rests on an operation when so many of its answers are damaged, and the visit."""
    reading, visit = bench.reading(bench.asked[operation], operation, times, **fault)
    return dict(bench.rows(reading, operation)), visit


def once(bench: Bench, clean: dict[str, Any], operation: str, name: str) -> str:
    """Whether a fault that happens once is over, where it is one that passes; a sentence if not."""
    if name not in HEALS or (name in HALF_AN_ERROR and bench.says_no(operation)):
        return ""
    found, _ = faulty(bench, operation, 1, on_wire=ON_THE_WIRE[name][0])
    return "" if found == clean else "not the rows of an undamaged reading"


def for_ever(bench: Bench, clean: dict[str, Any], operation: str, name: str) -> str:
    """Whether what rests on the operation is unknown with the fault's class; a sentence if not."""
    fault, error_class = ON_THE_WIRE[name]
    found, visit = faulty(bench, operation, FOR_EVER, on_wire=fault)
    classes = {call.error_class for call in visit.ledger() if call.operation == operation}
    is_half_an_error = name in HALF_AN_ERROR and bench.says_no(operation)
    if is_half_an_error and classes == {None} and found == clean:  # a header says no, and is whole
        return ""
    if not error_class or not classes:  # nothing is wrong, or remembered by content and so not asked again
        return "" if found == clean else "not the rows of an undamaged reading"
    error_classes: set[str | None] = {error_class}
    if is_half_an_error:
        error_classes = classes & HALF_SAYS
    if classes != error_classes:
        return f"{classes}, not {error_classes}"
    unread = {row["dataset"] for row in visit.unread}
    for dataset, rows in found.items():
        if operation in (*SAYS_WHY_IN_ITS_ROW.get(dataset, ()), GENERATES):
            continue
        if dataset in unread or rows == [] == clean[dataset]:  # record by record, or nothing to ask
            continue
        if not isinstance(rows, CallFailed):
            return f"{dataset} has rows"
        if is_given_up(rows, operation) and rows.error_class in error_classes:
            continue
        if rows.operation != operation or rows.error_class not in error_classes:
            return f"{dataset}: {rows.operation}, {rows.error_class}"
    return ""


def is_given_up(failed: CallFailed, operation: str) -> bool:
    """Whether another operation of the same service was not asked any more, because this one had not answered."""
    return failed.operation.split(":")[0] == operation.split(":")[0] and failed.message.startswith(
        "not asked: the service"
    )


def without_its_list(bench: Bench, clean: dict[str, Any], operation: str) -> str:
    """Whether an answer without its list is taken for a cut one; a sentence if not."""
    if faulty(bench, operation, 1, of_world=without_lists)[0] != clean:
        return "not the rows of an undamaged reading"
    found = faulty(bench, operation, FOR_EVER, of_world=without_lists)[0]
    failed = {name: rows.error_class for name, rows in found.items() if isinstance(rows, CallFailed)}
    short = [name for name, rows in found.items() if name not in failed and rows != clean[name]]
    odd = sorted(name for name, error_class in failed.items() if error_class not in ("truncated", OF_AN_SCP))
    return f"{short[0]} has other rows" if short else f"{odd[0]} is {failed[odd[0]]}" if odd else ""
