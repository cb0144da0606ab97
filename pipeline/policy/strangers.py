"""Hypothetical outsiders for a policy: an account it names, an account that matches its patterns, any other account.

Each comes with the context keys that AWS sets for its requests; keys that an outsider can choose or have are left open.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

from pipeline.policy.callers import Caller, caller, covers_everyone
from pipeline.policy.context import ALWAYS_SIGNED, FIRST_RELEASE, SENT_BY_SERVICES, Context, Value
from pipeline.policy.document import Condition, Document, Statement
from pipeline.policy.match import common_arn, common_text
from pipeline.policy.principal import FRESH

ANY_ACCOUNT = "*"
ANY_SERVICE = "*"
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")


@dataclass(frozen=True, slots=True)
class Organization:
    """The accounts that count as inside. `id` may be unknown (""). `not_before`: no evaluated request is earlier."""

    account: str
    accounts: frozenset[str] = frozenset()
    id: str = ""
    partition: str = "aws"
    not_before: datetime = FIRST_RELEASE

    def has(self, account: str) -> bool:
        return account == self.account or account in self.accounts


def stranger(*collections: Container[str]) -> str:
    """An account id that is in none of the collections (or texts)."""
    numbers = (str(number) for number in range(999_999_999_999, 0, -1))
    return next(number for number in numbers if not any(number in collection for collection in collections))


def text_of(documents: Iterable[Document]) -> str:
    """The text of all statements."""
    return "\n".join(statement.text for document in documents for statement in document.statements)


def strangers(document: Document, inside: Organization) -> Iterator[tuple[str, Caller, Context]]:
    """(account, caller, context): directly, and through a service that acts for the account, each from no organization,
    from an unnamed one, and from those in the conditions.

    The account is one that the policy names, else another organization that it names, else ANY_ACCOUNT.
    """
    conditions = [condition for statement in document.statements for condition in statement.conditions]
    services = sorted(_services(document.statements))
    callers, sources = (foreign_paths(conditions, kind, inside) for kind in ("principal", "source"))
    named, fitting = _accounts(document, conditions, inside)
    anybody = stranger(inside.accounts, {inside.account}, text_of([document]))
    for account in (anybody, *named, *fitting):
        access_point = _arn_of_access_point(conditions, account, inside)
        for arn, path in product(_callers(document, conditions, account, inside), callers):
            keys = _direct(account, path, access_point)
            yield _whose(account, path, named), caller(arn), _context(keys, caller(arn), inside)
        if account == anybody:
            yield ANY_ACCOUNT, caller("*"), _context(_direct(account, "", access_point), caller("*"), inside)
        for service, arn, path in product(services, _sources(conditions, account, inside), sources):
            who = Caller("service", service)
            yield _whose(account, path, named), who, _context(_on_behalf(account, arn, path), who, inside)


def foreign_paths(conditions: Iterable[Condition], kind: str, inside: Organization) -> list[str]:
    """Organization paths that an outsider could have: "" (none), an unnamed one, and those in conditions on
    aws:{kind}OrgID and aws:{kind}OrgPaths. While our own organization is not known, a named one may be ours.
    """
    all_conditions = list(conditions)
    ids, paths = (
        [common_text(value, "*", FRESH) or "" for value in values_of(all_conditions, f"aws:{kind}{key}")]
        for key in ("orgid", "orgpaths")
    )
    paths += [f"{organization_id}/r-{FRESH}/ou-{FRESH}/" for organization_id in (f"o-{FRESH}", *ids)]
    others = (path for path in paths if path.split("/")[0] != inside.id and (inside.id or FRESH in path.split("/")[0]))
    return list(dict.fromkeys(["", *others]))


def of_organization(kind: str, path: str) -> dict[str, Value]:
    """The keys with the organization path of a caller ("Principal") or of the source that a service acts for
    ("Source").
    """
    return {f"aws:{kind}OrgID": path.split("/")[0] if path else (), f"aws:{kind}OrgPaths": (path,) if path else ()}


def _whose(account: str, path: str, named: Container[str]) -> str:
    organization = path.split("/")[0]
    return account if account in named else ANY_ACCOUNT if FRESH in organization else organization or ANY_ACCOUNT


def _callers(document: Document, conditions: Sequence[Condition], account: str, inside: Organization) -> Sequence[str]:
    """ARNs of the account: any role, any user, and those that the policy names or narrows it to."""
    prefix = f"arn:{inside.partition}:iam::{account}:"
    named = {value for value in _named(document) if f"::{account}:" in value}
    narrowed = (common_text(value, prefix + "*", FRESH) for value in values_of(conditions, "aws:principalarn"))
    arns = {prefix + f"role/{FRESH}", prefix + f"user/{FRESH}", *named, *(text for text in narrowed if text)}
    return sorted(arn for arn in arns if ":root" not in arn)


def _direct(account: str, path: str, access_point: str) -> dict[str, Value]:
    return {
        **of_organization("Principal", path),
        "kms:CallerAccount": account,
        "s3:DataAccessPointAccount": account,
        "s3:DataAccessPointArn": access_point,
        "aws:SourceOwner": account,
        "aws:userid": f"AROAZQ7X:{FRESH}",
        "aws:SecureTransport": True,
        **dict.fromkeys(("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths"), ()),
    }


def _on_behalf(account: str, source: str, path: str) -> dict[str, Value]:
    return {
        **of_organization("Source", path),
        "aws:SourceAccount": account,
        "aws:SourceOwner": account,
        "aws:SourceArn": source,
        "aws:SecureTransport": True,
        **dict.fromkeys(
            ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalArn", "aws:PrincipalAccount"), ()
        ),
    }


def _context(keys: dict[str, Value], who: Caller, inside: Organization) -> Context:
    open_to_more = Context.of({**keys, **who.context()}, complete=False, not_before=inside.not_before)
    return replace(open_to_more, present=ALWAYS_SIGNED if who.is_aws_identity else frozenset())


# -- whom the policy could mean


def _accounts(document: Document, conditions: Sequence[Condition], inside: Organization) -> tuple[list[str], list[str]]:
    """(accounts that the policy names, accounts that match its patterns), without those inside."""
    texts = [*_named(document)]
    texts += [value for condition in conditions for value in condition.values]
    named = {account for text in texts for account in _ACCOUNT.findall(text)}
    arns = (value.split(":", 5) for key in _ARN_KEYS for value in values_of(conditions, key))
    patterns = [value for key in _ACCOUNT_KEYS for value in values_of(conditions, key)]
    patterns += [fields[4] for fields in arns if len(fields) == 6 and fields[4].strip("*")]
    fitting = {
        text
        for value in patterns
        if _is_open(value) and (text := common_text(value, "?" * 12, "9")) and _ACCOUNT.fullmatch(text)
    }
    named_outside, fitting_outside = (
        sorted(account for account in accounts if not inside.has(account)) for accounts in (named, fitting - named)
    )
    return named_outside, fitting_outside


_ACCOUNT_KEYS = [
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:principalaccount",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
]


def _named(document: Document) -> Iterator[str]:
    """The principals that the policy names, also as exceptions (NotPrincipal)."""
    for statement in document.statements:
        yield from (value for _, value in (*(statement.principals or ()), *(statement.not_principals or ())))


_ARN_KEYS = ["aws:sourcearn", "aws:principalarn", "s3:dataaccesspointarn"]


def values_of(conditions: Iterable[Condition], key: str) -> list[str]:
    return [value for condition in conditions if condition.key.lower() == key for value in condition.values]


def _services(statements: Iterable[Statement]) -> set[str]:
    """The named services, and ANY_SERVICE if everyone is admitted under conditions that only a service can meet."""
    allows = [statement for statement in statements if statement.effect == "Allow"]
    named = {value for statement in allows for kind, value in statement.principals or () if kind == "Service"}
    open_to_all = [statement for statement in allows if covers_everyone(statement)]
    keys = {condition.key.lower() for statement in open_to_all for condition in statement.conditions}
    for statement in open_to_all:
        named |= {name for key in _SERVICE_NAMES for name in values_of(statement.conditions, key) if not _is_open(name)}
    return named | ({ANY_SERVICE} if keys & _BY_SERVICES else set())


_SERVICE_NAMES = ("aws:principalservicename", "aws:principalservicenameslist")
_BY_SERVICES = SENT_BY_SERVICES | {"aws:principalisawsservice"}


def _sources(conditions: Sequence[Condition], account: str, inside: Organization) -> list[str]:
    """ARNs of resources of the outsider that the SourceArn conditions would accept, and one that they would not."""
    arns = {f"arn:{inside.partition}:{FRESH}:{FRESH}:{account}:{FRESH}/{FRESH}": None}
    for value in values_of(conditions, "aws:sourcearn"):
        arns |= dict.fromkeys(_arns_of(account, value, inside))
        if "*" in value.split(":")[-1]:
            arns |= dict.fromkeys(_arns_of("", value, inside))
    return list(arns)


def _arn_of_access_point(conditions: Iterable[Condition], account: str, inside: Organization) -> str:
    """An access point of the outsider for calls to S3, one that a condition accepts if possible."""
    accepted = (_arns_of(account, value, inside) for value in values_of(conditions, "s3:dataaccesspointarn"))
    other = f"arn:{inside.partition}:s3:{FRESH}:{account}:accesspoint/{FRESH}"
    return next((arn for arns in accepted for arn in arns), other)


def _arns_of(account: str, pattern: str, inside: Organization) -> Iterator[str]:
    """ARNs of the account that match the pattern. A pattern of six fields is matched field by field under every
    operator: a star in its resource must not create an account in another field.
    """
    fields = pattern.split(":", 5)
    common = common_arn if len(fields) == 6 else common_text
    services, regions = (
        (FRESH, *(field for field in fields[at : at + 1] if field and not _is_open(field))) for at in (2, 3)
    )
    for service, region in product(services, ("", *regions)):
        text = common(pattern, f"arn:{inside.partition}:{service}:{region}:{account}:*", FRESH)
        if text:
            yield text


def _is_open(field: str) -> bool:
    return "*" in field or "?" in field
