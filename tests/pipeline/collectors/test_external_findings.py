"""Collector `external_findings`."""

from __future__ import annotations

from tests.pipeline.collectors.support import ANALYZER, DAY, MEMBER, PLAIN, WHERE, rows_of, scripted


def test_active_findings_of_external_access_analyzers_that_work() -> None:
    analyzers = [
        {"analyzer_arn": ANALYZER, "name": "a", "analyzer_type": kind, "status": status}
        for kind, status in (
            ("ACCOUNT", "ACTIVE"),
            ("ORGANIZATION", "DISABLED"),
            ("ACCOUNT_UNUSED_ACCESS", "ACTIVE"),
        )
    ]
    finding = {
        "id": "f",
        "resource": "arn:aws:s3:::open",
        "resourceType": "AWS::S3::Bucket",
        "resourceOwnerAccount": MEMBER,
        "createdAt": DAY,
        "updatedAt": DAY,
    }
    account = scripted({"access-analyzer:ListFindingsV2": [finding]}, analyzers=analyzers)
    assert rows_of("external_findings", account) == [
        WHERE
        | {
            "analyzer_arn": ANALYZER,
            "finding_id": "f",
            "resource": "arn:aws:s3:::open",
            "resource_type": "AWS::S3::Bucket",
            "resource_owner_account_id": MEMBER,
            "created_at": PLAIN,
            "updated_at": PLAIN,
        }
    ]
    (only,) = account.asked
    assert only[1] == {"analyzerArn": ANALYZER, "filter": {"status": {"eq": ["ACTIVE"]}}}
