"""Collector `delegation_requests`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, rows_of, scripted


def test_a_request_says_who_asks_and_for_how_long() -> None:
    request = {
        "DelegationRequestId": "d-1",
        "RequestorId": "333333333333",
        "RequestorName": "Scanner Inc.",
        "State": "ACCEPTED",
        "SessionDuration": 3600,
        "CreateDate": DAY,
        "PermissionPolicy": "{}",
        "RolePermissionRestrictionArns": ["arn:aws:iam::aws:policy/Boundary"],
    }
    older = {"DelegationRequestId": "d-2", "RequestorId": "333333333333", "State": "EXPIRED"}
    first, second = rows_of("delegation_requests", scripted({"iam:ListDelegationRequests": [request, older]}))
    assert first == {
        "account_id": MEMBER,
        "request_id": "d-1",
        "requestor_account_id": "333333333333",
        "requestor_name": "Scanner Inc.",
        "state": "ACCEPTED",
        "session_seconds": 3600,
        "created_at": PLAIN,
        "expires_at": None,
        "boundary_arns": ["arn:aws:iam::aws:policy/Boundary"],
    }
    assert (second["boundary_arns"], second["requestor_name"]) == ([], None)
