"""Each path is found when it is granted, and not found in any near miss."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline import knowledge
from pipeline.policy import Account, Policy, Principal, Role, Tri, escalations, paths
from pipeline.policy.actions import find
from pipeline.policy.escalation_paths import Path
from tests.pipeline.policy.support import (
    ACCOUNT,
    ADMIN,
    FULL_ACCESS,
    OTHER,
    allow,
    deny,
    document,
    load,
    policies,
    principal,
    statement,
)

CASES = load("privilege_escalation_paths.json")["paths"]
ENDED = {
    alias for path in knowledge.load("escalation_paths").facts["path"] if "ended" in path for alias in path["aliases"]
}
ROWS = [
    (
        case["id"],
        [one for one in case["aliases"] if one not in ENDED],
        case["actions_required"],
        case["passed_role_trusts"],
    )
    for case in CASES
    if case["id"] not in ENDED
]
# Tags of one's own bring nothing unless a condition looks at them: test_tagging.py.
OTHERS = [path for path in paths() if path.lifts != "tag"]
ROWS += [(path.id, [], [step.action for step in path.steps], (path.passes_to or (None,))[0]) for path in OTHERS]
IDS = [row[0] for row in ROWS]
HARMLESS = "s3:ListAllMyBuckets"
ME = f"arn:aws:iam::{ACCOUNT}:user/worker"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


def found(holder: Principal, account: Account | None = None) -> set[str]:
    return {name for one in escalations(holder, account).paths for name in (one.path.id, *one.path.aliases)}


def supposed(holder: Principal, account: Account) -> set[str]:
    """Also the paths on what was not read."""
    judged = escalations(holder, account)
    return {name for one in (*judged.paths, *judged.undecided) for name in (one.path.id, *one.path.aliases)}


def trust(**who: Any) -> Policy:
    action = "sts:AssumeRole" if "Federated" not in who else "sts:AssumeRoleWithWebIdentity"
    return Policy.read("trust", document({"Effect": "Allow", "Principal": who, "Action": action}), "trust")


@pytest.mark.parametrize(("name", "aliases", "actions", "service"), ROWS, ids=IDS)
def test_found_when_granted(name: str, aliases: list[str], actions: list[str], service: str | None) -> None:
    for spelling in (actions, [action.upper() for action in actions], [f"{action[:-1]}?" for action in actions]):
        assert {name, *aliases} <= found(principal(allow(spelling)))
    split = [allow(action) for action in actions]
    assert name in found(principal(*split))


@pytest.mark.parametrize(("name", "aliases", "actions", "service"), ROWS, ids=IDS)
def test_not_found_in_a_near_miss(name: str, aliases: list[str], actions: list[str], service: str | None) -> None:
    all_of_it = allow(actions)
    for action in dict.fromkeys(actions):
        others = [one for one in actions if one != action] or [HARMLESS]
        without = Policy.read("without", allow(others))
        guard = ((FULL_ACCESS,), (FULL_ACCESS, *policies(deny(action), kind="scp")))
        assert name not in found(principal(allow(others))), f"one action short: {action}"
        assert name not in found(principal(all_of_it, deny(action.lower()))), f"denied: {action}"
        assert name not in found(principal(all_of_it, boundary=without)), f"outside the boundary: {action}"
        assert name not in found(principal(all_of_it, scp_levels=guard)), f"denied by an SCP: {action}"
        assert name not in found(principal(all_of_it, session=(without,))), f"outside the session policy: {action}"
        needs = find(action)
        if needs is None or needs.resource_types:
            elsewhere = document(statement("Allow", others), statement("Allow", action, "arn:aws:sns:eu-west-1:1:t"))
            assert name not in found(principal(elsewhere)), f"on another kind of resource: {action}"


@pytest.mark.parametrize(
    ("name", "actions", "service"),
    [(row[0], row[2], row[3]) for row in ROWS if row[3]],
    ids=[row[0] for row in ROWS if row[3]],
)
def test_passed_service(name: str, actions: list[str], service: str) -> None:
    def passing(to: Any) -> dict[str, Any]:
        condition = {"StringEquals": {"iam:PassedToService": to}}
        rest = [action for action in actions if action != "iam:PassRole"]
        return document(statement("Allow", rest), statement("Allow", "iam:PassRole", Condition=condition))

    assert name in found(principal(passing([service, "config.amazonaws.com"])))
    assert name not in found(principal(passing("config.amazonaws.com")))
    assert name not in found(
        principal(allow(actions), deny("iam:PassRole", Condition={"StringLike": {"iam:PassedToService": "*"}}))
    )


@pytest.mark.parametrize(
    ("name", "actions", "service"),
    [(row[0], row[2], row[3]) for row in ROWS if row[3]],
    ids=[row[0] for row in ROWS if row[3]],
)
def test_a_role_must_trust_the_service(name: str, actions: list[str], service: str) -> None:
    kind = "Federated" if "cognito" in service else "Service"
    trusting = Role(f"{ROLE}/job", trust(**{kind: service}), Tri.YES)
    other = Role(f"{ROLE}/other", trust(Service="config.amazonaws.com"), Tri.YES)
    holder = principal(allow(actions))
    assert name in supposed(holder, Account({trusting.arn: trusting, other.arn: other}))
    assert name not in supposed(holder, Account({other.arn: other}))
    narrow = document(
        statement("Allow", [action for action in actions if action != "iam:PassRole"]),
        statement("Allow", "iam:PassRole", other.arn),
    )
    assert name not in supposed(principal(narrow), Account({trusting.arn: trusting, other.arn: other}))


# -- the catalogue


def test_the_catalogue_is_sound() -> None:
    names = [name for path in paths() for name in (path.id, *path.aliases)]
    assert len(names) == len(set(names))
    retired = {"codestar:CreateProject", "codestar:AssociateTeamMember", "codestar:CreateProjectFromTemplate"}
    unknown = {step.action for path in paths() for step in path.steps if find(step.action) is None}
    assert unknown <= retired
    assert all((step.target == "passed") == (step.action == "iam:PassRole") for path in paths() for step in path.steps)
    assert all(path.needs and path.title for path in paths())


# -- resources


def own(kind: str) -> str:
    return f"arn:aws:iam::*:{kind}/${{aws:username}}"


@pytest.mark.parametrize("action", ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"])
def test_self_service_is_no_escalation(action: str) -> None:
    assert found(principal(allow(action, own("user")))) == set()
    assert found(principal(allow(action, ME))) == set()
    assert found(principal(allow(action, f"arn:aws:iam::{ACCOUNT}:user/admin"))) != set()
    old = {**allow(action, own("user")), "Version": "2008-10-17"}
    assert found(principal(old)) == set()


def test_writing_into_oneself_is_escalation() -> None:
    assert "iam-put-user-policy" in found(principal(allow("iam:PutUserPolicy", own("user"))))
    assert found(principal(allow("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/other"))) == set()
    assert found(principal(allow("iam:PutUserPolicy", own("user")), kind="role")) == set()
    assert "iam-put-role-policy" in found(principal(allow("iam:PutRolePolicy", f"{ROLE}/worker"), kind="role"))
    assert found(principal(allow("iam:PutRolePolicy", f"{ROLE}/another"), kind="role")) == set()


def test_only_an_attached_policy_can_be_rewritten() -> None:
    team, loose = (f"arn:aws:iam::{ACCOUNT}:policy/{name}" for name in ("team-a", "loose"))
    rights = Policy.read("rights", allow("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/team-*"))
    held, not_held = (Policy.read("held", allow(HARMLESS), arn=arn) for arn in (team, loose))
    assert "pf-iam-001" in found(Principal(ME, (rights, held)), Account())
    assert "pf-iam-001" not in found(Principal(ME, (rights, not_held)), Account())
    exact = escalations(principal(allow("iam:CreatePolicyVersion", team)))
    assert [one.path.id for one in exact.undecided] == ["iam-create-policy-version"]


def test_groups() -> None:
    mine, theirs = (f"arn:aws:iam::{ACCOUNT}:group/{name}" for name in ("mine", "admins"))
    account = Account(groups={mine: Tri.NO, theirs: Tri.YES})
    joins = principal(allow("iam:AddUserToGroup"), groups=(mine,))
    (one,) = escalations(joins, account).paths
    assert (one.targets, one.leads_to_admin) == ({theirs: Tri.YES}, Tri.YES)
    assert found(principal(allow("iam:AddUserToGroup", mine), groups=(mine,)), account) == set()
    assert "iam-put-group-policy" in found(principal(allow("iam:PutGroupPolicy", mine), groups=(mine,)), account)
    assert found(principal(allow("iam:PutGroupPolicy", theirs), groups=(mine,)), account) == set()


def test_reserved_roles_cannot_be_changed() -> None:
    reserved = f"{ROLE}/aws-reserved/sso.amazonaws.com/*"
    assert found(principal(allow(["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"], reserved))) == set()


def test_a_role_that_lets_the_actor_in() -> None:
    named = Role(f"{ROLE}/named", trust(AWS=ME), Tri.NO)
    rooted = Role(f"{ROLE}/rooted", trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"), Tri.NO)
    foreign = Role(f"{ROLE}/foreign", trust(AWS=f"arn:aws:iam::{OTHER}:root"), Tri.NO)
    writes = allow("iam:PutRolePolicy")
    enters = allow(["iam:PutRolePolicy", "sts:AssumeRole"])
    assert "iam-put-role-policy" in found(principal(writes), Account({named.arn: named}))
    assert found(principal(writes), Account({rooted.arn: rooted})) == set()
    assert "iam-put-role-policy-and-assume" in found(principal(enters), Account({rooted.arn: rooted}))
    assert "iam-put-role-policy-and-assume" not in found(principal(enters), Account({foreign.arn: foreign}))


# -- conditions


def conditioned(action: Any, condition: dict[str, Any]) -> Principal:
    return principal(allow(action, Condition=condition))


def test_conditions() -> None:
    def verdicts(condition: dict[str, Any]) -> list[str]:
        return sorted(
            {one.verdict.name for one in escalations(conditioned("iam:CreatePolicyVersion", condition)).paths}
        )

    assert verdicts({"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}) == []
    assert verdicts({"Bool": {"aws:MultiFactorAuthPresent": "true"}}) == ["DEPENDS"]
    assert verdicts({"StringEquals": {"lambda:Layer": "x"}}) == []
    assert verdicts({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/worker"}}) == ["YES"]
    assert verdicts({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/boss"}}) == []
    assert verdicts({"StringEquals": {"aws:SourceAccount": ACCOUNT}}) == []


def test_a_delegation_that_forces_a_boundary_or_a_policy_is_no_escalation() -> None:
    bounded = {"StringEquals": {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/dev-boundary"}}
    readonly = {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}
    actions = ["iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:CreateUser", "iam:CreateAccessKey"]
    assert found(conditioned(actions[:3], bounded)) == set()
    assert "iam-create-role-and-attach" not in found(conditioned(actions[:2], readonly))
    loose = document(statement("Allow", "iam:CreateRole", Condition=bounded), statement("Allow", actions[1:3]))
    assert "iam-create-role-and-attach" not in found(principal(loose))
    assert "iam-create-role-and-attach" in found(principal(allow(actions[:2])))


# -- boundaries and denies that hold back


def test_a_boundary_must_hold_something_back() -> None:
    own_boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    held = Policy.read("boundary", allow(["iam:DeleteUserPermissionsBoundary", HARMLESS]), arn=own_boundary)
    assert "pf-iam-022" in found(principal(ADMIN, boundary=held), Account())
    assert "pf-iam-022" not in found(principal(allow("iam:DeleteUserPermissionsBoundary"), boundary=held), Account())
    assert "pf-iam-022" not in found(principal(allow("iam:DeleteUserPermissionsBoundary")), Account())


def test_a_deny_must_hold_something_back() -> None:
    rights = allow(["iam:DetachUserPolicy", "iam:PutUserPolicy"])
    assert "pf-iam-025" in found(principal(rights, deny("iam:Put*")), Account())
    assert "pf-iam-025" not in found(principal(rights, deny("s3:*")), Account())
    assert "pf-iam-025" not in found(principal(rights), Account())


# -- who is asked


def test_administrators_are_left_out() -> None:
    assert escalations(principal(ADMIN)).paths == ()
    assert escalations(principal(ADMIN)).admin.verdict is Tri.YES
    assert len(escalations(principal(ADMIN), admins_too=True).paths) == len(OTHERS)


def test_an_unreadable_policy_is_told() -> None:
    broken = document({"Effect": "Allow", "Action": "iam:*"})
    result = escalations(principal(broken, allow("iam:PutUserPolicy")))
    assert result.unreadable == ("policy-0",)
    assert result.admin.verdict is Tri.DEPENDS
    assert [one.path.id for one in result.paths] == ["iam-put-user-policy"]


def test_grants_name_their_statements() -> None:
    (one,) = [
        path
        for path in escalations(principal(allow("iam:PassRole"), allow("ec2:RunInstances"))).paths
        if path.path.id == "ec2-run-instances"
    ]
    assert [(grant.action, grant.decision.evidence[0].policy) for grant in one.grants] == [
        ("iam:PassRole", "policy-0"),
        ("ec2:RunInstances", "policy-1"),
    ]


SELF, ANY_USER = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}", f"arn:aws:iam::{ACCOUNT}:user/*"
RUN = ["iam:PassRole", "ec2:RunInstances"]
TO_EC2 = {"iam:PassedToService": "ec2.amazonaws.com"}
PUT, KEY, REWRITE, ON_EC2 = "iam-put-user-policy", "iam-create-access-key", "iam-create-policy-version", "pf-ec2-001"


@pytest.mark.parametrize(
    ("path", "documents", "is_open"),
    [
        (KEY, [allow("iam:CreateAccessKey", SELF)], False),
        (KEY, [allow("iam:CreateAccessKey", ME)], False),
        (KEY, [allow("iam:CreateAccessKey", f"arn:aws:iam::{OTHER}:user/*")], False),
        (KEY, [allow("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:role/*")], False),
        (KEY, [allow("iam:CreateAccessKey", ANY_USER)], True),
        (PUT, [allow("iam:PutUserPolicy", SELF)], True),
        (PUT, [allow("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/boss")], False),
        (PUT, [document({"Effect": "Allow", "Action": "iam:PutUserPolicy", "NotResource": ME})], False),
        (PUT, [document({"Effect": "Allow", "NotAction": "iam:Create*", "Resource": "*"})], True),
        (PUT, [allow("iam:PutUserPolicy"), deny("iam:*", SELF)], False),
        (PUT, [allow("iam:PutUserPolicy"), deny("iam:*", SELF) | {"Version": "2008-10-17"}], True),
        (PUT, [allow("iam:PutUserPolicy", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})], False),
        (PUT, [allow("iam:PutUserPolicy", Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})], False),
        (REWRITE, [allow("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/*")], False),
        (REWRITE, [allow("iam:CreatePolicyVersion"), deny("iam:*", f"arn:aws:iam::{ACCOUNT}:policy/*")], False),
        (ON_EC2, [allow(RUN)], True),
        (
            ON_EC2,
            [allow(RUN), document({"Effect": "Deny", "Action": "iam:PassRole", "NotResource": f"{ROLE}/one"})],
            True,
        ),
        (
            ON_EC2,
            [allow(RUN), document({"Effect": "Deny", "Action": "iam:PassRole", "NotResource": "arn:aws:s3:::b"})],
            False,
        ),
        (ON_EC2, [allow(RUN[1]), allow(RUN[0], Condition={"StringLike": {"iam:PassedToService": "ec2*"}})], True),
        (ON_EC2, [allow(RUN[1]), allow(RUN[0], Condition={"StringNotEquals": TO_EC2})], False),
        (ON_EC2, [allow(RUN), deny(RUN[0], Condition={"StringEquals": TO_EC2})], False),
        (ON_EC2, [allow(RUN[0]), allow(RUN[1], "arn:aws:s3:::b")], False),
    ],
)
def test_near_misses(path: str, documents: list[Any], is_open: bool) -> None:
    assert (path in found(principal(*documents))) is is_open


def test_a_session_has_what_its_session_policies_leave() -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s"
    held = policies(allow("iam:PutRolePolicy"))
    assert found(Principal(session, held)) >= {"iam-put-role-policy"}
    assert found(Principal(session, held, session=policies(allow("s3:*")))) == set()


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.id)
def test_every_step_is_an_action_of_today(path: Path) -> None:
    assert [step.action for step in path.steps if find(step.action) is None] == []


def test_the_path_of_a_service_that_has_ended_is_not_looked_for() -> None:
    assert "rhino-25" in ENDED
    assert found(principal(allow(["codestar:CreateProject", "codestar:AssociateTeamMember"]))) == set()
