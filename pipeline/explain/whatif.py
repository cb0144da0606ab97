"""What would change the verdict of a finding: parameters, register entries and policies, tried on the control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import collectors
from pipeline.aws.advice import advice
from pipeline.explain.changes import POLICY_TABLES, Enter
from pipeline.explain.policies import BearingPolicy
from pipeline.explain.replay import Finding, Replay
from pipeline.explain.search import Solution
from pipeline.explain.settings import entries, other_params
from pipeline.explain.trials import policy_changes
from pipeline.settings import Refused


@dataclass(frozen=True)
class Turn:
    """Changes, in words, that were tried together, and the resulting verdict."""

    changes: tuple[str, ...]
    verdict: str
    reason: str


ANOTHER = "Judged anew from what is published the verdict is another, so not all was tried."
BESIDE = {
    "exempt": "When the exception ends it is a fail again; what is said here is about that.",
    "manual": "An attestation in the register of exceptions decides it, for no API can tell.",
}
"""Notes on a verdict, independent of trials."""


class Trials:
    """Trials for one finding: the `turns` found, and `notes`."""

    def __init__(self, database: Path, finding: Finding, params: Mapping[str, Any], expected: str) -> None:
        self._database, self._finding, self._params, self._expected = database, finding, params, expected
        self._tried = 0
        self._turns: dict[Turn, None] = {}
        self.notes: list[str] = []

    @property
    def turns(self) -> list[Turn]:
        return list(self._turns)

    def run(self, policies: Sequence[BearingPolicy], fix: str) -> None:
        """Run all trials. If the control cannot be re-run, a note says why."""
        try:
            judges_policies = self._settings(f" {fix}" if self._expected == "fail" else "")
            if judges_policies:
                self._policies(policies)
        except Refused as refused:
            self.notes.append(f"Not all could be tried: {str(refused).splitlines()[0]}.")
        if self._tried and not self._turns:
            self.notes.append(f"Changes tried: {self._tried}; none turns the verdict.")

    def _settings(self, fix: str) -> bool:
        """Try parameters and register entries. Returns whether policies should be tried too."""
        with Replay(self._database, self._finding, self._params, Enter.TABLES) as replay:
            if not self._is_same(replay):
                return False
            for words, verdict, reason in other_params(replay, self._params):
                self._turns[Turn((words,), verdict, reason)] = None
            self._add(replay, entries(replay))
            if not replay.judges:
                self.notes.append(f"This control reads no policies; it changes only when the facts above do.{fix}")
            return bool(replay.judges)

    def _policies(self, policies: Sequence[BearingPolicy]) -> None:
        with Replay(self._database, self._finding, self._params, POLICY_TABLES, account_only=True) as replay:
            if self._is_same(replay):
                self._add(replay, list(policy_changes(replay, policies)))

    def _is_same(self, replay: Replay) -> bool:
        """Whether the control, re-run without changes, gives the published verdict."""
        if replay.judge().verdict == self._expected:
            return True
        self.notes.append(ANOTHER)
        return False

    def _add(self, replay: Replay, solutions: Sequence[Solution]) -> None:
        self._tried += replay.count - 1
        for solution in solutions:
            words = tuple(str(change) for change in solution.changes)
            self._turns[Turn(words, solution.outcome.verdict, solution.outcome.reason)] = None


def turns_of(
    database: Path,
    finding: Finding,
    verdict: str,
    evidence: Mapping[str, Any],
    params: Mapping[str, Any],
    policies: Sequence[BearingPolicy],
    fix: str = "",
) -> tuple[list[Turn], list[str]]:
    """The changes that change the verdict, and notes; both can be empty. `fix` is the control's own advice, used if
    nothing can be tried.
    """
    if verdict == "unknown" and "error_class" in evidence:
        return [], [of_call(finding, evidence)]
    trials = Trials(database, finding, params, "fail" if verdict == "exempt" else verdict)
    if verdict in BESIDE:
        trials.notes.append(BESIDE[verdict])
    trials.run(policies, fix)
    return trials.turns, trials.notes


def of_call(finding: Finding, evidence: Mapping[str, Any]) -> str:
    """What an unknown verdict needs: the failed call, and advice."""
    operation = evidence.get("operation")
    if operation is None:
        return f"It is judged once the dataset {evidence.get('dataset')} is collected: run the night again."
    helps = advice(operation, evidence.get("error_class") or "", "the next night tries again")
    dataset = collectors.datasets().get(evidence.get("dataset") or "")
    where = "" if dataset and dataset.scope == "organization" else f" in account {finding.account_id}"
    return f"It is judged once {operation} succeeds{where}: {helps}."
