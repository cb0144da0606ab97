"""Every file of knowledge says where it is from and how old it is."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline import knowledge
from pipeline.knowledge import KnowledgeError, parse

HEAD = """
[head]
title = "Names"
source = ["https://docs.aws.amazon.com/"]
read_on = 2026-11-27
made_by = "hand"
valid_until = 2027-02-27
off_list = "It is unknown."
"""


@pytest.mark.parametrize("name", knowledge.names())
def test_a_file_has_a_whole_head(name: str) -> None:
    head = knowledge.load(name).head
    assert all(source for source in head.source)
    assert (head.valid_until - head.read_on).days <= 366, "longer than anybody knows of AWS"


def test_a_head_says_until_when() -> None:
    found = parse("names", HEAD + '[[name]]\nname = "a"')
    assert (found.head.is_past(date(2027, 2, 27)), found.head.is_past(date(2027, 2, 28))) == (False, True)
    assert found.off_list == "Rolecall's list of 2026-11-27"
    assert found.facts == {"name": [{"name": "a"}]}


@pytest.mark.parametrize(
    ("line", "instead", "problem"),
    [
        ('title = "Names"', "", "needs title"),
        ('source = ["https://docs.aws.amazon.com/"]', "source = []", "needs source"),
        ("read_on = 2026-11-27", 'read_on = "2026"', "needs read_on"),
        ('made_by = "hand"', 'made_by = "magic"', "made_by is not one of hand, make knowledge"),
        ("valid_until = 2027-02-27", "valid_until = 2026-11-26", "valid_until is before read_on"),
        ('off_list = "It is unknown."', 'off_list = "It is unknown."\nmore = 1', "has no more"),
        ("[head]", "[heads]", "needs title; needs source"),
        ("[head]", "[head", r"knowledge/names\.toml: "),
    ],
)
def test_a_head_that_is_not_whole_is_refused(line: str, instead: str, problem: str) -> None:
    with pytest.raises(KnowledgeError, match=problem):
        parse("names", HEAD.replace(line, instead))


def test_files_past_their_date_are_named_with_it() -> None:
    assert list(knowledge.past(date(2026, 11, 27))) == []
    assert {line.split(":")[0] for line in knowledge.past(date(9999, 1, 1))} == set(knowledge.names())
    assert all(" was to be read again by 2027-" in line for line in knowledge.past(date(9999, 1, 1)))


def test_nothing_waits_for_a_judgement() -> None:
    rows = [row for name in knowledge.names() for found in knowledge.load(name).facts.values() for row in found]
    assert [row for row in rows if isinstance(row, dict) and row.get("reviewed") is False] == []
