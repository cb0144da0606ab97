"""AWS's own managed policies, as moto ships them, through the lint: what AWS writes, customers copy.

Those that would still fail are listed, each with the reason; they may be one in fifty at most.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from pipeline.policy import flaws, parse
from pipeline.policy.document import Document
from pipeline.policy.lint import CODES, REMARKS
from tests.pipeline.policy.support import CASES, allow, deny, load

NOT_LISTED = "the Service Authorization Reference has no such key for the action"
SENDS_NO_TAGS = "ForAllValues on aws:TagKeys, for actions that, by the reference, never send tags"
LEFT = {
    "AIOpsAssistantPolicy": "compares aws:ViaAWSService, which is true or false, with the name of a service",
    "AWSCloudWatchOmniServiceRolePolicy": SENDS_NO_TAGS,
    "AWSGlueConsoleSageMakerNotebookFullAccess": SENDS_NO_TAGS,
    "AmazonCodeGuruReviewerFullAccess": "ForAllValues on a key that the reference says holds one value",
    "AmazonCodeGuruReviewerServiceRolePolicy": "ForAllValues on a key that the reference says holds one value",
    "AmazonEC2RolePolicyForLaunchWizard": SENDS_NO_TAGS,
    "AmazonTimestreamInfluxDBFullAccess": NOT_LISTED,
    "AnthropicFullAccess": NOT_LISTED,
    "ROSAManageSubscription": NOT_LISTED,
}
ROOT = Path(__file__).parents[3]


@cache
def conditioned() -> dict[str, Document]:
    """The documents that have conditions, by the policy's name."""
    read = {name: parse(one["Document"], "identity") for name, one in json.loads(aws_managed_policies_data).items()}
    return {name: one for name, one in read.items() if any(each.conditions for each in one.statements)}


def faults(document: Document) -> list[str]:
    return [f"{one.operator} {one.key}: {one.detail}" for one in flaws(document) if one.code not in REMARKS]


def test_what_aws_writes_is_no_fault_but_for_a_few() -> None:
    found = {name: faults(one) for name, one in conditioned().items()}
    failing = {name: one for name, one in found.items() if one}
    assert len(conditioned()) > 700
    assert len(LEFT) * 50 <= len(conditioned())
    assert {name: failing[name] for name in failing.keys() - LEFT.keys()} == {}
    assert LEFT.keys() - failing.keys() == set(), "these are no longer left: take them off the list"


def test_the_control_tolerates_the_remarks() -> None:
    text = (ROOT / "sql/controls/10_use_conditions/condition_correctness.sql").read_text("utf-8")
    listed = re.search(r"params\.tolerated = \[(.*?)\]", text, re.DOTALL)
    assert listed
    assert set(re.findall(r'"(\w+)"', listed[1])) == REMARKS
    assert set(CODES) > REMARKS


@pytest.mark.parametrize("case", load("condition_keys.json")["lint"], ids=lambda case: case["id"])
def test_conditions_that_aws_publishes(case: dict[str, Any]) -> None:
    write = allow if case["effect"] == "Allow" else deny
    assert faults(parse(write(case["action"], Condition=case["condition"]), "identity")) == []


# Two of AWS's samples are templates that are no valid documents as they stand.
TEMPLATES = {"deny-service-specific-credential-by-type.json", "Shared-Issuers.json"}
SAMPLES = [one for one in sorted((CASES / "guardrails").glob("*/*.json")) if one.name not in TEMPLATES]
PLACEHOLDERS = {"MAX_SIGNATURE_AGE_IN_MILLISECONDS": "600000", "my-corporate-cidr": "203.0.113.0/24"}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_guardrails_that_aws_publishes(path: Path) -> None:
    source = re.sub(r"[<\[]([\w-]+)[>\]]", lambda found: PLACEHOLDERS.get(found[1], found[1]), path.read_text("utf-8"))
    assert faults(parse(source, path.parent.name)) == []  # type: ignore[arg-type]
