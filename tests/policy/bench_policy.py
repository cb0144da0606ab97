"""The time to judge many principals (administrator? escalation paths?) that hold few distinct documents.

python -m tests.policy.bench_policy --principals 2000000 --documents 20000
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import time
from collections import Counter

from pipeline.policy import Policy, Principal, Profiles, Tri, catalog
from tests.policy.support import ADMIN, FULL_ACCESS, allow, deny, document, statement

ACCOUNTS = 5000


def distinct(count: int, rng: random.Random) -> list[Policy]:
    """Documents as accounts hold them: mostly a few services, some with PassRole or IAM writes, few of everything."""
    services = sorted(catalog.services())
    found = []
    for index in range(count):
        some = rng.sample(services, rng.randint(1, 4))
        statements = [
            statement("Allow", [f"{service}:{rng.choice(['Get*', 'List*', '*', 'Create*'])}" for service in some])
        ]
        if index % 10 == 0:
            statements.append(
                statement("Allow", ["iam:PassRole", "lambda:*", "ec2:RunInstances"], "arn:aws:iam::*:role/*")
            )
        if index % 25 == 0:
            statements.append(
                statement(
                    "Allow",
                    ["iam:PutRolePolicy", "iam:CreateAccessKey"],
                    Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}},
                )
            )
        if index % 200 == 0:
            statements.append(ADMIN["Statement"][0])
        statements.append(statement("Allow", "logs:PutLogEvents", f"arn:aws:logs:*:*:log-group:app-{index}"))
        found.append(Policy.read(f"policy-{index}", document(*statements)))
    return found


def run(principals: int, documents: int, seed: int = 1) -> tuple[float, float, Counter[str]]:
    """(seconds to parse the documents, seconds to judge the principals, what was found)."""
    rng = random.Random(seed)
    begun = time.perf_counter()
    held = distinct(documents, rng)
    parsed = time.perf_counter() - begun
    guard = Policy.read("guard", deny(["organizations:LeaveOrganization", "cloudtrail:StopLogging"]), "scp")
    levels = tuple(((FULL_ACCESS,), (FULL_ACCESS, guard)) for _ in range(ACCOUNTS))
    common = Policy.read("common", allow(["sts:GetCallerIdentity", "iam:GetUser"]))
    profiles, counts = Profiles(), Counter[str]()
    begun = time.perf_counter()
    for index in range(principals):
        account = index % ACCOUNTS
        one = Principal(
            f"arn:aws:iam::{100000000000 + account}:role/app-{index}",
            (held[index * 7919 % documents], common),
            scp_levels=levels[account],
        )
        found = profiles.escalations(one)
        counts["administrators"] += found.admin.verdict is Tri.YES
        counts["can escalate"] += found.can_escalate
    return parsed, time.perf_counter() - begun, counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--principals", type=int, default=2_000_000)
    parser.add_argument("--documents", type=int, default=20_000)
    options = parser.parse_args()
    sizes = itertools.product(
        (options.principals // 10, options.principals), (options.documents // 10, options.documents)
    )
    for principals, documents in sizes:
        parsed, judged, counts = run(principals, documents)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{principals:>9,} principals, {documents:>6,} documents: parse {parsed:5.1f} s, judge {judged:6.1f} s, "
            f"{judged / principals * 1e6:6.1f} µs a principal, {memory:,.0f} MB; {dict(counts)}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
