"""Findings as Compliance Findings of OCSF (class 2003, built and validated by py-ocsf-models).

https://schema.ocsf.io/classes/compliance_finding
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from typing import Any

from py_ocsf_models.events.findings.activity_id import ActivityID
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from py_ocsf_models.events.findings.compliance_finding_type_id import ComplianceFindingTypeID
from py_ocsf_models.events.findings.severity_id import SeverityID
from py_ocsf_models.events.findings.status_id import StatusID
from py_ocsf_models.objects.account import Account, TypeID
from py_ocsf_models.objects.cloud import Cloud
from py_ocsf_models.objects.compliance import Compliance
from py_ocsf_models.objects.compliance_status import StatusID as ComplianceStatus
from py_ocsf_models.objects.finding_info import FindingInformation
from py_ocsf_models.objects.metadata import Metadata
from py_ocsf_models.objects.organization import Organization
from py_ocsf_models.objects.product import Product
from py_ocsf_models.objects.remediation import Remediation
from py_ocsf_models.objects.resource_details import ResourceDetails

from pipeline import __version__
from pipeline.publish.exports import PRODUCT, finding_id, partition, requirements
from pipeline.schema import Row

COMPLIANCE = {
    "pass": ComplianceStatus.Pass,
    "fail": ComplianceStatus.Fail,
    "exempt": ComplianceStatus.Fail,
    "unknown": ComplianceStatus.Unknown,
    "manual": ComplianceStatus.Warning,
    "not_applicable": ComplianceStatus.Other,
}
STATUS = {"pass": StatusID.Resolved, "exempt": StatusID.Suppressed, "not_applicable": StatusID.Resolved}
"""Other verdicts are `New`: nobody has looked at them yet."""


def event(row: Row) -> dict[str, Any]:
    """A finding (`findings.FLAT`) as an event. The verdict is `status_code`, its evidence is in `unmapped`."""
    severity, named = row["severity"].capitalize(), requirements(row)
    made = ComplianceFinding(
        activity_id=ActivityID.Create,
        activity_name=ActivityID.Create.name,
        type_uid=ComplianceFindingTypeID.Create,
        type_name="Compliance Finding: Create",
        time=seconds(row["as_of"]),
        severity=severity,
        severity_id=SeverityID[severity],
        status=STATUS.get(row["verdict"], StatusID.New).name,
        status_id=STATUS.get(row["verdict"], StatusID.New),
        status_code=row["verdict"],
        status_detail=row["reason"],
        message=row["reason"],
        metadata=Metadata(
            product=Product(name=PRODUCT, vendor_name=PRODUCT, version=__version__),
            event_code=row["control_id"],
            profiles=["cloud"],
            uid=f"{finding_id(row)}-{row['as_of']}",
        ),
        finding_info=FindingInformation(
            uid=finding_id(row),
            title=row["title"],
            desc=row["why"],
            types=[f"{row['practice']}. {row['practice_title']}"],
            created_time=seconds(row["last_changed"]),
            first_seen_time=seconds(row["first_seen"]),
            last_seen_time=seconds(row["as_of"]),
        ),
        compliance=Compliance(
            control=row["number"],
            desc=row["title"],
            requirements=[f"{framework}:{number}" for framework, number in named],
            standards=sorted({framework for framework, _ in named}),
            status_id=COMPLIANCE[row["verdict"]],
        ),
        remediation=Remediation(desc=row["fix"]),
        resources=[
            ResourceDetails(uid=row["resource"], region=row["region"], cloud_partition=partition(row)),
        ],
        unmapped={"evidence": json.loads(row["evidence"] or "null"), "days": row["days"], "owner": row["owner"]},
    )
    place = Cloud(
        provider="AWS",
        region=row["region"],
        account=Account(
            name=row["account_name"] or row["account_id"],
            type="AWS Account",
            type_id=TypeID.AWS_Account,
            uid=row["account_id"],
        ),
        org=Organization(ou_uid=row["ou_id"], ou_name=row["ou_path"]),
    )
    return {
        **made.model_dump(mode="json", exclude_none=True),
        "cloud": place.model_dump(mode="json", exclude_none=True),
    }


def seconds(day: date) -> int:
    """The start of a day (UTC) in milliseconds since 1970, the unit of OCSF's `timestamp_t`."""
    return int(datetime.combine(day, time(), UTC).timestamp() * 1000)
