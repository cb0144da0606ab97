"""Facts about a role's trust policy: whom it names, what each principal is pinned to, and which outsiders it admits.

One `TrustFact` per statement and principal, flat enough for a table row. Pins are found by evaluating the policy, not
by inspecting operators: "requires MFA" means that a request without it is refused, by whichever statement.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.policy.callers import Caller, account_of, caller, is_any_account, is_whole_account, statement_names
from pipeline.policy.conditions import is_negated
from pipeline.policy.context import Context, Value
from pipeline.policy.document import Document, Statement
from pipeline.policy.evaluate import evaluate
from pipeline.policy.exposure import Access, outside_access
from pipeline.policy.match import common_text, statement_covers_action
from pipeline.policy.oidc import grade_over_time, pins, pins_tenant, told_by_audience, unlisted
from pipeline.policy.oidc_subjects import Pin, is_open
from pipeline.policy.principal import FRESH, answer
from pipeline.policy.request import Policies, Policy, Request
from pipeline.policy.strangers import Organization, of_organization, stranger, text_of, values_of
from pipeline.policy.tri import Tri

ENTRY_ACTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_ORPHAN_PREFIXES = ("AIDA", "AROA", "AGPA", "ANPA")


@dataclass(frozen=True, slots=True)
class TrustFact:
    """`kind`: everyone, account, principal, session, service, saml, oidc, orphan (a deleted principal's id) or other.

    `relation`: own account, organization, external, everyone, service, provider or nobody. `lets_in`: does the
    policy, all statements counted, let this principal assume the role (DEPENDS: under conditions). The pins are true
    where a request that lacks them is refused. `issuer` and the rest are set for web identity: `oidc_grade` is safe,
    caution, dangerous or "", and `oidc_unknown` what our lists lack to tell; `pins_identity` whether a claim beside the
    audience is pinned; `unlisted_claims` are in no catalogue.
    """

    statement: int
    sid: str
    kind: str
    value: str
    account: str
    relation: str
    lets_in: Tri
    pins_external_id: bool = False
    pins_mfa: bool = False
    pins_organization: bool = False
    pins_source: bool = False
    pins_saml_audience: bool = False
    issuer: str = ""
    oidc_grade: str = ""
    oidc_reason: str = ""
    oidc_unknown: str = ""
    pins_audience: bool = False
    pins_subject: bool = False
    pins_identity: bool = False
    pins_tenant: bool = False
    unlisted_claims: tuple[str, ...] = ()
    condition_keys: tuple[str, ...] = ()


def trust_facts(trust: Document, inside: Organization) -> list[TrustFact]:
    """The facts of every Allow for assuming the role, in the order of the document."""
    return [
        _fact(trust, statement, kind, value, inside)
        for statement in trust.statements
        if statement.effect == "Allow" and any(statement_covers_action(statement, action) for action in ENTRY_ACTIONS)
        for kind, value in (statement.principals if statement.principals is not None else (("*", "*"),))
    ]


def outsiders(trust: Policy, inside: Organization) -> list[Access]:
    """Outsiders who can assume the role, and through which service."""
    return outside_access(trust, inside, actions=ENTRY_ACTIONS[:1])


def _fact(trust: Document, statement: Statement, kind: str, value: str, inside: Organization) -> TrustFact:
    what, relation, who = _whom(kind, value, inside, trust)
    ask = max(
        (_Asker(trust, stand_in, inside) for stand_in in _stand_ins(who, what, statement, trust, inside)),
        key=lambda asker: asker(),
    )
    lets_in = ask()

    def refuses(*lacking: dict[str, Value]) -> bool:
        return lets_in is not Tri.NO and all(ask(keys) is Tri.NO for keys in lacking)

    issuer = (value.partition("oidc-provider/")[2] or value) if what == "oidc" else ""
    claims = _claims(issuer, trust, statement, who) if issuer else []
    graded = grade_over_time(issuer, claims) if issuer else None
    return TrustFact(
        statement=statement.index,
        sid=statement.sid,
        kind=what,
        value=value,
        account=account_of(value),
        relation=relation,
        lets_in=lets_in,
        pins_external_id=refuses({"sts:ExternalId": ()}, {"sts:ExternalId": FRESH}),
        pins_mfa=refuses(_NO_MFA, _FALSE_MFA),
        pins_organization=refuses(of_organization("Principal", ""), of_organization("Principal", _OTHER_ORGANIZATION)),
        pins_source=what == "service"
        and refuses(_foreign_source(inside, trust))
        and not _serves_strangers(trust, value, inside),
        pins_saml_audience=what == "saml" and refuses({"SAML:aud": ()}, {"SAML:aud": FRESH}),
        issuer=issuer,
        oidc_grade=graded.grade.name.lower() if graded else "",
        oidc_reason=graded.reason if graded else "",
        oidc_unknown=graded.unknown if graded else "",
        pins_audience=bool(graded and graded.has_audience),
        pins_subject=bool(graded and graded.has_subject),
        pins_identity=any(pin.claim != "aud" and pin.values and not is_open(pin) for pin in claims)
        or told_by_audience(issuer, claims),
        pins_tenant=bool(issuer) and pins_tenant(issuer, claims),
        unlisted_claims=unlisted(issuer, claims) if issuer else (),
        condition_keys=tuple(sorted({condition.key for condition in statement.conditions})),
    )


def _claims(issuer: str, trust: Document, statement: Statement, who: Caller) -> list[Pin]:
    """Claims that a web identity token must have, by the statement and by Deny statements that refuse all others."""
    claims = pins(issuer, statement.conditions)
    for other in trust.statements:
        denies = other.effect == "Deny" and statement_covers_action(other, ENTRY_ACTIONS[2])
        if denies and len(other.conditions) == 1 and statement_names(other, who)[0] is Tri.YES:
            condition = other.conditions[0]
            if is_negated(condition.operator) and not condition.qualifier:
                positive = condition.operator.replace("Not", "")
                claims += pins(issuer, [replace(condition, operator=positive, if_exists=False)])
    return claims


def _stand_ins(who: Caller, what: str, statement: Statement, trust: Document, inside: Organization) -> list[Caller]:
    """Possible callers: the given one; for a whole account or everyone also any user, those that aws:PrincipalAccount
    and aws:PrincipalArn narrow it to, and those that a Deny exempts by NotPrincipal.
    """
    if what not in ("account", "everyone"):
        return [who]
    accounts = [who.account]
    if what == "everyone":
        narrowed_to = (
            common_text(value, "?" * 12, "9") for value in values_of(statement.conditions, "aws:principalaccount")
        )
        accounts += [value for value in narrowed_to if value]
    anybody = [
        f"arn:{inside.partition}:iam::{account_id}:{kind}/{FRESH}"
        for account_id in accounts
        for kind in ("role", "user")
    ]
    account = who.account if what == "account" else "*"
    patterns = values_of(statement.conditions, "aws:principalarn")
    narrowed = [common_text(value, f"arn:{inside.partition}:iam::{account}:*", FRESH) for value in patterns]
    spared = [arn for arn in spared_by_denies(trust) if what == "everyone" or account_of(arn) == who.account]
    return [who, *(caller(arn) for arn in (*anybody, *narrowed, *spared) if arn)]


def spared_by_denies(trust: Document) -> list[str]:
    """The users, roles and sessions that the policy's Denies exempt by NotPrincipal."""
    listed = (value for one in trust.statements if one.effect == "Deny" for _, value in one.not_principals or ())
    return [value for value in listed if ":" in value and not is_whole_account(value)]


def _serves_strangers(trust: Document, service: str, inside: Organization) -> bool:
    accesses = outside_access(Policy("trust", trust), inside, actions=("sts:AssumeRole",))
    return any(access.service == service for access in accesses)


_NO_MFA: dict[str, Value] = {"aws:MultiFactorAuthPresent": (), "aws:MultiFactorAuthAge": ()}
_FALSE_MFA: dict[str, Value] = {"aws:MultiFactorAuthPresent": False, "aws:MultiFactorAuthAge": ()}
_OTHER_ORGANIZATION = f"o-{FRESH}/r-{FRESH}/"


def _foreign_source(inside: Organization, trust: Document) -> dict[str, Value]:
    account = stranger(inside.accounts, {inside.account}, text_of([trust]))
    return {
        "aws:SourceAccount": account,
        "aws:SourceArn": f"arn:{inside.partition}:{FRESH}:{FRESH}:{account}:{FRESH}/{FRESH}",
        **of_organization("Source", _OTHER_ORGANIZATION),
    }


def _whom(kind: str, value: str, inside: Organization, trust: Document) -> tuple[str, str, Caller]:
    """(kind, relation, a representative caller)."""
    if kind == "Service":
        return "service", "service", Caller("service", value)
    if kind == "Federated":
        who = caller(value)
        return (
            ("saml" if ":saml-provider/" in value else "oidc"),
            "provider",
            Caller("federated", value, who.partition, who.account, who.name),
        )
    if is_any_account(value):
        account = stranger(inside.accounts, {inside.account}, text_of([trust]))
        return "everyone", "everyone", caller(f"arn:{inside.partition}:iam::{account}:role/{FRESH}")
    if value.startswith(_ORPHAN_PREFIXES) and ":" not in value:
        return "orphan", "nobody", Caller("anonymous", value)
    account = account_of(value)
    if not account.isdigit():
        return "other", "external", caller(value)
    relation = "own account" if account == inside.account else "organization" if inside.has(account) else "external"
    if is_whole_account(value):
        return "account", relation, caller(f"arn:{inside.partition}:iam::{account}:role/{FRESH}")
    who = caller(value)
    return ("session" if who.kind == "session" else "principal"), relation, who


class _Asker:
    """Evaluates whether the policy admits the caller, given further request keys."""

    def __init__(self, trust: Document, who: Caller, inside: Organization) -> None:
        self.trust, self.who, self.inside = Policy("trust", trust), who, inside
        self.action = "sts:AssumeRole"
        if who.kind == "federated":
            self.action = ENTRY_ACTIONS[1] if ":saml-provider/" in who.arn else ENTRY_ACTIONS[2]

    def __call__(self, more: dict[str, Value] | None = None) -> Tri:
        keys = {**self.who.context(), **(more or {})}
        context = Context.of(keys, complete=False, not_before=self.inside.not_before)
        role = f"arn:{self.inside.partition}:iam::{self.inside.account}:role/{FRESH}"
        return answer(
            evaluate(
                Request(self.who, self.action, role, context, self.inside.account),
                Policies([_ANY], resource=self.trust),
            )
        )


_ANY = Policy.read("any", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
