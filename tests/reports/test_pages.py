"""The pages of owners, people, guardrails and unused access: their numbers are the database's, their names harmless."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from reports import site
from reports.database import opened
from reports.filters import visible
from reports.pages import pictures
from reports.pages._page import file_name, owner_page
from tests.reports.conftest import Document
from tests.reports.owners import HOSTILE_OWNERS, ask
from tests.reports.rows import FORMULA, OBJECTIVES
from tests.reports.test_site import page, shelved


def rows_of(document: Document, heading: str) -> list[dict[str, str]]:
    """The rows of the first table whose first heading is this, by heading."""
    head, *body = next(t for t in document.tables if t[0][0] == heading)
    return [dict(zip(head, row, strict=True)) for row in body]


def test_every_owner_has_a_line_with_its_own_numbers(built: site.Site, database: Path) -> None:
    lines = {row["Owner"]: row for row in rows_of(page(built, "owners.html"), "Owner")}
    scores = ask(database, "select owner, accounts, controls_met, coverage, has_enough_data, fail from scores_by_owner")
    tagged = dict(ask(database, "select coalesce(owner, ''), count(*) from accounts group by all"))
    times = dict(ask(database, "select key, open from resolution_times where scope = 'owner'"))
    assert set(lines) == {str(visible(owner)) or "no owner tag" for owner in tagged}
    for owner, _, met, coverage, enough, fail in scores:
        line = lines[str(visible(owner)) or "no owner tag"]
        assert line["Accounts"] == str(tagged[owner])
        assert line["Open"] == str(fail) == str(times.get(owner, 0))
        assert sum(int(line[severity]) for severity in ("Critical", "High", "Medium", "Low")) == fail
        assert float(line["Coverage"].rstrip("%")) == pytest.approx(coverage, abs=0.1)
        if enough:
            assert float(line["Controls met"].rstrip("%")) == pytest.approx(met, abs=0.1)
        else:
            assert line["Controls met"] == "not enough data"
    assert lines["other"]["Controls met"] == lines["gone"]["Controls met"] == "not judged"


def test_owners_never_share_a_file() -> None:
    taken = file_name("Platform")
    names = ["platform", "Platform", "PLATFORM", "", taken, "con", "a/b", "../x", "x" * 80, "nul"]
    files = [file_name(name) for name in names]
    assert len({name.lower() for name in files}) == len(names)
    assert files[0] == "platform"
    assert all(file.isalnum() for file in files)


def test_names_of_owners_are_escaped_and_linked(built: site.Site) -> None:
    paths = ["owners.html", *map(owner_page, HOSTILE_OWNERS), "accounts.html", "controls/unused_roles.html"]
    for path in paths:
        source = page(built, path).source
        assert "<lead>" not in source
        assert "\u202e" not in source
    for path in ("accounts.html", "ous/ou-prod.html", "controls/unused_roles.html", "accounts/222222222222.html"):
        hrefs = {str(attrs.get("href")) for tag, attrs in page(built, path).tags if tag == "a"}
        assert any(href.endswith(owner_page("R&D <lead>")) for href in hrefs), path


def test_the_page_of_an_owner(built: site.Site, database: Path) -> None:
    document = page(built, owner_page(FORMULA))
    assert visible(FORMULA) in document.text
    assert [row["Account"].split()[0] for row in rows_of(document, "Account")] == ["payments"]
    fails = {row["Control"].split()[0]: int(row["Fail"]) for row in rows_of(document, "Control")}
    wanted = """select c.number, count(*) from findings join controls c using (control_id)
        where account_id = '333333333333' and verdict = 'fail' group by all"""
    assert fails == dict(ask(database, wanted))
    changes = ask(database, "select count(*) from finding_changes where account_id = '333333333333'")
    assert len(rows_of(document, "Change")) == changes[0][0] > 0
    assert "nobody is told of what fails there" in page(built, owner_page("")).text
    assert "None of these accounts is judged" in page(built, owner_page("gone")).text


def test_who_can_become_administrator(built: site.Site, database: Path) -> None:
    document = page(built, "people.html")
    counts = dict(
        ask(
            database,
            """select principal_type || if(is_admin = 'no', ' reach', ' admin'), count(*) from principal_reach
            where is_admin <> 'no' or steps is not null or possible_steps is not null group by all""",
        )
    )
    tables = {
        "user reach": ("reach-users", 0, "Users"),
        "user admin": ("admin-users", 1, "Users"),
        "role reach": ("reach-roles", 0, "Roles"),
    }
    for kind, (id, place, heading) in tables.items():
        (_, *body) = [t for t in document.tables if t[0][0] == heading][place]
        beside = built.folder / f"people.{id}.js"
        assert len(body) + (len(shelved(beside)) if beside.exists() else 0) == counts[kind], kind
    user, role = (next(t[1] for t in document.tables if t[0][0] == heading) for heading in ("Users", "Roles"))
    assert user[2:4] == ["2", "always"]
    assert "assumes arn:aws:iam::" in user[4]
    assert "Write a <new> version of a policy: then it is administrator of" in " ".join(user[4].split())
    assert role[2:4] == ["1", "under conditions"]
    assert "No role is known to be an administrator of its account." in document.text


def test_people_and_workloads_are_counted_and_what_is_not_known_is_told(built: site.Site, database: Path) -> None:
    document = page(built, "people.html")
    text = re.sub(r" BP\d\d-\d\d", "", " ".join(document.text.split()))
    ((console, mfa, roles),) = ask(
        database,
        """select count(*) filter (has_console), count(*) filter (has_console and has_mfa),
        count(*) filter (principal_type = 'role') from principals""",
    )
    assert f"{console} IAM users with a console password" in text
    assert f"{int(str(console)) - int(str(mfa))} of these without MFA" in text
    assert f"{roles} roles" in text
    unknown = rows_of(document, "Account")
    assert [row["Account"].split()[0] for row in unknown] == ["fenced", "locked-away"]
    assert unknown[1]["Unknown controls"] == "BP01-00, BP04-02"


def test_keys_are_listed_by_their_place_and_credentials_by_kind(built: site.Site, database: Path) -> None:
    document = page(built, "people.html")
    lines = rows_of(document, "Place")
    wanted = ask(database, "select place, advice, power from key_triage order by place")
    assert [(int(r["Place"]), r["Advice"], r["Power"].split("in ")[0].strip()) for r in lines] == wanted
    assert len(lines) == len(wanted)
    kinds = {row["Kind"]: int(row["Active"]) for row in rows_of(document, "Kind")}
    assert kinds == dict(ask(database, "select kind, count(*) from credentials where is_active group by all"))


@pytest.mark.parametrize(("word", "kind"), [("scp", "SERVICE_CONTROL_POLICY"), ("rcp", "RESOURCE_CONTROL_POLICY")])
def test_guardrails_are_a_matrix_of_verdicts(built: site.Site, database: Path, word: str, kind: str) -> None:
    document = page(built, "guardrails.html")
    place = ["scp", "rcp"].index(word)
    by_objective = [t for t in document.tables if t[0][0] == "Objective"][place]
    by_account = [t for t in document.tables if t[0][0] == "Account"][place]
    by_unit = [t for t in document.tables if t[0][0] == "Organizational unit"][place]
    objectives = [(o, title) for policy_type, o, title in OBJECTIVES if policy_type == kind]
    assert by_account[0][3:] == by_unit[0][1:] == [o.replace("_", " ") for o, _ in objectives]
    for (objective, title), line in zip(objectives, by_objective[1:], strict=True):
        sql = "select verdict, count(*) from guardrails where objective = ? group by all"
        found = dict(ask(database, sql, objective))
        assert line[1] == title
        verdicts = ("pass", "fail", "exempt", "unknown", "not_applicable")
        assert line[2:] == [str(found.get(verdict, 0)) for verdict in verdicts]
    cells = {row[0].split()[-2]: row[3:] for row in by_account[1:] if row[0].split()[-2].isdigit()}
    assert len(cells) > 40
    for id, verdicts_told in cells.items():
        sql = "select verdict from guardrails where account_id = ? and policy_type = ? order by objective"
        assert [(told.replace(" ", "_"),) for told in verdicts_told] == ask(database, sql, id, kind)
    opened = [int(row[1]) for row in by_account[1:]]
    assert opened == sorted(opened, reverse=True)
    ((fails,),) = ask(
        database, "select count(*) from guardrails where objective = ? and verdict = 'fail'", objectives[0][0]
    )
    assert by_unit[1][:2] == ["Root", str(fails)]
    assert "SCPs never bind the management account." in document.text


def test_cells_of_the_matrix_lead_to_the_findings(built: site.Site) -> None:
    hrefs = {str(attrs.get("href")) for tag, attrs in page(built, "guardrails.html").tags if tag == "a"}
    assert "controls/scp_objectives.html" in hrefs
    assert "accounts/444444444444.html#findings?verdict=unknown&control=scp_objectives" in hrefs
    assert any("#findings?control=scp_objectives&objective=root_user" in href for href in hrefs)


def test_unused_access_is_counted_and_listed(built: site.Site, database: Path) -> None:
    document = page(built, "least-privilege.html")
    names = [row["User or role"].split()[0] for row in rows_of(document, "User or role")]
    sql = "select name from least_privilege where data_status = 'known' and used_services = 0 order by place"
    assert names == [str(name).split()[0] for (name,) in ask(database, sql)] == ["wide"]
    text = " ".join(document.text.split())
    for control, number in ask(database, "select control_id, number from controls where practice = 9"):
        ((fails, title),) = ask(
            database,
            """select count(*) filter (verdict = 'fail'), any_value(title) from findings
            join controls using (control_id) where control_id = ?""",
            control,
        )
        assert re.search(rf"{fails} fail(, \d+ unknown)?{number} {title}", text)


def test_the_first_clean_night_says_what_is_empty(first_night: site.Site) -> None:
    owner = page(first_night, owner_page("platform"))
    assert "No trend yet" in owner.text
    assert "first night" in owner.text
    people = page(first_night, "people.html").text
    assert "of every account in scope were read tonight" in people
    assert (
        "Every user and role whose use is known used something lately."
        in page(first_night, "least-privilege.html").text
    )


def test_an_identity_has_all_that_is_known_of_it(built: site.Site, database: Path) -> None:
    text = page(built, "identities/111111111111.html").source
    rows = dict(re.findall(r'<tr id="(i-[0-9a-f]{12})"(.*?)</tr>', text, re.DOTALL))
    fails = dict(
        ask(
            database,
            """
            select 'i-' || left(md5(arn), 12), count(*) from findings join principals using (account_id)
            where as_of = (select max(as_of) from findings) and verdict = 'fail' and account_id = '111111111111'
                and (resource = arn or starts_with(resource, arn || '/')) group by all""",
        )
    )
    assert fails.keys() <= rows.keys()
    for name, row in rows.items():
        assert f'data-v="{fails.get(name, 0)}"' in row
        assert row.count('<span class="reason">') >= fails.get(name, 0)
    role = next(row.replace("<wbr>", "") for row in rows.values() if 'data-kind="role"' in row)
    for words in ("222222222222 <span", "trusted; external, under conditions", "user/person-1", "on its way to admin"):
        assert words in role
    assert "&lt;b&gt;*" not in role  # whom a Deny keeps out
    assert "Write a &lt;new&gt; version of a policy (under conditions)" in role


def test_the_list_of_identities_leads_to_each(built: site.Site) -> None:
    links = [str(attrs.get("href")) for tag, attrs in page(built, "identities.html").tags if tag == "a"]
    shown = [link for link in links if link.startswith("identities/") and "#i-" in link]
    assert shown
    for link in shown:
        path, name = link.split("#")
        beside = built.folder / path.replace(".html", ".identities.js")
        assert f'id="{name}"' in page(built, path).source + "".join(shelved(beside) if beside.exists() else [])


def test_pictures_show_every_way_and_what_happened(built: site.Site, database: Path) -> None:
    document = page(built, "pictures.html")
    reach = rows_of(document, "Who")
    ((count, always),) = ask(
        database,
        """select count(*), count(steps) from principal_reach
        where is_admin = 'no' and coalesce(steps, possible_steps) is not null""",
    )
    assert sum(int(row["Users and roles"]) for row in reach) == count
    assert sum(int(row["Users and roles"]) for row in reach if row["Holds"] == "always") == always
    assert f"{count} users and roles can become administrator, {always} of them" in document.text
    user = next(row for row in reach if row["Who"] == "user person-1")
    assert user["One shortest way"].startswith("assumes person-4 → Write a <new> version")
    assert user["One shortest way"].endswith("administrator of its account")
    (trust,) = rows_of(document, "Trusted")
    assert (trust["Trusted"], trust["Asked for, and role"]) == (
        "account 222222222222",
        "asked for sts:ExternalId → role person-4",
    )
    assert ("ended", "no longer") in {(row["Ends in"], row["Counts"]) for row in rows_of(document, "Owner")}
    assert any("guardrails changed in" in row["What happened"] for row in rows_of(document, "Night"))


def test_the_trend_says_when_accounts_came_and_went(database: Path, tmp_path: Path) -> None:
    copy = shutil.copyfile(database, tmp_path / "rolecall.duckdb")
    with duckdb.connect(str(copy)) as con:
        changed = "update finding_history set {} where account_id = '{}'"
        con.execute(changed.format("from_as_of = '2026-11-22'", "222222222222"))
        con.execute(changed.format("to_as_of = '2026-11-21', from_as_of = '2026-11-20'", "333333333333"))
        con.execute("update finding_history set from_as_of = '2026-11-23' where control_id = 'key_rotation'")
    with opened(copy) as reader:
        happened = {row["as_of"].day: row["says"] for row in pictures.events(reader.rows(pictures.EVENTS))}
    ((name,),) = ask(database, "select name from accounts where account_id = '222222222222'")
    assert f"account joined: {name}" in happened[22]
    assert "account left: payments" in happened[22]
    assert "control added: key_rotation" in happened[23]
