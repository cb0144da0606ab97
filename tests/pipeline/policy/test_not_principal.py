"""NotPrincipal in trust policies, with Allow and with Deny: what the facts say is what `evaluate` says of each caller.

IAM refuses it in new trust policies; what evaluates one takes it as the page has it:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from pipeline.facts.trusts import Door
from pipeline.policy import Context, Policies, Policy, Principal, Request, Role, Tri, evaluate, reach, trust_facts
from pipeline.policy.account import trusts_service
from pipeline.policy.callers import Caller, caller
from pipeline.policy.document import parse
from pipeline.policy.exposure import Organization
from pipeline.policy.principal import answer
from tests.pipeline.policy.support import ACCOUNT, ADMIN, OTHER, allow, document, policies

OUTSIDE, STRANGE = "111122223333", "987600001234"
INSIDE = Organization(ACCOUNT, frozenset({ACCOUNT, OTHER}), "o-own")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/target"


def arn(kind: str, account: str) -> str:
    return f"arn:aws:iam::{account}:{kind}"


def opens(effect: str, **who: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "sts:AssumeRole", **who}


PARTNER = [arn("root", OUTSIDE), arn("user/ann", OUTSIDE)]
EVERYONE = opens("Allow", Principal={"AWS": "*"})
TRUSTS: dict[str, list[dict[str, Any]]] = {
    "all but one account": [opens("Allow", NotPrincipal={"AWS": arn("root", OUTSIDE)})],
    "all but one user": [opens("Allow", NotPrincipal={"AWS": arn("user/ann", OUTSIDE)})],
    "all but everybody": [opens("Allow", NotPrincipal={"AWS": "*"})],
    "all but a service": [opens("Allow", NotPrincipal={"Service": "lambda.amazonaws.com"})],
    "everyone, and a partner alone is spared": [EVERYONE, opens("Deny", NotPrincipal={"AWS": PARTNER})],
    "everyone, and a user without its account is spared": [EVERYONE, opens("Deny", NotPrincipal={"AWS": PARTNER[1]})],
    "everyone, and nobody is denied": [EVERYONE, opens("Deny", NotPrincipal={"AWS": "*"})],
    "everyone, and a service is spared": [
        opens("Allow", Principal="*"),
        opens("Deny", NotPrincipal={"Service": "lambda.amazonaws.com"}),
    ],
    "everyone but the own account is denied": [
        EVERYONE,
        opens("Deny", NotPrincipal={"AWS": [arn("root", ACCOUNT), arn("user/ann", ACCOUNT)]}),
    ],
    "an account, of which one user is spared": [
        opens("Allow", Principal={"AWS": arn("root", OUTSIDE)}),
        opens("Deny", NotPrincipal={"AWS": PARTNER}),
    ],
}
CALLERS = [
    caller(arn(f"{kind}/{name}", account))
    for kind, name, account in itertools.product(("user", "role"), ("ann", "bob"), (ACCOUNT, OTHER, OUTSIDE, STRANGE))
]


def trust_of(name: str) -> Policy:
    return Policy.read("trust", document(*TRUSTS[name]), "trust")


def lets_in(trust: Policy, who: Caller) -> Tri:
    grants_all = policies(ADMIN) if who.is_aws_identity else ()
    context = Context.of({**who.context(), "aws:SecureTransport": True}, complete=False)
    request = Request(who, "sts:AssumeRole", ROLE, context, ACCOUNT)
    return answer(evaluate(request, Policies(grants_all, resource=trust)))


@pytest.mark.parametrize("name", TRUSTS)
def test_the_accounts_that_get_in_are_told(name: str) -> None:
    trust = trust_of(name)
    assert trust.document
    door = Door(trust.document, INSIDE)
    told = {account for fact in trust_facts(trust.document, INSIDE) for account in door.outside(fact)}
    for account in (OUTSIDE, STRANGE):
        entering = [who for who in CALLERS if who.account == account and lets_in(trust, who) is not Tri.NO]
        assert bool(told & {account, "*"}) or not entering, (account, told)
        assert entering or account not in told, (account, told)
    assert "*" not in told or any(lets_in(trust, who) is not Tri.NO for who in CALLERS if who.account == STRANGE)


@pytest.mark.parametrize("name", TRUSTS)
def test_whether_anybody_gets_in_is_told(name: str) -> None:
    trust = trust_of(name)
    assert trust.document
    told = max(fact.lets_in for fact in trust_facts(trust.document, INSIDE))
    assert told is max(lets_in(trust, who) for who in CALLERS)


@pytest.mark.parametrize("name", TRUSTS)
def test_users_of_the_account_are_told(name: str) -> None:
    trust = trust_of(name)
    assert trust.document
    door = Door(trust.document, INSIDE)
    facts = [fact for fact in trust_facts(trust.document, INSIDE) if fact.relation == "everyone"]
    users = [who for who in CALLERS if who.account == ACCOUNT and who.kind == "user"]
    for fact in facts:
        assert door.admits_users(fact, {}) is any(lets_in(trust, who) is not Tri.NO for who in users)


@pytest.mark.parametrize("name", TRUSTS)
def test_services_get_in_as_evaluated(name: str) -> None:
    trust = trust_of(name)
    for service in ("lambda.amazonaws.com", "ec2.amazonaws.com"):
        enters = lets_in(trust, Caller("service", service)) is not Tri.NO
        assert trusts_service(trust, service) is enters


@pytest.mark.parametrize("name", TRUSTS)
def test_reach_follows_the_trust_as_evaluated(name: str) -> None:
    trust = trust_of(name)
    boss = Principal(ROLE, policies(ADMIN))
    people = [Principal(who.arn, policies(allow("sts:AssumeRole"))) for who in CALLERS]
    found = {one.arn: one for one in reach([boss, *people], [Role(ROLE, trust)])}
    for who in CALLERS:
        expected = {Tri.YES: (1, 1), Tri.DEPENDS: (None, 1), Tri.NO: (None, None)}[lets_in(trust, who)]
        assert (found[who.arn].steps, found[who.arn].possible_steps) == expected, who.arn


def test_a_deny_with_not_principal_never_spares_who_has_a_boundary() -> None:
    listed = {"AWS": [arn("root", ACCOUNT), arn("user/ann", ACCOUNT)]}
    trust = Policy.read("trust", document(EVERYONE, opens("Deny", NotPrincipal=listed)), "trust")
    ann, boss = arn("user/ann", ACCOUNT), Principal(ROLE, policies(ADMIN))
    for boundary, expected in ((None, (1, 1)), (Policy.read("limit", ADMIN), (None, None))):
        person = Principal(ann, policies(allow("sts:AssumeRole")), boundary=boundary)
        found = {one.arn: one for one in reach([boss, person], [Role(ROLE, trust)])}[ann]
        assert (found.steps, found.possible_steps) == expected


def test_a_statement_with_not_principal_is_parsed_as_one() -> None:
    (one,) = parse(document(opens("Allow", NotPrincipal={"AWS": OUTSIDE})), "trust").statements
    assert (one.principals, one.not_principals) == (None, (("AWS", OUTSIDE),))
