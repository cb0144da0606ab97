"""The product keeps to its sizes: short functions, modules that fit on a few screens, everything typed."""

from __future__ import annotations

from statistics import median

import pytest

from tools import house


@pytest.fixture(scope="module")
def sizes() -> dict[str, house.Sizes]:
    return {room: house.measured(house.python(room)) for room in house.ROOMS}


def test_functions_are_short(sizes: dict[str, house.Sizes]) -> None:
    lines = {name: count for one in sizes.values() for name, count in one.functions.items()}
    assert median(lines.values()) <= house.MEDIAN_FUNCTION_LINES
    assert not {name: count for name, count in lines.items() if count > house.MOST_FUNCTION_LINES}


def test_modules_are_short(sizes: dict[str, house.Sizes]) -> None:
    lines = {name: count for one in sizes.values() for name, count in one.modules.items()}
    assert not {name: count for name, count in lines.items() if count > house.MOST_MODULE_LINES}


def test_every_function_says_what_it_returns(sizes: dict[str, house.Sizes]) -> None:
    assert all(one.returns == len(one.functions) for one in sizes.values())


def test_every_module_says_what_it_is(sizes: dict[str, house.Sizes]) -> None:
    assert all(one.documented_modules == len(one.modules) for one in sizes.values())


def test_a_long_function_would_be_noticed(tmp_path: object) -> None:
    source = "def long() -> None:\n" + "    print()\n" * house.MOST_FUNCTION_LINES
    tree = house.ast.parse(source)
    counted = house.Sizes()
    house.count_function(counted, "long", tree.body[0])  # type: ignore[arg-type]
    assert counted.functions["long"] > house.MOST_FUNCTION_LINES


def test_names_say_what_a_thing_is(sizes: dict[str, house.Sizes]) -> None:
    shares = {room: counted.vague / counted.bound for room, counted in sizes.items()}
    assert not {room: share for room, share in shares.items() if share > house.MOST_VAGUE_NAMES}
