"""A worker's connection to AWS: clients, paging, pacing and refusals."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from botocore.exceptions import BotoCoreError

from pipeline import collectors, knowledge
from pipeline.aws import session
from pipeline.aws.failures import classed
from pipeline.aws.session import GLOBAL, Cloud, Lane, Paging, parts
from pipeline.settings import Refused, Settings


def test_lane_keeps_to_its_calls_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(session.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(session.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    lane, passed = Lane(20), []
    for _ in range(100):
        lane.wait()
        passed.append(now[0])
        now[0] += 0.001
    assert all(later - earlier >= 0.999999 for earlier, later in zip(passed, passed[20:], strict=False))
    assert passed[-1] - passed[0] < 4.1


def test_an_operation_of_organizations_keeps_to_its_own_rate(offline: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """DescribePolicy is given 2 calls a second, ListAccounts 8; what has no rate of its own shares 20."""
    now = [100.0]
    monkeypatch.setattr(session.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(session.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    for operation, calls, seconds in (
        ("organizations:DescribePolicy", 21, 10),
        ("organizations:ListAccounts", 25, 3),
        ("sso:ListPermissionSets", 21, 1),
        ("iam:ListRoles", 100, 0),
    ):
        now[0] += 10
        begun = now[0]
        for _ in range(calls):
            offline.pace(operation)
        assert now[0] - begun == pytest.approx(seconds), operation


def test_rates_are_of_operations_that_are_asked() -> None:
    asked = {operation for dataset in collectors.datasets().values() for operation in dataset.operations}
    rates = knowledge.load("call_rates").facts["rates"]["each"]
    assert rates.keys() <= asked


def test_operation_names_are_those_of_iam_policies() -> None:
    assert parts("access-analyzer:ListAnalyzers") == ("accessanalyzer", "ListAnalyzers")
    assert parts("sso:ListInstances") == ("sso-admin", "ListInstances")
    assert parts("iam:ListRoles") == ("iam", "ListRoles")


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of nobody."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def offline(credentials: None) -> Iterator[Cloud]:
    """A cloud that is asked for nothing."""
    made = Cloud(Settings())
    yield made
    made.close()


def test_paging_comes_from_botocore(offline: Cloud) -> None:
    assert offline.paging("iam:ListRoles") == Paging("Marker", "Marker", {"MaxItems": 1000})
    assert offline.paging("iam:ListServiceSpecificCredentials") == Paging("Marker", "Marker", {"MaxItems": 1000})
    assert offline.paging("organizations:ListAccounts") == Paging("NextToken", "NextToken", {"MaxResults": 20})
    assert offline.paging("access-analyzer:ListFindingsV2") == Paging("nextToken", "nextToken", {})
    assert offline.paging("iam:ListSAMLProviders") is None


def test_every_operation_of_a_collector_is_known_to_botocore(offline: Cloud) -> None:
    from pipeline import collectors

    for dataset in collectors.datasets().values():
        for operation in dataset.operations:
            service, name = parts(operation)
            assert name in offline._core.get_service_model(service).operation_names


def test_a_region_without_the_service_is_told_from_a_connection_that_fails(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with socket.socket() as closed:  # bound, but nobody listens
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        offline: Cloud = request.getfixturevalue("offline")
        for operation, region, expected in (
            ("codecommit:ListRepositories", "eu-central-2", "not_offered"),
            ("codecommit:ListRepositories", "eu-central-1", "connection"),
            ("iam:ListRoles", GLOBAL, "connection"),
        ):
            with pytest.raises(BotoCoreError) as raised:
                offline.ask(operation, region, offline.own_credentials, {})
            assert classed(operation, region, raised.value).error_class == expected


def test_clients_are_shared_and_follow_the_thread_s_credentials(offline: Cloud) -> None:
    assert offline.client("iam", "us-east-1") is offline.client("iam", "us-east-1")
    assert offline.client("iam", "us-east-1").meta.config.retries["total_max_attempts"] == 1


def test_no_credentials_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Refused, match="no credentials were found"):
        Cloud(Settings())


def test_a_wrong_profile_or_endpoint_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(Refused, match="nobody"):
        Cloud(Settings())
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "no address")
    with pytest.raises(Refused, match="AWS_ENDPOINT_URL"):
        Cloud(Settings())


@pytest.mark.parametrize("service", ["iam", "sts", "organizations", "s3", "accessanalyzer"])
@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1"])
def test_an_endpoint_of_aws_is_called(offline: Cloud, service: str, region: str) -> None:
    assert offline.client(service, region).meta.region_name


@pytest.mark.parametrize("host", ["aws.example.com", "iam.amazonaws.com.example.com", "amazonaws.com", "10.0.0.7"])
def test_another_endpoint_is_refused_unless_the_settings_name_it(
    host: str, credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://user:secret@{host}:8443")
    with pytest.raises(Refused, match=f"sts would be called at {host}, which is not AWS.* other_endpoints"):
        Cloud(Settings())
    Cloud(Settings(other_endpoints=[host])).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_an_endpoint_on_this_machine_needs_no_setting(
    host: str, credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:5000")
    Cloud(Settings()).close()


def test_an_endpoint_that_is_set_is_asked_by_every_operation(
    credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline import collectors

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")
    cloud, asked = Cloud(Settings()), set[str]()
    for dataset in collectors.datasets().values():
        for service, name in map(parts, dataset.operations):
            client = cloud.client(service, "us-east-1")
            model = client.meta.service_model.operation_model(name)
            params: dict[str, str] = {"url": f"https://{service}.us-east-1.api.aws/{name}?x=1"}
            client.meta.events.emit(f"before-call.{service}.{name}", model=model, params=params, context={})
            asked.add(params["url"].split(name)[0])
    cloud.close()
    assert asked == {"http://127.0.0.1:5000/"}
