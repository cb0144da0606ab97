"""Whole nights of the loopback organization, from the calls to the published database: what must hold of them."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from pipeline.collect import run
from pipeline.night import DATABASE, Night
from pipeline.publish import database
from pipeline.settings import Refused, Settings
from pipeline.warehouse import build, contracts, models
from tests.conftest import Loopback, use

pytestmark = pytest.mark.slow

# What must hold of a night holds of one of part of the organization.
PART = ["Exceptions", "Security", "Suspended", "Workloads/NonProd/Data"]
UNREADABLE = "918168603348"
FINDINGS = "select * exclude (as_of, first_seen, last_changed) from findings"
NEWEST_STORAGE_OF_1_5 = 68


@dataclass
class Home:
    """A home with the first two nights of part of the organization, published."""

    loopback: Loopback
    settings: Settings

    def night(self, number: int) -> Night:
        """Collect and judge a night, publish what is newest."""
        self.loopback.reset(number)
        night = self.at(number)
        plan = run.plan(self.settings, night)
        for index in range(len(plan.shards)):
            run.collect_shard(self.settings, plan, index)
        run.commit(self.settings, plan)
        build.build(self.settings, night)
        database.publish(self.settings, night)
        return night

    def at(self, number: int) -> Night:
        return Night(self.settings.home, self.loopback.nights[number - 1])

    def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.settings.home / DATABASE, read_only=True) as con:
            return con.execute(query, list(values)).fetchall()

    def told(self) -> list[list[tuple[Any, ...]]]:
        """What rests on the night and on all before it."""
        tables = ("findings", "finding_history", "trend", "finding_life", "resolution_times")
        return [self.all(f"from {table}") for table in tables]


@pytest.fixture(scope="module")
def home(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with pytest.MonkeyPatch.context() as patch:
        use(loopback, patch)
        made = Home(loopback, loopback.settings(tmp_path_factory.mktemp("home"), include_ous=PART))
        made.night(1)
        made.night(2)
        yield made


def test_the_unreadable_account_is_unknown_everywhere_and_passes_nothing_that_rests_on_its_data(home: Home) -> None:
    unread = "select list(dataset) from coverage where status = 'failed' and account_id = ?"
    needing = f"select control_id from controls where list_has_any(reads, ({unread})) and scope = 'account'"
    unknown = "select control_id from findings where account_id = ? and verdict = 'unknown'"
    assert set(home.all(needing, UNREADABLE)) == set(home.all(unknown, UNREADABLE))
    passed = f"select control_id from findings where account_id = ? and verdict = 'pass' and control_id in ({needing})"
    assert home.all(passed, UNREADABLE, UNREADABLE) == []
    reasons = "select distinct reason from findings where account_id = ? and verdict = 'unknown'"
    ((reason,),) = home.all(reasons, UNREADABLE)
    assert reason.startswith("sts:AssumeRole failed (assume_role_failed): User: arn:aws:sts::")
    assert home.all("select read_status from accounts where account_id = ?", UNREADABLE) == [("not read",)]
    ledger = home.all("select status, error_class from ledger where account_id = ?", UNREADABLE)
    assert ledger == [("failed", "assume_role_failed")]


def test_the_same_night_again_gives_the_same_findings(home: Home) -> None:
    before = home.told()
    home.night(2)
    assert home.told() == before


def test_an_older_landing_judged_again_gives_the_same_history_and_leaves_the_newest_published(home: Home) -> None:
    before = home.told()
    first = home.at(1)
    build.build(home.settings, first)
    _, shown = database.publish(home.settings, first)
    assert shown == home.at(2)
    assert home.told() == before


def test_a_cut_run_leaves_the_published_night(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = home.all("from findings")

    def cut(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(contracts, "check_built", cut)
    with pytest.raises(KeyboardInterrupt):
        build.build(home.settings, home.at(1))
    monkeypatch.undo()
    assert home.all("from findings") == before
    build.build(home.settings, home.at(2))


def test_readers_see_whole_nights_while_they_are_replaced(home: Home) -> None:
    script = """
import duckdb, sys
seen = 0
print("reading", flush=True)
while not sys.stdin.readline() and seen == 0 or seen < 40:
    with duckdb.connect(sys.argv[1], read_only=True) as con:
        nights = con.execute("select count(distinct as_of), count(*) > 0 from findings").fetchone()
        assert nights == (1, True), nights
        assert con.execute("select count(*) from contract").fetchone() == (1,)
    seen += 1
print(seen)
"""
    path = str(home.settings.home / DATABASE)
    with subprocess.Popen(
        [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout
        assert reader.stdin
        assert reader.stdout.readline() == "reading\n"
        reader.stdin.write("\n" * 60)
        reader.stdin.flush()
        for _ in range(3):
            database.publish(home.settings, home.at(2))
        out, _ = reader.communicate(timeout=60)
    assert reader.returncode == 0
    assert int(out) >= 40


def test_the_published_file_is_one_that_duckdb_1_5_opens(home: Home) -> None:
    header = (home.settings.home / DATABASE).read_bytes()[:20]
    magic, version = struct.unpack("<8x4sQ", header)
    assert (magic, version <= NEWEST_STORAGE_OF_1_5) == (b"DUCK", True)


def test_every_published_column_says_what_it_is(home: Home) -> None:
    silent = "select schema_name, table_name, column_name from duckdb_columns() where not internal and comment is null"
    assert home.all(silent) == []


def test_evidence_is_json_and_reasons_are_sentences(home: Home) -> None:
    for reason, evidence in home.all("select reason, evidence::varchar from findings using sample 500 (reservoir, 7)"):
        json.loads(evidence)
        assert reason


def test_changes_name_what_the_second_night_changed(home: Home) -> None:
    gone = home.all("select resource from finding_changes where change = 'gone' and control_id = 'no_human_iam_users'")
    assert any(resource.endswith("user/lena.vogt") for (resource,) in gone)


def test_what_fails_is_open_and_what_is_resolved_does_not_fail(home: Home) -> None:
    key = "control_id, account_id, region, resource"
    fails = home.all(f"select {key} from findings where verdict = 'fail' order by all")
    assert home.all(f"select {key} from finding_life where state = 'open' order by all") == fails
    resolved = f"(select {key} from finding_life where state = 'resolved')"
    now = home.all(f"select distinct verdict from findings semi join {resolved} using ({key}) order by 1")
    assert {verdict for (verdict,) in now} <= {"pass", "not_applicable"}
    gone = home.all(f"select resource from {resolved} anti join findings using ({key})")
    assert any(resource.endswith("user/lena.vogt") for (resource,) in gone)
    assert home.all("select open from resolution_times where scope = 'overall'") == [(len(fails),)]


def test_guardrails_are_the_findings_and_every_objective_has_a_row_in_every_account(home: Home) -> None:
    controls = "control_id in ('scp_objectives', 'rcp_objectives')"
    objectives = f"select unnest((params -> 'objectives')::varchar[]) as objective from controls where {controls}"
    wanted = f"""
        select account_id, objective from accounts cross join ({objectives})
        where read_status not in ('out of scope', 'not active') order by all"""
    assert home.all("select account_id, objective from guardrails order by all") == home.all(wanted)
    told = "verdict, reason from {} and verdict <> 'unknown' order by all"
    findings = home.all(f"select account_id, split_part(resource, '/', 4), {told.format(f'findings where {controls}')}")
    assert home.all(f"select account_id, objective, {told.format('guardrails where true')}") == findings
    unread = "select distinct reason from guardrails where account_id = ? and verdict = 'unknown' and title is not null"
    ((reason,),) = home.all(unread, UNREADABLE)
    assert reason.startswith("sts:AssumeRole failed (assume_role_failed): ")


def test_every_control_names_its_operations_and_the_ledger_has_them(home: Home) -> None:
    assert home.all("select distinct control_id from control_operations order by 1") == home.all(
        "select control_id from controls order by 1"
    )
    assert home.all("select control_id, operation from control_operations group by all having count(*) > 1") == []
    failed = """
        select distinct account_id, unnest(controls), operation from coverage
        where status = 'failed' and operation <> 'sts:AssumeRole'"""
    named = "select account_id, control_id, operation from control_operations inner join ledger using (operation)"
    assert set(home.all(failed)) <= set(home.all(named))
    once = """
        select distinct operation from control_operations inner join ledger using (operation)
        where scope = 'organization' and data_time is not null"""
    assert ("organizations:ListAccounts",) in home.all(once)


def test_a_bad_parameter_and_an_unknown_control_are_refused_and_change_nothing(home: Home) -> None:
    before = home.all("from findings")
    for controls, said in (({"no_such": {}}, "no_such"), ({"key_rotation": {"max_days": 1}}, "max_days")):
        wrong = Settings.model_validate(home.settings.model_dump() | {"controls": controls})
        with pytest.raises(Refused, match=said):
            build.build(wrong, home.at(2))
    assert home.all("from findings") == before
    assert set(models.load().controls) == {row[0] for row in home.all("select control_id from controls")}
