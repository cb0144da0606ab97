"""Collector `ssm_activations`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, REGION, rows_of, scripted


def test_an_activation_without_its_code() -> None:
    activation = {"ActivationId": "a", "IamRole": "service-role/Machines", "ExpirationDate": DAY, "Expired": False}
    (row,) = rows_of("ssm_activations", scripted({"ssm:DescribeActivations": [activation]}))
    assert (row["role_name"], row["registration_limit"], row["registrations_count"]) == ("Machines", 1, 0)
    assert (row["expires_at"], row["created_at"]) == (PLAIN, None)
    assert row["arn"] == f"arn:aws:ssm:{REGION}:{MEMBER}:activation/a"


def test_a_used_up_activation_without_a_role() -> None:
    activation = {"ActivationId": "a", "RegistrationLimit": 3, "RegistrationsCount": 3, "Expired": True}
    (row,) = rows_of("ssm_activations", scripted({"ssm:DescribeActivations": [activation]}))
    assert (row["role_name"], row["registration_limit"], row["registrations_count"]) == (None, 3, 3)
    assert row["is_expired"]
