"""What must hold on every page: links, policy, escaping, words, sizes, bytes."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urldefrag

import duckdb
import pytest

from pipeline.progress import Silent
from reports import site
from reports.filters import FIRST, HEAT
from reports.night import PublishedNight
from reports.pages import trust
from reports.pages._page import Page
from reports.practices import GUIDE
from reports.queries import NIGHTS_SHOWN
from tests.reports import published
from tests.reports.conftest import Document, shelved

LIMITS = {"index.html": 250_000, "accounts/": 170_000, "practices/": 500_000, "ous/": 150_000, "least-": 300_000}

TABLES = ("findings", "controls", "changes")
"""Tables that links open filtered; where nothing is open there is none."""

PROPOSALS = ("least-privilege.html", "least-privilege-2.html")


def page(built: site.Site, path: str) -> Document:
    return Document(built.folder / path)


def test_pages_of_every_kind_are_written(built: site.Site) -> None:
    assert len(built.kinds["practice"]) == 14
    assert len(built.kinds["account"]) == len(published.many(40))
    assert len(built.kinds["ou"]) == len(published.OUS)
    assets = ["icon.svg", "plotly.min.js", "search.js", "site.css", "site.js", "summary.css"]
    assert sorted(p.name for p in (built.folder / "assets").iterdir()) == assets
    assert built.page_bytes == sum((built.folder / p).stat().st_size for p in built.pages)


def test_links_resolve(documents: list[Document]) -> None:
    ids = {d.path.resolve(): d.ids for d in documents}
    for document in documents:
        for tag, attrs in document.tags:
            target = attrs.get("href") if tag in ("a", "link") else attrs.get("src")
            if target is None or target.startswith(("https://", "data:")):
                continue
            path, fragment = urldefrag(target)
            fragment, _, shown = fragment.partition("?")
            assert not shown or fragment in TABLES, f"{document.path}: {target}"
            found = (document.path.parent / unquote(path)).resolve() if path else document.path.resolve()
            assert found.is_file(), f"{document.path}: {target}"
            if fragment and not shown:
                assert fragment in ids[found], f"{document.path}: {target}"


def test_nothing_is_loaded_from_elsewhere(documents: list[Document]) -> None:
    for document in documents:
        for tag, attrs in document.tags:
            assert tag not in ("iframe", "form", "object", "embed", "base", "img"), document.path
            if tag in ("script", "link"):
                assert not str(attrs.get("src") or attrs.get("href")).startswith(("http", "//")), document.path
            if str(attrs.get("href")).startswith("http"):
                assert tag == "a", document.path
                assert str(attrs["href"]).startswith(GUIDE), document.path
                assert "noreferrer" in str(attrs["rel"])
            assert not str(attrs.get("href")).startswith("javascript:")


def test_every_page_has_the_policy_and_no_inline_script(documents: list[Document]) -> None:
    for document in documents:
        policies = [a["content"] for t, a in document.tags if a.get("http-equiv") == "Content-Security-Policy"]
        assert policies == [site.POLICY], document.path
        for tag, attrs in document.tags:
            assert tag != "style", document.path
            assert not any(name.startswith("on") for name in attrs), document.path
            if tag == "script":
                assert attrs.get("src") or attrs.get("type") == "application/json", document.path


def test_the_policy_closes_everything_but_the_sites_own_files() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in site.POLICY.split(";"))
    assert rules["default-src"] == rules["connect-src"] == rules["form-action"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert "http" not in site.POLICY
    assert "*" not in site.POLICY


def test_plotly_is_loaded_only_where_there_is_a_chart(documents: list[Document]) -> None:
    for document in documents:
        charts = [a for t, a in document.tags if t == "script" and a.get("data-for")]
        scripts = [str(a.get("src")) for t, a in document.tags if t == "script"]
        assert any(s.endswith("plotly.min.js") for s in scripts) == bool(charts), document.path
        assert {a["data-for"] for a in charts} <= document.ids


def fields_of(row: str) -> dict[str, str]:
    """The fields of a row of a table, as `site.js` reads them."""
    (tr,) = re.findall(r"<tr([^>]*)>", row)[:1]
    named = {name: unescape(value) for name, value in re.findall(r'data-([a-z]+)="([^"]*)"', tr)}
    arns = re.findall(r'<code class="arn">(.*?)</code>', row, re.S)
    resource = unescape(re.sub(r"<[^>]+>", "", arns[0])) if arns else ""
    return named | {"resource": resource, "unit": named.get("ou", "").split(" ")[0]}


def rows_shown(target: Path, table: str, query: str) -> int:
    """How many rows of a table have the fields that a link names."""
    source = target.read_text(encoding="utf-8")
    box = re.findall(rf'<div class="table" id="{table}".*?</table>', source, re.S)
    if not box:
        return 0
    rows = re.findall(r"<tr[ >].*?</tr>", box[0].split("<tbody>", 1)[1], re.S)
    beside = target.with_name(f"{target.stem}.{table}.js")
    fields = [fields_of(row) for row in [*rows, *(shelved(beside) if beside.exists() else [])]]
    wanted = dict(parse_qsl(query))
    return sum(all(holds(row, name, value) for name, value in wanted.items()) for row in fields)


def holds(row: dict[str, str], name: str, value: str) -> bool:
    if name == "q":
        raise AssertionError("a count leads to rows by a field, not by words")
    return bool(set(value.split(",")) & (set(row.get("ou", "").split()) if name == "ou" else {row.get(name, "")}))


COUNT = re.compile(r'<a href="([^"#]*)#([a-z-]+)\?([^"]*)"[^>]*>(?:<b>)?([\d,]+)(?: \w+)?(?:</b>)?</a>')


def test_every_count_leads_to_exactly_that_many_rows(built: site.Site) -> None:
    """Every number on every page that links to rows of a table."""
    known: dict[tuple[Path, str, str], int] = {}
    checked = 0
    # Here, the findings of guardrails stand in that table alone.
    for path in [path for path in built.pages if path != "guardrails.html"]:
        source = (built.folder / path).read_text(encoding="utf-8")
        beside = [row for file in (built.folder / path).parent.glob(f"{Path(path).stem}.*.js") for row in shelved(file)]
        for href, table, query, shown in COUNT.findall(source + "".join(beside)):
            target = ((built.folder / path).parent / unquote(href)).resolve() if href else built.folder / path
            key = (target, table, unescape(query))
            if key not in known:
                known[key] = rows_shown(*key)
            assert known[key] == int(shown.replace(",", "")), f"{path}: {shown} leads to {known[key]}: {key}"
            checked += 1
    assert checked > 1_000


def test_the_index_of_the_search_leads_to_pages(built: site.Site, database: Path) -> None:
    text = (built.folder / "assets" / "search.js").read_text(encoding="utf-8")
    entries = json.loads(text.removeprefix("rolecallIndex(").removesuffix(");\n"))
    kinds = Counter(kind for _, kind, _ in entries)
    assert kinds["account"] == len(published.many(40))
    assert kinds["organizational unit"] == len(published.OUS)
    for label, _, path in entries:
        assert (built.folder / path.split("#")[0]).is_file(), label
    with duckdb.connect(str(database), read_only=True) as con:
        rows = con.execute("select distinct account_id, resource from findings where verdict = 'fail'").fetchall()
    arns = {label.split()[-1] for label, kind, _ in entries if kind.split(" in ")[0] in ("user", "role")}
    failing = [resource for _, resource in rows if resource not in arns]
    assert sum("open in" in kind for _, kind, _ in entries) == len(failing)


def test_names_are_escaped(built: site.Site) -> None:
    for path in (
        "index.html",
        "accounts.html",
        "accounts/222222222222.html",
        "practices/01.html",
        *PROPOSALS,
        "changes.html",
    ):
        document = page(built, path)
        assert "<script>alert" not in document.source
        assert "<b>alice" not in document.source
        assert "<img" not in document.source
        assert "\u202e" not in document.source
    assert "<script>alert('x')</script> \"R&D\" \\u202egnp.exe Zoë 東京" in document.text


def test_data_in_scripts_cannot_end_them(documents: list[Document]) -> None:
    for document in documents:
        for found in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', document.source, re.S):
            assert not set("<>&") & set(found)
            json.loads(found)


def test_a_measure_stands_beside_its_coverage(documents: list[Document]) -> None:
    for document in documents:
        for head, *_ in document.tables:
            for place, word in enumerate(head):
                if word in ("Controls met", "Accounts that meet it"):
                    assert head[place + 1] == "Coverage", document.path
        for found in re.finditer(r"([\d.]+%)\s+of controls met\b(.{0,120})", document.text, re.S):
            assert "coverage" in found[2], f"{document.path}: {found[0]}"


def test_the_share_of_resources_that_pass_is_never_a_headline(documents: list[Document]) -> None:
    for document in documents:
        assert not re.search(r"\bscores?\b", document.text.lower()), document.path


def test_little_data_gives_no_percentage(built: site.Site) -> None:
    table = page(built, "accounts.html").tables[0]
    met, coverage = (table[0].index(word) for word in ("Controls met", "Coverage"))
    cells = {row[0].split()[0]: row for row in table[1:]}
    assert cells["fenced"][met] == cells["locked-away"][met] == "not enough data"
    assert cells["fenced"][coverage] == "57.1%"
    assert cells["locked-away"][coverage] == "0%"
    assert cells["left"][met] == cells["elsewhere"][met] == "not judged"
    for account in ("444444444444", "555555555555"):
        text = page(built, f"accounts/{account}.html").text
        assert "not enough data" in text
        assert not re.search(r"[\d.]+%\s+of controls met\b", text)


def test_the_unread_account_is_told_everywhere(built: site.Site) -> None:
    for path in ("index.html", "coverage.html", "accounts/444444444444.html"):
        text = page(built, path).text
        assert "sts:AssumeRole" in text
        assert "assume role failed" in text
    account = page(built, "accounts/444444444444.html").text
    assert "AccessDenied when assuming the role" in account
    assert "users and credentials were not read" in account
    assert "unknown" in page(built, "practices/01.html").text
    since = next(row for row in page(built, "index.html").tables[-1] if row[0].startswith("fenced"))
    assert since[-1] == "2026-11-22"


def test_the_words_of_the_verdicts(built: site.Site) -> None:
    text = page(built, "practices/03.html").text
    for word in ("pass", "fail", "not applicable", "unknown", "manual", "exempt"):
        assert word in text
    assert "not_applicable" not in text


def test_a_finding_says_how_long_it_is_open_and_how_often_it_came_back(built: site.Site) -> None:
    for path, column in (("controls/unused_roles.html", 3), ("accounts/333333333333.html", 3)):
        tables = [table for table in page(built, path).tables if table[0][-1] == "Since"]
        rows = [row for table in tables for row in table if "role/again" in "".join(row)]
        assert [row[-1] for row in rows] == ["2026-11-23open 1 day, reopened 1 time"], path
        assert "Unused for 91 days" in rows[0][column]
    rows = [
        row
        for table in page(built, "controls/unused_roles.html").tables
        for row in table
        if "team-name" in "".join(row)
    ]
    assert [row[-1] for row in rows] == ["2026-11-24opened tonight"]


def test_the_time_to_resolve_stands_beside_what_it_rests_on(built: site.Site, database: Path) -> None:
    sql = "select scope, key, open, resolved, mean_days_to_resolve from resolution_times"
    with duckdb.connect(str(database), read_only=True) as con:
        found = {row[:2]: row[2:] for row in con.execute(sql).fetchall()}
        fails = con.execute("select count(*) from findings where verdict = 'fail'").fetchone()
    assert found["overall", ""][:1] == fails
    pages = {
        "index.html": ("overall", ""),
        "practices/04.html": ("practice", "4"),
        "ous/ou-prod.html": ("ou", "ou-prod"),
    }
    for path, key in pages.items():
        open_findings, resolved, mean = found[key]
        text = " ".join(page(built, path).text.split())
        assert resolved > 1
        assert f"{open_findings:,} openThe oldest for 4 days" in text
        assert f"{mean:.1f} days to resolveThe mean of {resolved:,} findings resolved in the last 30 days" in text


def test_nothing_resolved_has_no_mean(first_night: site.Site) -> None:
    text = " ".join(page(first_night, "index.html").text.split())
    assert " days to resolveNone was resolved in the last 30 days" in text


def test_expired_entries_of_the_register_are_told(built: site.Site) -> None:
    document = page(built, "exceptions.html")
    assert "1 of 3 entries expired: what was accepted there counts again." in " ".join(document.text.split())
    assert [row[1].split()[1] for row in document.tables[0][1:]] == ["live", "live", "expired"]


def test_all_findings_are_there_a_few_on_the_page_the_others_beside_it(built: site.Site, database: Path) -> None:
    document = page(built, "controls/key_rotation.html")
    (table,) = [t for t in document.tables if t[0][0] == "Verdict"]
    beside = shelved(built.folder / "controls/key_rotation.findings.js")
    (query,) = re.findall(r'duckdb -readonly rolecall\.duckdb "(.+?)"', document.text)
    with duckdb.connect(str(database), read_only=True) as con:
        rows = con.execute(query).fetchall()
    verdicts = [row[0].split()[1] for row in table[1:]] + [
        re.findall(r"</span> (.+?)</span>", row)[0] for row in beside
    ]
    assert len(table[1:]) == FIRST
    assert Counter(verdicts) == Counter(row[3] for row in rows if row[3] != "pass")
    assert verdicts == sorted(verdicts, key=["fail", "unknown", "exempt", "manual"].index)
    ids = {attrs.get("id") for _, attrs in page(built, "accounts/222222222222.html").tags}
    targets = re.findall(r'href="\.\./accounts/222222222222\.html#(f-\w+)"', document.source + "".join(beside))
    assert targets
    assert set(targets) <= ids


def test_a_finding_names_the_calls_it_was_read_by_and_their_time(built: site.Site) -> None:
    document = page(built, "accounts/333333333333.html")
    details = next(row[3] for t in document.tables if t[0][0] == "Verdict" for row in t if "arn" in row[3])
    assert "Read by iam:" in " ".join(details.split())


def test_proposals_are_paged_whole_and_their_queries_run(built: site.Site, database: Path) -> None:
    first, second = (page(built, path) for path in PROPOSALS)
    proposals = next(table for table in first.tables if table[0][0] == "Place")
    rows = [row for row in proposals[1:] if len(row) > 1]
    assert [row[0] for row in rows] == [str(n) for n in range(1, 26)]
    assert rows[0][2:5] == ["1 of 3", "1,200", "1,100"]
    assert "administrator" in rows[0][6]
    assert "1 path of escalation" in rows[0][6]
    assert "place-26" in second.ids
    assert json.loads(re.findall(r"Proposed policy\s*(\{.*?\n\})", first.text, re.S)[0])["Version"] == "2012-10-17"
    assert "Proposed policy 2 of 2" in first.text
    assert "Access Analyzer's generated policy" in first.text
    assert "Could not be read: all <b>." in first.text
    assert "s3:Get39 and 20 more" in " ".join(first.text.split())
    assert "400 days at most" in first.text
    queries = re.findall(r'duckdb -readonly rolecall\.duckdb "(.+?)"', first.text)
    with duckdb.connect(str(database), read_only=True) as con:
        found = [con.execute(query).fetchall() for query in queries]
    assert len(found[2]) == len(rows) + len([row for row in second.tables[0][1:] if len(row) > 1]) + 2
    assert all(found)


def test_what_is_not_known_of_use_is_told(built: site.Site) -> None:
    text = " ".join(page(built, "least-privilege.html").text.split())
    assert re.search(r"1 unknown ?their last accessed information could not be read", text)
    account = page(built, "accounts/222222222222.html")
    assert "the use of 1 more is not known" in account.text
    assert any(attrs.get("href") == "../least-privilege.html#place-2" for _, attrs in account.tags)


def test_the_first_clean_night_explains_what_is_empty(first_night: site.Site) -> None:
    text = page(first_night, "index.html").text
    assert "No trend yet" in text
    assert "first night" in text
    assert "Nothing is unread tonight" in text
    assert "this is the first night" in text
    assert "Every check passed" in page(first_night, "quality.html").text
    assert "No call failed tonight" in page(first_night, "coverage.html").text
    assert "The register is empty" in page(first_night, "exceptions.html").text
    assert "No control of this best practice runs yet" in page(first_night, "practices/10.html").text


def test_same_database_same_bytes(
    database: Path, built: site.Site, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shuffled = tmp_path / "shuffled.duckdb"
    shuffled.write_bytes(database.read_bytes())
    with duckdb.connect(str(shuffled)) as con:
        for table in published.TABLES:
            con.execute(f"create or replace table {table} as select * from {table} order by hash({table}::varchar)")
    again = site.build(shuffled, tmp_path / "site")
    for path in sorted(p.relative_to(built.folder) for p in built.folder.rglob("*") if p.is_file()):
        assert (again.folder / path).read_bytes() == (built.folder / path).read_bytes(), path


def test_pages_stay_small(tmp_path: Path) -> None:
    database = published.write(tmp_path / "rolecall.duckdb", accounts=published.many(300))
    started = time.perf_counter()
    big = site.build(database, tmp_path / "site")
    assert (time.perf_counter() - started) / len(big.pages) < 0.05
    for path in big.pages:
        for prefix, limit in LIMITS.items():
            if path.startswith(prefix):
                assert (big.folder / path).stat().st_size < limit, path


def test_a_report_does_not_grow_with_the_nights_before_it(tmp_path: Path) -> None:
    """Of years of nights as many are shown as of the first months."""
    database = published.write(tmp_path / "rolecall.duckdb")
    with duckdb.connect(database) as con:
        con.execute("update finding_history set from_as_of = date '2020-01-01'")
    sizes = []
    for n, days in enumerate((NIGHTS_SHOWN, 3 * NIGHTS_SHOWN)):
        with duckdb.connect(database) as con:
            night = "(min(as_of) - interval (i) day)::date as night"
            earlier = f"select {night} from nights cross join range(1, {days}) as t(i) group by i"
            for table in ("trend", "nights"):
                last = f"from {table} where as_of = date '{published.AS_OF}'"
                con.execute(
                    f"insert into {table} by name select * exclude (night) replace (night as as_of) "
                    f"from ({last}) cross join ({earlier}) where night < as_of"
                )
        made = site.build(database, tmp_path / str(n))
        sizes.append({path.relative_to(made.folder): path.stat().st_size for path in made.folder.rglob("*.*")})
    assert sizes[1].keys() == sizes[0].keys()
    assert {str(path): size - sizes[0][path] for path, size in sizes[1].items() if size > sizes[0][path] + 200} == {}


def test_a_notice_is_on_every_page_and_progress_counts_to_the_last(database: Path, tmp_path: Path) -> None:
    notice = "The night of 2026-11-25 was not published: users <2 keys twice>"
    steps: list[tuple[int, int]] = []

    class Heard(Silent):
        def step(self, stage: str, done: int, total: int) -> None:
            steps.append((done, total))

    done = site.build(database, tmp_path / "site", notice, Heard())
    for path in done.pages:
        assert notice in page(done, path).text
    assert steps[0] == (1, len(done.pages))
    assert steps[-1] == (len(done.pages), len(done.pages))


def test_a_page_that_cannot_be_made_costs_no_other(
    built: site.Site, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One page cannot be rendered, and a section breaks off after its first page."""
    write, lost = site.write, "changes.html"

    def breaking(folder: Path, page: Page, templates: site.Templates) -> int:
        if page.path == lost and page.template != site.MISSING:
            raise KeyError("planted")
        return write(folder, page, templates)

    def broken_off(night: PublishedNight) -> Iterator[Page]:
        yield from itertools.islice(whole(night), 1)
        raise ZeroDivisionError("planted too")

    whole = trust.pages
    monkeypatch.setattr(site, "write", breaking)
    monkeypatch.setattr(trust, "pages", broken_off)
    made = site.build(database, tmp_path / "site")
    others = [path for _, path, _ in trust.ENTRIES if path not in made.pages]
    assert others
    assert list(made.not_made) == [
        f"the page {lost} could not be made: KeyError: 'planted'",
        *(f"the page {path} could not be made: ZeroDivisionError: planted too" for path in others),
    ]
    for path in (lost, *others):
        assert "This page is missing" in (made.folder / path).read_text(encoding="utf-8")
    assert set(made.pages) < set(built.pages)
    for path in made.pages:
        assert (made.folder / path).read_bytes() == (built.folder / path).read_bytes()


@pytest.mark.parametrize("error", [duckdb.IOException("no database"), OSError(28, "No space left on device")])
def test_what_is_no_matter_of_one_page_is_raised(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def breaking(*_: object) -> int:
        raise error

    monkeypatch.setattr(site, "write", breaking)
    with pytest.raises(type(error)):
        site.build(database, tmp_path / "site")


def test_a_folder_in_use_is_refused(database: Path, tmp_path: Path) -> None:
    (tmp_path / "old.html").write_text("")
    with pytest.raises(FileExistsError, match="must be empty"):
        site.build(database, tmp_path)


def test_a_database_without_a_night_is_refused(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as con:
        con.execute(f"create table contract ({published.TABLES['contract']})")
    with pytest.raises(ValueError, match="names no night"):
        site.build(tmp_path / "empty.duckdb", tmp_path / "site")


def test_headings_and_tables_are_accessible(documents: list[Document]) -> None:
    for document in documents:
        levels = [int(t[1]) for t, _ in document.tags if re.fullmatch("h[1-6]", t)]
        assert levels.count(1) == 1, document.path
        assert levels[0] == 1, document.path
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), document.path
        for tag, attrs in document.tags:
            if tag == "th":
                assert attrs.get("scope") in ("col", "row"), document.path
            if str(attrs.get("class")).startswith("scroll"):
                assert attrs.get("tabindex") == "0", document.path
                assert attrs.get("aria-label"), document.path
            if attrs.get("class") == "plot":
                assert attrs.get("role") == "group", document.path
                assert attrs.get("aria-label"), document.path
        ids = [a["id"] for _, a in document.tags if "id" in a]
        assert len(ids) == len(set(ids)), document.path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_colours_have_contrast(scheme: str) -> None:
    css = (site.HERE / "assets" / "site.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)
    colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", blocks[0] + (blocks[1] if scheme == "dark" else "")))
    for ink in ("ink", "muted", "accent", "pass", "fail", "unknown", "exempt", "manual", "none"):
        for ground in ("paper", "surface"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (scheme, ink, ground)
    assert contrast(colours["ink"], colours["notice"]) >= 4.5
    for step in range(len(HEAT) + 1):
        (ink,) = re.findall(rf"\.heat-{step} {{ background: var\(--heat-{step}\); color: var\(--([a-z-]+)\)", css)
        assert contrast(colours[ink], colours[f"heat-{step}"]) >= 4.5, (scheme, step)
    steps = [contrast(colours[f"heat-{step}"], colours["surface"]) for step in range(len(HEAT) + 1)]
    assert steps == sorted(steps)
    for ground in ("paper", "surface"):
        assert contrast(colours["edge"], colours[ground]) >= 3, (scheme, ground)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    linear: Callable[[float], float] = lambda c: c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4  # noqa: E731
    red, green, blue = (linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
