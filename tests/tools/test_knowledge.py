"""Knowledge that is rebuilt from the installed packages."""

from __future__ import annotations

import pytest

from pipeline import knowledge
from tools.knowledge import FOLDER, REBUILT, differences, rebuilt


def test_an_untouched_checkout_has_no_difference() -> None:
    assert [diff for _, diff, _ in differences()] == []


@pytest.mark.parametrize("name", sorted(REBUILT))
def test_what_is_new_waits_for_a_judgement_and_what_is_judged_stays(name: str) -> None:
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    array = REBUILT[name][0]
    head, first, rest = text.partition(f"[[{array}]]")
    lost = head + first + rest.partition(f"[[{array}]]")[2]
    again = knowledge.parse(name, rebuilt(name, lost)).facts[array]
    before = knowledge.parse(name, text).facts[array]
    assert [row for row in again if row.get("reviewed") is False] == again[:1]
    assert again[1:] == before[1:]


@pytest.mark.parametrize("name", sorted(REBUILT))
def test_what_the_packages_no_longer_have_goes(name: str) -> None:
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    array = REBUILT[name][0]
    gone = dict.fromkeys(knowledge.parse(name, text).facts[array][0], "gone")
    block = "\n".join([f"\n[[{array}]]", *(f'{key} = "gone"' for key in gone)])
    assert rebuilt(name, text + block + "\n") == text
