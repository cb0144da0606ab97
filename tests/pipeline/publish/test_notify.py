"""Messages about a night, through the real libraries into receivers on this machine; hostile names in every channel."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import boto3
import pytest
import responses
from markdown_it import MarkdownIt

from pipeline.publish import notify
from pipeline.publish.digest import JOINER, Message
from pipeline.settings import Refused, Settings
from tests import receivers
from tests.conftest import Loopback
from tests.pipeline.publish.support import NAMES
from tests.receivers import Receiver

SECRET = "hunter2hunter2"


SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


TEAMS = f"workflows://teams.example:443/WF1/{SECRET}"


@pytest.fixture(scope="module")
def web() -> Iterator[Receiver]:
    with receivers.http() as receiver:
        yield receiver


def told(monkeypatch: pytest.MonkeyPatch, url: str, message: Message, *files: Path) -> list[str]:
    monkeypatch.setenv("SOMEBODY", url)
    return notify.send(notify.targets(Settings(notify=["SOMEBODY"])), message, files)


def posted(monkeypatch: pytest.MonkeyPatch, url: str, message: Message) -> Any:
    """The body that Apprise posts."""
    with responses.RequestsMock() as http:
        http.post(re.compile(".*"), body="ok")
        assert told(monkeypatch, url, message) == []
        return json.loads(http.calls[0].request.body)


def check_reads(text: str) -> None:
    """Every name can be read, and none is live: no URL, no mention that a service would make one of."""
    assert "http://evil" not in text
    assert not re.search(r"(?<![\w.+-])@\w", text)
    read = " ".join(text.replace(JOINER, "").split())
    for name in NAMES.values():
        assert f"Root has MFA wherever it has credentials: {name} in {name} (99999999990" in read
        assert re.search(rf"{re.escape(name)} \(99999999990\d\): {re.escape(name)} failed", read)


@pytest.mark.parametrize("how", ["", "?blocks=yes", "?format=markdown"])
def test_slack(monkeypatch: pytest.MonkeyPatch, message: Message, how: str) -> None:
    body = posted(monkeypatch, f"{SLACK}/{how}", message)
    (attachment,) = body["attachments"]
    assert "icon_url" not in body
    if "blocks" in how:
        text = attachment["blocks"][1]["text"]
        assert text["type"] == attachment["blocks"][0]["text"]["type"] == "plain_text"
        assert len(text["text"]) < 3000
        text = text["text"]
    else:
        text = attachment["text"]
        assert body["mrkdwn"] is ("markdown" in how)
    if "markdown" in how:
        # Slack reads <x> as a link or a mention only where a character of its own follows, and only up to a ">".
        assert ">" not in text
        assert not re.search(r"<[\w!@#]", text)
        assert "http://evil" not in text
        return
    assert not re.search("[<>]", text)
    check_reads(html.unescape(text))


def test_teams(monkeypatch: pytest.MonkeyPatch, message: Message) -> None:
    body = posted(monkeypatch, TEAMS, message)
    card = body["attachments"][0]["content"]
    assert card["msteams"] == {"width": "full"}  # no entities, so no mentions
    title, text = [block["text"] for block in card["body"]]
    assert title == message.title
    rendered = Tags(MarkdownIt("js-default", {"html": False, "linkify": False}).render(text))
    assert {tag for tag, _ in rendered.tags} == {"p"}
    check_reads(rendered.text)


@pytest.mark.parametrize("how", ["", "&format=text"])
def test_mail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, message: Message, how: str) -> None:
    pdf = tmp_path / "summary.pdf"
    pdf.write_bytes(b"%PDF-1.7 summary")
    with receivers.smtp() as mail:
        url = f"mailto://127.0.0.1:{mail.port}/?from=rolecall@example.com&to=team@example.com&mode=insecure{how}"
        assert told(monkeypatch, url, message, pdf, tmp_path / "missing.pdf") == []
    (got,) = mail.got
    assert isinstance(got, EmailMessage)
    assert got["Subject"] == message.title
    (attached,) = got.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("summary.pdf", "application/pdf")
    assert attached.get_content() == pdf.read_bytes()
    text = got.get_body(("plain",))
    assert text is not None
    check_reads(text.get_content())
    page = got.get_body(("html",))
    if how:
        assert page is None
        return
    assert page is not None
    read = Tags(page.get_content())
    assert {tag for tag, _ in read.tags} == {"h3", "p", "ul", "li", "a"}
    assert [attributes for tag, attributes in read.tags if tag == "a"] == [{"href": message.link}]
    check_reads(read.text)


class Tags(HTMLParser):
    """The tags of a page and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("fifo", ["", ".fifo"])
def test_sns(aws: Loopback, monkeypatch: pytest.MonkeyPatch, message: Message, fifo: str) -> None:
    region = "eu-west-1"  # not the region of the run: the ARN's counts
    sns, sqs = (boto3.client(service, region_name=region) for service in ("sns", "sqs"))
    kind = {"FifoTopic": "true"} if fifo else {}
    topic = sns.create_topic(Name=f"nights{fifo}", Attributes=kind)["TopicArn"]
    queue = sqs.create_queue(QueueName=f"nights{fifo}", Attributes={"FifoQueue": "true"} if fifo else {})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    long = replace(message, title="é" + "t" * 200)
    assert notify.send(notify.targets(Settings(notify=[topic])), long) == []
    (got,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    body = json.loads(got["Body"])
    assert body["Subject"] == "?" + "t" * 99
    assert body["Message"] == message.text
    check_reads(body["Message"])
    gone = topic.replace("nights", "gone")
    assert notify.send(notify.targets(Settings(notify=[gone])), message) == [f"{gone}: SNS answered NotFound"]


def test_sns_that_cannot_be_asked(aws: Loopback, monkeypatch: pytest.MonkeyPatch, message: Message) -> None:
    topic = "arn:aws:sns:us-east-1:111111111111:nights"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    (sentence,) = notify.send(notify.targets(Settings(notify=[topic])), message)
    assert sentence == f"{topic}: SNS could not be asked (EndpointConnectionError)"


def test_one_that_fails_stops_no_other_and_no_secret_is_told(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    message: Message,
    web: Receiver,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    # What the user has set up for Apprise's own command is not for us.
    (tmp_path / ".apprise").write_text(f"json://127.0.0.1:{web.port}/user\n")
    monkeypatch.setattr(notify, "SERVICE_SECONDS", 0.3)
    web.got.clear()
    places = {
        "REFUSED": f"json://user:{SECRET}@127.0.0.1:9/{SECRET}",
        "FORBIDDEN": f"json://user:{SECRET}@127.0.0.1:{web.port}/403/{SECRET}",
        "SILENT": f"json://user:{SECRET}@127.0.0.1:{web.port}/silent/{SECRET}",
        "NO_MAIL": f"mailto://user:{SECRET}@127.0.0.1:9/?from=a@example.com&to=b@example.com&mode=insecure",
        "TAKEN": f"json://user:{SECRET}@127.0.0.1:{web.port}/{SECRET}",
    }
    for name, url in places.items():
        monkeypatch.setenv(name, url)
    with caplog.at_level(logging.INFO):
        whom = notify.targets(Settings(notify=[*places, "TAKEN"]))
        sentences = notify.send(whom, message)
    assert sentences == [
        "REFUSED: it could not be reached, or did not take the message",
        "FORBIDDEN: it answered 403",
        "SILENT: it did not take the message within 0.3 seconds",
        "NO_MAIL: it could not be reached, or did not take the message",
    ]
    (got,) = web.got
    assert (got["title"], got["message"]) == (message.title, message.text)
    assert SECRET not in f"{whom} {sentences} {caplog.text} {capfd.readouterr()}"
    assert [path.name for path in tmp_path.iterdir()] == [".apprise"]


def test_a_file_that_is_too_large_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, message: Message, web: Receiver
) -> None:
    web.got.clear()
    (tmp_path / "summary.pdf").write_bytes(b"x" * 11)
    for most in (11, 10):
        monkeypatch.setattr(notify, "ATTACHMENT_BYTES", most)
        assert told(monkeypatch, f"json://127.0.0.1:{web.port}", message, tmp_path / "summary.pdf") == []
    assert [[file["filename"] for file in got["attachments"]] for got in web.got] == [["summary.pdf"], []]


@pytest.mark.parametrize(
    ("entry", "value", "says"),
    [
        ("NOBODY", None, "entry 1: the variable NOBODY is not set"),
        ("NOBODY", " ", "entry 1: the variable NOBODY is not set"),
        ("NOBODY", SECRET, "the variable NOBODY holds no URL that Apprise can use"),
        ("NOBODY", f"nope://{SECRET}", "the variable NOBODY holds no URL that Apprise can use"),
        ("NOBODY", f"slack://{SECRET}", "the variable NOBODY holds no URL that Apprise can use"),
        (f"slack://{SECRET}", None, "entry 1 is neither the ARN of an SNS topic nor the name"),
        ("arn:aws:sqs:us-east-1:111111111111:nights", None, "entry 1 is neither the ARN of an SNS topic nor the name"),
        ("arn:aws:sns:us-east-1:1:nights", None, "entry 1 is neither the ARN of an SNS topic nor the name"),
    ],
)
def test_a_target_that_is_not_right_is_refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], entry: str, value: str | None, says: str
) -> None:
    monkeypatch.delenv("NOBODY", raising=False)
    if value is not None:
        monkeypatch.setenv("NOBODY", value)
    with pytest.raises(Refused) as refused:
        notify.targets(Settings(notify=[entry]))
    assert says in str(refused.value)
    assert SECRET not in f"{refused.value} {capfd.readouterr()}"
