"""What must hold for every policy: guardrails only take away, form never matters, and not knowing is never a yes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.policy import (
    Context,
    Policies,
    Policy,
    Request,
    Tri,
    Verdict,
    can,
    escalations,
    evaluate,
    is_admin,
    parse,
)
from tests.pipeline.policy.strategies import (
    ACTIONS,
    ARNS,
    contexts,
    documents,
    questions,
)
from tests.pipeline.policy.support import ACCOUNT, policies, principal

RANK = {Verdict.EXPLICITLY_DENIED: 0, Verdict.IMPLICITLY_DENIED: 0, Verdict.DEPENDS: 1, Verdict.ALLOWED: 2}


def rank(request: Request, layers: dict[str, Any]) -> int:
    return RANK[evaluate(request, Policies(**layers)).verdict]


@given(questions(), documents("Deny"), st.sampled_from(["identity", "resource", "scp_levels", "boundary"]))
def test_a_deny_never_allows_more(question: Any, source: dict[str, Any], layer: str) -> None:
    request, layers = question
    before = rank(request, layers)
    extra = policies(source)
    if layer == "identity":
        more = {"identity": (*layers["identity"], *extra)}
    elif layer == "resource" and layers["resource"]:
        whole = json.loads(json.dumps(source)) | {
            "Statement": [{**one, "Principal": "*"} for one in source["Statement"]]
        }
        added = Policy.read("more", whole, "resource").document
        assert added is not None
        joined = layers["resource"].document
        from dataclasses import replace

        more = {
            "resource": replace(
                layers["resource"],
                document=replace(
                    joined, statements=(*joined.statements, *added.statements), hash=joined.hash + added.hash
                ),
            )
        }
    elif layer == "boundary" and layers["boundary"]:
        more = {"session": (*(layers["session"] or policies(_ALLOW_ALL)), *extra)}
    else:
        more = {
            "scp_levels": [[*level, *extra] for level in layers["scp_levels"] or [policies(_ALLOW_ALL, kind="scp")]]
        }
    assert rank(request, {**layers, **more}) <= before


_ALLOW_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


@given(questions(), documents(), st.sampled_from(["boundary", "session", "scp_levels"]))
def test_a_limit_never_allows_more(question: Any, source: dict[str, Any], layer: str) -> None:
    request, layers = question
    if layer == "scp_levels":
        more: dict[str, Any] = {"scp_levels": [*(layers["scp_levels"] or ()), policies(source, kind="scp")]}
    elif layers[layer]:
        return
    else:
        more = {"boundary": Policy.read("boundary", source)} if layer == "boundary" else {"session": policies(source)}
    assert rank(request, {**layers, **more}) <= rank(request, layers)


@given(questions(), st.randoms(use_true_random=False))
def test_order_and_formatting_change_nothing(question: Any, random: Any) -> None:
    request, layers = question

    def shuffled(policy: Policy, kind: Any = "any") -> Policy:
        assert policy.document is not None
        raw = [json.loads(one.text) for one in policy.document.statements]
        random.shuffle(raw)
        for one in raw:
            for key, value in one.items():
                if isinstance(value, list):
                    random.shuffle(value)
                    one[key] = value[0] if len(value) == 1 and random.random() < 0.5 else value
        text = json.dumps({"Statement": raw, "Version": policy.document.version}, indent=random.choice([None, 4]))
        return Policy.read(policy.name, text, kind)

    other = {
        "identity": tuple(shuffled(one) for one in layers["identity"]),
        "boundary": shuffled(layers["boundary"]) if layers["boundary"] else None,
        "resource": shuffled(layers["resource"]) if layers["resource"] else None,
        "session": tuple(shuffled(one) for one in layers["session"]) if layers["session"] else None,
        "scp_levels": [[shuffled(one) for one in level] for level in layers["scp_levels"]]
        if layers["scp_levels"]
        else None,
    }
    assert evaluate(request, Policies(**other)).verdict == evaluate(request, Policies(**layers)).verdict


@given(questions(), contexts)
def test_what_is_certain_stays_so_when_more_is_known(question: Any, more: dict[str, str]) -> None:
    """An Allowed or denied verdict with keys unknown is the verdict of every completed request."""
    request, layers = question
    open_context = Context(request.context.values, complete=False)
    filled = Context.of(more).values
    whole = Context({**filled, **request.context.values}, complete=True)
    early = rank(
        Request(request.caller, request.action, request.resource, open_context, request.resource_account), layers
    )
    late = rank(Request(request.caller, request.action, request.resource, whole, request.resource_account), layers)
    assert early in (late, RANK[Verdict.DEPENDS]) or late == RANK[Verdict.DEPENDS]


@given(questions(), st.sampled_from(["identity", "boundary", "resource", "session", "scp_levels"]))
def test_an_unreadable_policy_never_allows_more(question: Any, layer: str) -> None:
    """Whatever the unreadable policy really says, Allowed is not claimed where it could have denied."""
    request, layers = question
    unread = Policy.read("unread", None)
    if not layers[layer]:
        return
    more = {
        "identity": (unread,),
        "boundary": unread,
        "resource": unread,
        "session": (unread,),
        "scp_levels": [[unread]],
    }[layer]
    after = evaluate(request, Policies(**{**layers, layer: more})).verdict
    applies = not (layer in ("identity", "boundary", "session") and not request.caller.is_aws_identity)
    if applies and not (layer == "scp_levels" and not request.caller.is_aws_identity):
        assert after is not Verdict.ALLOWED


@given(questions())
def test_verdicts_carry_their_evidence(question: Any) -> None:
    request, layers = question
    decision = evaluate(request, Policies(**layers))
    answers = {hit.answer for hit in decision.evidence}
    assert decision.reason
    if decision.verdict is Verdict.EXPLICITLY_DENIED:
        assert {hit.effect for hit in decision.evidence} == {"Deny"}
        assert answers == {Tri.YES}
    if decision.verdict is Verdict.ALLOWED:
        assert answers == {Tri.YES}


@settings(max_examples=20, deadline=None)
@given(st.lists(documents(), min_size=1, max_size=2), documents("Deny"), documents())
def test_principals_only_lose_by_guardrails(
    sources: list[dict[str, Any]], denial: dict[str, Any], limit: dict[str, Any]
) -> None:
    free = principal(*sources)
    limited = [
        principal(*sources, denial),
        principal(*sources, boundary=Policy.read("b", limit)),
        principal(*sources, scp_levels=(policies(limit, kind="scp"),)),
    ]
    admin, paths = is_admin(free).verdict, {one.path.id for one in escalations(free, admins_too=True).paths}
    for one in limited:
        assert is_admin(one).verdict <= admin
        assert {found.path.id for found in escalations(one, admins_too=True).paths} <= paths


@given(documents())
def test_parse_is_stable(source: dict[str, Any]) -> None:
    parsed = parse(source)
    again = {"Version": parsed.version, "Statement": [json.loads(one.text) for one in parsed.statements]}
    assert parse(again) is parsed


@given(st.lists(documents(), min_size=1, max_size=2), st.sampled_from(ACTIONS), st.sampled_from(ARNS))
def test_can_is_never_surer_than_a_request(sources: list[dict[str, Any]], action: str, resource: str) -> None:
    holder = principal(*sources)
    certain = can(holder, action, resource).verdict
    if certain is Verdict.ALLOWED:
        request = Request.of(
            holder.arn, action, resource, {"aws:SourceIp": "10.0.0.1", "aws:SecureTransport": "true"}, ACCOUNT
        )
        assert evaluate(request, Policies(holder.policies)).verdict is Verdict.ALLOWED
