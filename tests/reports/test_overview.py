"""The first screen: each of its figures is counted again from the findings, and it claims no more than is known."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from statistics import mean

from reports import site
from reports.filters import percent
from tests.reports import published
from tests.reports.conftest import Document
from tests.reports.owners import ask
from tests.reports.test_pages import rows_of
from tests.reports.test_site import page

FINDINGS = (
    "select account_id, control_id, f.practice, severity, verdict from findings f join controls using (control_id)"
)
Pairs = dict[str, dict[str, set[str]]]


def pairs(database: Path, practice: int | None = None) -> Pairs:
    """The verdicts of each account by control."""
    found: Pairs = defaultdict(lambda: defaultdict(set))
    for account, control, number, _, verdict in ask(database, FINDINGS):
        if practice in (None, number):
            found[str(account)][str(control)].add(str(verdict))
    return found


def meeting(of: Pairs) -> tuple[int, int]:
    """How many accounts meet all of it, and of how many that is known."""
    fails = sum(any("fail" in said for said in controls.values()) for controls in of.values())
    met = sum(
        not any({"fail", "unknown", "manual"} & said for said in controls.values())
        and any({"pass", "exempt"} & said for said in controls.values())
        for controls in of.values()
    )
    return met, met + fails


def tiles(document: Document) -> list[str]:
    box = re.findall(r'<ul class="tiles measures four">(.*?)</ul>', document.source, re.S)[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", tile).split()) for tile in re.findall(r"<li.*?</li>", box, re.S)]


def test_the_sentence_and_the_tiles_are_those_of_the_findings(first_night: site.Site, tmp_path: Path) -> None:
    database = published.write(tmp_path / "rolecall.duckdb", nights=published.NIGHTS[:1], clean=True)
    document = page(first_night, "index.html")
    rows = ask(database, FINDINGS)
    critical = [row for row in rows if row[3:] == ("critical", "fail")]
    high = [row for row in rows if row[3:] == ("high", "fail")]
    with_critical = len({row[0] for row in critical})
    accounts = pairs(database)
    text = " ".join(document.text.split())
    assert f"{len(critical)} critical findings are open in {with_critical} of {len(accounts)} accounts" in text
    grave, free, met, all_met = tiles(document)
    assert grave.startswith(f"{len(critical)} critical open {len(high)} high")
    assert free.startswith(f"{len(accounts) - with_critical} of {len(accounts)} accounts")
    shares = []
    for controls in accounts.values():
        judged = {c: said for c, said in controls.items() if not {"unknown", "manual"} & said}
        missed = sum("fail" in said for said in controls.values())
        passed = sum("fail" not in said and bool({"pass", "exempt"} & said) for said in judged.values())
        if len(judged) / len(controls) >= 0.95:
            shares.append(100 * passed / (passed + missed))
    assert met.startswith(f"{percent(mean(shares))} of controls met, account by account")
    assert f"lowest account {percent(min(shares))}" in met
    assert all_met.startswith("{} of {} accounts".format(*meeting(accounts)))


def test_the_practices_are_counted_by_account_those_least_met_first(built: site.Site, database: Path) -> None:
    lines = rows_of(page(built, "index.html"), "Best practice")
    assert len(lines) == 14
    shares = []
    for line in lines:
        number = int(line["Best practice"].split()[0])
        met, known = meeting(pairs(database, number))
        assert line["Accounts"] == (f"{met} of {known}" if known else "–")  # noqa: RUF001
        shares.append(met / known if known else 2.0)
        for severity in ("Critical", "High"):
            fails = [r for r in ask(database, FINDINGS) if r[2:] == (number, severity.lower(), "fail")]
            assert line[severity] in (str(len(fails)), "–")  # noqa: RUF001
    assert shares == sorted(shares)


def test_what_to_do_first_and_who_has_to_act(built: site.Site, database: Path) -> None:
    document = page(built, "index.html")
    first = ask(database, "select findings, critical from repairs order by place limit 7")
    box = document.source.split('id="first"')[1].split("</section>")[0]
    closes = re.findall(r'<span class="closes">closes ([\d,]+)', box)
    assert [int(n.replace(",", "")) for n in closes] == [findings for findings, _ in first]
    owners = {row["Owner"]: row for row in rows_of(document, "Owner")}
    (grave,) = ask(
        database,
        """select count(*) filter (severity = 'critical'), count(*) filter (severity = 'high')
        from findings join controls using (control_id) where verdict = 'fail' and fixed_by = 'organization'""",
    )
    line = owners["Management account or delegated administrators"]
    assert (int(line["Critical"]), int(line["High"])) >= grave


def test_a_night_without_fails_claims_no_more_than_it_knows(tmp_path: Path) -> None:
    database = published.write(
        tmp_path / "rolecall.duckdb", accounts=[(*a[:6], "not read", "no") for a in published.many(2)]
    )
    built = site.build(database, tmp_path / "site")
    text = " ".join(page(built, "index.html").text.split())
    assert "No critical finding is open in 0 accounts" in text
    assert "Of 10 accounts it is not known." in text
    assert "of controls met: not enough data" in text
