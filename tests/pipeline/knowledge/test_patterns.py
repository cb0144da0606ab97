"""Today's catalogue held against the lists by the names of its actions: what a pattern finds, somebody has judged."""

from __future__ import annotations

import re

import pytest

from pipeline.knowledge import load
from pipeline.policy import actions
from pipeline.policy.escalation_paths import paths
from pipeline.policy.sensitive import NAMES, is_unjudged

IDENTITY = ("iam", "sts", "sso", "organizations", "identitystore", "sso-directory", "signin", "rolesanywhere")
TAMPERING = re.compile(
    r"(?:Stop|Disable|Disassociate|BatchDisable|Suspend|Leave)\w*"
    r"|Delete(?:Trail|EventDataStore|Detector|Hub|Analyzer|Members|Graph|PublishingDestination|DeliveryChannel"
    r"|\w*Recorder)\w*"
)


def named(service: str, pattern: re.Pattern[str]) -> set[str]:
    return {action for action in actions.expand(f"{service}:*") if pattern.fullmatch(action.partition(":")[2])}


@pytest.mark.parametrize("service", IDENTITY)
def test_whatever_manages_permissions_is_in_a_path_or_judged(service: str) -> None:
    managing = {
        action
        for action in actions.expand(f"{service}:*")
        if (entry := actions.find(action)) and "Permissions management" in entry.access_level
    }
    taken = {step.action for path in paths() for step in path.steps}
    assert managing - taken - load("escalation_paths").facts["judged"].keys() == set()


def test_whatever_stops_a_service_that_watches_is_probed_or_judged() -> None:
    objectives = load("guardrail_objectives").facts["objective"]
    probed = {probe["action"] for objective in objectives for probe in objective["probes"]}
    watching = {
        probe["action"].partition(":")[0]
        for objective in objectives
        if objective["id"].endswith("_tamper")
        for probe in objective["probes"]
    }
    found = set().union(*(named(service, TAMPERING) for service in watching))
    assert len(watching) > 5
    assert found - probed - load("guardrail_objectives").facts["judged"].keys() == set()


def test_whatever_takes_bearer_tokens_has_credentials_or_is_judged() -> None:
    listed = load("credential_services").facts
    taking = {s for s in actions.services() if named(s, re.compile("CallWithBearerToken"))}
    assert taking - {entry["actions"] for entry in listed["service"]} - listed["judged"].keys() == set()


@pytest.mark.parametrize("file", sorted(NAMES))
def test_whatever_speaks_of_data_or_credentials_is_judged(file: str) -> None:
    assert {action for s in actions.services() for action in named(s, NAMES[file]) if is_unjudged(action)} == set()


@pytest.mark.parametrize("file", ["escalation_paths", "guardrail_objectives", "credential_services"])
def test_what_is_judged_exists(file: str) -> None:
    judged = load(file).facts["judged"]
    assert [name for name in judged if ":" in name and actions.find(name) is None] == []
    assert [name for name in judged if ":" not in name and name not in actions.services()] == []
