"""The request as an operation sees it, and the state that it answers from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.emulator.caller import Caller
from demo.emulator.errors import ApiError
from demo.organization.model import Account
from demo.organization.model_organization import Organization
from demo.organization.scene import Scene


@dataclass(frozen=True)
class Session:
    """Issued temporary credentials, and their owner."""

    access_key: str
    secret: str
    token: str
    account_id: str
    role: str
    name: str
    expires: datetime
    policy: str | None = None
    """The session policy."""

    @property
    def arn(self) -> str:
        return f"arn:aws:sts::{self.account_id}:assumed-role/{self.role}/{self.name}"

    @property
    def is_expired(self) -> bool:
        return datetime.now(UTC) >= self.expires


@dataclass
class State:
    """The organization on the current night, and the jobs started in it."""

    scene: Scene
    organization: Organization
    caller: Caller = field(default_factory=Caller)
    jobs: dict[str, Any] = field(default_factory=dict)


@dataclass
class Sessions:
    """All issued credentials; they survive a change of night."""

    by_key: dict[str, Session] = field(default_factory=dict)
    serial: int = 0

    def issue(self, account_id: str, role: str, name: str, seconds: int, policy: str | None = None) -> Session:
        self.serial += 1
        mark = f"{self.serial:06d}"
        session = Session(
            access_key=f"ASIAROLECALL{mark}XX",
            secret=f"rolecall/demo/secret/{mark}",
            token=f"rolecall-demo-session-{mark}",
            account_id=account_id,
            role=role,
            name=name,
            expires=datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds),
            policy=policy,
        )
        self.by_key[session.access_key] = session
        return session


@dataclass
class Call:
    """One request to one operation."""

    service: str
    operation: str
    region: str
    parameters: dict[str, Any]
    session: Session
    state: State
    sessions: Sessions

    @property
    def organization(self) -> Organization:
        return self.state.organization

    @property
    def scene(self) -> Scene:
        return self.state.scene

    @property
    def account(self) -> Account:
        """The account whose credentials signed the request."""
        return self.organization.accounts[self.session.account_id]

    @property
    def is_management(self) -> bool:
        return self.session.account_id == self.organization.management_id

    def is_delegated(self, service: str | None = None) -> bool:
        """Whether the caller's account is a delegated administrator (of that service)."""
        return any(
            d.account_id == self.session.account_id and service in (None, d.service)
            for d in self.organization.delegations
        )

    def get(self, name: str, default: Any = None) -> Any:
        value = self.parameters.get(name)
        return default if value is None else value

    def need(self, name: str) -> Any:
        value = self.parameters.get(name)
        if value in (None, ""):
            raise ApiError("ValidationError", f"1 validation error detected: {name} must not be null")
        return value
