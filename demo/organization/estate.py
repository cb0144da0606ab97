"""An account's resources outside IAM, as API responses, by kind and Region."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from demo.organization.model import Account
from demo.organization.scene import Scene

Thing = dict[str, Any]
HOME = "us-east-1"


@dataclass
class Estate:
    """One account's resources, as each kind's list or describe operation returns them, by Region."""

    scene: Scene
    account: Account
    _things: dict[tuple[str, str], list[Thing]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, thing: Thing, region: str = HOME) -> None:
        self._things[kind, region].append(thing)

    def of(self, kind: str, region: str) -> list[Thing]:
        return self._things.get((kind, region), [])

    def arn(self, service: str, resource: str, region: str = HOME) -> str:
        return f"arn:aws:{service}:{region}:{self.account.id}:{resource}"

    def key(self, *parts: object) -> str:
        """A hash key of this account."""
        return "|".join([self.account.name, *map(str, parts)])

    def hex(self, length: int, *parts: object) -> str:
        """A deterministic hexadecimal id of up to 64 digits for these parts."""
        text = f"{self.scene.seed}|{self.key(*parts)}"
        return hashlib.sha256(text.encode()).hexdigest()[:length]
