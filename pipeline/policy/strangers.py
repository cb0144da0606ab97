"""The outsiders a policy could mean: an account it names, an account its patterns would fit, an account nobody named.

Each comes with what AWS would say of its requests; the keys an outsider may choose or have are left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from pipeline.policy.callers import Caller, caller, covers_everyone
from pipeline.policy.context import ALWAYS_SIGNED, SENT_BY_SERVICES, Context, Value
from pipeline.policy.document import Condition, Document, Statement
from pipeline.policy.match import common_text
from pipeline.policy.principal import FRESH

STRANGER = "999999999999"
ANY_SERVICE = "*"
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")


@dataclass(frozen=True, slots=True)
class Organization:
    """The accounts that count as inside. `id` may be unknown ("")."""

    account: str
    accounts: frozenset[str] = frozenset()
    id: str = ""
    partition: str = "aws"

    def has(self, account: str) -> bool:
        return account == self.account or account in self.accounts


def strangers(document: Document, inside: Organization) -> Iterator[tuple[str, Caller, Context]]:
    """(account, who calls, with what known): directly from no organization and from another, and through a service
    that acts for the account. The account is STRANGER where any account would do.
    """
    conditions = [condition for one in document.statements for condition in one.conditions]
    named = {value for one in document.statements for _, value in one.principals or () if value.startswith("arn:")}
    orgs = ((), *(("o-" + FRESH,), *((text,) for text in _instances(conditions, "aws:principalorgid"))))
    literal_accounts, fitting = _accounts(document, conditions, inside)
    for account in (STRANGER, *literal_accounts, *fitting):
        arns = {
            f"arn:{inside.partition}:iam::{account}:role/{FRESH}",
            *(arn for arn in named if f"::{account}:" in arn),
        }
        patterns = values_of(conditions, "aws:principalarn")
        arns |= {
            text
            for value in patterns
            if (text := common_text(value, f"arn:{inside.partition}:iam::{account}:*", FRESH))
        }
        label = account if account in literal_accounts else STRANGER
        for arn, org in product(sorted(arns), orgs):
            if ":root" not in arn:
                yield label, caller(arn), _context(_direct(account, org), caller(arn))
        if account == STRANGER:
            yield label, caller("*"), _context(_direct(account, ()), caller("*"))
        for service, source in product(sorted(_services(document.statements)), _sources(conditions, account, inside)):
            yield label, Caller("service", service), _context(_on_behalf(account, source), Caller("service", service))


def _direct(account: str, org: tuple[str, ...]) -> dict[str, Value]:
    return {
        "aws:PrincipalOrgID": org,
        "aws:PrincipalOrgPaths": (f"{org[0]}/r-{FRESH}/ou-{FRESH}/",) if org else (),
        "kms:CallerAccount": account,
        "s3:DataAccessPointAccount": account,
        "aws:SourceOwner": account,
        "aws:userid": f"AROAZQ7X:{FRESH}",
        "aws:SecureTransport": True,
        **dict.fromkeys(("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths"), ()),
    }


def _on_behalf(account: str, source: str) -> dict[str, Value]:
    return {
        "aws:SourceAccount": account,
        "aws:SourceOwner": account,
        "aws:SourceArn": source,
        "aws:SourceOrgID": f"o-{FRESH}",
        "aws:SourceOrgPaths": (f"o-{FRESH}/r-{FRESH}/ou-{FRESH}/",),
        "aws:SecureTransport": True,
        **dict.fromkeys(
            ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalArn", "aws:PrincipalAccount"), ()
        ),
    }


def _context(known: dict[str, Value], who: Caller) -> Context:
    values = Context.of({**who.context(), **known}, complete=False)
    return Context(values.values, False, ALWAYS_SIGNED if who.is_aws_identity else frozenset())


# -- whom the policy could mean


def _accounts(document: Document, conditions: Sequence[Condition], inside: Organization) -> tuple[list[str], list[str]]:
    """(accounts the policy names, accounts that would fit a pattern of it), those inside left out."""
    texts = [value for one in document.statements for _, value in one.principals or ()]
    texts += [value for one in conditions for value in one.values]
    named = {account for text in texts for account in _ACCOUNT.findall(text)}
    fitting = {
        text for key in _ACCOUNT_KEYS for text in _instances(conditions, key, "9" * 12) if _ACCOUNT.fullmatch(text)
    }
    return tuple(
        sorted(one for one in found if not inside.has(one) and one != STRANGER) for found in (named, fitting - named)
    )  # type: ignore[return-value]


_ACCOUNT_KEYS = [
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:principalaccount",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
]


def _instances(conditions: Iterable[Condition], key: str, frame: str = "") -> list[str]:
    """A text inside each wildcard value of the key; with `frame`, one as long as the frame, filled up from it."""
    found = []
    for value in values_of(conditions, key):
        if "*" in value or "?" in value:
            head, _, tail = value.replace("?", "9").partition("*")
            filling = frame[len(head) + len(tail) :] if frame else FRESH
            found.append(head + filling + tail.replace("*", ""))
    return found


def values_of(conditions: Iterable[Condition], key: str) -> list[str]:
    return [value for one in conditions if one.key.lower() == key for value in one.values]


def _services(statements: Iterable[Statement]) -> set[str]:
    """The services named, and ANY_SERVICE where everyone is let in by what a service would say of its source."""
    allows = [one for one in statements if one.effect == "Allow"]
    named = {value for one in allows for kind, value in one.principals or () if kind == "Service"}
    by_source = any(
        covers_everyone(one) and any(key.key.lower() in SENT_BY_SERVICES for key in one.conditions) for one in allows
    )
    return named | ({ANY_SERVICE} if by_source else set())


def _sources(conditions: Sequence[Condition], account: str, inside: Organization) -> list[str]:
    """ARNs that a resource of the outsider could have and the SourceArn conditions would accept, and one they would
    not.
    """
    found = [f"arn:{inside.partition}:{FRESH}:{FRESH}:{account}:{FRESH}/{FRESH}"]
    for value in values_of(conditions, "aws:sourcearn"):
        inside_account = common_text(value, f"arn:*:*:*:{account}:*", FRESH)
        without_account = common_text(value, "arn:*:*:*::*", FRESH) if "*" in value.split(":")[-1] else None
        found += [text for text in (inside_account, without_account) if text]
    return found
