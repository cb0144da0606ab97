"""`rolecall check`: policies in files before they are merged, by the same rules as every night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.app import DONE, Home, command, complain, given, load, terminal
from assets.cli.output import cell, table
from pipeline import __version__
from pipeline.refused import Refused

if TYPE_CHECKING:
    from pipeline.policy import Organization
    from pipeline.questions.pieces import Piece
    from pipeline.questions.rules import Remark

FOUND = 1
LIVE = "night"


class CheckFormat(StrEnum):
    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"
    junit = "junit"


class DocumentKind(StrEnum):
    identity = "identity"
    boundary = "boundary"
    trust = "trust"
    resource = "resource"
    scp = "scp"
    rcp = "rcp"


class FailOn(StrEnum):
    error = "error"
    warning = "warning"


@command
def check(
    paths: Annotated[list[Path], typer.Argument(help="JSON policies, CloudFormation, Terraform plans; or folders.")],
    against: Annotated[
        str | None, typer.Option(help=f"Earlier file or folder, or {LIVE}: remark only on what is newly allowed.")
    ] = None,
    not_granted: Annotated[list[str] | None, typer.Option(help="Action that no policy may allow; repeat.")] = None,
    kind: Annotated[
        DocumentKind | None, typer.Option("--as", help="What a policy by itself is; default: by its text.")
    ] = None,
    trusted: Annotated[list[str] | None, typer.Option("--trust", help="Account that is not outside; repeat.")] = None,
    fail_on: Annotated[FailOn, typer.Option(help="The least level with which the exit code is 1.")] = FailOn.warning,
    allow_unknown: Annotated[
        bool, typer.Option("--allow-unknown", help="Exit 0 though open references decide.")
    ] = False,
    format: Annotated[CheckFormat, typer.Option(help="Output format.")] = CheckFormat.text,
    home: Home = None,
) -> int:
    """Check policies before they are merged. Exit code 0: nothing found; 1: something; 2: a file that cannot be read.

    Example: rolecall check template.yaml --against night --format sarif
    """
    from pipeline.questions.new_rights import new_access
    from pipeline.questions.new_rights import not_granted as forbidden
    from pipeline.questions.pieces import pieces
    from pipeline.questions.rules import remarks, together

    kind_word = {None: "", DocumentKind.boundary: "identity"}.get(kind, str(kind))
    policies = [piece for path in paths for piece in pieces(path, kind_word)]
    if not policies:
        raise Refused(f"{', '.join(map(str, paths))}: holds no policy: no Statement, no template, no plan")
    earlier = versions(against, policies, kind_word, home) if against else {}
    inside = accounts(home, trusted or [])
    findings: list[Remark] = []
    for piece in policies:
        judged = new_access(piece, earlier.get(piece.key), inside) if against else remarks(piece, inside)
        findings += [*judged, *forbidden(piece, not_granted or [])]
    findings += [] if against else together(policies)
    show(format, policies, findings)
    return FOUND if any(_counts(remark, fail_on, allow_unknown) for remark in findings) else DONE


def _counts(remark: Remark, fail_on: FailOn, allow_unknown: bool) -> bool:
    if remark.rule == "not-known":
        return not allow_unknown
    return remark.level == "error" or (remark.level == "warning" and fail_on is FailOn.warning)


def accounts(home: Path | None, trusted: Sequence[str]) -> Organization:
    """The accounts that are not outside: those of the published organization, if there is one, and the trusted."""
    from pipeline.night import DATABASE
    from pipeline.policy import Organization
    from pipeline.questions.cloudformation import PSEUDO

    inside, organization_id = set(trusted), ""
    settings = load(**given(home=home))
    if (settings.home / DATABASE).exists():
        from pipeline.questions.published import published

        try:
            with published(settings.home) as night:
                inside |= set(night.accounts)
                organization_id = night.factory.organization_id
        except Refused as refused:
            complain(f"{refused}; only --trust says who is inside")
    return Organization(PSEUDO["AWS::AccountId"], frozenset(inside), organization_id)


def versions(
    against: str, policies: Sequence[Piece], kind: str, home: Path | None
) -> dict[tuple[str, str, str], Piece]:
    """The earlier version of each policy, by its place and name. Two single policies are versions of each other."""
    from pipeline.questions.live import of_night
    from pipeline.questions.pieces import pieces
    from pipeline.questions.published import published

    if against == LIVE:
        with published(load(**given(home=home)).home) as night:
            return dict(of_night(night, policies))
    if not Path(against).exists():
        raise Refused(f"{against}: there is no such file; give the earlier version, or {LIVE}")
    old = pieces(Path(against), kind)
    if len(policies) == len(old) == 1:
        return {policies[0].key: old[0]}
    return {piece.key: piece for piece in old}


def show(format: CheckFormat, policies: Sequence[Piece], remarks: Sequence[Remark]) -> None:
    """Print the remarks."""
    from pipeline.questions import formats

    if format is CheckFormat.json:
        print(formats.as_json(policies, remarks))
    elif format is CheckFormat.sarif:
        print(formats.as_sarif(remarks, __version__))
    elif format is CheckFormat.junit:
        print(formats.as_junit(policies, remarks))
    elif format is CheckFormat.github:
        print(formats.as_annotations(remarks))
    else:
        console = terminal()
        console.print(table(("Where", "Policy", "Level", "Rule", "Remark"), _rows(remarks)))
        console.print(f"{len(policies)} policies, {len(remarks)} remarks", highlight=False)


def _rows(remarks: Sequence[Remark]) -> Iterator[tuple[str, ...]]:
    from pipeline.questions.formats import place

    for remark in remarks:
        at = f"{remark.piece.path}:{remark.piece.line}"
        words = f"statement {remark.statement}: {remark.words}" if remark.statement else remark.words
        yield at, cell(place(remark.piece)), remark.level, remark.rule, words
