"""Issuers: private to one customer, or shared by all customers of a provider, with the claim that identifies the
customer.

The issuers are data: knowledge/oidc_issuers.toml.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from pipeline.knowledge import load
from pipeline.policy.oidc_subjects import Pin


@dataclass(frozen=True, slots=True)
class SharedIssuer:
    """`tenant`: (claim, pattern of values that identify one customer)."""

    name: str
    tenant: tuple[tuple[str, re.Pattern[str]], ...]

    def names_tenant(self, pin: Pin) -> bool:
        """Whether every value of the pin identifies one customer."""
        forms = [form for claim, form in self.tenant if claim == pin.claim]
        return bool(pin.values) and all(any(form.fullmatch(value) for form in forms) for value in pin.values)

    def told_by_audience(self, claim_pins: Iterable[Pin]) -> bool:
        """Whether the audience alone identifies the customer."""
        return any(pin.claim == "aud" and self.names_tenant(pin) for pin in claim_pins)


@cache
def _listed() -> Mapping[str, Any]:
    return load("oidc_issuers").facts


@cache
def shared_issuers() -> dict[str, SharedIssuer]:
    """Shared issuers by URL, in every spelling."""
    by_url: dict[str, SharedIssuer] = {}
    for raw in _listed()["issuer"]:
        pairs = (text.partition("=") for text in raw["tenant"])
        issuer = SharedIssuer(raw["name"], tuple((claim, _compiled(form)) for claim, _, form in pairs))
        by_url |= dict.fromkeys((raw["issuer"], *raw.get("also", ())), issuer)
    return by_url


def is_listed(issuer: str) -> bool:
    """Whether the lists say who gets tokens of the issuer: one customer, or all customers of a provider."""
    return issuer in shared_issuers() or is_private(issuer)


def off_list() -> str:
    """The name of the list for messages."""
    return load("oidc_issuers").off_list


def is_judged(issuer: str, claim: str) -> bool:
    """Whether the lists say of the claim if it tells customers of the issuer apart."""
    shared = shared_issuers().get(issuer)
    tenant = {name for name, _ in shared.tenant} if shared else frozenset()
    return claim in tenant or claim in _listed()["claims"]["say_nothing"]


@lru_cache(maxsize=1024)
def is_private(issuer: str) -> bool:
    """Whether the issuer belongs to one customer, such as a GitHub enterprise or an EKS cluster."""
    return any(_compiled(form).fullmatch(issuer) for form in _listed()["private"]["forms"])


@cache
def _compiled(form: str) -> re.Pattern[str]:
    """{tenant} has no wildcard and parts no field; a star of the form covers anything."""
    pieces = re.split(r"(\{tenant\}|\*)", form)
    # A customer's part alone may hold any sign but wildcards: audiences and ids have no fields.
    part = "[^*?]+" if form == "{tenant}" else "[^*?:/]+"
    return re.compile(
        "".join({"{tenant}": part, "*": ".*"}.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL
    )
