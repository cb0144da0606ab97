"""The facts of a role's trust policy: whom it names, what pins each of them, and who outside gets in.

One `TrustFact` per statement and principal, flat enough to be a table row. Pins are found by asking the policy, not by reading operators:
"demands MFA" means that a request without it is refused, by whichever statement.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.policy.callers import Caller, account_of, caller, is_any_account
from pipeline.policy.context import Context, Value
from pipeline.policy.document import Document, Statement
from pipeline.policy.evaluate import Policies, Policy, Request, evaluate
from pipeline.policy.exposure import STRANGER, Organization
from pipeline.policy.match import statement_covers_action
from pipeline.policy.oidc import OidcGrade, grade, pins
from pipeline.policy.principal import FRESH, answer
from pipeline.policy.tri import Tri

ENTRY_ACTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
# Services that assume a role only for resources of the role's own account, and send no source keys to check.
OWN_ACCOUNT_SERVICES = frozenset({"ec2", "eks", "eks-fargate-pods", "lambda", "edgelambda"})
_ORPHAN_PREFIXES = ("AIDA", "AROA", "AGPA", "ANPA")


@dataclass(frozen=True, slots=True)
class TrustFact:
    """`kind`: everyone, account, principal, session, service, saml, oidc, orphan (a deleted principal's id) or other.

    `relation`: own account, organization, external, everyone, service, provider or nobody. `lets_in`: does the policy, all statements counted,
    let this principal assume the role (DEPENDS: under conditions). The pins are true where a request that lacks them is refused.
    `issuer` and the rest are set for web identity: `oidc_grade` is safe, caution, dangerous or "".
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
    pins_audience: bool = False
    pins_subject: bool = False
    condition_keys: tuple[str, ...] = ()


def trust_facts(trust: Document, inside: Organization) -> list[TrustFact]:
    """The facts of every Allow that opens the role, in the order of the document."""
    return [
        _fact(trust, one, kind, value, inside)
        for one in trust.statements
        if one.effect == "Allow" and any(statement_covers_action(one, action) for action in ENTRY_ACTIONS)
        for kind, value in (one.principals if one.principals is not None else (("*", "*"),))
    ]


def _fact(trust: Document, statement: Statement, kind: str, value: str, inside: Organization) -> TrustFact:
    what, relation, who = _whom(kind, value, inside)
    ask = _Asker(trust, who, inside)
    graded = _oidc(statement, who, what)
    return TrustFact(
        statement=statement.index,
        sid=statement.sid,
        kind=what,
        value=value,
        account=account_of(value),
        relation=relation,
        lets_in=ask(),
        pins_external_id=ask({"sts:ExternalId": ()}) is ask({"sts:ExternalId": FRESH}) is Tri.NO,
        pins_mfa=ask(_NO_MFA) is ask(_FALSE_MFA) is Tri.NO,
        pins_organization=ask(_NO_ORG) is ask(_OTHER_ORG) is Tri.NO,
        pins_source=what == "service" and ask(_foreign_source(inside)) is Tri.NO,
        pins_saml_audience=what == "saml" and ask({"SAML:aud": ()}) is ask({"SAML:aud": FRESH}) is Tri.NO,
        issuer=who.arn.partition("oidc-provider/")[2] or who.arn if what == "oidc" else "",
        oidc_grade=graded.grade.name.lower() if graded else "",
        oidc_reason=graded.reason if graded else "",
        pins_audience=bool(graded and graded.has_audience),
        pins_subject=bool(graded and graded.has_subject),
        condition_keys=tuple(sorted({one.key for one in statement.conditions})),
    )


_NO_MFA: dict[str, Value] = {"aws:MultiFactorAuthPresent": (), "aws:MultiFactorAuthAge": ()}
_FALSE_MFA: dict[str, Value] = {"aws:MultiFactorAuthPresent": False, "aws:MultiFactorAuthAge": ()}
_NO_ORG: dict[str, Value] = {"aws:PrincipalOrgID": (), "aws:PrincipalOrgPaths": ()}
_OTHER_ORG: dict[str, Value] = {"aws:PrincipalOrgID": f"o-{FRESH}", "aws:PrincipalOrgPaths": (f"o-{FRESH}/r-{FRESH}/",)}


def _foreign_source(inside: Organization) -> dict[str, Value]:
    return {
        "aws:SourceAccount": STRANGER,
        "aws:SourceArn": f"arn:{inside.partition}:{FRESH}:{FRESH}:{STRANGER}:{FRESH}/{FRESH}",
        "aws:SourceOrgID": f"o-{FRESH}",
        "aws:SourceOrgPaths": (f"o-{FRESH}/r-{FRESH}/",),
    }


def _whom(kind: str, value: str, inside: Organization) -> tuple[str, str, Caller]:
    """(kind, relation, a caller that stands for it)."""
    if kind == "Service":
        return "service", "service", Caller("service", value)
    if kind == "Federated":
        who = caller(value)
        return ("saml" if ":saml-provider/" in value else "oidc"), "provider", Caller("federated", value, who.partition, who.account, who.name)
    if is_any_account(value):
        return "everyone", "everyone", caller(f"arn:{inside.partition}:iam::{STRANGER}:role/{FRESH}")
    if value.startswith(_ORPHAN_PREFIXES) and ":" not in value:
        return "orphan", "nobody", Caller("anonymous", value)
    account = account_of(value)
    if not account.isdigit():
        return "other", "external", caller(value)
    relation = "own account" if account == inside.account else "organization" if inside.has(account) else "external"
    if value == account or value.endswith(":root"):
        return "account", relation, caller(f"arn:{inside.partition}:iam::{account}:role/{FRESH}")
    who = caller(value)
    return ("session" if who.kind == "session" else "principal"), relation, who


class _Asker:
    """Asks the policy whether the caller gets in, given a little more about the request."""

    def __init__(self, trust: Document, who: Caller, inside: Organization) -> None:
        self.trust, self.who, self.inside = Policy("trust", trust), who, inside
        self.action = "sts:AssumeRole"
        if who.kind == "federated":
            self.action = ENTRY_ACTIONS[1] if ":saml-provider/" in who.arn else ENTRY_ACTIONS[2]

    def __call__(self, known: dict[str, Value] | None = None) -> Tri:
        context = Context.of({**self.who.context(), **(known or {})}, complete=False)
        role = f"arn:{self.inside.partition}:iam::{self.inside.account}:role/{FRESH}"
        return answer(evaluate(Request(self.who, self.action, role, context, self.inside.account), Policies([_ANY], resource=self.trust)))


_ANY = Policy.read("any", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def _oidc(statement: Statement, who: Caller, what: str) -> OidcGrade | None:
    if what != "oidc":
        return None
    issuer = who.arn.partition("oidc-provider/")[2] or who.arn
    return grade(issuer, pins(issuer, statement.conditions))


def needs_source(service: str) -> bool:
    """Whether a trust in this service should name the source account or resource (the service acts for other accounts too)."""
    return service.partition(".")[0] not in OWN_ACCOUNT_SERVICES
