"""Which single change would cut a way: each statement that it uses, taken out and the graph looked at again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.policy.account import Role
from pipeline.policy.document import Document, Statement
from pipeline.policy.evaluate import allowing, statements_on
from pipeline.policy.managed import is_aws_managed
from pipeline.policy.match import statement_covers_resource
from pipeline.policy.principal import Principal
from pipeline.policy.request import Policy, Request
from pipeline.policy.tri import Tri
from pipeline.questions.how import Movers, Step, Way

MOST_TRIED = 12


@dataclass(frozen=True)
class Cut:
    """One statement less: of an identity policy (of all that hold it), or of a role's trust policy."""

    words: str
    policy: Policy
    statement: Statement
    holder: str
    is_trust: bool = False

    def of_principal(self, principal: Principal) -> Principal:
        """The principal with the change; itself where it does not hold the policy."""
        if self.is_trust or not any(self._is_it(policy, principal) for policy in principal.policies):
            return principal
        return replace(principal, policies=tuple(self._less(policy, principal) for policy in principal.policies))

    def of_role(self, role: Role) -> Role:
        return replace(role, trust=self._without(role.trust)) if self.is_trust and role.arn == self.holder else role

    def _is_it(self, policy: Policy, principal: Principal) -> bool:
        """A managed policy is the same for all that have its ARN, an inline one is its holder's. One of AWS's cannot
        be changed, only detached from the holder.
        """
        is_own = principal.arn == self.holder
        if policy.name != self.policy.name or policy.arn != self.policy.arn:
            return False
        return is_own or bool(policy.arn and not is_aws_managed(policy.arn))

    def _less(self, policy: Policy, principal: Principal) -> Policy:
        return self._without(policy) if self._is_it(policy, principal) else policy

    def _without(self, policy: Policy) -> Policy:
        if policy.document is None:
            return policy
        whole = is_aws_managed(self.policy.arn)
        kept = tuple(each for each in policy.document.statements if not whole and each.text != self.statement.text)
        document = Document(policy.document.version, kept, f"{policy.document.hash} without {self.words}")
        return replace(policy, document=document)


def cuts(movers: Movers, source: str, to: str, way: Way) -> tuple[list[Cut], int]:
    """The changes after which no way is left, certain or not; and how many were tried."""
    reached = movers.reached_from(source) | {source, to}
    everyone = [principal for principal in movers.everyone if principal.arn in reached]
    trusts = [role for role in movers.trusts if role.arn in reached]
    tried = list(_candidates(movers, way))[:MOST_TRIED]
    if not movers.changed(everyone, trusts).ways(source, to):
        return [], 0
    found = []
    for cut in tried:
        changed = movers.changed([cut.of_principal(each) for each in everyone], [cut.of_role(each) for each in trusts])
        if not changed.ways(source, to):
            found.append(cut)
    return found, len(tried)


def _candidates(movers: Movers, way: Way) -> Iterator[Cut]:
    seen: set[tuple[str, str, str]] = set()
    for step in way.steps:
        for cut in (*_of_identity(movers, step), *_of_trust(movers, step)):
            key = (cut.policy.name, cut.statement.text, cut.holder)
            if key not in seen:
                seen.add(key)
                yield cut


def _of_identity(movers: Movers, step: Step) -> Iterator[Cut]:
    principal = movers.graph.by_arn.get(step.source)
    if principal is None:
        return
    for policy, statement in granting(principal, step):
        if is_aws_managed(policy.arn):
            words = f"detach {policy.name} from {step.source}"
        else:
            words = f"remove {_place(statement)} of {policy.name}, held by {step.source}"
        yield Cut(words, policy, statement, step.source)


def granting(principal: Principal, step: Step) -> Iterator[tuple[Policy, Statement]]:
    """The identity policies' statements that allow the actions of a step, or might."""
    named = {
        (hit.policy, hit.index) for decision in step.decisions for hit in decision.evidence if hit.layer == "identity"
    }
    for policy in principal.policies:
        for statement in policy.document.statements if policy.document else ():
            is_cited = (policy.name, statement.index) in named and statement.effect == "Allow"
            if is_cited or _allows_assuming(policy, statement, principal, step):
                yield policy, statement


def _allows_assuming(policy: Policy, statement: Statement, principal: Principal, step: Step) -> bool:
    if step.how != "sts:AssumeRole" or policy.document is None:
        return False
    expand = principal.context(step.how, None, step.target).expand
    speaks = statement in statements_on(policy.document, step.how, "Allow")
    return speaks and statement_covers_resource(statement, step.target, expand) is not Tri.NO


def _of_trust(movers: Movers, step: Step) -> Iterator[Cut]:
    role = movers.graph.roles.get(step.target) if step.how == "sts:AssumeRole" else None
    principal = movers.graph.by_arn.get(step.source)
    if role is None or principal is None or role.trust.document is None:
        return
    for statement in trusting(role, principal):
        yield Cut(
            f"remove {_place(statement)} of the trust policy of {role.arn}", role.trust, statement, role.arn, True
        )


def trusting(role: Role, principal: Principal) -> Iterable[Statement]:
    """The statements of a role's trust policy that let the principal in, or might."""
    document = role.trust.document
    if document is None:
        return []
    context = principal.context("sts:AssumeRole", None, role.arn)
    request = Request.of(principal.arn, "sts:AssumeRole", role.arn, context)
    return [document.statements[index] for index in allowing(document, request)]


def _place(statement: Statement) -> str:
    return statement.sid or f"statement {statement.index}"
