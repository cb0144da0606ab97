"""Models: what a file says of itself, what DuckDB says that it reads, and what a broken one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import collectors
from pipeline.settings import Refused
from pipeline.warehouse.headers import PRACTICES
from pipeline.warehouse.models import CATALOG_TABLES, Catalog, load

HEADER = '/*\ntitle = "t"\n*/\n'
CONTROL = '/*\nid = "BP01-01"\ntitle = "t"\nseverity = "low"\nwhy = "w"\nfix = "f"\nevidence = { e = "e" }\n*/\n'


JUDGES = "select pass('p') as judged, to_json({e: 1}) as evidence"


@pytest.fixture(scope="module")
def models() -> Catalog:
    return load()


def write(root: Path, file: str, text: str) -> Path:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return root


def test_reads_are_the_tables_and_not_the_ctes(tmp_path: Path) -> None:
    sql = "with a as (from raw_users), b as (from a) select * from b join raw_roles using (id) where exists (from c)"
    write(tmp_path, "staging/c.sql", HEADER + "select 1 as id")
    model = load(write(tmp_path, "staging/stg_x.sql", HEADER + sql)).models["stg_x"]
    assert model.reads == ("c", "raw_roles", "raw_users")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("staging/x.sql", "select 1", "must begin with a header"),
        ("staging/x.sql", "/*\ntitle = \n*/ select 1", "the header is not valid TOML"),
        ("staging/x.sql", "/*\nname = 'x'\n*/ select 1", "header: title: Field required; name: Extra inputs"),
        ("staging/x.sql", HEADER + "select\n\nfrom from x", "line 3 of the query: syntax error"),
        ("controls/01_x/x.sql", CONTROL.replace('"low"', '"awful"') + "select 1", "header: severity: "),
        ("controls/15_x/x.sql", CONTROL + "select 1", "practice must be 1 to 14, not 15"),
        ("controls/x.sql", CONTROL + "select 1", "must lie in a folder of its practice"),
        ("controls/02_x/x.sql", CONTROL + "select 1", r"id must begin with BP02-, as the folder 02_x says \(x.sql:2\)"),
        ("controls/01_x/x.sql", CONTROL.replace("BP01-01", "1") + "select 1", "header: id: String should match"),
        (
            "controls/01_x/x.sql",
            CONTROL.replace("title", "practice = 1\ntitle") + "select 1",
            r"practice is said by the folder; delete this line \(x.sql:3\)",
        ),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, file: str, text: str, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        load(write(tmp_path, file, text))
    assert str(tmp_path / file) in str(refused.value)


def test_models_that_read_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "staging/a.sql", HEADER + "from b")
    with pytest.raises(Refused, match="read each other"):
        load(write(tmp_path, "staging/b.sql", HEADER + "from a"))


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "staging/x.sql",
            HEADER + "from int_y",
            "x [(]staging[)] reads int_y [(]intermediate[)]; it may read raw",
        ),
        ("staging/x.sql", HEADER + "from fact_documents", "x [(]staging[)] reads fact_documents [(]facts[)]"),
        ("intermediate/x.sql", HEADER + "from v", "x [(]intermediate[)] reads v [(]views[)]"),
        ("intermediate/int_grants.sql", HEADER + "from c", "int_grants [(]intermediate[)] reads c [(]controls[)]"),
        ("views/stg_users.sql", HEADER + "select 1", r"\(facts\) reads stg_users [(]views[)]"),
        (
            "controls/01_x/x.sql",
            CONTROL.replace("-01", "-02") + f"{JUDGES} from v",
            "x [(]controls[)] reads v [(]views[)]",
        ),
    ],
)
def test_a_model_reads_nothing_of_a_later_layer(tmp_path: Path, file: str, text: str, said: str) -> None:
    for name, sql in {"intermediate/int_y": "select 1", "views/v": "select 1"}.items():
        write(tmp_path, f"{name}.sql", HEADER + sql)
    write(tmp_path, "controls/01_x/c.sql", CONTROL + JUDGES)
    with pytest.raises(Refused, match=said):
        load(write(tmp_path, file, text))


@pytest.mark.parametrize(
    ("named", "read", "said"),
    [
        ('["vendor"]', "stg_people", "neither the control nor a model above it reads stg_register"),
        ('["vendors"]', "stg_register", "no entry is of kind vendors; expected some of exception, "),
        ("[]", "stg_register", "the control reads stg_register; name the kinds, some of exception, "),
    ],
)
def test_a_control_says_which_entries_of_the_register_it_looks_for(
    tmp_path: Path, named: str, read: str, said: str
) -> None:
    write(tmp_path, "staging/stg_register.sql", HEADER + "from raw_register")
    write(tmp_path, "staging/stg_people.sql", HEADER + "from raw_users")
    text = CONTROL.replace("why", f"register_entries = {named}\nwhy")
    with pytest.raises(Refused, match=f"x.sql: header: register_entries: {said}"):
        load(write(tmp_path, "controls/01_x/x.sql", f"{text}{JUDGES} from {read}"))


def test_a_control_says_nothing_of_records_that_it_does_not_depend_on(tmp_path: Path) -> None:
    write(tmp_path, "staging/stg_people.sql", HEADER + "from raw_users")
    text = CONTROL.replace("why", 'alone = ["users", "buckets"]\nwhy')
    with pytest.raises(Refused, match=r"x.sql: header: alone: the control does not depend on buckets"):
        load(write(tmp_path, "controls/01_x/x.sql", f"{text}{JUDGES} from stg_people"))


def test_everything_read_is_there(models: Catalog) -> None:
    known = models.models.keys() | {f"raw_{name}" for name in collectors.datasets()} | set(CATALOG_TABLES)
    assert {m.name: set(m.reads) - known for m in models.models.values() if set(m.reads) - known} == {}


def test_every_best_practice_has_a_control(models: Catalog) -> None:
    assert {m.control.practice for m in models.controls.values() if m.control} == set(PRACTICES)


def test_controls_carry_their_number_and_lie_in_the_folder_of_their_practice(models: Catalog) -> None:
    numbers = [m.control.id for m in models.controls.values() if m.control]
    assert len(set(numbers)) == len(numbers)
    for model in models.controls.values():
        assert model.control
        assert model.control.id.startswith(f"BP{model.control.practice:02}-"), model.path
        assert model.path.parent.name.startswith(f"{model.control.practice:02}_"), model.path


def test_two_controls_with_one_id_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "controls/01_x/x.sql", CONTROL + JUDGES)
    with pytest.raises(Refused, match=r"y.sql: header: id BP01-01 is that of .*x.sql; take the next free number"):
        load(write(tmp_path, "controls/01_x/y.sql", CONTROL + JUDGES))


def test_a_table_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "staging/stg_people.sql", HEADER + "from raw_users")
    with pytest.raises(
        Refused, match=r"line 2 of .*: there is no table stg_peple; did you mean stg_people\? \(x.sql:5\)"
    ):
        load(write(tmp_path, "staging/x.sql", HEADER + "with a as (from raw_roles)\nfrom stg_peple, a"))


def test_a_framework_of_ones_own_needs_no_python(tmp_path: Path) -> None:
    text = CONTROL.replace("why", "frameworks = { pci = '8.3.6', internal = 'S-12' }\nwhy")
    model = load(write(tmp_path, "controls/01_x/x.sql", text + JUDGES)).controls["x"]
    assert model.control
    assert model.control.frameworks == {"pci": "8.3.6", "internal": "S-12"}


def test_no_model_reads_a_clock_or_a_dice(models: Catalog) -> None:
    words = ("current_date", "now(", "today(", "current_timestamp", "random(", "uuid(", "pivot ")
    assert [(m.name, w) for m in models.models.values() for w in words if w in m.sql.lower()] == []


def test_a_catalog_is_read_again_when_a_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "staging" / "stg_one.sql"
    file.parent.mkdir()
    file.write_text('/*\ntitle = "One"\n*/\nselect 1 as one')
    first = load(tmp_path)
    assert load(tmp_path) is first
    file.write_text('/*\ntitle = "Another"\n*/\nselect 1 as one')
    assert load(tmp_path).models["stg_one"].header.title == "Another"
