"""What a failed call is called and says: no secret of an address or of a credential helper is in it."""

from __future__ import annotations

import pytest
from botocore.exceptions import CredentialRetrievalError, EndpointConnectionError, ProxyConnectionError

from pipeline.aws.failures import classed


@pytest.mark.parametrize(
    ("error", "error_class"),
    [
        (
            CredentialRetrievalError(provider="custom-process", error_msg="token=SUPERSECRET"),
            "expired_credentials",
        ),
        (EndpointConnectionError(endpoint_url="https://me:SUPERSECRET@iam.example/"), "connection"),
        (ProxyConnectionError(proxy_url="http://me:SUPERSECRET@proxy:3128"), "connection"),
    ],
)
def test_no_secret_is_told(error: Exception, error_class: str) -> None:
    failed = classed("iam:ListUsers", "us-east-1", error)
    assert failed.error_class == error_class
    assert "SUPERSECRET" not in f"{failed} {failed.args}"
