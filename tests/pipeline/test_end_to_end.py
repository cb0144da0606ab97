"""The whole way, from the wire to the report: every control and verdict, every AWS system, one denial, no secret."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from demo.organization.examples import BAD, EXAMPLES, GOOD, NOT_APPLICABLE
from pipeline import collectors
from pipeline.aws.session import SERVICES
from pipeline.collect import run
from pipeline.night import DATABASE, WAREHOUSE, Night
from pipeline.publish import database
from pipeline.warehouse import build
from pipeline.warehouse.models import load
from reports import site
from tests import nights
from tests.conftest import Loopback, use
from tests.nights import NIGHT
from tests.sql import harness

pytestmark = pytest.mark.slow

MANAGEMENT, SECURITY, ORDERS = "729096989405", "874237254706", "342489065146"
UNTOUCHED = (MANAGEMENT, SECURITY)
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

# Nothing asked for that need not be: what is then owed to nobody is not applicable.
UNASKED = {
    "job_function_roles": {"required_policies": []},
    "unused_access_analyzer": {"accept_no_analyzer_reason": "-"},
}
# What only the management account is asked, and the analyzers of the administrator that it delegated to.
ORGANIZATION_DENIED = (
    *({"account": MANAGEMENT, "service": s, "kind": "deny"} for s in ("sso-admin", "accessanalyzer", "lambda")),
    *(
        {"account": MANAGEMENT, "service": "organizations", "operation": operation, "kind": "deny"}
        for operation in ("ListPolicies", "ListAWSServiceAccessForOrganization", "ListDelegatedAdministrators")
    ),
    {"account": MANAGEMENT, "service": "iam", "operation": "ListOrganizationsFeatures", "kind": "deny"},
    {"account": SECURITY, "service": "accessanalyzer", "kind": "deny"},
)

Finding = tuple[str, str, str, str]
Said = tuple[str, str, str]


@dataclass
class Judged:
    """What one night said: of each finding (control, account, region, resource) its verdict, reason and evidence."""

    findings: dict[Finding, Said]
    unread: dict[str, set[str]]
    """Datasets that could not be read, by account."""

    def verdicts(self) -> set[tuple[str, str]]:
        return {(key[0], said[0]) for key, said in self.findings.items()}


@dataclass
class Home:
    """A home folder, and what its nights said."""

    loopback: Loopback
    folder: Path
    controls: list[dict[str, Any]] = field(default_factory=list)

    def night(self, number: int, *faults: dict[str, Any], **more: Any) -> Judged:
        """Collect and judge a night, without publishing it."""
        self.loopback.reset(number)
        self.loopback.faults(*faults)
        settings = self.loopback.settings(self.folder, **more)
        plan = run.plan(settings, self.at(number))
        run.collect_shard(settings, plan, 0)
        run.commit(settings, plan)
        return self.judge(number, **more)

    def at(self, number: int) -> Night:
        return Night(self.folder, self.loopback.nights[number - 1])

    def judge(self, number: int, **more: Any) -> Judged:
        """Judge a night that has been collected."""
        build.build(self.loopback.settings(self.folder, **more), self.at(number))
        with duckdb.connect(self.folder / WAREHOUSE, read_only=True) as con:
            said = con.execute(
                "select control_id, account_id, region, resource, verdict, reason, evidence::varchar from findings"
            ).fetchall()
            failed = con.execute("select account_id, dataset from coverage where status = 'failed'").fetchall()
            names = ("control_id", "scope", "reads")
            controls = con.execute(f"select {', '.join(names)} from controls").fetchall()
            self.controls = [dict(zip(names, row, strict=True)) for row in controls]
        unread = defaultdict(set)
        for account_id, dataset in failed:
            unread[account_id].add(dataset)
        return Judged({row[:4]: row[4:] for row in said}, unread)


@dataclass
class Whole:
    """The nights of the module: the fifth in full, the same with a service denied in many accounts, and glimpses.

    A glimpse is a night of two or three accounts: the organization has one verdict of a kind on a night, and says
    another on another night, under other settings, or where it may not be read.
    """

    home: Home
    full: Judged
    denied: Judged
    denials: dict[str, str]
    """The account in which each service is denied."""
    glimpses: list[Judged]
    calls: set[tuple[str, str]]
    """What the fifth night asked: account, and operation by boto3's name of its service."""
    pages: Path

    def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.home.folder / DATABASE, read_only=True) as con:
            return con.execute(query, list(values)).fetchall()

    def verdicts(self) -> set[tuple[str, str]]:
        return set.union(*(judged.verdicts() for judged in (self.full, self.denied, *self.glimpses)))


@pytest.fixture(scope="module")
def whole(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with pytest.MonkeyPatch.context() as patch:
        use(loopback, patch)
        home, few = Home(loopback, tmp_path_factory.mktemp("home")), [MANAGEMENT, SECURITY, ORDERS]
        early = Home(loopback, tmp_path_factory.mktemp("early"))
        glimpses = [early.night(2, regions=["us-east-1", "eu-west-3"], include_accounts=few)]
        glimpses.append(early.judge(2, controls=UNASKED, include_accounts=few))
        landed = nights.landed(loopback, tmp_path_factory)
        landed.copy(home.folder)
        register, calls = landed.register, set(landed.calls)
        full = home.judge(NIGHT, exceptions_file=register)
        path, _ = database.publish(loopback.settings(home.folder), home.at(NIGHT))
        pages = home.folder / "reports"
        site.build(path, pages)
        copy = Home(loopback, home.folder.with_name("denied"))
        shutil.copytree(home.folder, copy.folder)
        denials = accounts_to_deny(home.controls, full, calls)
        rules = [{"account": account, "service": s, "kind": "deny"} for s, account in denials.items()]
        denied = copy.night(NIGHT, *rules, exceptions_file=register)
        glimpses.append(copy.night(3, *ORGANIZATION_DENIED, include_accounts=few, exceptions_file=register))
        glimpses.append(copy.night(6, include_accounts=few, exceptions_file=register))
        yield Whole(home, full, denied, denials, glimpses, calls, pages)


def datasets_of(service: str) -> set[str]:
    """Datasets that an account owes and that a service, by boto3's name, is asked for."""
    return {
        dataset.name
        for dataset in collectors.datasets().values()
        if dataset.scope != "organization"
        and any(SERVICES.get(p, p) == service for p in (op.split(":")[0] for op in dataset.operations))
    }


ROW_BY_ROW = {"acm-pca"}
"""Services that are asked of a single record, which says itself why it could not be read."""


def accounts_to_deny(controls: list[dict[str, Any]], full: Judged, calls: set[tuple[str, str]]) -> dict[str, str]:
    """For each service that accounts are asked for, another account to deny it in: where it matters most."""
    asked = {(account, operation.split(":")[0]) for account, operation in calls}
    operations = [op for d in collectors.datasets().values() if d.scope != "organization" for op in d.operations]
    services = {SERVICES.get(prefix, prefix) for prefix in (op.split(":")[0] for op in operations)}
    chosen: dict[str, str] = {}
    for service in sorted(services, key=lambda s: (sum(s == other for _, other in asked), s)):
        resting = {c["control_id"] for c in controls if datasets_of(service) & set(c["reads"])}
        weight = {account: 0 for account, other in asked if other == service and account}
        for (control, account, _, _), (verdict, _, _) in full.findings.items():
            if account in weight and control in resting:
                weight[account] += verdict in ("pass", "fail")
        good = [a for a in weight if a not in (*UNTOUCHED, *chosen.values()) and not full.unread.get(a)]
        chosen[service] = max(good, key=lambda account: (weight[account], account))
    return chosen


def test_every_pair_of_control_and_account_has_a_verdict(whole: Whole) -> None:
    owed = """
        select c.control_id, a.account_id from controls c, accounts a
        where a.is_in_scope and a.state = 'ACTIVE' and (c.scope = 'account' or a.is_management)
        except select control_id, account_id from findings
    """
    assert whole.all(owed) == []
    assert whole.all("select distinct practice from findings order by 1") == [(n,) for n in range(1, 15)]


def test_every_control_fails_and_passes_on_what_came_over_the_wire(whole: Whole) -> None:
    wanted = {(c["control_id"], verdict) for c in whole.home.controls for verdict in ("pass", "fail")}
    assert len(wanted) >= 180
    assert sorted(wanted - whole.verdicts() - harness.unseen()) == []


def test_every_verdict_that_a_case_names_is_seen_or_cannot_be(whole: Whole) -> None:
    named = {(case.control_id, expected["verdict"]) for case in harness.read_cases() for expected in case.expect}
    assert sorted(named - whole.verdicts()) == sorted(harness.unseen())


def test_the_demonstrations_examples_of_accounts_are_as_declared(whole: Whole) -> None:
    numbers = dict(whole.all("select control_id, number from controls"))
    names = dict(whole.all("select account_id, name from accounts"))
    said: dict[tuple[str, str], set[str]] = {}
    for (control, account, _, _), (verdict, _, _) in whole.full.findings.items():
        said.setdefault((numbers[control], names[account]), set()).add(verdict)
    declared = [e for e in EXAMPLES if e.account and not e.resource and e.since <= NIGHT <= e.until]
    assert len(declared) > 40
    for example in declared:
        assert WORDS[example.verdict] in said[example.control, example.account], example


WORDS = {GOOD: "pass", BAD: "fail", NOT_APPLICABLE: "not_applicable"}


def test_a_fail_that_is_excepted_and_what_nobody_attests_are_seen_too(whole: Whole) -> None:
    verdicts = {verdict for _, verdict in whole.verdicts()}
    assert verdicts == {"pass", "fail", "not_applicable", "unknown", "manual", "exempt"}


def test_a_service_denied_in_an_account_makes_exactly_its_controls_unknown_there(whole: Whole) -> None:
    assert len(whole.denials) == len(set(whole.denials.values())) > 10
    settling = {name: of.control.settles_unread for name, of in load().controls.items() if of.control}
    expected, settled = set(), set()
    for service, account in whole.denials.items():
        failed = whole.denied.unread[account]
        assert failed == (set() if service in ROW_BY_ROW else datasets_of(service)), service
        lost = datasets_of(service)
        needs = {c["control_id"]: lost & set(c["reads"]) for c in whole.home.controls if c["scope"] == "account"}
        expected |= {(control, account) for control, of in needs.items() if of - settling[control]}
        settled |= {(control, account) for control, of in needs.items() if of & settling[control]}
    before, after = whole.full.findings, whole.denied.findings
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert expected <= {key[:2] for key in changed} <= expected | settled
    assert {key[:2] for key in changed & after.keys()} >= expected
    assert {after[key][0] for key in changed & after.keys()} == {"unknown"}


# System -> best practice, its line there (a glob of the view's names), a control that judges it.
SYSTEMS = {
    "IAM Identity Center": (1, "IAM Identity Center", "idc_org_instance"),
    "STS federation with SAML": (1, "STS federation with SAML", "saml_federation_healthy"),
    "STS federation with web identity": (2, "STS federation with web identity", "container_workload_roles"),
    "Roles Anywhere": (2, "IAM Roles Anywhere", "rolesanywhere_profile_scoped"),
    "IoT credential provider": (2, "AWS IoT credential provider", "iot_role_alias_scoped"),
    "ECS Anywhere": (2, "Amazon ECS Anywhere", "ecs_anywhere_task_roles"),
    "EKS Hybrid Nodes": (2, "Amazon EKS Hybrid Nodes", "eks_hybrid_nodes_identity"),
    "Systems Manager hybrid activations": (2, "Systems Manager hybrid activations", "ssm_hybrid_activations"),
    "MFA": (3, "MFA devices", "phishing_resistant_mfa"),
    "access key last used": (4, "Credential report: *", "no_setup_or_mixed_keys"),
    "CodeCommit and Keyspaces credentials": (4, "Service-specific credentials: *", "other_longterm_credentials"),
    "root user": (5, "Root user", "root_no_keys_or_certs"),
    "customer managed policies": (6, "IAM users, groups, roles and policies", "no_admin_customer_policies"),
    "AWS managed policies": (7, "IAM users, groups, roles and policies", "broad_aws_managed_on_workloads"),
    "policy generation": (8, "*: policy generation", "policy_generation_used"),
    "external findings": (11, "IAM Access Analyzer: findings", "external_findings_sla"),
    "unused access findings": (9, "IAM Access Analyzer: findings", "unused_access_analyzer"),
    "internal access findings": (11, "*: analyzers of *", "internal_access_critical_resources"),
    "access previews": (12, "*: access previews", "validation_in_practice"),
    "policy validation": (12, "*: policy validation", "identity_policies_validate"),
    "last accessed information": (9, "Last accessed information", "unused_permissions"),
    "conditions": (10, "IAM users, groups, roles and policies", "condition_correctness"),
    "SCPs": (13, "Organizations: SCPs and RCPs", "scp_coverage"),
    "RCPs": (13, "Organizations: SCPs and RCPs", "rcp_coverage"),
    "boundaries": (14, "IAM users, groups, roles and policies", "boundary_is_meaningful"),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_named_system_has_findings_and_its_line_on_the_page_of_its_practice(whole: Whole, name: str) -> None:
    practice, line, control = SYSTEMS[name]
    found = whole.all(
        "select system, fail, unknown, exempt, manual, pass, not_applicable from systems "
        "where practice = ? and system glob ? and list_contains(controls, ?)",
        *(practice, line, control),
    )
    ((system, *counts),) = found
    assert {verdict for (judged, *_), (verdict, *_) in whole.full.findings.items() if judged == control} & {
        "pass",
        "fail",
    }
    page = (whole.pages / "practices" / f"{practice:02}.html").read_text()
    (row,) = re.findall(rf'<tr><th scope="row">{re.escape(system)}</th>(.*?)</tr>', page)
    assert [int(cell.replace(",", "")) for cell in re.findall(r">([\d,]+)</td>", row)][1:] == counts
    assert f'<a href="../controls/{control}.html">' in page


def test_every_system_that_is_read_has_a_name(whole: Whole) -> None:
    """A dataset that controls rest on and that no line of the view `systems` speaks of is one that was forgotten."""
    named = whole.all("select distinct unnest(controls) from systems")
    assert {c["control_id"] for c in whole.home.controls} - {row[0] for row in named} == {"org_membership_all_features"}


def places(whole: Whole, pattern: str) -> set[str]:
    """Where in a home a text is found, in whatever row of whatever table, or in plain bytes."""
    found, sought = set(), re.compile(pattern.encode())
    for path in (path for path in whole.home.folder.rglob("*") if path.is_file()):
        is_table = path.suffix == ".parquet"
        text = repr(pq.read_table(path).to_pylist()).encode() if is_table else path.read_bytes()
        if sought.search(text):
            found.add(path.relative_to(whole.home.folder).parts[0])
    for name in (WAREHOUSE, DATABASE):
        with duckdb.connect(whole.home.folder / name, read_only=True) as con:
            for schema, table in con.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                rows = con.execute(
                    f"select 1 from {schema}.{table} as t where regexp_matches(t::varchar, ?)", [pattern]
                )
                if rows.fetchone():
                    found.add(name)
    return found


def test_planted_keys_are_seen_and_nowhere_stored(whole: Whole) -> None:
    """They stand in variables of functions, tasks and builds, in tags, and in user data that nobody asks for."""
    assert places(whole, "UPLOAD_KEY") == {"landing", WAREHOUSE, DATABASE, "reports"}
    assert places(whole, "|".join((KEY_ID, *SECRET.split("/")))) == set()
    both = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    variables = "select aws_key_variables from {} where has_aws_key_variable"
    found = {kind: whole.all(variables.format(table)) for kind, table in PLANTED.items()}
    assert found == {kind: [(["UPLOAD_KEY"] if kind == "lambda_functions" else both,)] for kind in PLANTED}
    ((tags,),) = whole.all("select tags::varchar from accounts where name = 'sandbox-hackday'")
    assert '"note":"upload with (a secret access key)"' in tags
    roles = "select tags::varchar from staging.stg_roles where role_name = 'open-door'"
    assert whole.all(roles) == [('{"login":"(an access key id):(a secret access key)"}',)]
    assert not {operation for _, operation in whole.calls if operation == "ec2:DescribeInstanceAttribute"}


PLANTED = {
    "lambda_functions": "staging.stg_lambda_functions",
    "ecs_task_definitions": "intermediate.int_ecs_task_definitions",
    "codebuild_projects": "staging.stg_codebuild_projects",
}
