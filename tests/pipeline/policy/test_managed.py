"""AWS managed policies that are known by content."""

from __future__ import annotations

from pipeline.policy.managed import aws_managed_policy


def test_iam_full_access_reads_ten_things_of_organizations() -> None:
    policy = aws_managed_policy("arn:aws:iam::aws:policy/IAMFullAccess")
    assert policy.document
    (statement,) = policy.document.statements
    reads = [action for action in statement.actions or () if action.startswith("organizations:")]
    assert (len(reads), "organizations:ListAccounts" in reads) == (10, False)
    assert not any("*" in action for action in reads)
