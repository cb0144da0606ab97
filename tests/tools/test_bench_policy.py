"""The benchmark of the policy evaluator, at a size that takes no time."""

from tools.bench_policy import measure


def test_principals_are_judged_once_for_each_set_of_documents() -> None:
    assert [measure(principals, 40, seed=1).sets for principals in (40, 4_000)] == [40, 40]
