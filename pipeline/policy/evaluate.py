"""The evaluation of one request in AWS's order; start with `evaluate`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-cross-account.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.policy import actions
from pipeline.policy.beyond_policies import kept_by_aws, needs_no_permission
from pipeline.policy.callers import Named, statement_names
from pipeline.policy.conditions import condition_holds, conditions_hold
from pipeline.policy.context import Context
from pipeline.policy.document import Document, Statement
from pipeline.policy.match import begins_alike, statement_covers_action, statement_covers_resource
from pipeline.policy.request import Decision, Effect, Evidence, Policies, Policy, Request, Verdict
from pipeline.policy.tri import Tri, every, some


class _Gate(NamedTuple):
    """A requirement for the request to be allowed; `hits` are the statements that do, or might, meet it."""

    needs: str
    answer: Tri
    hits: Sequence[Evidence]


def evaluate(request: Request, policies: Policies) -> Decision:
    """Evaluate one request. Returns the verdict and the deciding statements."""
    settled = _beyond_policies(request)
    if settled:
        return settled
    layers = _layers_in_force(request, policies)

    # 1. An explicit deny, wherever it stands, ends the matter.
    bounded = "boundary" in layers
    denies = [hit for layer, members in layers.items() for hit in _hits(layer, members, "Deny", request, bounded)]
    decisive = tuple(hit for hit in denies if hit.answer is Tri.YES)
    if decisive:
        return Decision(Verdict.EXPLICITLY_DENIED, f"denied by {_cite(decisive[0])}", decisive)
    gates = [_Gate("that no Deny applies", ~_answer(denies), denies)]

    # 2. Resource control policies only deny (AWS keeps RCPFullAWSAccess attached), so step 1 has heard them.
    # 3. Service control policies: every level of the path, root to account, must allow.
    for depth, level in enumerate(policies.scp_levels or () if "scp" in layers else ()):
        gates.append(_allow_gate("scp", level, request, f"an Allow in the SCPs of level {depth} of the path"))

    # 4. The caller's side: an identity policy grants; a boundary and a session policy, where there are any, must agree.
    limits = [_allow_gate(name, layers[name], request) for name in ("boundary", "session") if name in layers]
    own = [_own_grant(request, layers["identity"]), *limits]

    # 5. The resource's side: its policy may grant alone, or only together with the caller's side.
    return _decide([*gates, *_grants(request, policies, own, limits)])


def _beyond_policies(request: Request) -> Decision | None:
    """Decide requests that no policy decides: actions without permission, and changes of resources reserved by AWS."""
    who = request.caller
    if not who.is_aws_identity:
        return None
    if request.action.lower() in needs_no_permission():
        return Decision(Verdict.ALLOWED, f"{request.action} needs no permission")
    kept = "" if who.is_service_linked_role else kept_by_aws(request.action, request.resource)
    return Decision(Verdict.IMPLICITLY_DENIED, f"only AWS changes {kept}") if kept else None


def _grants(request: Request, policies: Policies, own: list[_Gate], limits: list[_Gate]) -> list[_Gate]:
    """The gates of the caller's policies and the resource policy, depending on how they combine."""
    who, members = request.caller, [policies.resource] if policies.resource else []
    resource = _allow_gate("resource", members, request)
    if not who.is_aws_identity:
        return [resource]
    across = [*own, resource if members else resource._replace(answer=Tri.DEPENDS)]
    within = _grants_within(request, resource, own, limits) if members else own
    if request.resource_account:
        return within if who.account == request.resource_account else across
    if every(gate.answer for gate in within) is every(gate.answer for gate in across):
        return within
    hits = [hit for gate in across for hit in gate.hits]
    return [_Gate("whose the resource is", Tri.DEPENDS, hits)]


def _grants_within(request: Request, resource: _Gate, own: list[_Gate], limits: list[_Gate]) -> list[_Gate]:
    """The gates if caller and resource are in the same account."""
    by = {named: _answer(hit for hit in resource.hits if hit.named is named) for named in Named}
    limit = every(gate.answer for gate in limits)
    by_star = every([by[Named.ANYONE], max(limit, Tri.DEPENDS)])
    alone = some([by[Named.SELF], every([by[Named.ROLE], limit]), by_star])
    delegates = by[Named.ACCOUNT] if _resource_policy_rules(request) else Tri.YES
    together = every([delegates, *(gate.answer for gate in own)])
    if alone > together or delegates is Tri.NO:
        return [resource._replace(answer=alone)]
    return [*([resource._replace(answer=delegates)] if delegates is Tri.DEPENDS else []), *own]


def _own_grant(request: Request, identity: Sequence[Policy]) -> _Gate:
    if request.caller.kind == "root":
        return _Gate("the root user", Tri.YES, ())
    return _allow_gate("identity", identity, request)


def _allow_gate(layer: str, members: Iterable[Policy], request: Request, needs: str = "") -> _Gate:
    hits = _hits(layer, members, "Allow", request)
    return _Gate(needs or f"an Allow in the {layer} policies", _answer(hits), hits)


def _decide(gates: list[_Gate]) -> Decision:
    closed = next((gate for gate in gates if gate.answer is Tri.NO), None)
    if closed:
        return Decision(Verdict.IMPLICITLY_DENIED, f"needs {closed.needs}")
    waiting = [gate for gate in gates if gate.answer is Tri.DEPENDS]
    if waiting:
        unsure = tuple(hit for gate in waiting for hit in gate.hits if hit.answer is Tri.DEPENDS)
        return Decision(Verdict.DEPENDS, f"the request decides about {waiting[0].needs}", unsure)
    sure = tuple(hit for gate in gates[1:] for hit in gate.hits if hit.answer is Tri.YES)
    return Decision(Verdict.ALLOWED, f"allowed by {_cite(sure[-1])}" if sure else "allowed: the root user", sure)


def _layers_in_force(request: Request, policies: Policies) -> dict[str, list[Policy]]:
    """The applicable policies by layer. A limit that does not exist (no boundary, session policy or SCPs) has no
    entry.
    """
    who = request.caller
    layers: dict[str, list[Policy]] = {"resource": [policies.resource] if policies.resource else [], "identity": []}
    if policies.rcp_levels is not None and _rcps_apply(request, policies):
        layers["rcp"] = [policy for level in policies.rcp_levels for policy in level]
    if policies.scp_levels is not None and _scps_apply(request, policies):
        layers["scp"] = [policy for level in policies.scp_levels for policy in level]
    if who.is_aws_identity and who.kind != "root":
        layers["identity"] = list(policies.identity)
        if policies.boundary:
            layers["boundary"] = [policies.boundary]
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html:
        # without a session policy a federated user's session holds nothing.
        if policies.session is not None or who.kind == "federated-user":
            layers["session"] = list(policies.session or ())
    return layers


# -- which policies apply


def _scps_apply(request: Request, policies: Policies) -> bool:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html (entities not
    restricted)
    """
    who = request.caller
    return who.is_aws_identity and who.account != policies.management_account and not who.is_service_linked_role


def _rcps_apply(request: Request, policies: Policies) -> bool:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html (resources and
    services covered)
    """
    action = request.action.lower()
    # https://docs.aws.amazon.com/kms/latest/developerguide/resource-control-policies.html
    is_covered = action.partition(":")[0] in actions.rcp_services() and action != "kms:retiregrant"
    is_bound = request.resource_account != policies.management_account
    return is_covered and is_bound and not request.caller.is_service_linked_role


def _resource_policy_rules(request: Request) -> bool:
    """The rule for role trust and KMS keys: even within the account, the resource's policy must admit the caller or the
    account.
    """
    action = request.action.lower()
    return (action.startswith("sts:") and ":role/" in request.resource) or (
        action.startswith("kms:") and ":key/" in request.resource
    )


# -- which statements speak of the request


def statements_on(document: Document, action: str, effect: Effect) -> tuple[Statement, ...]:
    cached = document.speaking.get((action, effect))
    if cached is None:
        speaking = (
            statement
            for statement in document.statements
            if statement.effect == effect and statement_covers_action(statement, action)
        )
        cached = document.speaking[action, effect] = tuple(speaking)
    return cached


def allowing(document: Document, request: Request) -> list[int]:
    """The statements of a resource policy that allow the request, or might, ignoring its other statements."""
    hits = _hits("resource", [Policy("", document)], "Allow", request)
    return [hit.index for hit in hits if hit.index is not None]


def _hits(
    layer: str, members: Iterable[Policy], effect: Effect, request: Request, has_boundary: bool = False
) -> list[Evidence]:
    """The statements with this effect that may apply to the request. Unreadable policies are DEPENDS for both."""
    hits = []
    for policy in members:
        if policy.document is None:
            hits.append(Evidence(layer, policy.name, "", None, effect, Tri.DEPENDS, policy.problem))
            continue
        for statement in statements_on(policy.document, request.action, effect):
            if not begins_alike(statement, request.resource):
                continue
            answer, named = _covers(layer, statement, request, has_boundary)
            if answer is not Tri.NO:
                keys = _unknown_keys(statement, request.context) if answer is Tri.DEPENDS else ()
                hits.append(
                    Evidence(
                        layer, policy.name, statement.sid, statement.index, effect, answer, statement.text, keys, named
                    )
                )
    return hits


def _covers(layer: str, statement: Statement, request: Request, has_boundary: bool) -> tuple[Tri, Named]:
    speaks, named = Tri.YES, Named.SELF
    if layer in ("resource", "rcp"):
        speaks, named = statement_names(statement, request.caller, has_boundary)
    if speaks is Tri.NO:
        return Tri.NO, named
    covered = statement_covers_resource(statement, request.resource, request.context.expand)
    if covered is Tri.NO:
        return Tri.NO, named
    return every([speaks, covered, conditions_hold(statement, request.context)]), named


def _unknown_keys(statement: Statement, context: Context) -> tuple[str, ...]:
    return tuple(
        condition.key
        for condition in statement.conditions
        if condition_holds(condition, context, statement.variables) is Tri.DEPENDS
    )


def _answer(hits: Iterable[Evidence]) -> Tri:
    return some(hit.answer for hit in hits)


def _cite(hit: Evidence) -> str:
    place = hit.sid or f"statement {hit.index}"
    return f"{hit.layer} policy {hit.policy}, {place}"
