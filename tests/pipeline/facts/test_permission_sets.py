"""What a permission set grants in the large."""

from __future__ import annotations

import pytest

from pipeline.facts import permission_sets
from pipeline.schema import Row
from tests.pipeline.facts.support import allow, document

SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def attached(kind: str, name: str, text: str | None, arn: str = "") -> Row:
    return {"kind": kind, "name": name, "arn": arn, "document": text}


def row(*policies: Row) -> Row:
    found = {"sets": [{"permission_set_arn": SET, "policies": list(policies)}]}
    (only,) = permission_sets.TABLE.table(permission_sets.rows(found)).to_pylist()
    return dict(only)


@pytest.mark.parametrize(
    ("policy", "admin", "writes"),
    [
        (attached("aws_managed", "AdministratorAccess", None, ADMIN), "yes", 8),
        (attached("aws_managed", "ReadOnly", document(allow("s3:Get*")), "arn:aws:iam::aws:policy/ReadOnly"), "no", 0),
        (attached("inline", "inline", document(allow("iam:CreateRole"))), "no", 1),
        (attached("customer_managed", "own", document(allow("*"))), "yes", 8),
    ],
)
def test_by_one_policy(policy: Row, admin: str, writes: int) -> None:
    found = row(policy)
    assert (found["admin"], len(found["iam_writes"]), found["unreadable"]) == (admin, writes, [])
    assert (found["permission_set_arn"], found["policy_names"]) == (SET, [policy["name"]])
    assert found["admin_reason"]


def test_without_policies_it_grants_nothing() -> None:
    found = row()
    assert (found["policy_names"], found["admin"], found["iam_writes"], found["unreadable"]) == ([], "no", [], [])


def test_accounts_that_lack_a_customer_managed_policy_matter_only_where_all_do() -> None:
    text = document(allow("iam:CreateUser"))
    some = row(attached("customer_managed", "own", text), attached("customer_managed", "own", None))
    assert (some["iam_writes"], some["unreadable"]) == (["iam:CreateUser"], [])
    other = row(attached("customer_managed", "own", text), attached("customer_managed", "other", None))
    assert other["unreadable"] == ["other: the document could not be read"]
    none = row(attached("customer_managed", "own", None))
    assert (none["iam_writes"], none["admin"]) == ([], "depends")


def test_all_that_any_account_grants_by_a_name_counts() -> None:
    first, second = document(allow("iam:CreateUser")), document(allow("iam:CreateRole"))
    found = row(attached("customer_managed", "own", first), attached("customer_managed", "own", second))
    assert (found["iam_writes"], found["policy_names"]) == (["iam:CreateUser", "iam:CreateRole"], ["own"])


def test_what_could_not_be_read_is_no_write_to_iam() -> None:
    found = row(attached("inline", "inline", document(allow("s3:*"))), attached("customer_managed", "gone", None))
    assert (found["iam_writes"], found["unreadable"]) == ([], ["gone: the document could not be read"])
