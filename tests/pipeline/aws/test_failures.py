"""Error classes of failed calls, and their messages: no secret of an address or of a credential helper is in them."""

from __future__ import annotations

import pytest
from botocore.exceptions import CredentialRetrievalError, EndpointConnectionError, ProxyConnectionError
from botocore.parsers import ResponseParserError

from pipeline.aws.advice import advice
from pipeline.aws.failures import CutAnswer, NoAwsAnswer, classed
from pipeline.aws.session import GLOBAL
from tests.pipeline.aws.support import TIMEOUT, error

SKEWED = "Signature expired: 20261123T014000Z is now earlier than 20261123T015500Z (20261123T020000Z - 5 min.)"


@pytest.mark.parametrize(
    ("raised", "error_class"),
    [
        (
            CredentialRetrievalError(provider="custom-process", error_msg="token=SUPERSECRET"),
            "expired_credentials",
        ),
        (EndpointConnectionError(endpoint_url="https://me:SUPERSECRET@iam.example/"), "connection"),
        (ProxyConnectionError(proxy_url="http://me:SUPERSECRET@proxy:3128"), "connection"),
    ],
)
def test_no_secret_is_told(raised: Exception, error_class: str) -> None:
    failed = classed("iam:ListUsers", "us-east-1", raised)
    assert failed.error_class == error_class
    assert "SUPERSECRET" not in f"{failed} {failed.args}"


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (error("Throttling"), "throttled"),
        (error("TooManyRequestsException", status=429), "throttled"),
        (error("SomethingNew", status=429), "throttled"),
        (error("ServiceFailure", status=500), "server_error"),
        (error("502", status=502), "server_error"),
        (error("ExpiredToken", status=403), "expired_credentials"),
        (error("InvalidClientTokenId", status=403), "expired_credentials"),
        (error("AccessDenied", "... with an explicit deny in a service control policy", 403), "scp_deny"),
        (error("AccessDenied", "because no service control policy allows the iam:X action", 403), "scp_deny"),
        (error("AccessDeniedException", "... with an explicit deny in a resource control policy"), "rcp_deny"),
        (error("AccessDenied", "because no permissions boundary allows the iam:X action"), "boundary_deny"),
        (error("AccessDenied", "because no identity-based policy allows the iam:X action"), "iam_deny"),
        (error("RegionDisabledException"), "region_disabled"),
        (error("UnsupportedAPIEndpointException"), "not_supported"),
        (error("NoSuchEntity", status=404), "not_found"),
        (error("ResourceNotFoundException"), "not_found"),
        (error("ValidationError"), "invalid_request"),
        (error("400"), "not_aws"),
        (NoAwsAnswer(403, b"<html>Access denied by the proxy</html>"), "not_aws"),
        (NoAwsAnswer(501, b""), "not_implemented"),
        (NoAwsAnswer(502, b"<html>Bad gateway</html>"), "server_error"),
        (NoAwsAnswer(429, b""), "throttled"),
        (error("LimitExceeded", "No more capacity to launch new report generation tasks", 409), "throttled"),
        (error("ReportGenerationLimitExceeded", status=409), "throttled"),
        (error("ReportInProgress", status=404), "in_progress"),
        (error("PolicyChangesInProgressException"), "in_progress"),
        (error("RequestTimeTooSkewed", status=403), "clock_skew"),
        (error("RequestInTheFuture", status=403), "clock_skew"),
        (error("SignatureDoesNotMatch", SKEWED, 403), "clock_skew"),
        (
            error("InvalidSignatureException", "Signature not yet current: 20261123T030000Z is still later than ..."),
            "clock_skew",
        ),
        (error("SignatureDoesNotMatch", "Check your key and signing method.", 403), "expired_credentials"),
        (error("AccountNotRegisteredException"), "not_found"),
        (error("OperationNotPermittedException"), "iam_deny"),
        (TIMEOUT, "timeout"),
        (EndpointConnectionError(endpoint_url="http://x"), "connection"),
        (ResponseParserError("junk"), "truncated"),
        (CutAnswer("short"), "truncated"),
    ],
)
def test_classes_of_errors(raised: Exception, expected: str) -> None:
    assert classed("iam:X", GLOBAL, raised).error_class == expected


@pytest.mark.parametrize(
    ("by", "expected", "helps"),
    [
        ("", "assume_role_failed", "let the runner assume the reader role there"),
        ("service control policy", "scp_deny", "except the runner from the SCP, on its own account,"),
        ("resource control policy", "rcp_deny", "except the runner from the RCP, on the account of the reader role,"),
        ("permissions boundary", "boundary_deny", "widen the runner's permissions boundary"),
        ("identity-based policy", "assume_role_failed", "let the runner assume the reader role there"),
    ],
)
def test_a_denied_assume_role_says_whose_policy_is_to_be_changed(by: str, expected: str, helps: str) -> None:
    message = f"User: x is not authorized to perform: sts:AssumeRole on resource: y with an explicit deny in a {by}"
    failed = classed("sts:AssumeRole", GLOBAL, error("AccessDenied", message if by else "", 403))
    assert failed.error_class == expected
    assert advice(failed.operation, failed.error_class, "", "ask others").startswith(helps)
    assert not failed.is_denied_there
    assert advice("iam:ListRoles", "scp_deny", "") == "except the reader role from the SCP that denies it"


def test_credentials_that_work_elsewhere_are_refused_by_a_region_and_not_the_region_by_aws() -> None:
    failed = classed("sso:ListInstances", "ap-east-1", error("UnrecognizedClientException"), is_trusted=True)
    assert failed.error_class == "token_refused"
    skewed = classed("sso:ListInstances", "ap-east-1", error("InvalidSignatureException", SKEWED), is_trusted=True)
    assert skewed.error_class == "clock_skew"
