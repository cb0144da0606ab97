"""Throws damaged policy documents at the parser and its readers.

Any exception but MalformedPolicy, or a slow answer, is a bug.

python -m tests.pipeline.policy.fuzz_parser --seconds 600 --seed 1
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from pipeline.policy import Context, MalformedPolicy, Policies, Policy, Request, evaluate, flaws, parse, trust_facts
from tests.pipeline.policy.support import ACCOUNT, INSIDE, load

KINDS = ("any", "identity", "trust", "resource", "scp", "rcp")
SLOW_SECONDS = 2.0
SCRAPS = [
    *(
        '"',
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\\",
        "\\u0000",
        "\\ud800",
        "\ufeff",
        "\x00",
        "%",
        "%7B",
        "%ZZ",
        "null",
        "true",
        "1e999",
        "NaN",
    ),
    *(
        '"Effect"',
        '"Action"',
        '"NotAction"',
        '"Principal"',
        '"Condition"',
        '"Resource"',
        '"Version"',
        '"2012-10-17"',
        "${",
        "}",
        "${*}",
    ),
    *(
        "*" * 300,
        "*a" * 200,
        "?" * 300,
        "[" * 2000,
        "{" * 2000,
        "é",
        "\U0001d538",
        "\u2028",
        "arn:",
        "arn:aws:iam::*:root",
        "::::::",
        "-0",
        "1" * 5000,
    ),
]
VALUES: list[Any] = [
    "*",
    "",
    "s3:*",
    [],
    ["*"],
    [["*"]],
    {},
    {"a": "b"},
    None,
    0,
    -1.5,
    True,
    "arn:aws:s3:::*",
    ["a", 1],
    "${aws:username}",
    "\ud800",
]
KEYS = [
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
    "Sid",
    "Version",
    "Statement",
    "Id",
    "x",
    "",
]


def seeds() -> list[Any]:
    found = [case["policy"] for case in load("policy_cases.json")]
    return [one for case in found for one in (case if isinstance(case, list) else [case])]


def damaged_text(rng: random.Random, text: str) -> str:
    for _ in range(rng.randint(1, 4)):
        at, to = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        piece = rng.choice(["", rng.choice(SCRAPS), text[at:to], text[at:to] * 2, chr(rng.randrange(1, 0x3000))])
        text = text[:at] + piece + text[rng.choice([at, min(at + 1, len(text)), to]) :]
    return text


def damaged_tree(rng: random.Random, node: Any, depth: int = 0) -> Any:
    roll = rng.random()
    if roll < 0.06 or depth > 8:
        return rng.choice(VALUES)
    if isinstance(node, dict):
        made = {
            (rng.choice(KEYS) if rng.random() < 0.04 else key): damaged_tree(rng, value, depth + 1)
            for key, value in node.items()
        }
        if roll > 0.96:
            made[rng.choice(KEYS)] = rng.choice(VALUES)
        return made
    if isinstance(node, list):
        return [damaged_tree(rng, value, depth + 1) for value in node] * rng.choice([1, 1, 1, 0, 2])
    return [node] if roll > 0.97 else node


def inputs(rng: random.Random, seed: Any) -> Any:
    text = seed if isinstance(seed, str) else json.dumps(seed)
    ways: list[Callable[[], Any]] = [
        lambda: damaged_text(rng, text),
        lambda: damaged_tree(rng, seed),
        lambda: json.dumps(damaged_tree(rng, seed), allow_nan=True),
        lambda: quote(damaged_text(rng, text), safe="", errors="replace"),
        lambda: damaged_text(rng, quote(text)),
        lambda: damaged_text(rng, text).encode("utf-8", "surrogatepass"),
    ]
    return rng.choice(ways)()


def try_one(source: Any, kind: Any) -> str:
    if not isinstance(source, (dict, str, bytes)):
        return "skipped"
    try:
        document = parse(source, kind)
    except MalformedPolicy:
        return "malformed"
    request = Request.of(
        f"arn:aws:iam::{ACCOUNT}:user/worker", "s3:GetObject", "arn:aws:s3:::b/k", Context.of({}, complete=False)
    )
    policy = Policy("fuzzed", document)
    evaluate(
        request, Policies((policy,), boundary=policy, resource=policy, scp_levels=[[policy]], rcp_levels=[[policy]])
    )
    flaws(document)
    if kind == "trust":
        trust_facts(document, INSIDE)
    return "parsed"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng, corpus, counts = random.Random(options.seed), seeds(), Counter[str]()
    slowest, end = 0.0, time.monotonic() + options.seconds
    while time.monotonic() < end:
        source, kind = inputs(rng, rng.choice(corpus)), rng.choice(KINDS)
        begun = time.monotonic()
        try:
            counts[try_one(source, kind)] += 1
        except Exception as error:
            print(f"{type(error).__name__}: {error}\nkind {kind}, source {source!r}", file=sys.stderr)
            return 1
        slowest = max(slowest, time.monotonic() - begun)
        if slowest > SLOW_SECONDS:
            print(f"{slowest:.1f} s\nkind {kind}, source {source!r}", file=sys.stderr)
            return 1
    print(f"seed {options.seed}: {counts.total()} inputs, {dict(counts)}, slowest {slowest * 1000:.0f} ms")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
