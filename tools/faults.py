"""Every operation under every fault, once and for ever; writes docs/reliability.md: `python -m tools.faults`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import botocore.session
from rich.console import Console

from assets.cli.demonstration import environment, served
from pipeline import collectors
from pipeline.aws.session import parts
from pipeline.collect.counts import METRICS
from pipeline.collect.memory import Memory
from pipeline.collect.reading import MOST_AGAIN
from pipeline.night import Night
from pipeline.quality.plausible import FEW, VANISHED_CHECK
from tests.pipeline.aws import outcomes
from tests.pipeline.aws.bench import HEALS, ON_THE_WIRE, Bench, BenchCloud, opened, operations
from tools.docs import FOLDER, code, table

WORDS = {
    "heals": "happened once: repeated, and the rows are those of an undamaged reading",
    "unknown": "for every answer: the extracts that depend on the operation fail with the class, and no row is taken",
    "harmless": "the answer is right all the same",
}
RAISED = "raised "
Wrong = dict[tuple[str, str], str]
"""By operation and fault: what is not as it must be."""


def measured() -> tuple[Wrong, float]:
    """What went wrong, and the seconds of processor time."""
    wrong: Wrong = {}
    with ExitStack() as stack:
        organization = stack.enter_context(served())
        stack.enter_context(environment(organization.environment))
        stack.enter_context(patch.object(time, "sleep", lambda seconds: None))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        settings = organization.settings(Path(folder), organization.nights[0], max_attempts=3)
        memory = Memory(Night(settings.home, organization.nights[0]))
        cloud = stack.enter_context(closing(BenchCloud(settings, memory=memory)))
        bench = opened(cloud, outcomes.MEMBERS)
        began = time.process_time()
        for operation in operations():
            wrong |= {(operation, name): why for name, why in of_operation(bench, operation)}
    return wrong, time.process_time() - began


def of_operation(bench: Bench, operation: str) -> Iterator[tuple[str, str]]:
    """Every fault that an operation does not bear, and why."""
    clean: dict[str, Any] = dict(bench.rows(bench.reading(bench.asked[operation])[0], operation))
    for name in ON_THE_WIRE:
        try:
            why = outcomes.once(bench, clean, operation, name) or outcomes.for_ever(bench, clean, operation, name)
        except Exception as error:  # nothing may reach a night
            why = f"{RAISED}{type(error).__name__}: {error}"
        if why:
            yield name, why
    if why := outcomes.without_its_list(bench, clean, operation):
        yield "without its list", why


def page(wrong: Wrong) -> Iterator[str]:
    """The page, line by line."""
    names, asked = list(ON_THE_WIRE), operations()
    lost = sum(why.startswith(RAISED) for why in wrong.values())
    cells = sum(1 + (name in HEALS) for name in names) * len(asked)
    yield from ("# Reliability", "", "<!-- Written by `make faults`. -->", "")
    yield from (
        "What becomes of a night when an answer of AWS is damaged on its way. Every operation of the collectors is",
        "given every fault, on its first answer and on all of them, over recorded answers of the demo organization;",
        "its datasets are then held against those of an undamaged reading. The same rows give the same findings, and a",
        "failed extract makes exactly the findings that depend on it `unknown`: for any set of failing extracts,",
        "`tests/pipeline/warehouse/test_unread.py` shows that.",
        "",
        f"{len(asked)} operations, {len(names)} faults, {cells:,} readings. "
        f"Nights lost: {lost}. Wrong verdicts: {len(wrong) - lost}.",
        "",
        "## Faults",
        "",
    )
    for number, (name, (_, error_class)) in enumerate(ON_THE_WIRE.items(), start=1):
        for_ever = f"unknown, `{error_class}`" if error_class else "harmless"
        yield f"{number}. {name}: {'heals; ' if name in HEALS and error_class else ''}{for_ever}"
    yield from ("", *(f"- **{word}**: {meaning}" for word, meaning in WORDS.items()), "", "## Operations", "")
    yield from ("`+`: as said above; `x`: not so.", "")
    rows = []
    for operation in asked:
        marks = ("x" if (operation, name) in wrong else "+" for name in names)
        rows.append((code(operation), ", ".join(map(code, datasets_of(operation))), *marks))
    yield from table(("Operation", "Datasets", *map(str, range(1, len(names) + 1))), rows)
    yield from without_end()


def without_end() -> Iterator[str]:
    """What is known of a list whose end is lost together with the token that leads to it."""
    models = cache(botocore.session.get_session().get_service_model)
    says = []
    for operation in operations():
        service, name = parts(operation)
        says += [code(operation)] if "IsTruncated" in models(service).operation_model(name).output_shape.members else []
    yield from (
        "## A list without its end",
        "",
        "An answer that lost its last pages together with the token that leads to them looks like a whole one. It is",
        "known nevertheless",
        "",
        f"- where the answer also says that there is more (`IsTruncated`): {', '.join(says)};",
        f"- where AWS counts in another answer: {', '.join(map(code, METRICS))} by GetAccountSummary, services and",
        "  container instances of a cluster by `ecs:DescribeClusters`. With fewer the list is read again, and is",
        "  `truncated` if it still has fewer;",
        "- where the last night that has the list had more rows: it is read again, and the longer reading counts;",
        f"  not where that took more than {MOST_AGAIN} requests;",
        f"- where nothing is left of a dataset that had {FEW} rows or more: unknown for a night (`{VANISHED_CHECK}`).",
        "",
        "It cannot be known of any other list that ends early in the same way twice, or on the first night: AWS says",
        "nowhere how long it is. A dataset that lost more than half of its rows, over all accounts, is a warning",
        "(check `rows_like_night_before`).",
        "",
    )


def datasets_of(operation: str) -> list[str]:
    return sorted(d.name for d in collectors.datasets().values() if operation in d.operations)


def main() -> int:
    """Run the bench and write the page. Returns 1 if anything is wrong."""
    wrong, seconds = measured()
    (FOLDER / "reliability.md").write_text("\n".join(page(wrong)), encoding="utf-8")
    console = Console()
    for (operation, name), why in wrong.items():
        console.print(f"{operation} under {name}: {why}", markup=False, soft_wrap=True)
    count = len(operations()) * len(ON_THE_WIRE)
    console.print(f"{count} pairs of operation and fault, {len(wrong)} wrong, {seconds:.0f} seconds of processor time")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
