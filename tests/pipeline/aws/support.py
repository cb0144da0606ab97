"""A cloud that answers from a script, without a server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from pipeline.aws.account import Account
from pipeline.aws.breaker import Breaker
from pipeline.aws.session import GLOBAL, Paging
from pipeline.aws.visit import Caller, Visit
from pipeline.settings import Settings

CALLER = Caller("999999999999", "arn:aws-us-gov:sts::999999999999:assumed-role/Runner/night")


MEMBER = "111111111111"


META = {"HTTPStatusCode": 200, "HTTPHeaders": {"date": "Fri, 20 Nov 2026 02:00:00 GMT"}}


KEYS = {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "SessionToken": "token"}


def answer(**members: Any) -> dict[str, Any]:
    return {**members, "ResponseMetadata": META}


def error(code: str, message: str = "", status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": META | {"HTTPStatusCode": status}}, "X"
    )


TIMEOUT = ReadTimeoutError(endpoint_url="https://iam.amazonaws.com/")


class ScriptedCloud:
    """Answers each operation from its list, the last item for ever; remembers what was asked with what."""

    def __init__(self, script: dict[str, list[Any]], **settings: Any) -> None:
        self.script = {"sts:AssumeRole": [answer(Credentials=KEYS)], **script}
        self.settings = Settings(**settings)
        self.own_credentials = SimpleNamespace(access_key="OWN")
        self.breaker = Breaker()
        self.ends: float | None = None
        self.asked: list[tuple[str, str, str, dict[str, Any]]] = []
        self.session_policy: str | None = None
        self.memory: Any = None

    def ask(self, operation: str, region: str, credentials: Any, params: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((operation, region, credentials.access_key, dict(params)))
        items = self.script[operation]
        item = items.pop(0) if len(items) > 1 else items[0]
        if isinstance(item, Exception):
            raise item
        return item

    def pace(self, operation: str) -> None:
        pass

    def paging(self, operation: str) -> Paging | None:
        return Paging("Marker", "Marker", {"MaxItems": 1000}) if ":List" in operation else None

    def operations(self) -> list[str]:
        return [asked[0] for asked in self.asked]


def account(
    script: dict[str, list[Any]], region: str = GLOBAL, **settings: Any
) -> tuple[Account, Visit, ScriptedCloud]:
    scripted = ScriptedCloud(script, **settings)
    visit = Visit(scripted, MEMBER, CALLER)  # type: ignore[arg-type]
    return Account(visit, region, rows=lambda name: []), visit, scripted


def booked(visit: Visit, operation: str) -> Any:
    return next(call for call in visit.ledger() if call.operation == operation)
