"""Checks across datasets: every account was read to the end, and counts agree.

They compare extracts with the landed rows, with GetAccountSummary and with the night before; and check the tree of the
organization, accounts without extracts, and the age of credential reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipeline.quality import elsewhere, plausible
from pipeline.quality.declared import Check, no_rows, of_schema
from pipeline.raw import DAMAGED_HISTORY, OLDER_LANDING
from pipeline.rows import quoted
from pipeline.schema import QUALITY_RESULTS, UNREAD, Dataset

PREVIOUS = "previous_extracts"
"""Table with the extracts of the previous night; empty on the first night."""
RUN = "quality_run"
"""One-row table with the settings used by checks."""

CORE = ("users", "groups", "roles", "policies", "credential_report", "account_summary")
"""Datasets required for an account to count as read."""

FLOOR = ("extracts", "accounts_read_above_floor")
"""The check that holds a night back if too few accounts were read."""

ROLL = "(from raw_accounts where state = 'ACTIVE' and is_in_scope)"

SUMMARY_COUNTS: Mapping[str, tuple[str, str]] = {
    "Users": ("users", "from raw_users"),
    "Groups": ("groups", "from raw_groups"),
    "Roles": ("roles", "from raw_roles"),
    "Policies": ("policies", "from raw_policies where arn not like 'arn:aws%:iam::aws:%'"),
    "MFADevicesInUse": ("mfa_devices", "from raw_mfa_devices"),
    "InstanceProfiles": ("instance_profiles", "from raw_instance_profiles"),
    "ServerCertificates": ("server_certificates", "from raw_server_certificates"),
    "Providers": (
        "account_summary saml_providers oidc_providers",
        "from raw_saml_providers union all select account_id from raw_oidc_providers",
    ),
}
"""For each count of GetAccountSummary: the dataset to report, further datasets counted, and a query for the rows."""

UNREAD_ROWS = (
    " union all select account_id from raw_unread_records where dataset in ({}) "
    "and error_class <> 'unknown_value' and resource not like 'arn:aws%:iam::aws:%'"
)
"""Records that were listed and could not be read are counted too; one with an unknown value is a row as well."""
ROOT_DEVICES = 8
"""MFA devices that the root user may have (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html)."""
UNLISTED: Mapping[str, str] = {
    "MFADevicesInUse": "if(account_id in (select account_id from raw_account_summary "
    f"where metric = 'AccountMFAEnabled' and value > 0), {ROOT_DEVICES}, 0)",
}
"""For each count of GetAccountSummary: how many of the counted items may be missing from lists, such as passkeys and
hardware devices of the root user."""


def checks(datasets: Iterable[Dataset]) -> list[Check]:
    """Every check on these datasets, by dataset and name."""
    by_name = {dataset.name: dataset for dataset in datasets if dataset.name != QUALITY_RESULTS.name}
    result = [check for dataset in by_name.values() for check in of_schema(dataset, by_name)]
    result += [check for dataset in by_name.values() for check in plausible.of_dataset(dataset)]
    result += [check for check in plausible.of_night(by_name, PREVIOUS, RUN) if check.dataset in by_name]
    result += elsewhere.across(by_name)
    result += [check for check in across(by_name) if check.dataset in by_name]
    return sorted(result, key=lambda check: check.key)


def across(datasets: Mapping[str, Dataset]) -> Iterator[Check]:
    """Checks across several datasets, if all of them are present."""
    yield _rows_as_extracted([dataset for dataset in datasets.values() if dataset.operations])
    yield _rows_like_night_before()
    for metric, (counted, rows) in SUMMARY_COUNTS.items():
        if datasets.keys() >= {"account_summary", *counted.split()}:
            odd = UNREAD_ROWS if UNREAD.name in datasets else ""
            yield from _against_summary(
                metric, counted.split(), rows + odd.format(", ".join(map(quoted, counted.split())))
            )
    yield from _tree()
    yield _guardrails_attached()
    yield _permission_sets()
    yield _every_account(datasets)
    yield _history_is_whole()
    yield _scope_as_before(datasets)
    if core := [name for name in CORE if name in datasets]:
        yield _enough_accounts(core)
    if {"credential_report", "ledger"} <= datasets.keys():
        yield _report_age()


def _rows_as_extracted(collected: list[Dataset]) -> Check:
    """Compare row counts by dataset, account and Region; datasets of the organization are not counted by account."""
    landed = " union all ".join(_landed(dataset) for dataset in collected)
    once = [quoted(dataset.name) for dataset in collected if dataset.scope == "organization"] or ["null"]
    read = (
        f"select dataset, if(dataset in ({', '.join(once)}), '', account_id) as account_id, region, sum(rows) as read "
        "from $table where status = 'ok' group by all"
    )
    query = (
        "select dataset, account_id, region, coalesce(read, 0) as read, coalesce(landed, 0) as landed "
        f"from ({read}) full join ({landed}) using (dataset, account_id, region) "
        "where coalesce(read, 0) <> coalesce(landed, 0)"
    )
    what = "Every dataset holds exactly the rows that its extracts read"
    return no_rows("extracts", "rows_as_extracted", "blocking", what, query)


def _landed(dataset: Dataset) -> str:
    tonight = f" where as_of = (select as_of from {RUN})" if dataset.history_days else ""
    account = "''" if dataset.scope == "organization" else "account_id"
    region = "region" if dataset.scope == "region" else "'global'"
    columns = f"{quoted(dataset.name)} as dataset, {account} as account_id, {region} as region, count(*) as landed"
    return f"select {columns} from raw_{dataset.name}{tonight} group by all"


def _rows_like_night_before() -> Check:
    query = (
        "select dataset, sum(b.rows) as rows_before, sum(e.rows) as rows_now "
        f"from (from $table) as e join {PREVIOUS} as b using (account_id, region, dataset) "
        "where e.status = 'ok' and b.status = 'ok' group by dataset having rows_now * 2 < rows_before"
    )
    what = "No dataset lost more than half of its rows since the night before, over what was read on both"
    return no_rows("extracts", "rows_like_night_before", "warning", what, query)


def _against_summary(metric: str, counted: list[str], rows: str) -> Iterator[Check]:
    """Any difference is a warning, because IAM changes between calls; a large shortfall blocks."""
    needed = sorted({*counted, "account_summary"})
    dataset = counted[0]
    prefix = f"{metric.lower()}_" if dataset == "account_summary" else ""
    query = (
        f"select account_id, value as summarized, coalesce(n, 0) as read, {UNLISTED.get(metric, '0')} as unlisted "
        "from raw_account_summary "
        f"left join (select account_id, count(*) as n from (select account_id {rows}) group by all) using (account_id) "
        f"where metric = {quoted(metric)} and account_id in (select account_id from raw_extracts "
        f"where dataset in ({', '.join(map(quoted, needed))}) and status = 'ok' "
        f"group by account_id having count(*) = {len(needed)})"
    )
    what = f"Each account has as many rows as GetAccountSummary counts ({metric})"
    counts = f"select * exclude (unlisted) from ({query})"
    differs = f"{counts} where read not between summarized - unlisted and summarized"
    yield no_rows(dataset, f"{prefix}count_as_summarized", "warning", what, differs)
    what = f"No account has less than half of what GetAccountSummary counts ({metric})"
    yield no_rows(
        dataset, f"{prefix}count_not_short", "blocking", what, f"{counts} where (read + unlisted) * 2 < summarized"
    )


def _tree() -> Iterator[Check]:
    """Parents are the root or a unit; policies are attached to existing targets."""
    above = "select root_id from raw_organization_roots union all select ou_id from raw_organizational_units"
    below = f"{above} union all select account_id from raw_accounts"
    for dataset, column, columns, existing in (
        ("organizational_units", "parent_id", "ou_id, parent_id", above),
        ("accounts", "parent_id", "account_id, parent_id", above),
        ("policy_targets", "target_id", "policy_id, target_id", below),
    ):
        query = f"select {columns} from $table where {column} is not null and {column} not in ({existing})"
        what = f"Every {column} is in the organization"
        yield no_rows(dataset, f"{column}_in_organization", "blocking", what, query)


def _guardrails_attached() -> Check:
    """AWS lets nobody detach the last SCP of a root (Organizations' MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED)."""
    query = (
        "select root_id from raw_organization_roots "
        "where list_contains(enabled_policy_types, 'SERVICE_CONTROL_POLICY') "
        "and root_id not in (select target_id from $table) "
        "and exists (from raw_extracts where dataset = 'policy_targets' and status = 'ok')"
    )
    what = "Where SCPs are enabled, every root has one"
    return no_rows("policy_targets", "root_has_scp", "blocking", what, query)


def _permission_sets() -> Check:
    query = (
        "select instance_arn from $table where not has_permission_sets "
        "and instance_arn in (select instance_arn from raw_permission_sets)"
    )
    what = "An instance without permission sets has none"
    return no_rows("identity_center_settings", "permission_sets_agree", "blocking", what, query)


def _every_account(datasets: Mapping[str, Dataset]) -> Check:
    owed = ", ".join(f"({quoted(d.name)})" for d in datasets.values() if d.scope != "organization") or "(null)"
    query = (
        f"select account_id, dataset from {ROLL} cross join (values {owed}) as owed(dataset) "
        "anti join $table using (account_id, dataset) where dataset is not null"
    )
    what = "Every active account in scope has an extract, finished or failed, of every dataset"
    return no_rows("extracts", "every_account_called", "blocking", what, query)


def _history_is_whole() -> Check:
    """A file of an earlier night that is lost makes what rests on it unknown tonight (`raw.attach`)."""
    damaged = f"from $table where error_class = '{DAMAGED_HISTORY}'"
    query = f"select dataset, any_value(message) as problem {damaged} group by all"
    what = "Every file of an earlier night that tonight's data includes can be read"
    return no_rows("extracts", "history_is_whole", "warning", what, query)


def _scope_as_before(datasets: Mapping[str, Dataset]) -> Check:
    """Fewer accounts in scope raise the coverage and close findings though nothing changed: it must be said."""
    of_account = ", ".join(quoted(d.name) for d in datasets.values() if d.scope != "organization") or "null"
    before = f"select account_id from {PREVIOUS} where dataset in ({of_account})"
    query = f"select account_id, state from $table where not is_in_scope and account_id in ({before})"
    what = "Every account that the settings selected the night before is in scope tonight"
    return no_rows("accounts", "scope_as_night_before", "warning", what, query)


def _enough_accounts(core: list[str]) -> Check:
    """What an earlier version read is not held back for what this one asks in addition."""
    finished = (
        "select account_id, count(*) as finished from $table "
        f"where dataset in ({', '.join(map(quoted, core))}) "
        f"and (status = 'ok' or error_class = {quoted(OLDER_LANDING)}) group by account_id"
    )
    query = (
        "select accounts, accounts_read, round(100.0 * accounts_read / accounts, 1) as percent, "
        "min_coverage_to_publish from "
        f"(select count(*) as accounts, count(*) filter (where finished = {len(core)}) as accounts_read "
        f"from {ROLL} left join ({finished}) using (account_id)), {RUN} "
        "where accounts > 0 and 100.0 * accounts_read / accounts < min_coverage_to_publish"
    )
    what = "Enough of the active accounts in scope were read (the setting min_coverage_to_publish)"
    return no_rows(*FLOOR, "blocking", what, query)


def _report_age() -> Check:
    """Age is measured against the time of the account's other responses, not a clock."""
    query = (
        "select account_id, generated_at, read_at, report_max_age_hours "
        "from (select account_id, max(generated_at) as generated_at from $table group by account_id) "
        "join (select account_id, max(data_time) as read_at from raw_ledger group by account_id) using (account_id), "
        f"{RUN} where date_diff('minute', generated_at, read_at) > report_max_age_hours * 60"
    )
    what = "No credential report is older than the setting report_max_age_hours"
    return no_rows("credential_report", "report_is_fresh", "blocking", what, query)
