"""Requests in, responses out, in each service's own protocol, by botocore's service models.

Nothing here knows what an operation means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.loaders import create_loader
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request
from moto.core.routing import ServiceOperationRouter
from moto.core.serialize import SerializationContext, get_serializer_class
from werkzeug.exceptions import NotFound

from demo.emulator.errors import ApiError

# Signing names that differ from boto3's client names.
_CLIENT_NAMES = {"access-analyzer": "accessanalyzer", "cassandra": "keyspaces", "sso": "sso-admin"}
_LOADER = create_loader()
_CREDENTIAL = re.compile(r"Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Signature:
    """Who signed a request, for which service and region (the signature itself is not verified)."""

    access_key: str
    token: str | None
    region: str
    service: str

    @classmethod
    def of(cls, request: Request) -> Signature | None:
        match = _CREDENTIAL.search(request.headers.get("Authorization", ""))
        if match is None:
            return None
        key, _, region, service = match.groups()
        token = request.headers.get("X-Amz-Security-Token")
        return cls(key, token, region, _CLIENT_NAMES.get(service, service))


@dataclass
class Reply:
    """An HTTP response before it is sent."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    damage: str | None = None
    delay_seconds: float = 0.0


@cache
def known_model(service: str) -> ServiceModel | None:
    """botocore's model of the service, or None for an unknown service."""
    try:
        return ServiceModel(_LOADER.load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        return None


def protocol_of(service: str) -> str:
    """The protocol for errors; query for an unknown service."""
    model = known_model(service)
    return str(model.resolved_protocol) if model else "query"


@cache
def router(service: str) -> ServiceOperationRouter:
    """The router of a service that is known; a race makes two, each of them whole."""
    model = known_model(service)
    assert model is not None
    return ServiceOperationRouter(model)


def operation_name(service: str, request: Request) -> str:
    """The operation of a request, or its method and path if the model has none."""
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rsplit(".", 1)[-1]
    model = known_model(service)
    if model is not None and str(model.resolved_protocol).startswith("rest"):
        try:
            return str(router(service).match(request)[0].name)
        except (NotFound, NotImplementedError):
            return f"{request.method} {request.path}"
    return str(request.values.get("Action") or f"{request.method} {request.path}")


def parse_parameters(operation: OperationModel, request: Request) -> dict[str, Any]:
    """The operation's input as boto3 was given it."""
    service = operation.service_model
    uri: dict[str, Any] = {}
    if str(service.resolved_protocol).startswith("rest"):
        uri = router(service.service_name).match(request)[1]
    parsed = PROTOCOL_PARSERS[str(service.resolved_protocol)](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.get_data(),
            "url_path": request.path,
            "url_params": uri,
        }
    )
    return {**(parsed or {}), **uri}


def write_result(operation: OperationModel, output: Mapping[str, Any]) -> Reply:
    """A success in the service's protocol. Raises `ValueError` for a member that is not in the operation's output:
    the serializer would drop it, and AWS never returns it.
    """
    check_shape(operation.output_shape, output, operation.name)
    service = operation.service_model
    serializer = get_serializer_class(service.service_name, str(service.resolved_protocol))
    request_id = str(uuid4())
    raw = serializer(operation, SerializationContext(request_id)).serialize(output)
    body = raw["body"]
    headers = {**raw["headers"], "x-amzn-RequestId": request_id}
    return Reply(raw["status_code"], body.encode() if isinstance(body, str) else body, headers)


def check_shape(shape: Any, value: Any, where: str) -> None:
    """Raises `ValueError`: a structure of the answer has a member that botocore's model does not know."""
    if shape is None:
        if value:
            raise ValueError(f"{where} answers nothing, not {sorted(value)}")
    elif shape.type_name == "structure":
        if more := value.keys() - shape.members.keys():
            raise ValueError(f"{where} has no {', '.join(sorted(more))}")
        for name, below in value.items():
            check_shape(shape.members[name], below, f"{where}.{name}")
    elif shape.type_name in ("list", "map"):
        of = shape.member if shape.type_name == "list" else shape.value
        for below in value if shape.type_name == "list" else value.values():
            check_shape(of, below, f"{where}[]")


def write_error(service: str, error: ApiError) -> Reply:
    """An error in the service's protocol."""
    protocol, request_id = protocol_of(service), str(uuid4())
    headers = {"x-amzn-RequestId": request_id}
    code, message = error.code, error.message
    if protocol in ("json", "rest-json"):
        kind = "application/x-amz-json-1.1" if protocol == "json" else "application/json"
        headers |= {"Content-Type": kind, "x-amzn-ErrorType": code}
        name = "Message" if service == "organizations" else "message"
        body = json.dumps({"__type": code, name: message} if protocol == "json" else {name: message})
    else:
        headers["Content-Type"] = "text/xml"
        body = _XML[protocol].format(
            code=escape(code),
            message=escape(message),
            id=request_id,
            side="Receiver" if error.status >= 500 else "Sender",
            namespace=_namespace(service),
        )
    return Reply(error.status, body.encode(), headers)


def _namespace(service: str) -> str:
    model = known_model(service)
    return str(model.metadata.get("xmlNamespace", "")) if model else ""


_XML = {
    "query": '<ErrorResponse xmlns="{namespace}"><Error><Type>{side}</Type><Code>{code}</Code>'
    "<Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
    "ec2": "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>{id}</RequestID></Response>",
    "rest-xml": "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{id}</RequestId></Error>",
}
