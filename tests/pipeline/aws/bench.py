"""Every fault on every operation: the demo organization's answers, kept from the wire, and given again damaged.

A fault is a function of a whole answer. Those of the wire change status, headers and body; those of the world change
what the parsed answer holds. Nothing here knows an operation by name: what is asked, and how its service words answers
and errors, comes from the collectors' declarations and botocore's models.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from pipeline import collectors
from pipeline.aws.breaker import Breaker
from pipeline.aws.failures import CallFailed
from pipeline.aws.session import GLOBAL, Answer, Cloud, parts
from pipeline.aws.transport import TimedSession
from pipeline.aws.visit import Caller, Visit, sign_in
from pipeline.collect.reading import Reading
from pipeline.schema import Row, Scope

MODELS = botocore.session.get_session()
REGION = "us-east-1"
ORGANIZATION: tuple[Scope, ...] = ("organization",)
ACCOUNT: tuple[Scope, ...] = ("account", "region")
HTML = b"<html><head><title>Gateway</title></head><body><h1>Gateway says hello</h1></body></html>"
OTHER = {
    "xml": b"<ListQueuesResponse><ListQueuesResult><QueueUrl>u</QueueUrl></ListQueuesResult></ListQueuesResponse>",
    "json": b'{"TableNames": ["a"], "Count": 1}',
}


@dataclass
class Wire:
    """An answer on its way."""

    protocol: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        return "json" in self.protocol

    def error(self, status: int, code: str, message: str) -> Wire:
        """The service's own way to say an error."""
        one = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        texts = {
            "query": f"<ErrorResponse>{one}</ErrorResponse>",
            "ec2": f"<Response><Errors>{one}</Errors></Response>",
            "rest-xml": one,
        }
        text = json.dumps({"__type": code, "message": message}) if self.is_json else texts[self.protocol]
        return self.says(status, text.encode(), **({"x-amzn-errortype": code} if self.is_json else {}))

    def says(self, status: int, body: bytes, **headers: str) -> Wire:
        kept = {"date": self.headers.get("date", ""), "content-length": str(len(body))}
        return Wire(self.protocol, status, kept | headers, body)


def raising(error: Exception) -> Callable[[Wire], Wire]:
    def fault(wire: Wire) -> Wire:
        raise error

    return fault


SKEW = "Signature expired: 20261123T020000Z is now earlier than 20261123T030000Z (20261123T031500Z - 15 min.)"
DENIED = "User: arn:aws:sts::1:assumed-role/R/s is not authorized to perform this"
URL = "http://127.0.0.1/"

SCP_DENIED = f"{DENIED} with an explicit deny in a service control policy"
IAM_DENIED = f"{DENIED} because no identity-based policy allows it"


def cut(wire: Wire) -> Wire:
    """Half of the body, under the length of the whole."""
    return Wire(wire.protocol, wire.status, wire.headers | {"content-length": str(len(wire.body))}, half(wire))


def half(wire: Wire) -> bytes:
    return wire.body[: len(wire.body) // 2]


def last_byte_lost(wire: Wire) -> Wire:
    return Wire(wire.protocol, wire.status, wire.headers | {"content-length": str(len(wire.body))}, wire.body[:-1])


def half_without_length(wire: Wire) -> Wire:
    headers = {name: value for name, value in wire.headers.items() if name.lower() != "content-length"}
    return Wire(wire.protocol, wire.status, headers, half(wire))


def with_header(**headers: str) -> Callable[[Wire], Wire]:
    return lambda wire: Wire(wire.protocol, wire.status, wire.headers | headers, wire.body)


def other(wire: Wire) -> Wire:
    return wire.says(200, OTHER["json" if wire.is_json else "xml"])


def throttled(wire: Wire) -> Wire:
    return wire.error(400, "ThrottlingException" if wire.is_json else "Throttling", "Rate exceeded")


ON_THE_WIRE: dict[str, tuple[Callable[[Wire], Wire], str]] = {
    "throttled": (throttled, "throttled"),
    "bare 429": (lambda w: w.says(429, b""), "throttled"),
    "no capacity": (lambda w: w.error(409, "LimitExceeded", "No more capacity"), "throttled"),
    "in progress": (lambda w: w.error(409, "PolicyChangesInProgressException", "Wait"), "in_progress"),
    "server error": (lambda w: w.error(500, "InternalFailure", "internal"), "server_error"),
    "HTML 502": (lambda w: w.says(502, HTML), "server_error"),
    "reset": (raising(ConnectionClosedError(endpoint_url=URL)), "connection"),
    "stall": (raising(ReadTimeoutError(endpoint_url=URL)), "timeout"),
    "cut": (cut, "truncated"),
    "last byte lost": (last_byte_lost, "truncated"),
    "cut, no length": (half_without_length, "truncated"),
    "cut, length right": (lambda w: w.says(w.status, half(w)), "truncated"),
    "empty": (lambda w: w.says(200, b""), "truncated"),
    "HTML 200": (lambda w: w.says(200, HTML), "truncated"),
    "another service": (other, "truncated"),
    "null": (lambda w: w.says(200, b"null"), "truncated"),
    "a string": (lambda w: w.says(200, b'"ok"'), "truncated"),
    "list": (lambda w: w.says(200, b"[]"), "truncated"),
    "not UTF-8": (lambda w: w.says(200, w.body[:1] + b"\xff\xfe" + w.body[1:]), "truncated"),
    "wrong clock": (lambda w: w.error(403, "RequestTimeTooSkewed", "The difference is too large."), "clock_skew"),
    "wrong clock, signature": (lambda w: w.error(403, "SignatureDoesNotMatch", SKEW), "clock_skew"),
    "expired": (lambda w: w.error(403, "ExpiredToken", "The security token is expired"), "expired_credentials"),
    "HTML 403": (lambda w: w.says(403, HTML), "not_aws"),
    "HTML 301": (lambda w: w.says(301, HTML), "not_aws"),
    "HTML 501": (lambda w: w.says(501, HTML), "not_implemented"),
    "denied": (lambda w: w.error(403, "AccessDenied", IAM_DENIED), "iam_deny"),
    "denied by an SCP": (lambda w: w.error(403, "AccessDenied", SCP_DENIED), "scp_deny"),
    "bad date": (with_header(date="the day before"), ""),
    "said to be HTML": (with_header(**{"content-type": "text/html; charset=utf-16"}), ""),
}
"""Name to the fault and the ledger's class of it; no class where nothing is wrong with the answer."""
HEALS = {name for name, (_, kind) in ON_THE_WIRE.items() if not kind.startswith(("not_", "iam_", "scp_"))}
"""Faults that are over when they happened once."""


def lists(operation: str) -> list[str]:
    """The list members of an operation's answer."""
    service, name = parts(operation)
    shape = MODELS.get_service_model(service).operation_model(name).output_shape
    return [m for m, s in shape.members.items() if s.type_name == "list" and m not in ("failures", "Tags", "tags")]


def without_lists(operation: str, answer: Answer) -> Answer:
    return {key: value for key, value in answer.items() if key not in lists(operation)}


def twice(operation: str, answer: Answer) -> Answer:
    """The last record of each list stands there twice, as on two pages."""
    records = [m for m in lists(operation) if answer.get(m) and isinstance(answer[m][-1], dict)]
    return answer | {m: [*answer[m], *copy.deepcopy(answer[m][-1:])] for m in records}


class BenchCloud(Cloud):
    """A cloud that remembers answers, and damages those of one operation."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.kept: dict[tuple[str, str, str], Wire] = {}
        self.account_id, self.asking, self.params = "", "", ""
        self.asked: set[str] = set()
        self.operation, self.times = "", 0
        self.on_wire: Callable[[Wire], Wire] | None = None
        self.of_world: Callable[[str, Answer], Answer] | None = None

    def pace(self, operation: str) -> None:
        pass

    def client(self, service: str, region: str) -> Any:
        made = super().client(service, region)
        made._endpoint.http_session.__class__ = BenchSession
        made._endpoint.http_session.cloud = self
        return made

    def ask(self, operation: str, region: str, credentials: Any, params: dict[str, Any]) -> Answer:
        self.asking, self.params = operation, f"{region} {json.dumps(params, sort_keys=True, default=str)}"
        self.asked.add(operation)
        answer = super().ask(operation, region, credentials, params)
        if self.of_world and operation == self.operation and self._counts_down():
            return self.of_world(operation, answer)
        return answer

    def carried(self, fetch: Callable[[], AWSResponse]) -> Wire:
        """The answer to what is asked: kept, else fetched; damaged where that is wanted."""
        key = (self.account_id, self.asking, self.params)
        if key not in self.kept:
            service, name = parts(self.asking)
            protocol = MODELS.get_service_model(service).operation_model(name).service_model.resolved_protocol
            response = fetch()
            wire = Wire(protocol, response.status_code, dict(response.headers), response.content)
            if not is_waiting(wire):
                self.kept[key] = wire
        else:
            wire = self.kept[key]
        wire = copy.copy(wire)
        return self.on_wire(wire) if self.on_wire and self.asking == self.operation and self._counts_down() else wire

    def _counts_down(self) -> bool:
        self.times -= 1
        return self.times >= 0


def is_waiting(wire: Wire) -> bool:
    """An answer that is another one a moment later."""
    return any(word in wire.body for word in (b"IN_PROGRESS", b"STARTED", b"INPROGRESS"))


class BenchSession(TimedSession):
    cloud: BenchCloud

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        wire = self.cloud.carried(lambda: TimedSession.send(self, request))
        response = AWSResponse(request.url, wire.status, wire.headers, None)
        response._content = wire.body
        return response


@dataclass
class Bench:
    """Readings of some accounts over one cloud, which keeps the answers."""

    cloud: BenchCloud
    caller: Caller
    organization_id: str
    accounts: tuple[str, ...]
    asked: dict[str, str]
    """Operation to an account that asks it."""

    def reading(self, account_id: str, operation: str = "", times: int = 0, **fault: Any) -> tuple[Reading, Visit]:
        """A new reading, in which the first `times` answers of an operation are damaged."""
        self.cloud.account_id, self.cloud.breaker = account_id, Breaker()
        self.cloud.operation, self.cloud.times = operation, times
        self.cloud.on_wire, self.cloud.of_world = fault.get("on_wire"), fault.get("of_world")
        scopes = ORGANIZATION if account_id == self.organization_id else ACCOUNT
        visit = Visit(self.cloud, account_id.removesuffix("*"), self.caller)
        return Reading(visit, scopes), visit

    def says_no(self, operation: str) -> bool:
        """Whether an answer of the operation is an error where nothing is damaged: a bucket without a policy."""
        return any(asked == operation and wire.status >= 300 for (_, asked, _), wire in self.cloud.kept.items())

    def rows(self, reading: Reading, operation: str) -> Iterator[tuple[str, list[Row] | CallFailed]]:
        """Every dataset that rests on an operation: its rows, or how it failed."""
        for name, dataset in reading._of_dataset.items():
            for declared in dataset.datasets:
                if declared.name == name and operation in declared.operations:
                    try:
                        rows = reading.rows(name, REGION if declared.scope == "region" else GLOBAL)
                        yield name, sorted(rows, key=repr)
                    except CallFailed as failed:
                        yield name, failed


NOT_ASKED = {"access-analyzer:GetAnalyzer", "organizations:ListEffectivePolicyValidationErrors"}
"""On the first night no analyzer looks for unused or internal access, and no account has an invalid effective policy;
the collectors' own tests damage these."""


def operations() -> list[str]:
    """Every operation that a dataset rests on and that the first night asks."""
    rested = {operation for dataset in collectors.datasets().values() for operation in dataset.operations}
    return sorted(rested - NOT_ASKED)


def opened(cloud: BenchCloud, members: tuple[str, ...]) -> Bench:
    """A bench over the organization and some members, each read once without a fault."""
    caller = sign_in(Visit(cloud, ""))
    bench = Bench(cloud, caller, f"{caller.account_id}*", (f"{caller.account_id}*", *members), {})
    for account_id in bench.accounts:
        cloud.asked.clear()
        reading, _ = bench.reading(account_id)
        reading.read_all()
        failures = {name: str(failed) for name, failed in reading.failures.items()}
        assert not failures, failures
        bench.asked |= {operation: account_id for operation in cloud.asked if operation not in bench.asked}
    return bench
