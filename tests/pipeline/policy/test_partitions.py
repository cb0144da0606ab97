"""Partitions as botocore knows them."""

from __future__ import annotations

import pytest

from pipeline.policy.partitions import service_of


@pytest.mark.parametrize(
    ("principal", "service"),
    [
        ("states.amazonaws.com", "states"),
        ("states.eu-west-1.amazonaws.com", "states"),
        ("states.eusc-de-east-1.amazonaws.com", "states"),
        ("states.cn-north-1.amazonaws.com.cn", "states"),
        ("states.us-iso-east-1.c2s.ic.gov", "states"),
        ("tasks.apprunner.amazonaws.com", "tasks.apprunner"),
        ("ops.emr-serverless.amazonaws.com", "ops.emr-serverless"),
        ("elsewhere.example.com", "elsewhere.example.com"),
    ],
)
def test_a_service_principal_without_region_and_domain(principal: str, service: str) -> None:
    assert service_of(principal) == service
