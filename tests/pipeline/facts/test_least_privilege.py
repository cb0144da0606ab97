"""The path to least privilege: proposals never allow more, keep what is used, validate and fit; and their tables."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import collectors
from pipeline.facts import grants, proposals
from pipeline.night import Night
from pipeline.policy import Policies, Policy, Request, Verdict, evaluate, parse
from pipeline.policy import actions as catalog
from pipeline.policy.proposals import Proposal, Use, propose
from pipeline.policy.text import QUOTA, problems, size
from pipeline.schema import Row
from pipeline.settings import Settings
from pipeline.warehouse import build, history, models
from tests.pipeline.policy.support import ACCOUNT, allow, document, policies, statement
from tests.pipeline.policy.test_properties import ARNS, contexts, documents
from tests.sql.harness import AS_OF, DEFAULTS, MANAGEMENT, MEMBER, load

ME = f"arn:aws:iam::{ACCOUNT}:user/worker"
REQUESTED = [
    *("s3:GetObject", "s3:PutObject", "s3:CreateBucket", "s3:NotYetInvented", "iam:PassRole", "iam:PutUserPolicy"),
    *("iam:CreateUser", "sts:AssumeRole", "ec2:RunInstances", "ec2:DescribeVpcs"),
]
RANK = {Verdict.EXPLICITLY_DENIED: 0, Verdict.IMPLICITLY_DENIED: 0, Verdict.DEPENDS: 1, Verdict.ALLOWED: 2}
TRACKED = frozenset(
    {"s3:CreateBucket", "s3:PutBucketPolicy", "iam:CreateUser", "iam:PutUserPolicy", "ec2:RunInstances"}
)

uses = st.builds(
    Use,
    services=st.frozensets(st.sampled_from(["s3", "iam", "ec2", "sts"])),
    actions=st.frozensets(st.sampled_from(sorted(TRACKED))),
    tracked=st.just(TRACKED),
    generated=st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(["s3:GetObject", "iam:P*", "ec2:*"]))),
)


def rank(held: tuple[Policy, ...], request: Request) -> int:
    return RANK[evaluate(request, Policies(identity=held)).verdict]


def proposed(sources: list[dict[str, Any]], use: Use) -> Proposal:
    return propose([parse(one) for one in sources], use)


@settings(deadline=None)  # the first example reads the catalogue of actions
@given(st.lists(documents(), min_size=1, max_size=3), uses, st.sampled_from(REQUESTED), st.sampled_from(ARNS), contexts)
def test_a_proposal_never_allows_more_and_keeps_what_is_used(
    sources: list[dict[str, Any]], use: Use, action: str, resource: str, context: dict[str, str]
) -> None:
    made = proposed(sources, use)
    request = Request.of(ME, action, resource, context, ACCOUNT)
    before, after = rank(policies(*sources), request), rank(policies(*made.policies), request)
    assert after <= before
    if use.keeps(action) and catalog.find(action):
        assert after == before


@settings(deadline=None)
@given(st.lists(documents(), min_size=1, max_size=3), uses)
def test_a_proposal_is_a_policy_that_fits(sources: list[dict[str, Any]], use: Use) -> None:
    made = proposed(sources, use)
    for text in made.policies:
        parsed = parse(text, "identity")
        assert size(text) <= QUOTA
        sids = [one.sid for one in parsed.statements if one.sid]
        assert len(sids) == len(set(sids))


def only(made: Proposal) -> list[dict[str, Any]]:
    (text,) = made.policies
    return list(json.loads(text)["Statement"])


def test_a_star_becomes_the_used_services() -> None:
    (one,) = only(proposed([allow("*", "arn:aws:s3:::b/*")], Use(frozenset({"s3", "glue"}))))
    assert one == {"Effect": "Allow", "Action": ["glue:*", "s3:*"], "Resource": "arn:aws:s3:::b/*"}


def test_tracked_actions_that_are_not_used_go_and_untracked_ones_stay() -> None:
    use = Use(frozenset({"sqs"}), frozenset({"sqs:CreateQueue"}), frozenset({"sqs:CreateQueue", "sqs:DeleteQueue"}))
    made = proposed([allow(["sqs:*", "s3:*"])], use)
    (one,) = only(made)
    assert "sqs:DeleteQueue" not in one["Action"]
    assert {"sqs:CreateQueue", "sqs:SendMessage"} < set(one["Action"])
    assert made.removed_actions == ("sqs:DeleteQueue",)


def test_conditions_denies_and_exclusions_are_kept() -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    excluded = {"Effect": "Allow", "NotAction": ["iam:*", "s3:Delete*"], "Resource": "*", "Condition": condition}
    denied = statement("Deny", "ec2:*", Sid="NoMachines")
    first, second = only(proposed([document(excluded, denied)], Use(frozenset({"s3", "iam", "glue"}))))
    assert "NotAction" not in first
    assert first["Condition"] == condition
    assert "glue:*" in first["Action"]
    assert not any(one.startswith(("iam:", "s3:Delete")) for one in first["Action"])
    assert second == denied


def test_a_policy_without_variables_gets_none() -> None:
    old = allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}") | {"Version": "2008-10-17"}
    (one,) = only(proposed([old], Use(frozenset({"s3"}))))
    assert one["Resource"] == "arn:aws:s3:::b/${$}{aws:username}"


def test_a_generated_policy_narrows_its_services_only() -> None:
    use = Use(frozenset({"s3", "glue"}), frozenset({"s3:CreateBucket"}), generated=frozenset({"s3:GetObject"}))
    made = proposed([allow(["s3:*", "glue:*", "kms:*"])], use)
    assert only(made)[0]["Action"] == ["glue:*", "s3:CreateBucket", "s3:GetObject"]
    assert "s3:PutObject" in made.removed_actions
    assert not any(one.startswith(("glue:", "kms:")) for one in made.removed_actions)


def test_names_that_do_not_fit_become_wildcards_for_the_same() -> None:
    made = proposed([allow("s3:*"), allow(["iam:*", "dynamodb:*", "sns:*"])], Use(
        frozenset({"s3", "iam", "dynamodb", "sns"}),
        tracked=frozenset({"s3:CreateBucket", "iam:CreateUser", "dynamodb:CreateTable", "sns:CreateTopic"}),
    ))  # fmt: skip
    (one,) = only(made)
    assert not made.is_whole
    assert any(action.endswith("*") for action in one["Action"])
    left = {action for pattern in one["Action"] for action in catalog.expand(pattern)}
    held = {action for service in ("s3", "iam", "dynamodb", "sns") for action in catalog.expand(f"{service}:*")}
    assert held - left == {"s3:CreateBucket", "iam:CreateUser", "dynamodb:CreateTable", "sns:CreateTopic"}
    scattered = frozenset(catalog.expand("ec2:*")[::9])
    machines = proposed([allow("*")], Use(frozenset({"ec2"}), tracked=scattered))
    assert machines.is_whole
    assert only(machines)[0]["Action"] == "ec2:*"
    assert machines.removed_actions == ()


def test_what_one_policy_cannot_hold_is_split() -> None:
    buckets = [f"arn:aws:s3:::a-bucket-with-a-long-name-{n}/*" for n in range(400)]
    made = proposed([document(*(statement("Allow", "s3:GetObject", one) for one in buckets))], Use(frozenset({"s3"})))
    assert 4 < len(made.policies) <= 10
    assert max(map(size, made.policies)) <= QUOTA
    told = [one["Resource"] for text in made.policies for one in json.loads(text)["Statement"]]
    assert told == buckets
    assert made.problems == ()


def test_what_cannot_be_split_says_so() -> None:
    buckets = [f"arn:aws:s3:::a-bucket-with-a-long-name-{n}/*" for n in range(200)]
    made = proposed([allow("s3:GetObject", buckets)], Use(frozenset({"s3"})))
    (problem,) = made.problems
    assert problem.endswith("characters are more than the 6,144 of a managed policy; keep it inline.")


def test_names_of_no_action_are_left_out() -> None:
    made = proposed([allow(["s3:GetObjekt", "s3:GetObject"])], Use(frozenset({"s3"})))
    assert only(made)[0]["Action"] == "s3:GetObject"
    assert made.removed_actions == ("s3:GetObjekt",)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (allow("s3:GetObject"), []),
        (allow("s3:GetObjekt"), ["No action is called s3:GetObjekt."]),
        (allow("s3:GetObject", "bucket"), ["Not a policy: statement 0, Resource: expected an ARN"]),
        (allow("s3:GetObject", "arn:aws:s3"), ["arn:aws:s3 is not an ARN."]),
        (allow("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "maybe"}}), ["Condition Bool on"]),
        ({"Version": "2012-10-17", "Statement": []}, ["Not a policy: document, Statement"]),
    ],
)
def test_problems_are_what_aws_would_say(source: dict[str, Any], expected: list[str]) -> None:
    found = list(problems(json.dumps(source)))
    assert len(found) == len(expected)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True))


def night(sources: dict[str, dict[str, Any]], **more: Any) -> dict[str, list[Any]]:
    arn = f"arn:aws:iam::{ACCOUNT}:role/app"
    found: dict[str, list[Any]] = {
        "documents": [(name, json.dumps(source)) for name, source in sources.items()],
        "organization_documents": [],
        "levels": [],
        "night": [("o-example", "999999999999", date(2026, 11, 20))],
        "identity_center": [],
        "tracked": [("s3:CreateBucket",)],
        "worst": [(ACCOUNT, arn, ["s3"], ["iam"], False, None)],
        "grants": [(arn, [{"name": n, "arn": None, "via_group": None, "sha256": n} for n in sources])],
        "actions": [],
        "principals": [(arn, [{"name": n, "arn": "", "sha256": n} for n in sources], *[None] * 4, [], "key", ACCOUNT)],
    }
    return found | more


def fact(sources: dict[str, dict[str, Any]], **more: Any) -> Row:
    (row,) = proposals.TABLE.table(proposals.rows(night(sources, **more))).to_pylist()
    return dict(row)


def test_a_proposal_tells_what_it_replaces() -> None:
    row = fact({"all": allow("*")})
    assert (row["source"], row["removed_services"], row["removed_actions"]) == (
        "last_accessed",
        ["iam"],
        ["s3:CreateBucket"],
    )
    assert json.loads(row["replaces"]) == [{"name": "all", "arn": None, "via_group": None}]
    assert row["size_characters"] == sum(map(size, row["policies"]))


def test_a_generated_policy_is_preferred_and_comes_with_a_warning() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/app"
    worst = [(ACCOUNT, arn, ["s3"], ["iam"], True, [json.dumps(allow("s3:ListBucket")), "{"])]
    row = fact({"all": allow("*")}, worst=worst)
    assert row["source"] == "access_analyzer"
    assert json.loads(row["policies"][0])["Statement"][0]["Action"] == "s3:ListBucket"
    assert row["notes"] == [proposals.IDENTITY_CENTER, proposals.DATA_EVENTS]


def test_nothing_is_proposed_in_place_of_what_cannot_be_read() -> None:
    row = fact({"odd": document()})
    assert row["policies"] == row["notes"] == []
    assert row["problems"] == [
        "Could not be read: odd: document, Statement: expected one statement or a list of at least one."
    ]


def test_nothing_used_is_nothing_kept() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/app"
    row = fact({"all": allow("*")}, worst=[(ACCOUNT, arn, [], ["iam", "s3"], False, None)])
    assert row["policies"] == []
    assert row["notes"] == [proposals.NOTHING_USED]


def test_granted_is_what_is_allowed_and_not_denied_outright() -> None:
    denied = document(
        statement("Allow", "s3:*"), statement("Deny", "s3:GetObject"), statement("Deny", "s3:Put*", "arn:aws:s3:::b")
    )
    (row,) = grants.rows(night({"some": denied}))
    assert row["actions"] == len(catalog.expand("s3:*")) - 1
    assert (row["tracked_actions"], row["sensitive_actions"]) == (1, 0)


# -- the tables


def role(name: str, days: int = 400, path: str = "/") -> Row:
    return {
        "account_id": MEMBER,
        "role_name": name,
        "role_id": f"AROA{name}",
        "arn": f"arn:aws:iam::{MEMBER}:role{path}{name}",
        "path": path,
        "created_at": datetime.combine(AS_OF - timedelta(days=days), datetime.min.time()),
        "trust_document": json.dumps({"Version": "2012-10-17", "Statement": []}),
        "tags": "{}",
    }


def read(name: str, status: str = "COMPLETED", message: str | None = None) -> Row:
    return {
        "account_id": MEMBER, "arn": f"arn:aws:iam::{MEMBER}:role/{name}", "permissions_sha256": "x", "read_on": AS_OF,
        "status": status, "message": message,
    }  # fmt: skip


def used(name: str, service: str, days: int | None) -> Row:
    at = None if days is None else datetime.combine(AS_OF - timedelta(days=days), datetime.min.time())
    return {
        "account_id": MEMBER,
        "arn": f"arn:aws:iam::{MEMBER}:role/{name}",
        "service": service,
        "last_accessed_at": at,
    }


ROWS: dict[str, list[Row]] = {
    "roles": [
        role("admin"), role("approved"), role("reader"), role("new", 10), role("failed"), role("unasked"),
        role("linked", path="/aws-service-role/x.amazonaws.com/"),
        role("refused") | {"account_id": MANAGEMENT, "arn": f"arn:aws:iam::{MANAGEMENT}:role/refused"},
    ],
    "register": [
        {
            "entry": "approved_administrators 1", "kind": "approved_administrator", "owner": "security",
            "resource": f"arn:aws:iam::{MEMBER}:role/app*", "reason": "Runs it.", "expires_on": AS_OF,
        },
    ],
    "extracts": [
        {
            "account_id": MANAGEMENT, "region": "global", "dataset": "last_accessed_reads", "status": "failed",
            "rows": 0, "operation": "iam:GenerateServiceLastAccessedDetails", "message": "not authorized",
        },
    ],
    "inline_policies": [
        {
            "account_id": MEMBER, "principal_type": "role", "principal_name": name, "policy_name": "own",
            "principal_arn": f"arn:aws:iam::{MEMBER}:role/{name}",
            "document": json.dumps(source),
        }
        for name, source in (("admin", allow("*")), ("reader", allow(["s3:Get*", "sqs:*"])), ("new", allow("*")))
    ],
    "last_accessed_reads": [read("admin"), read("reader"), read("new"), read("failed", "FAILED", "too much")],
    "service_last_accessed": [
        used("admin", "s3", 90), used("admin", "sqs", 91), used("reader", "s3", 1), used("reader", "sqs", None),
        used("new", "s3", None),
    ],
    "action_last_accessed": [
        {**used("admin", "s3", 90), "action": "CreateBucket"}, {**used("admin", "s3", 91), "action": "DeleteBucket"},
    ],
    "tracked_actions": [
        {"account_id": MEMBER, "service": "s3", "actions": ["CreateBucket", "DeleteBucket", "GetBucketPolicy"]},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for name, dataset in collectors.datasets().items():
        load(con, dataset, [dict(row) for row in (DEFAULTS | ROWS).get(name, [])])
    history.prepare(con)
    known = models.load()
    with build.prepared(con, Settings(), Night(Settings().home, AS_OF), known) as work:
        for model in known.with_ancestors(["policy_proposals"]):
            work.make(model)
    return con


def test_every_principal_has_a_row_and_a_status(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute("select name, data_status, data_reason from least_privilege order by name").fetchall()
    assert rows == [
        ("admin", "known", None),
        ("approved", "not_applicable", f"Approved as an administrator by security until {AS_OF}."),
        ("failed", "unknown", "AWS could not make the report: too much."),
        ("linked", "not_applicable", "Kept by an AWS service: not for the account to change."),
        ("new", "too_new", "Created 10 days ago: too early to tell."),
        ("reader", "known", None),
        ("refused", "unknown", "iam:GenerateServiceLastAccessedDetails: not authorized"),
        ("unasked", "unknown", "AWS was not asked for a report: the principal is gone, or new."),
    ]


def test_granted_is_set_against_used(warehouse: duckdb.DuckDBPyConnection) -> None:
    columns = "place, services_in_use, services_not_used, used_percent, granted_actions, used_actions, unused_actions"
    admin, reader = warehouse.execute(f"select {columns} from least_privilege where place is not null").fetchall()
    everything, buckets = len(catalog.expand("*")), len(catalog.expand("s3:*"))
    assert admin == (1, ["s3"], ["sqs"], 50.0, everything, 1, everything - buckets + 2)
    reads, queues = len(catalog.expand("s3:Get*")), len(catalog.expand("sqs:*"))
    assert reader == (2, ["s3"], ["sqs"], 50.0, reads + queues, 0, queues + 1)


def test_the_worst_have_proposals(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute("select place, name, policies, problems from policy_proposals order by place").fetchall()
    assert [(place, name, problems) for place, name, _, problems in rows] == [(1, "admin", []), (2, "reader", [])]
    actions = json.loads(rows[0][2][0])["Statement"][0]["Action"]
    assert "s3:CreateBucket" in actions
    assert "s3:DeleteBucket" not in actions


def test_every_column_is_described(warehouse: duckdb.DuckDBPyConnection) -> None:
    tables = [
        "stg_action_usage",
        "stg_tracked_actions",
        "int_generated_policies",
        "least_privilege",
        "policy_proposals",
    ]
    query = "select table_name, column_name, comment from duckdb_columns() where list_contains(?, table_name)"
    rows = warehouse.execute(query, [tables]).fetchall()
    assert {table for table, _, _ in rows} == set(tables)
    assert [(table, column) for table, column, comment in rows if not comment] == []
