"""A worker's connection to AWS: one Session, and one client per service and Region, shared by all accounts.

Credentials are set per request (a context variable), so that a thousand accounts do not need a thousand clients.
botocore's own retries are off: their quota is per client, where one throttled account would starve the others.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import boto3
import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, EndpointConnectionError
from botocore.loaders import create_loader

from pipeline import knowledge
from pipeline.aws.answers import guard
from pipeline.aws.breaker import Breaker
from pipeline.aws.failures import CutAnswer, NotOffered, without_secrets, words
from pipeline.aws.members import UNLISTED, Watch
from pipeline.aws.transport import TimedSession
from pipeline.policy.partitions import dns_suffixes
from pipeline.schema import Dataset, Extract, Row
from pipeline.settings import Refused, Settings

GLOBAL = "global"
# Where global services are asked when neither boto3's configuration nor the settings name a region.
FIRST_REGION = "us-east-1"
# IAM action prefixes that are not boto3's name of the service.
SERVICES = {"access-analyzer": "accessanalyzer", "cassandra": "keyspaces", "sso": "sso-admin"}
# The services that are asked only as often as `call_rates` says.
PACED = frozenset({"organizations", "sso-admin", "identitystore"})
LONGEST_CONNECT_SECONDS = 10.0
# What botocore's parsers raise beside their own error where an answer is not of the shape that they expect.
PARSER_ERRORS = (LookupError, AttributeError, TypeError, ValueError, ArithmeticError, RecursionError)

Answer = dict[str, Any]
# botocore's service models, read once in a process and not again by every session.
_loader = cache(create_loader)


class Memory(Protocol):
    """Data of earlier nights, and results shared between accounts; implemented by `pipeline.collect.memory`."""

    as_of: date
    last_night: date | None
    """The night before, of those that landed."""

    def rows(self, dataset: Dataset, account_id: str, region: str) -> list[Row]:
        """Rows of the most recent earlier night on which this extract succeeded."""

    def count(self, dataset: Dataset, account_id: str, region: str) -> int:
        """The number of those rows."""

    def last(self, dataset: Dataset, account_id: str, region: str) -> Extract | None:
        """This extract of the last night, if it succeeded then, with every record."""

    def last_rows(self, dataset: Dataset, equal: Mapping[str, str]) -> list[Row]:
        """Rows of all accounts and Regions of the last night that have these values."""

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The result of `make` for a key, computed once per worker."""


_credentials: ContextVar[Any] = ContextVar("credentials")


class _ContextCredentials(Credentials):  # type: ignore[misc]
    """The credentials set by the calling thread."""

    def __init__(self) -> None:  # the attributes of the base class are properties here
        pass

    access_key = property(lambda self: _credentials.get().access_key)
    secret_key = property(lambda self: _credentials.get().secret_key)
    token = property(lambda self: _credentials.get().token)
    account_id = property(lambda self: None)
    method = "rolecall"

    def get_frozen_credentials(self) -> Any:
        return _credentials.get().get_frozen_credentials()


class _ContextProvider:
    def load_credentials(self) -> Credentials:
        return _ContextCredentials()


class Lane:
    """Rate limiter: allows a number of calls per second, in order of arrival."""

    def __init__(self, per_second: int) -> None:
        self._passed: deque[float] = deque(maxlen=per_second)
        self._lock = threading.Lock()

    def wait(self) -> None:
        with self._lock:
            if len(self._passed) == self._passed.maxlen:
                time.sleep(max(0.0, self._passed[0] + 1 - time.monotonic()))
            self._passed.append(time.monotonic())


@dataclass(frozen=True)
class Paging:
    """The pagination members of an operation. `limit` requests the largest pages that the API allows."""

    input_token: str
    output_token: str
    limit: dict[str, int]


class Cloud:
    """A worker's connection to AWS. Raises `Refused` for an error in boto3's configuration."""

    def __init__(self, settings: Settings, workers: int = 1, memory: Memory | None = None) -> None:
        self.settings = settings
        self.memory = memory
        try:
            core = botocore.session.get_session()
            core.register_component("data_loader", _loader(core.get_config_variable("data_path")))
            self.own_credentials = core.get_component("credential_provider").load_credentials()
            core.register_component("credential_provider", _ContextProvider())
            self._session = boto3.Session(botocore_session=core)
            self.home_region = self._session.region_name or next(iter(settings.regions), FIRST_REGION)
        except BotoCoreError as error:
            # Without its cause, whose words may be a secret and would be written down.
            raise Refused(f"AWS: {words(error)}; see AWS_PROFILE, AWS_CONFIG_FILE and ~/.aws/config") from None
        if self.own_credentials is None:
            raise Refused("AWS: no credentials were found; set AWS_PROFILE or AWS_ACCESS_KEY_ID, or sign in")
        self.session_policy: str | None = None
        """Narrows the sessions of the reader role, in addition to the role's own policies."""
        self._core = core
        self._session.events.register("before-parse.*.*", guard)
        self._session.events.register("before-parse.*.*", Watch())
        self.breaker = Breaker()
        self.ends: float | None = None
        """The night's deadline, on the clock of `time.monotonic`; None for no deadline."""
        rates, per_second = knowledge.load("call_rates").facts["rates"], settings.organization_calls_per_second
        self._lane = Lane(max(1, per_second // workers))
        self._lanes = {
            operation: Lane(max(1, rate * per_second // rates["together"] // workers))
            for operation, rate in rates["each"].items()
        }
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._config = Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=min(LONGEST_CONNECT_SECONDS, settings.call_timeout_seconds),
            read_timeout=settings.call_timeout_seconds,
            max_pool_connections=settings.concurrency,
            user_agent_extra="rolecall",
        )
        self.paging = cache(self._paging)
        try:
            endpoint = self.client("sts", self.home_region).meta.endpoint_url
        except (BotoCoreError, ValueError) as error:
            raise Refused(f"AWS: {words(error)}; see AWS_ENDPOINT_URL and the region") from None
        self.where = f"AWS (profile {self._session.profile_name}, {without_secrets(str(endpoint))})"
        """Profile and endpoint, for messages."""

    def listen(self, handler: Callable[..., None]) -> None:
        """Call the handler with every response before it is parsed (botocore's event `before-parse`)."""
        self._session.events.register("before-parse.*.*", handler)

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            client.close()

    def client(self, service: str, region: str) -> Any:
        """The shared client of a service and Region. (Creating a client is not thread-safe.)"""
        with self._lock:
            if (service, region) not in self._clients:
                client = self._session.client(service, region_name=region, config=self._config)
                if not is_of_aws(client.meta.endpoint_url):
                    check_endpoint(service, client.meta.endpoint_url, self.settings.other_endpoints)
                    # Endpoint rules of some operations (signin) do not ask whether an endpoint is set.
                    client.meta.events.register("before-call", partial(_send_to, client.meta.endpoint_url))
                # botocore takes no other session of HTTP than its own, so its own is made ours.
                client._endpoint.http_session.__class__ = TimedSession
                client._endpoint.http_session.longest_seconds = self.settings.call_timeout_seconds
                self._clients[service, region] = client
            return self._clients[service, region]

    def ask(self, operation: str, region: str, credentials: Any, params: dict[str, Any]) -> Answer:
        """One attempt at one request. Raises botocore's errors, `NotOffered`, `CutAnswer` and `NoAwsAnswer`."""
        service, name = parts(operation)
        client = self.client(service, self.home_region if region == GLOBAL else region)
        before = _credentials.set(credentials)
        try:
            answer: Answer = getattr(client, xform_name(name))(**params)
        except EndpointConnectionError as error:
            if region == GLOBAL or self._is_offered(service, region):
                raise
            raise NotOffered(service=service, region=region) from error
        except PARSER_ERRORS as error:
            raise CutAnswer(f"the answer cannot be read: {type(error).__name__}: {error}") from error
        finally:
            _credentials.reset(before)
        if answer.keys() <= {"ResponseMetadata", UNLISTED}:
            raise CutAnswer("the answer is empty")
        return answer

    def _is_offered(self, service: str, region: str) -> bool:
        """Whether botocore lists the Region for the service, or no Regions at all."""
        with self._lock:
            partition = self._core.get_partition_for_region(region)
            listed = self._core.get_available_regions(service, partition)
        return not listed or region in listed

    def regions(self, partition: str) -> list[str]:
        """The EC2 Regions of a partition known to botocore."""
        with self._lock:
            regions: list[str] = self._core.get_available_regions("ec2", partition)
        return regions

    def pace(self, operation: str) -> None:
        """Wait for a turn, if the service is rate-limited: first for the operation's own, then for that of all."""
        if parts(operation)[0] in PACED:
            for lane in (self._lanes.get(operation), self._lane):
                if lane:
                    lane.wait()

    def _paging(self, operation: str) -> Paging | None:
        """The pagination of an operation, from botocore's models; None if it is not paginated."""
        service, name = parts(operation)
        with self._lock:
            return self._read_paging(service, name)

    def _read_paging(self, service: str, name: str) -> Paging | None:
        parameters = self._core.get_service_model(service).operation_model(name).input_shape
        members = parameters.members if parameters else {}
        try:
            model = self._core.get_paginator_model(service).get_paginator(name)
        except ValueError:  # not in the paginator model, though it may be paged in the usual way
            token = next((t for t in ("Marker", "NextToken", "nextToken") if t in members), None)
            limit = next((k for k in ("MaxItems", "MaxResults", "maxResults") if k in members), None)
            model = {"input_token": token, "output_token": token, "limit_key": limit}
        if not model["input_token"]:
            return None
        limit = model.get("limit_key")
        largest = members[limit].metadata.get("max") if limit else None
        return Paging(model["input_token"], model["output_token"], {limit: largest} if limit and largest else {})


def is_of_aws(url: str) -> bool:
    """Whether the host is one of AWS's."""
    return (urlsplit(url).hostname or "").endswith(dns_suffixes())


def check_endpoint(service: str, url: str, others: Collection[str]) -> None:
    """Raise `Refused` for an endpoint that is not on this machine, unless the settings name its host."""
    host = urlsplit(url).hostname or ""
    if not (host in {"localhost", *others} or is_loopback(host)):
        raise Refused(
            f"AWS: {service} would be called at {host}, which is not AWS; see AWS_ENDPOINT_URL and endpoint_url in "
            f"~/.aws/config, or name the host in other_endpoints"
        )


def _send_to(endpoint: str, params: dict[str, Any], **_: Any) -> None:
    params["url"] = urlunsplit(urlsplit(params["url"])._replace(**dict(zip(_PLACE, urlsplit(endpoint), strict=False))))


_PLACE = ("scheme", "netloc")


def is_loopback(host: str) -> bool:
    """Whether the host is an address of this machine, such as 127.0.0.1."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def parts(operation: str) -> tuple[str, str]:
    """`sso:ListInstances` as boto3's service name and the operation."""
    prefix, name = operation.split(":")
    return SERVICES.get(prefix, prefix), name
