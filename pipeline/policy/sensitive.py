"""Which actions read data or return credentials: judged by a person, found in the catalogue by their names.

A name that a pattern finds and nobody has judged is neither: whoever rests on it says that it is not known.
`tools.knowledge` writes the names of the installed catalogue; an action may be newer than that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from pipeline.knowledge import load

NAMES: Mapping[str, re.Pattern[str]] = {
    "credential_actions": re.compile(
        r"(?:Get|Create|Rotate|Reset|Re[gn]e\w+|Generate|Issue|List|Retrieve|Exchange|Request|Acquire|Describe|Refresh)\w*"
        r"(?:Credential|Token|Password|PasswordData|A[Pp][Ii]Key|AccessKey|SecretValue|LoginProfile|Presigned\w*Url"
        r"|AccessDetails|InstanceAccess)s?(?:Details|With\w+|For\w+)?|Assume\w+|Update(?:AccessKey|LoginProfile)|connect"
    ),
    "data_actions": re.compile(
        r"(?:Batch)?(?:Get|Read|Retrieve|Receive|Peek|Fetch|Execute)(?:Objects?|ObjectVersion|Items?|Records?|Parameters?"
        r"|ParametersByPath|ParameterHistory|SecretValue|Messages?|Statement|StatementResult|SnapshotBlock|Rows?|Blobs?"
        r"|Files?|Documents?|Data|TableData|Query|QueryResults|Vectors|Contents?)"
        r"|PartiQLSelect|Scan|Query|Decrypt|(?:Copy|Create|Share|Restore|Export)\w*Snapshots?"
        r"|Export\w*(?:Data|Table\w*|Image)|Download\w*|GitPull"
    ),
}
"""By knowledge file: names of actions whose answer could be a credential, or data that customers keep in a service."""


GRAVE = (
    *("iam:*", "kms:*", "organizations:*"),
    *("s3:Delete*", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl"),
)
"""What BP10-04 means by high risk: patterns of actions whose Allows should carry conditions."""


@cache
def judgements(file: str) -> Mapping[str, bool | None]:
    """By action: whether it is what the file is about; None if nobody has judged it."""
    rows = load(file).facts["action"]
    return {row["action"]: row.get("is_sensitive") for row in rows}


@cache
def sensitive_actions(file: str) -> tuple[str, ...]:
    """The actions that are judged to be what the file is about."""
    return tuple(action for action, is_sensitive in judgements(file).items() if is_sensitive)


def is_unjudged(action: str) -> bool:
    """Whether the name says that the action could read data or return credentials, and nobody has judged it."""
    name = action.partition(":")[2]
    return any(names.fullmatch(name) and judgements(file).get(action) is None for file, names in NAMES.items())
