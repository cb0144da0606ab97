"""One emulator for all tests of the demo, and boto3 as a client of it."""

from __future__ import annotations

import json
import os
import threading
import urllib.request
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import boto3
import pytest
from botocore.config import Config

from demo.emulator.server import Emulator

HERMETIC = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=10)


class Loopback:
    """A running emulator as the outside sees it."""

    def __init__(self, emulator: Emulator, port: int) -> None:
        self.emulator = emulator
        self.ready = emulator.ready_line(port)
        self._keys: dict[str, dict[str, str]] = {}

    @cached_property
    def session(self) -> boto3.Session:
        return boto3.Session()

    @cached_property
    def runner(self) -> dict[str, str]:
        names = {"aws_access_key_id": "ACCESS_KEY_ID", "aws_secret_access_key": "SECRET_ACCESS_KEY"}
        names["aws_session_token"] = "SESSION_TOKEN"
        return {name: self.ready["environment"][f"AWS_{key}"] for name, key in names.items()}

    def client(self, service: str, account: str | None = None, *, region: str = "us-east-1", **keys: str) -> Any:
        """A client with the runner's credentials, an account's (by name), or the ones given."""
        keys = keys or (self.reader(account) if account else self.runner)
        return self.session.client(
            service, region_name=region, endpoint_url=self.ready["endpoint"], config=ONCE, **keys
        )

    def id(self, account: str) -> str:
        return self.emulator.state.scene.account_id(account)

    def reader(self, account: str) -> dict[str, str]:
        """The reader role's credentials; the management account has none and uses the runner's."""
        if account == "group-management":
            return self.runner
        if account not in self._keys:
            self._keys[account] = self.assume(account)
        return self._keys[account]

    def assume(self, account: str) -> dict[str, str]:
        """Fresh credentials of an account's reader role."""
        role = f"arn:aws:iam::{self.id(account)}:role/{self.ready['role_name']}"
        answer = self.client("sts").assume_role(
            RoleArn=role, RoleSessionName="rolecall", ExternalId=self.ready["external_id"]
        )
        given = answer["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def control(self, method: str, what: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.ready['endpoint']}/_rolecall/{what}"
        with urllib.request.urlopen(urllib.request.Request(url, data, method=method)) as answer:
            return json.load(answer)

    def pages(self, client: Any, operation: str, member: str, **parameters: Any) -> list[Any]:
        return [row for page in client.get_paginator(operation).paginate(**parameters) for row in page[member]]


@pytest.fixture(scope="session", autouse=True)
def hermetic() -> Iterator[None]:
    """boto3 finds nothing of the machine the tests run on."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in HERMETIC.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def served(hermetic: None) -> Iterator[Loopback]:
    emulator = Emulator(seed=1)
    server = emulator.listen()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield Loopback(emulator, server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def aws(served: Loopback) -> Iterator[Loopback]:
    """The emulator on its first night, without faults; both are put back after the test."""
    yield served
    served.emulator.faults.replace([])
    if served.emulator.state.scene.night != 1:
        served.emulator.set_night(1)
