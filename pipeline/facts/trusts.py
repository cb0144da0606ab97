"""What each distinct trust policy means for each principal that it names, by the policy evaluator.

A policy is evaluated once for all accounts that have it: `int_role_trusts` removes the role's own account id. In
addition to the evaluator's `TrustFact`, this module determines which accounts outside the organization a statement
admits, and whether it admits IAM users without MFA.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._principals import start_of
from pipeline.policy.callers import Caller, caller, statement_names
from pipeline.policy.conditions import conditions_hold
from pipeline.policy.context import SENT_BY_SERVICES, Context, Value
from pipeline.policy.document import Condition, Document, Statement, parse
from pipeline.policy.evaluate import evaluate
from pipeline.policy.exposure import Organization, entrants
from pipeline.policy.grammar import MalformedPolicy
from pipeline.policy.match import common_text, statement_covers_action
from pipeline.policy.partitions import service_of
from pipeline.policy.principal import FRESH, answer
from pipeline.policy.request import Policies, Policy, Request
from pipeline.policy.strangers import ANY_ACCOUNT, values_of
from pipeline.policy.tri import Tri
from pipeline.policy.trust import TrustFact, spared_by_denies, trust_facts
from pipeline.schema import Column, Dataset, Row

TRI = ("yes", "depends", "no")
PINS = {
    "pins_external_id": "Whether the policy demands an external id of this principal",
    "pins_mfa": "Whether it demands MFA",
    "pins_organization": "Whether it demands an organization that not everybody is in",
    "pins_source": "Whether it confines for whom a service acts",
    "pins_saml_audience": "Whether it demands an audience of a SAML assertion",
    "pins_audience": "Whether it demands an audience of a web identity token",
    "pins_subject": "Whether it demands a subject of a web identity token",
    "pins_tenant": "Whether it demands a token of one customer of the provider",
    "pins_identity": "Whether it demands a claim, beside the audience, of a web identity token",
}
TABLE = Dataset(
    "fact_trusts",
    "What each distinct trust policy says of each principal: a row for each Allow statement that opens the role, and "
    "principal. A document outside the policy grammar is one row with malformed_reason.",
    "account",
    (),
    (
        Column("trust_sha256", "varchar", "Key of the policy in int_role_trusts", required=True),
        Column("statement_index", "bigint", "Place of the statement, from 0"),
        Column("sid", "varchar", "Sid of the statement; empty where it has none"),
        Column("statement", "json", "The statement"),
        Column("kind", "varchar", "everyone, account, principal, session, service, saml, oidc, orphan or other"),
        Column("principal", "varchar", "The principal as the statement has it"),
        Column("service", "varchar", "A service principal without its region and domain; null for others"),
        Column("principal_account_id", "varchar", "Account of the principal; empty where it names none"),
        Column("relation", "varchar", "own account, organization, external, everyone, service, provider or nobody"),
        Column("lets_in", "varchar", "Whether the policy as a whole lets the principal in", values=TRI),
        *(Column(name, "boolean", description) for name, description in PINS.items()),
        Column("issuer", "varchar", "Issuer of web identity tokens; empty for others"),
        Column("oidc_grade", "varchar", "How narrowly web identity is pinned: safe, caution or dangerous"),
        Column("oidc_reason", "varchar", "Why it is graded so"),
        Column("oidc_unknown", "varchar", "What Rolecall's lists lack to tell the grade; empty if they tell it"),
        Column(
            "unlisted_claims",
            "varchar[]",
            "Claims it demands for which the Service Authorization Reference has no condition key of this issuer",
        ),
        Column("condition_keys", "varchar[]", "Condition keys of the statement"),
        Column("outside_accounts", "varchar[]", "Accounts outside the organization that get in; * stands for any"),
        Column("names_principal", "boolean", "Whether each of them gets in by principals named, not as a whole"),
        Column("admits_users", "boolean", "Whether IAM users that it may mean get in"),
        Column("admits_users_without_mfa", "boolean", "Whether they get in without MFA"),
        Column("malformed_reason", "varchar", "Why the document could not be read"),
    ),
    key=("trust_sha256", "statement_index", "kind", "principal"),
)
QUERIES = {
    "trusts": """
        select
            trusts.trust_sha256,
            any_value(split_part(trusts.arn, ':', 2)) as partition,
            any_value(trusts.own_account) as own_account,
            any_value(replace(coalesce(roles.trust_document, ''), roles.account_id, trusts.own_account)) as document
        from int_role_trusts as trusts
        inner join stg_roles as roles on trusts.account_id = roles.account_id and trusts.arn = roles.arn
        group by trusts.trust_sha256
        order by trusts.trust_sha256""",
    "accounts": "select account_id from stg_accounts",
    "organization": """
        select coalesce(organization_id, '') as organization_id, getvariable('as_of') as as_of from stg_organization""",
}
JUDGES: tuple[PolicyLayer, ...] = ("trust",)

EMPTY: Row = {column.name: None for column in TABLE.columns}
ALLOW_ALL = Policy.read("any", {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
WITHOUT_MFA: tuple[dict[str, Value], ...] = (
    {"aws:MultiFactorAuthPresent": (), "aws:MultiFactorAuthAge": ()},
    {"aws:MultiFactorAuthPresent": False, "aws:MultiFactorAuthAge": ()},
)


def rows(tables: Queried) -> Iterator[Row]:
    organization = next(iter(tables["organization"]), {})
    accounts = frozenset(row["account_id"] for row in tables["accounts"])
    own = Organization("", accounts, organization.get("organization_id", ""), "", start_of(organization.get("as_of")))
    for trust in tables["trusts"]:
        key = {"trust_sha256": trust["trust_sha256"]}
        inside = replace(own, account=trust["own_account"], partition=trust["partition"])
        try:
            door = Door(parse(trust["document"], "trust"), inside)
        except MalformedPolicy as error:
            yield EMPTY | key | {"malformed_reason": str(error)}
            continue
        for fact in dict.fromkeys(trust_facts(door.trust, inside)):
            yield EMPTY | key | row(door, fact)


def row(door: Door, fact: TrustFact) -> Row:
    """A row: the fact, and the additional results of this module."""
    statement = door.trust.statements[fact.statement]
    outside = door.outside(fact)
    return {
        **{name: getattr(fact, name) for name in PINS},
        "statement_index": fact.statement,
        "sid": fact.sid,
        "statement": statement.text,
        "kind": fact.kind,
        "principal": fact.value,
        "service": service_of(fact.value) if fact.kind == "service" else None,
        "principal_account_id": fact.account,
        "relation": fact.relation,
        "lets_in": fact.lets_in.name.lower(),
        "issuer": fact.issuer,
        "oidc_grade": fact.oidc_grade,
        "oidc_reason": fact.oidc_reason,
        "oidc_unknown": fact.oidc_unknown,
        "unlisted_claims": list(fact.unlisted_claims),
        "condition_keys": list(fact.condition_keys),
        "outside_accounts": sorted(outside),
        "names_principal": bool(outside) and not any(outside.values()) and ANY_ACCOUNT not in outside,
        "admits_users": door.admits_users(fact, {}),
        "admits_users_without_mfa": any(door.admits_users(fact, lacking) for lacking in WITHOUT_MFA),
    }


@dataclass(frozen=True)
class Door:
    """A trust policy, and whom it admits."""

    trust: Document
    inside: Organization

    def outside(self, fact: TrustFact) -> dict[str, bool]:
        """Outside accounts admitted by this statement and principal, and whether any of their principals is."""
        if fact.relation not in ("external", "everyone"):
            return {}
        entrants_of = self._outsiders.get(fact.statement, {})
        if fact.relation == "everyone":
            return entrants_of
        whole = fact.kind == "account" and entrants_of.get(fact.account, False)
        return {fact.account: whole} if fact.account in entrants_of else {}

    def admits_users(self, fact: TrustFact, keys: dict[str, Value]) -> bool:
        """Whether an IAM user that the fact may mean is admitted, given these request keys."""
        arns: list[str] = []
        if fact.kind == "principal" and ":user/" in fact.value:
            arns = [fact.value]
        elif fact.relation == "everyone" or (fact.kind == "account" and fact.relation == "own account"):
            users = f"arn:{self.inside.partition}:iam::{self.inside.account}:user/"
            spared = (arn for arn in spared_by_denies(self.trust) if arn.startswith(users))
            arns = [users + FRESH, *self._narrowed(users + "*"), *spared]
        home = {"aws:PrincipalOrgID": self.inside.id} if self.inside.has(fact.account or self.inside.account) else {}
        return any(fact.statement in self._opened(caller(arn), {**home, **keys}) for arn in arns)

    @cached_property
    def _outsiders(self) -> dict[int, dict[str, bool]]:
        """By statement, the accounts outside that get in, * for those of no or another organization, and whether as a
        whole or by principals named.
        """
        by_statement: dict[int, dict[str, bool]] = {}
        for statement, outside in entrants(self.trust, self.inside).items():
            labelled = by_statement.setdefault(statement, {})
            for whose, whole in outside.items():
                label = whose if whose.isdigit() else ANY_ACCOUNT
                labelled[label] = labelled.get(label, False) or whole
        return by_statement

    def _opened(self, who: Caller, keys: dict[str, Value]) -> list[int]:
        """The Allow statements that admit the caller; none if the policy as a whole denies."""
        facts = {**dict.fromkeys(SENT_BY_SERVICES, ()), **who.context(), **keys}
        context = Context.of(facts, complete=False, not_before=self.inside.not_before)
        role = f"arn:{self.inside.partition}:iam::{self.inside.account}:role/{FRESH}"
        request = Request(who, "sts:AssumeRole", role, context, self.inside.account)
        verdict = answer(evaluate(request, Policies([ALLOW_ALL], resource=Policy("trust", self.trust))))
        return (
            []
            if verdict is Tri.NO
            else [statement.index for statement in self._allows if _speaks(statement, who, context)]
        )

    @cached_property
    def _allows(self) -> list[Statement]:
        allows = [statement for statement in self.trust.statements if statement.effect == "Allow"]
        return [statement for statement in allows if statement_covers_action(statement, "sts:AssumeRole")]

    @cached_property
    def _conditions(self) -> list[Condition]:
        return [condition for statement in self.trust.statements for condition in statement.conditions]

    def _narrowed(self, pattern: str) -> list[str]:
        """Callers that match the patterns of conditions on aws:PrincipalArn."""
        texts = [common_text(value, pattern, FRESH) for value in values_of(self._conditions, "aws:principalarn")]
        return [text for text in texts if text]


def _speaks(statement: Statement, who: Caller, context: Context) -> bool:
    named, _ = statement_names(statement, who)
    return named is not Tri.NO and conditions_hold(statement, context) is not Tri.NO
