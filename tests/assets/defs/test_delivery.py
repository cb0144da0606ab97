"""`rolecall publish`, and the report in a bucket as an asset."""

from __future__ import annotations

import fcntl
import gzip
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner, Result

from assets import definitions, home
from assets.cli import main
from assets.defs import notification, publishing
from assets.defs.delivery import IN_BUCKET, delivery
from assets.defs.jobs import JOB
from assets.defs.report import PAGES
from assets.resources import run_settings
from pipeline.night import DATABASE, Night
from pipeline.publish import folder as publish
from pipeline.quality.run import QualityResult
from pipeline.settings import Settings
from pipeline.warehouse import store
from reports import site
from reports.pages import Page
from tests.assets.test_night import Told
from tests.conftest import Loopback
from tests.reports import published
from tests.reports.published import AS_OF

OLDER, LATER = AS_OF - timedelta(days=1), AS_OF + timedelta(days=1)


@dataclass
class Home:
    """A home in which two nights are published, and a bucket."""

    folder: Path
    bucket: str
    s3: Any
    loopback: Loopback

    @property
    def to(self) -> str:
        return f"s3://{self.bucket}/site"

    def settings(self, **more: Any) -> Settings:
        return self.loopback.settings(self.folder, publish_to=self.to, today=AS_OF, **more)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main.app, ["publish", "--home", str(self.folder), *arguments])

    def refused(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert (result.exit_code, "Traceback" in result.output) == (2, False), result.output
        (sentence,) = result.stderr.strip().splitlines()
        return sentence

    def page(self, name: str) -> str:
        return (self.folder / "reports" / name).read_text(encoding="utf-8")

    def object(self, name: str) -> str:
        kept = self.s3.get_object(Bucket=self.bucket, Key=f"site/{name}")
        body: bytes = kept["Body"].read()
        return (gzip.decompress(body) if kept.get("ContentEncoding") == "gzip" else body).decode()

    def places(self) -> set[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", ())
        return {found["Key"].split("/")[1] for found in listed}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "rolecall.duckdb"
    published.write(path)
    return path


@pytest.fixture
def there(aws: Loopback, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROLECALL_MAX_ATTEMPTS", "2")
    monkeypatch.setenv("ROLECALL_RENDER_PDF", "false")
    folder = tmp_path / "home"
    for as_of in (OLDER, AS_OF):
        with publish.report(Night(folder, as_of)) as aside:
            (aside / "index.html").write_text(f"as {as_of} was")
    shutil.copyfile(database, folder / DATABASE)
    with closing(boto3.client("s3")) as s3:
        found = Home(folder, f"reports-{uuid4().hex[:12]}", s3, aws)
        s3.create_bucket(Bucket=found.bucket)
        yield found


def test_the_newest_night_is_built_anew_from_the_database(there: Home) -> None:
    result = there.run()
    assert result.exit_code == 0, result.output
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert list(lines) == ["home", "published", "report"]  # the home had no mark
    assert lines["report"] == str(there.folder / "reports" / str(AS_OF) / "index.html")
    assert there.page("latest/index.html").startswith("<!doctype html>")
    assert publish.shown(there.folder) == Night(there.folder, AS_OF)
    assert there.places() == set()


def test_a_page_that_cannot_be_made_is_exit_code_1(there: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(folder: Path, page: Page, templates: site.Templates) -> int:
        if page.path == "changes.html" and page.template != site.MISSING:
            raise KeyError("planted")
        return write(folder, page, templates)

    write = site.write
    monkeypatch.setattr(site, "write", breaking)
    result = there.run()
    assert result.exit_code == 1, result.output
    assert "missing       the page changes.html could not be made: KeyError: 'planted'; " in result.stdout
    assert (there.folder / "reports" / str(AS_OF) / "index.html").is_file()


def test_then_it_goes_to_the_bucket(there: Home) -> None:
    result = there.run("--to", there.to)
    assert result.exit_code == 0, result.output
    files = sum(path.is_file() for path in (there.folder / "reports" / str(AS_OF)).rglob("*"))
    assert f"bucket        {there.to}/{AS_OF}: {files} objects" in result.stdout.splitlines()
    assert there.object("latest/index.html") == there.page("latest/index.html")
    assert there.places() == {str(AS_OF), "latest", "nights.js"}


def test_an_older_night_is_published_as_it_is_and_latest_stays(there: Home) -> None:
    assert there.run("--to", there.to).exit_code == 0
    before = (there.page("latest/index.html"), there.object("latest/index.html"))
    result = there.run("--to", there.to, "--as-of", str(OLDER))
    assert result.exit_code == 0, result.output
    assert f"{there.to}/{OLDER}: 1 object" in result.stdout
    assert there.object(f"{OLDER}/index.html") == f"as {OLDER} was"
    assert before == (there.page("latest/index.html"), there.object("latest/index.html"))
    assert publish.shown(there.folder) == Night(there.folder, AS_OF)


def test_a_night_that_is_not_there_is_refused(there: Home) -> None:
    shutil.rmtree(there.folder / "reports" / str(OLDER))
    sentence = there.refused("--as-of", str(OLDER))
    assert f"reports/{OLDER}/index.html, and only the newest night ({AS_OF}) can be built anew" in sentence
    assert f"`rolecall run --judge-only --as-of {LATER}`" in there.refused("--as-of", str(LATER))


def test_where_nothing_is_published_it_is_refused_and_nothing_is_made(there: Home, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    sentence = there.refused("--home", str(empty))
    assert f"{empty / DATABASE}: nothing is published there yet; `rolecall run` does" in sentence
    assert not empty.exists()


def test_a_database_that_the_pages_cannot_be_built_from_is_refused(there: Home) -> None:
    path = there.folder / DATABASE
    with duckdb.connect(path) as con:
        con.execute("drop table scores_overall")
    assert f"`rolecall run --judge-only --as-of {AS_OF}` writes it anew" in there.refused()
    path.write_text("no database")
    assert str(path) in there.refused()
    assert there.page("latest/index.html") == f"as {AS_OF} was"


def test_a_bad_address_is_refused(there: Home) -> None:
    assert "publish_to: String should match pattern" in there.refused("--to", "https://example.com/reports")


def test_another_run_in_the_home_keeps_it_out(there: Home) -> None:
    with (there.folder / home.LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "is working there; wait for it to end" in there.refused()


def test_a_notice_of_a_night_held_back_stays(there: Home) -> None:
    store.note_held_back(Night(there.folder, LATER), "1 check on its inputs failed: <users>")
    assert there.run("--to", there.to).exit_code == 0
    said = f"{LATER} is not published: 1 check on its inputs failed: &lt;users&gt;"
    assert said in there.page("latest/index.html")
    assert said in there.object("latest/index.html")


def test_a_notice_that_cannot_be_put_into_the_bucket_is_told_with_the_reason(there: Home) -> None:
    failed = QualityResult("users", "key_unique", "unique", "blocking", False, 1, (), "a key is there twice")
    settings = there.settings(publish_bucket_owner="999999999999")
    reason = publishing.hold_back(settings, Night(there.folder, LATER), publishing.failed_checks([failed]))
    assert reason.startswith("1 check on its inputs failed: users.key_unique: a key is there twice; ")
    assert f"the bucket does not say so: {there.to}/: s3:GetPublicAccessBlock" in reason
    assert f"{LATER} is not published: 1 check" in there.page("latest/index.html")


def test_only_the_newest_reports_are_kept(there: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert there.run("--to", there.to, "--as-of", str(OLDER)).exit_code == 0
    monkeypatch.setenv("ROLECALL_KEEP_REPORTS", "1")
    assert there.run("--to", there.to).exit_code == 0
    assert {path.name for path in (there.folder / "reports").iterdir()} == {str(AS_OF), "latest", "nights.js"}
    assert there.places() == {str(AS_OF), "latest", "nights.js"}


def test_an_upload_that_fails_is_one_sentence_and_the_report_here_is_new(there: Home) -> None:
    there.loopback.faults({"service": "s3", "operation": "PutObject", "kind": "throttle"})
    sentence = there.refused("--to", there.to)
    assert sentence.startswith(f"rolecall: {there.to}/{AS_OF}/")
    assert sentence.endswith("s3:PutObject: Rate exceeded (SlowDown); see what S3 says, then run `rolecall publish`")
    assert there.page("latest/index.html").startswith("<!doctype html>")


def materialize(there: Home, **more: Any) -> tuple[dg.ExecuteInProcessResult, Told]:
    told = Told()
    settings = there.settings(**more)
    resources = {"settings": run_settings(settings), "progress": told}
    with home.held(there.folder):
        return dg.materialize(delivery(settings), resources=resources, raise_on_error=False), told


def test_the_asset_says_where_and_how_much(there: Home) -> None:
    result, told = materialize(there)
    assert result.success
    (made,) = result.asset_materializations_for_node(IN_BUCKET)
    metadata = {name: value.value for name, value in made.metadata.items() if not name.startswith("dagster/")}
    (kept,) = there.s3.list_objects_v2(Bucket=there.bucket, Prefix=f"site/{AS_OF}/")["Contents"]
    assert metadata == {"address": f"{there.to}/{AS_OF}", "objects": 1, "bytes": kept["Size"], "latest": True}
    assert told.outcomes == {"bucket": f"{there.to}/{AS_OF}: 1 object"}


def reason(result: dg.ExecuteInProcessResult) -> str:
    return notification.why(result.filter_events(lambda event: event.is_step_failure), result.run_id)


def test_a_failed_upload_fails_the_run_with_its_sentence(there: Home) -> None:
    result, _ = materialize(there, publish_bucket_owner="999999999999")
    assert not result.success
    assert reason(result).startswith(f"{there.to}/: s3:GetPublicAccessBlock: Access Denied (AccessDenied)")
    (there.folder / "reports" / "latest").unlink()
    result, _ = materialize(there)
    assert reason(result).endswith("nothing is published there yet; `rolecall run` does")


def test_it_comes_after_every_page_in_the_nightly_job_and_only_where_a_bucket_is_set(tmp_path: Path) -> None:
    without = definitions.build(Settings.model_construct(home=tmp_path))
    keys = without.resolve_asset_graph().get_all_asset_keys()
    assert dg.AssetKey(IN_BUCKET) not in keys
    built = definitions.build(Settings.model_construct(home=tmp_path, publish_to="s3://reports/site"))
    graph = built.resolve_asset_graph()
    pages = {dg.AssetKey(name) for name, _ in PAGES.values()}
    assert graph.get(dg.AssetKey(IN_BUCKET)).parent_keys == pages
    assert dg.AssetKey(IN_BUCKET) in built.resolve_job_def(JOB).asset_layer.executable_asset_keys
    assert graph.get_all_asset_keys() - keys == {dg.AssetKey(IN_BUCKET)}
