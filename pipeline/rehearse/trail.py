"""What CloudTrail recorded: events of files or exports, grouped by DuckDB by all that a policy can ask of a request.

Read are log files (`Records`, gzip or plain), events one a line, and Parquet of Athena or CloudTrail Lake with
CloudTrail's own columns; no event is held in Python.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import duckdb

from pipeline import knowledge
from pipeline.rehearse import trail_bucket
from pipeline.rows import quoted, rows, stream
from pipeline.schema import Row
from pipeline.settings import Refused, Settings
from pipeline.warehouse.store import Connection

Fields = Mapping[str, Any]
FIELDS: Fields = {
    **dict.fromkeys(("eventTime", "eventSource", "eventName", "eventType", "eventCategory", "awsRegion"), "varchar"),
    **dict.fromkeys(("sourceIPAddress", "errorCode", "recipientAccountId", "vpcEndpointId"), "varchar"),
    "userIdentity": {
        **dict.fromkeys(("type", "arn", "invokedBy"), "varchar"),
        "sessionContext": {"sessionIssuer": {"arn": "varchar"}, "attributes": {"mfaAuthenticated": "varchar"}},
    },
    "resources": [{"ARN": "varchar", "accountId": "varchar"}],
    "tlsDetails": {"tlsVersion": "varchar"},
}
NEEDED = ("eventTime", "eventSource", "eventName", "userIdentity")
NO_FILE = "no file, or a folder without any *.json, *.json.gz or *.parquet"
NO_EVENTS = ("CloudTrail-Digest", "CloudTrail-Insight")
"""Folders beside `CloudTrail` in a trail's bucket."""
SNIFFED = 1 << 16
LARGEST = 1 << 26
"""Bytes of the largest object in a JSON file; DuckDB holds twice as many for each thread. AWS's files are smaller."""

GROUPED = """
    with
    events as ({events}),

    requests as (
        select
            coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) as principal_arn,
            recipientAccountId as account_id,
            coalesce(eventType, 'AwsApiCall') = 'AwsApiCall' as is_call,
            coalesce(eventCategory, 'not said') as category,
            coalesce(regexp_matches(errorCode, $denials), false) as is_denied,
            regexp_replace(eventSource, '\\.amazonaws\\.com(\\.cn)?$', '') as source,
            regexp_replace(eventName, '\\d{{8}}(v\\d+)?$', '') as event,
            awsRegion as region,
            list_sort([{{'arn': one.ARN, 'account_id': one.accountId}} for one in resources]) as resources,
            userIdentity.invokedBy is not null
            or not regexp_matches(sourceIPAddress, '^[0-9a-fA-F.:]+$') as is_by_service,
            if(is_by_service or not $tells, null, sourceIPAddress) as address,
            case
                when not $is_exact and regexp_full_match(address, '\\d+(\\.\\d+){{3}}')
                    then list_filter({ranges}, lambda one: {number} between one.first and one.last)::varchar
                when not $is_exact and not $has_v6 then 'IPv6'
                else address
            end as network,
            vpcEndpointId as vpc_endpoint,
            userIdentity.sessionContext.attributes.mfaAuthenticated as mfa,
            tlsDetails.tlsVersion is not null as is_over_tls,
            eventTime::timestamp as moment
        from events
    )

    select
        touched.principal_arn, requests.account_id, is_call, category, is_denied,
        {dimensions},
        min(if(touched.principal_arn is null, null, address)) as address,
        count(*) as events, min(moment) as first_at, max(moment) as last_at
    from requests
    left join temp.touched as touched
        on requests.principal_arn = touched.principal_arn and is_call and not is_denied
    where moment >= $since
    group by all"""
RANGES = "$ranges::struct(first bigint, last bigint)[]"
NUMBER = """list_reduce(
    list_transform(string_split(address, '.'), lambda part: part::bigint), lambda high, low: high * 256 + low
)"""
DIMENSIONS = (
    *("source", "event", "region", "resources", "is_by_service", "network", "vpc_endpoint", "mfa", "is_over_tls"),
)
JOINED = """
    create or replace temp table trail as
    select
        * exclude (address, events, first_at, last_at),
        min(address) as address, sum(events)::bigint as events, min(first_at) as first_at, max(last_at) as last_at
    from temp.parts group by all;
    drop table temp.parts"""
SUMMARY = """
    select
        coalesce(sum(events), 0)::bigint as events, min(first_at) as first_at, max(last_at) as last_at,
        coalesce(sum(events) filter (category = 'Management'), 0)::bigint as management,
        coalesce(sum(events) filter (category = 'Data'), 0)::bigint as data,
        coalesce(sum(events) filter (is_denied), 0)::bigint as denied,
        list(distinct account_id order by account_id) filter (account_id is not null) as accounts
    from temp.trail"""
USES = """
    select trail.*, people.owner, people.account_id as principal_account
    from temp.trail as trail inner join int_principals as people on trail.principal_arn = people.arn
    order by all"""


@dataclass(frozen=True)
class Trail:
    """What was read. `management` and `data`: events of these categories; exports of old formats do not say it."""

    files: int
    events: int
    first_at: datetime | None
    last_at: datetime | None
    management: int
    data: int
    denied: int
    accounts: tuple[str, ...]


def read(
    con: Connection, where: str | Path, since: datetime, networks: Iterable[str] = (), settings: Settings | None = None
) -> Trail:
    """Group the events of a file, folder or `s3://bucket/prefix` into the temp table `trail`: calls of the principals
    in `touched` by all that policies can ask for, others by account. `networks`: those that the policies tell apart,
    as `192.0.2.0/24`. Raises `Refused`.
    """
    denials = knowledge.load("trail_events").facts["denials"]["pattern"]
    values = {"denials": denials, "since": since, **_told_apart(set(networks))}
    dimensions = ", ".join(f"if(touched.principal_arn is null, null, {name}) as {name}" for name in DIMENSIONS)
    count = 0
    for root, files in _batches(str(where), settings):
        try:
            parts = " union all by name ".join(f"({query})" for query in _queries(con, files))
            grouped = GROUPED.format(events=parts, dimensions=dimensions, ranges=RANGES, number=NUMBER)
            start = "insert into temp.parts by name" if count else "create or replace temp table parts as"
            con.execute(f"{start} {grouped}", values)
        except duckdb.Error as error:
            raise Refused(_sentence(error, Path(where), files).replace(*root)) from error
        except Refused as refused:
            raise Refused(str(refused).replace(*root)) from refused
        count += len(files)
    con.execute(JOINED)
    (summary,) = rows(con, SUMMARY)
    accounts = tuple(summary.pop("accounts") or ())
    return Trail(files=count, accounts=accounts, **summary)


def _batches(where: str, settings: Settings | None) -> Iterator[tuple[tuple[str, str], list[Path]]]:
    """Files that are read together, with what their paths begin with and what stands for that. Raises `Refused`."""
    if settings is None or not where.startswith(trail_bucket.SCHEME):
        yield ("", ""), _files(Path(where))
        return
    is_empty = True
    for folder, files in trail_bucket.pages(settings, where):
        if chosen := _of_events(files):
            is_empty = False
            yield (f"{folder}/", f"{trail_bucket.SCHEME}{where.split('/')[2]}/"), chosen
    if is_empty:
        raise Refused(f"--events {where}: {NO_FILE}")


def uses(con: Connection) -> Iterator[Row]:
    """The groups of the calls of touched principals, with how many events each has and when the last was."""
    return stream(con, USES)


def _told_apart(networks: set[str]) -> Row:
    """How addresses have to be told apart: by the IPv4 networks they are in; one by one if something is no network,
    and IPv6 addresses if a network is of IPv6.
    """
    try:
        parsed = [ip_network(network, strict=False) for network in sorted(networks)]
    except ValueError:
        return {"tells": True, "is_exact": True, "has_v6": True, "ranges": []}
    ranges = [
        {"first": int(one.network_address), "last": int(one.broadcast_address)} for one in parsed if one.version == 4
    ]
    return {"tells": bool(networks), "is_exact": False, "has_v6": len(ranges) < len(parsed), "ranges": ranges}


def _files(path: Path) -> list[Path]:
    files = _of_events(path.rglob("*")) if path.is_dir() else [path] if path.is_file() else []
    if not files:
        raise Refused(f"--events {path}: {NO_FILE}")
    return files


def _of_events(files: Iterable[Path]) -> list[Path]:
    named = sorted(file for file in files if re.search(r"\.(json|json\.gz|parquet)$", file.name))
    return [file for file in named if not {*NO_EVENTS} & {*file.parts}]


def _queries(con: Connection, files: list[Path]) -> Iterator[str]:
    """A SELECT of FIELDS for the files of each form."""
    forms: dict[str, list[Path]] = {}
    for file in files:
        forms.setdefault("parquet" if file.suffix == ".parquet" else _spelling(file), []).append(file)
    casts = ", ".join(f"{name}::{_type(kind)} as {name}" for name, kind in FIELDS.items())
    for form, of_form in forms.items():
        paths = f"[{', '.join(quoted(str(file)) for file in of_form)}]"
        if form == "parquet":
            yield _of_parquet(con, of_form, paths)
            continue
        spelled = _lower(FIELDS) if form == "lower" else FIELDS
        columns = {"Records": f"{_type(spelled)}[]"} | {name: _type(kind) for name, kind in spelled.items()}
        listed = ", ".join(f"{name}: {quoted(kind)}" for name, kind in columns.items())
        itself = ", ".join(f"{name} := {name}" for name in spelled)
        source = f"read_json({paths}, columns = {{{listed}}}, maximum_object_size = {LARGEST})"
        each = f"select unnest(coalesce(Records, [struct_pack({itself})]), max_depth := 2) from {source}"
        yield f"select {casts} from ({each})"


def _of_parquet(con: Connection, files: list[Path], paths: str) -> str:
    """Columns that a file does not have are null: the tables of older guides lack some."""
    source = f"read_parquet({paths}, union_by_name = true)"
    try:
        described = con.execute(f"describe from {source}").fetchall()
    except duckdb.Error as error:
        raise Refused(_sentence(error, files[0], files)) from error
    names = {name.lower() for name, *_ in described}
    if lacking := [name for name in NEEDED if name.lower() not in names]:
        raise Refused(f"{files[0]}: no column {lacking[0]}; expected the columns of CloudTrail")
    columns = (f"{name if name.lower() in names else 'null'}::{_type(kind)} as {name}" for name, kind in FIELDS.items())
    return f"select {', '.join(columns)} from {source}"


def _spelling(file: Path) -> str:
    """Whether the events of a JSON file are spelled as CloudTrail does, or in lower case as Athena does."""
    if "_CloudTrail_" in file.name:
        return "camel"
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
            head = opened.read(SNIFFED)
    except (OSError, EOFError) as error:
        raise Refused(f"{file}: {error}") from error
    for word, form in ((b'"eventTime"', "camel"), (b'"eventtime"', "lower"), (b'"Records"', "camel")):
        if word in head:
            return form
    raise Refused(f"{file}: no event of CloudTrail in it; expected an object with Records, or an event a line")


def _sentence(error: duckdb.Error, path: Path, files: list[Path]) -> str:
    """DuckDB's message with the file that it speaks of, else the place of all of them."""
    text = str(error).splitlines()[0]
    at = next((file for file in files if str(file) in text), path)
    return f"{at}: {re.sub(r'^.*? Error: ', '', text)}"


def _type(kind: Any) -> str:
    if isinstance(kind, list):
        return f"{_type(kind[0])}[]"
    if isinstance(kind, Mapping):
        return f"struct({', '.join(f'{name} {_type(inner)}' for name, inner in kind.items())})"
    return str(kind)


def _lower(kind: Any) -> Any:
    if isinstance(kind, list):
        return [_lower(kind[0])]
    return {name.lower(): _lower(inner) for name, inner in kind.items()} if isinstance(kind, Mapping) else kind
