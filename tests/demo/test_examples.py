"""The promise of demo/examples.py: every example is there, as good or as bad as it says."""

from __future__ import annotations

import pytest

from demo.organization.examples import BAD, EXAMPLES, GOOD, MANUAL
from demo.organization.scene import NIGHTS
from tests.demo.facts import Account, Organization
from tests.demo.judges import JUDGES

# The controls of tiers 0 and 1, and two of tier 2 (BP03-03, BP04-05); BP03-04 is for people to attest.
EXPECTED = set(JUDGES) | {"BP03-04"}


def test_every_control_has_a_good_and_a_bad_example():
    for control in EXPECTED:
        verdicts = {e.verdict for e in EXAMPLES if e.control == control}
        assert verdicts >= ({MANUAL} if control == "BP03-04" else {GOOD, BAD}), control
    assert {e.control for e in EXAMPLES} == EXPECTED


@pytest.mark.parametrize("night", range(1, NIGHTS + 1))
def test_the_examples_of_a_night_are_as_declared(aws, night):
    """On its first and last night each; the nights between follow."""
    aws.emulator.set_night(night)
    org, accounts = Organization(aws), {}
    wrong = []
    for example in EXAMPLES:
        if example.verdict not in (GOOD, BAD) or night not in (example.since, example.until):
            continue
        # An example of the organization is judged from the management account.
        name = example.account or "group-management"
        account = accounts.setdefault(name, Account(aws, name))
        if JUDGES[example.control](org, account, example.resource) != (example.verdict == GOOD):
            wrong.append(example)
    assert wrong == []
