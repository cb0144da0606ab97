"""The loopback AWS: identifies caller and operation, applies faults and guardrails, and lets an extension answer.

Control endpoints under ``/_rolecall/``: ``POST night``, ``GET``/``DELETE calls``, ``GET requests``, ``PUT faults``,
``PUT caller``.
"""

from __future__ import annotations

import importlib
import json
import threading
from collections import Counter, deque
from datetime import datetime
from functools import cache
from types import FunctionType
from typing import Any

from botocore import xform_name
from moto.core.request import Request

from demo.emulator.buckets import ask_s3
from demo.emulator.call import Call, Session, Sessions, State
from demo.emulator.caller import RUNNER, Caller
from demo.emulator.errors import ApiError
from demo.emulator.fallback import ask_moto, not_emulated
from demo.emulator.faults import (
    ANSWERS,
    DAMAGES,
    NO_POLICY,
    NO_SESSION_POLICY,
    Faults,
    Rule,
    action_prefix,
    denial,
    refuse,
)
from demo.emulator.guardrails import denied_by_scp, denied_by_session_policy
from demo.emulator.identity import bad_key, resource_of, target, valid
from demo.emulator.web import LoopbackServer
from demo.emulator.wire import (
    Reply,
    Signature,
    known_model,
    operation_name,
    parse_parameters,
    write_error,
    write_result,
)
from demo.organization.charter import EXTERNAL_ID, READER_ROLE
from demo.organization.nights import organization_on
from demo.organization.scene import NIGHTS, Scene

EXTENSIONS = {
    "iam": ("iam", "iam_policies", "iam_credentials", "iam_providers", "iam_reports", "iam_access"),
    "sts": ("sts",),
    "organizations": ("organizations", "organizations_policies"),
    "account": ("account",),
    "accessanalyzer": ("accessanalyzer", "accessanalyzer_rules"),
    "cloudtrail": ("cloudtrail",),
    "s3": ("s3",),
    "sso-admin": ("ssoadmin",),
    "identitystore": ("identitystore",),
    "ram": ("ram",),
    "controltower": ("controltower",),
    "ec2": ("ec2",),
    "lambda": ("lambda_functions",),
    "ecs": ("ecs",),
    "eks": ("eks",),
    "ssm": ("ssm",),
    "iot": ("iot",),
    "rolesanywhere": ("rolesanywhere",),
    "codebuild": ("codebuild",),
    "acm-pca": ("acmpca",),
    "codecommit": ("codecommit",),
    "keyspaces": ("keyspaces",),
    "signin": ("signin",),
}
# As many of the last requests are kept in their order.
REQUESTS = 10_000


class Emulator:
    """One synthetic organization behind one endpoint."""

    def __init__(self, seed: int = 1, night: int = 1) -> None:
        self.seed = seed
        self.faults = Faults()
        self.sessions = Sessions()
        self.calls: Counter[tuple[str | None, str, str, str]] = Counter()
        self.requests: deque[dict[str, str]] = deque(maxlen=REQUESTS)
        self._lock = threading.Lock()
        self.caller = Caller()
        self.set_night(night)
        self.runner = self._runner()

    def set_night(self, night: int) -> None:
        """Switch the whole organization to that night (1 to :data:`NIGHTS`)."""
        if not 1 <= night <= NIGHTS:
            raise ValueError(f"night must be 1 to {NIGHTS}, not {night}")
        scene = Scene(self.seed, night)
        organization = organization_on(scene)
        self.caller.place(organization)
        self.state = State(scene, organization, self.caller)

    def call_as(self, caller: Caller) -> dict[str, str]:
        """Let the runner be of another account, or alone, or allowed less. Returns its environment.

        Raises ValueError for an account that there is not.
        """
        caller.place(self.state.organization)
        if caller != self.caller:
            self.caller = caller
            self.set_night(self.state.scene.night)
        return self._environment(self._runner())

    def _runner(self) -> Session:
        home = self.caller.account_id or self.state.organization.management_id
        return self.sessions.issue(home, *RUNNER, seconds=12 * 3600)

    def now(self) -> datetime:
        return self.state.scene.now

    def answer(self, request: Request) -> Reply:
        """Answer any request; a bug here becomes a 500 in the service's protocol, never a hung client."""
        request.get_data()  # read once, before anything parses the body as a form
        if request.path.startswith("/_rolecall/"):
            return self._control(request)
        signature = Signature.of(request)
        if signature is None:
            return write_error(
                "sts", ApiError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
            )
        operation = operation_name(signature.service, request)
        try:
            return self._serve(request, signature, operation)
        except ApiError as error:
            return write_error(signature.service, error)
        except Exception as error:
            return write_error(signature.service, ApiError("EmulatorFailure", repr(error), 500))

    def _serve(self, request: Request, signature: Signature, operation: str) -> Reply:
        service, region = signature.service, signature.region
        session = self.sessions.by_key.get(signature.access_key)
        account_id = session.account_id if session else None
        with self._lock:
            self.calls[account_id, region, service, operation] += 1
            self.requests.append({"service": service, "operation": operation, "path": request.path})
        parameters = self._parameters(service, operation, request)
        rule = self.faults.find({account_id, target(parameters)}, service, operation, region, request.path)
        if rule is not None and rule.kind in ANSWERS:
            caller = session.arn if session else "unknown"
            resource = resource_of(service, operation, account_id, parameters)
            return _after(rule, refuse(rule, service, operation, caller, resource))
        reply = self._respond(request, signature, operation, session, parameters)
        return _after(rule, reply) if rule else reply

    def _parameters(self, service: str, operation: str, request: Request) -> dict[str, Any] | None:
        """The parsed input where we answer the service ourselves and the operation exists."""
        model = known_model(service) if service in EXTENSIONS else None
        if model is None or operation not in model.operation_names:
            return None
        return parse_parameters(model.operation_model(operation), request)

    def _respond(
        self,
        request: Request,
        signature: Signature,
        operation: str,
        session: Session | None,
        parameters: dict[str, Any] | None,
    ) -> Reply:
        service = signature.service
        session = valid(session, signature)
        account = self.state.organization.accounts.get(session.account_id)
        if account is None or account.state != "ACTIVE":
            raise bad_key(service)
        self._check_guardrails(session, signature, operation, parameters)
        self.caller.check_organization(service, operation)
        if service not in EXTENSIONS:
            return ask_moto(request, service, operation, session.account_id)
        function = _function(service, operation)
        if service == "s3" and function is None:
            return ask_s3(request, operation, session.account_id)
        if parameters is None or function is None:
            return not_emulated(service, operation)
        call = Call(service, operation, signature.region, parameters, session, self.state, self.sessions)
        model = known_model(service)
        assert model is not None
        return write_result(model.operation_model(operation), function(call))

    def _check_guardrails(
        self, session: Session, signature: Signature, operation: str, parameters: dict[str, Any] | None
    ) -> None:
        service = signature.service
        if service == "sts" and operation == "GetCallerIdentity":
            return
        action = f"{action_prefix(service)}:{operation}"
        org, reason = self.state.organization, None
        if not self.caller.is_alone:
            reason = denied_by_scp(org, session.account_id, action, session.role, signature.region)
        if not reason and not self.caller.allows(session.role, action):
            reason = NO_POLICY
        if not reason and denied_by_session_policy(session.policy, action):
            reason = NO_SESSION_POLICY
        if reason:
            resource = resource_of(service, operation, session.account_id, parameters)
            raise denial(session.arn, service, operation, resource, reason)

    def _control(self, request: Request) -> Reply:
        what = (request.method, request.path.removeprefix("/_rolecall/"))
        try:
            body = json.loads(request.get_data() or b"null")
            if what == ("POST", "night"):
                self.set_night(int(body["night"]))
                return _json({"night": self.state.scene.night, "date": str(self.state.scene.day)})
            if what == ("PUT", "caller"):
                return _json(self.call_as(Caller(**body)))
            if what == ("PUT", "faults"):
                self.faults.replace(body)
                return _json({"rules": len(body)})
        except (ValueError, TypeError, KeyError) as error:
            return _json({"error": str(error)}, 400)
        if what == ("GET", "calls"):
            return _json(self.call_counts())
        if what == ("GET", "requests"):
            with self._lock:
                return _json(list(self.requests))
        if what == ("DELETE", "calls"):
            with self._lock:
                self.calls.clear()
                self.requests.clear()
            return _json({})
        return _json({"error": f"no control {' '.join(what)}"}, 404)

    def call_counts(self) -> list[dict[str, Any]]:
        with self._lock:
            counted = list(self.calls.items())
        names = ("account_id", "region", "service", "operation")
        return [{**dict(zip(names, key, strict=True)), "count": n} for key, n in counted]

    def _environment(self, runner: Session) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": runner.access_key,
            "AWS_SECRET_ACCESS_KEY": runner.secret,
            "AWS_SESSION_TOKEN": runner.token,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def listen(self, port: int = 0) -> LoopbackServer:
        return LoopbackServer(port, self.answer, self.now)

    def ready_line(self, port: int) -> dict[str, Any]:
        """What a client needs to know, printed by the command as one line."""
        endpoint = f"http://127.0.0.1:{port}"
        return {
            "endpoint": endpoint,
            "environment": {"AWS_ENDPOINT_URL": endpoint, **self._environment(self.runner)},
            "role_name": READER_ROLE,
            "external_id": EXTERNAL_ID,
            "nights": [str(Scene(self.seed, n).day) for n in range(1, NIGHTS + 1)],
            "night": self.state.scene.night,
        }


@cache
def _function(service: str, operation: str) -> FunctionType | None:
    """The extension function for an operation, by its boto3 name."""
    model = known_model(service)
    if model is None or operation not in model.operation_names:
        return None
    for module in EXTENSIONS[service]:
        function = getattr(importlib.import_module(f"demo.emulator.extensions.{module}"), xform_name(operation), None)
        if isinstance(function, FunctionType):
            return function
    return None


def _after(rule: Rule, reply: Reply) -> Reply:
    reply.delay_seconds = rule.delay
    if rule.kind in DAMAGES:
        reply.damage = rule.kind
    return reply


def _json(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"})
