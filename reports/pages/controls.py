"""The list of controls, and a page per best practice and per control."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.rows import group
from reports import figures
from reports.night import PublishedNight
from reports.pages._page import Kind, Page, control_page, plain_page
from reports.practices import TEXTS
from reports.queries import FINDINGS_PER_PAGE

PLACE = 20
TITLE = "Controls"
ENTRIES = (("controls", "controls.html", "Controls"),)
KINDS = (
    Kind("practice", "report_practices", "A page for each practice: its controls and the AWS systems they read."),
    Kind("controls", "report_controls", "The list of controls with what is open and met."),
    Kind(
        "control", "report_control_pages", "A page for each control: why, how to fix what it finds, and its findings."
    ),
)

FINDINGS = f"""
    select * exclude (evidence) from open_findings
    where in_control <= {FINDINGS_PER_PAGE} order by control_id, in_control"""
OUS = """
    select f.control_id, a.ou_id, count(*) filter (verdict = 'fail') as fails,
        count(distinct f.account_id) as accounts
    from open_findings f join accounts a using (account_id)
    group by all having fails > 0 order by f.control_id, fails desc, a.ou_id"""


def pages(night: PublishedNight) -> Iterator[Page]:
    yield plain_page("controls.html", "Controls", "controls")
    yield from _practices(night)
    yield from _controls(night)


def count(night: PublishedNight) -> int:
    return 1 + len(TEXTS) + len(night.controls)


def _practices(night: PublishedNight) -> Iterator[Page]:
    by_practice = group(night.controls.values(), "practice")
    for number, text in TEXTS.items():
        context = {
            "practice": text,
            "scores": night.by_practice.get(number),
            "chart": figures.trend(night.trend.get(("practice", str(number)), []), of="this best practice"),
            "controls": by_practice[number],
            "fails": night.fails_by_practice.get(number, {}),
            "systems": night.systems[number],
            "resolution": night.resolution.get("practice", {}).get(str(number)),
            "new": [c for c in night.changes.get("new fail", []) if c["practice"] == number],
            "before": TEXTS.get(number - 1),
            "after": TEXTS.get(number + 1),
        }
        crumbs = (("Best practices", "index.html#practices"),)
        yield Page(text.page, "practice.html.j2", f"{number}. {text.title}", "index", crumbs, context)


def _controls(night: PublishedNight) -> Iterator[Page]:
    units = group(night.reader.rows(OUS), "control_id")
    for control_id, rows in night.by_key("control_id", night.controls, {"findings": FINDINGS}):
        control = night.controls[control_id]
        practice = TEXTS[control["practice"]]
        context = {
            "control": control,
            "practice": practice,
            "scores": night.by_control.get(control_id),
            "chart": figures.trend(night.trend.get(("control", control_id), []), of="this control"),
            "findings": rows["findings"],
            "units": units[control_id],
            "calls": night.calls[control_id],
        }
        crumbs = (("Controls", "controls.html"), (f"{practice.number}. {practice.title}", practice.page))
        yield Page(control_page(control_id), "control.html.j2", control["title"], "controls", crumbs, context)
