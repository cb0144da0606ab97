"""Paths on what runs in the account: open where something runs as a role worth taking, not known if nobody looked."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.policy import Account, Policy, Principal, Role, Tri, escalations, paths
from pipeline.policy.account import Workload
from tests.pipeline.policy.support import ACCOUNT, ADMIN, allow, deny, document, principal

IAM = f"arn:aws:iam::{ACCOUNT}"
SERVICES = {
    "lambda_functions": ("lambda.amazonaws.com", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:app"),
    "codebuild_projects": ("codebuild.amazonaws.com", f"arn:aws:codebuild:us-east-1:{ACCOUNT}:project/app"),
    "ec2_instances": ("ec2.amazonaws.com", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"),
    "ecs_clusters": ("ecs-tasks.amazonaws.com", f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/app"),
    "saml_providers": ("saml", f"{IAM}:saml-provider/corp"),
    "eks_clusters": ("pods.eks.amazonaws.com", f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/app"),
}
# Those of Identity Center are in tests/pipeline/facts/test_escalations.py: they run as nobody.
ON = [path for path in paths() if path.on in SERVICES]
BORROWING = [path for path in ON if path.runs_as and path.on != "ecs_clusters"]
UNCOLLECTED = [path for path in paths() if path.uncollected]
NOTHING: dict[str, tuple[Workload, ...]] = dict.fromkeys(SERVICES, ())


def held(name: str, service: str, *documents: Any) -> tuple[Role, Principal]:
    holder = principal(*documents, kind="role", name=name)
    who = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if service == "saml":
        who |= {"Principal": {"Federated": f"{IAM}:saml-provider/corp"}, "Action": "sts:AssumeRoleWithSAML"}
    is_admin = Tri.YES if ADMIN in documents else Tri.NO
    return Role(holder.arn, Policy.read("trust", document(who), "trust"), is_admin, has_instance_profile=True), holder


def account(service: str, *held_roles: tuple[Role, Principal], **more: Any) -> Account:
    roles = held_roles or (held("boss", service, ADMIN),)
    return Account({role.arn: role for role, _ in roles}, holders={one.arn: one for _, one in roles}, **more)


def found(holder: Principal, of: Account) -> dict[str, Any]:
    judged = escalations(holder, of)
    return {one.path.id: one for one in judged.paths} | {f"?{one.path.id}": one for one in judged.undecided}


def running(dataset: str, role: str | None = "boss", arn: str = "") -> dict[str, tuple[Workload, ...]]:
    is_cluster = dataset.endswith("_clusters")
    runs_as = None if is_cluster else f"{IAM}:role/{role}" if role else ""
    return NOTHING | {dataset: (Workload(arn or SERVICES[dataset][1], runs_as),)}


@pytest.mark.parametrize("path", ON, ids=lambda path: path.id)
def test_a_path_is_open_where_something_runs(path: Any) -> None:
    service = (*path.passes_to, *path.runs_as)[0]
    holder = principal(allow(sorted({step.action for step in path.steps})))
    sure = f"?{path.id}" if path.uncollected else path.id
    assert sure in found(holder, account(service, workloads=running(path.on)))
    assert not {path.id, f"?{path.id}"} & set(found(holder, account(service, workloads=NOTHING)))
    failed = account(service, workloads=NOTHING, unread={path.on: "ListThings failed in eu-west-1 (iam_deny)"})
    assert "ListThings failed in eu-west-1 (iam_deny)" in found(holder, failed)[f"?{path.id}"].unread
    never = found(holder, account(service))
    assert path.id not in never
    assert never[f"?{path.id}"].unread


@pytest.mark.parametrize(
    "path", [path for path in ON if path.runs_as and path.on != "ecs_clusters"], ids=lambda p: p.id
)
def test_only_the_role_that_something_runs_as_is_borrowed(path: Any) -> None:
    service = path.runs_as[0]
    weak, boss = held("weak", service, allow("s3:GetObject")), held("boss", service, ADMIN)
    holder = principal(allow(sorted({step.action for step in path.steps})))
    for role, expected in (("weak", Tri.NO), ("boss", Tri.YES)):
        judged = found(holder, account(service, weak, boss, workloads=running(path.on, role)))
        (one,) = (judged[id] for id in (path.id, f"?{path.id}") if id in judged)
        assert (set(one.targets), one.leads_to_admin) == ({f"{IAM}:role/{role}"}, expected)
    assert path.id not in found(holder, account(service, weak, boss, workloads=running(path.on, None)))
    of_another = account(service, weak, boss, workloads=running(path.on, "weak"), unread={path.on: "not read"})
    assert path.id in found(holder, of_another) or path.uncollected


@pytest.mark.parametrize("path", UNCOLLECTED, ids=lambda path: path.id)
def test_what_nobody_collects_is_never_asserted(path: Any) -> None:
    holder = principal(allow(sorted({step.action for step in path.steps})))
    for service in (*path.passes_to, *path.runs_as)[:1]:
        judged = found(holder, account(service, workloads=running(path.on) if path.on else NOTHING))
        assert path.id not in judged
        assert any(path.uncollected in why for why in judged[f"?{path.id}"].unread)
        assert f"?{path.id}" not in found(holder, account("config.amazonaws.com", workloads=NOTHING))


F, G = (f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}" for name in ("open", "shut"))


@pytest.mark.parametrize(
    ("documents", "is_open"),
    [
        ([allow("lambda:UpdateFunctionCode", F)], True),
        ([allow("lambda:UpdateFunctionCode", G)], False),
        ([allow("lambda:UpdateFunctionCode"), deny("lambda:Update*", F)], False),
        ([allow("lambda:UpdateFunctionCode"), deny("lambda:Update*", G)], True),
        ([allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:*:{ACCOUNT}:function:o*")], True),
        ([allow("lambda:UpdateFunctionCode", f"arn:aws:lambda:us-*:{ACCOUNT}:function:*")], False),
        ([allow("lambda:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})], True),
        ([allow("lambda:*", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})], False),
    ],
)
def test_the_actor_must_reach_the_very_function(documents: list[Any], is_open: bool) -> None:
    service = "lambda.amazonaws.com"
    weak, boss = held("weak", service, allow("lambda:*")), held("boss", service, ADMIN)
    functions = (Workload(F, boss[1].arn), Workload(G, ""))
    here = account(service, weak, boss, workloads=NOTHING | {"lambda_functions": functions})
    assert ("lambda-update-code" in found(principal(*documents), here)) is is_open


def test_all_steps_hit_one_function() -> None:
    service = "lambda.amazonaws.com"
    boss = held("boss", service, ADMIN)
    both = NOTHING | {"lambda_functions": (Workload(F, boss[1].arn), Workload(G, boss[1].arn))}
    here = account(service, boss, workloads=both)
    split = [allow("lambda:UpdateFunctionCode", F), allow("lambda:InvokeFunction", G)]
    assert "lambda-update-code-and-invoke" not in found(principal(*split), here)
    same = [allow("lambda:UpdateFunctionCode", F), allow("lambda:InvokeFunction", F)]
    judged = found(principal(*same), here)["lambda-update-code-and-invoke"]
    assert {grant.resource for grant in judged.grants} == {F}


def test_nobody_gains_by_its_own_function() -> None:
    service = "lambda.amazonaws.com"
    me, boss = held("worker", service, allow("lambda:*")), held("boss", service, ADMIN)
    here = account(service, me, boss, workloads=running("lambda_functions", "worker", F))
    assert not {id for id in found(me[1], here) if "update-code" in id}
