"""Machines outside AWS and their sources of credentials: Roles Anywhere, IoT, SSM, ECS Anywhere, EKS Hybrid Nodes."""

from __future__ import annotations

import json
from collections.abc import Callable

from demo.organization.compute import add_cluster, add_compute_roles, add_eks_cluster, add_pod_identity, add_service
from demo.organization.documents import allow, document, service_trust, trust
from demo.organization.estate import HOME, Estate
from demo.organization.identity_center import uuid
from demo.organization.kit import Kit
from demo.organization.machine_parts import (
    add_access_entry,
    add_activation,
    add_alias,
    add_anchor,
    add_host,
    add_machine,
    add_profile,
    anchor_arn,
    certificate,
    keyspace,
)
from demo.organization.scene import Scene

ANYWHERE = {"Service": "rolesanywhere.amazonaws.com"}
ANYWHERE_ACTIONS = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
CA_OWNER = "shared-services"


def add_estate_roles(kit: Kit) -> None:
    """Additional roles needed by the account's compute and machines."""
    add_compute_roles(kit)
    if kit.account.name in ROLES:
        ROLES[kit.account.name](kit)


def furnish_machines(estate: Estate) -> None:
    """The machines of an account, and their sources of credentials."""
    if estate.account.name in MACHINES:
        MACHINES[estate.account.name](estate)


def payments_core_prod_roles(kit: Kit) -> None:
    source = {"aws:SourceArn": anchor_arn(kit.scene, kit.account.id, "branch-terminals")}
    role = kit.role(
        "BranchTerminal", trust(ANYWHERE, ANYWHERE_ACTIONS, ArnEquals=source), tags={"owner": "payments-core"}
    )
    role.inline["send"] = document(allow("sqs:SendMessage", f"arn:aws:sqs:{HOME}:{kit.account.id}:terminals"))


def payments_core_prod(estate: Estate) -> None:
    # BP02-06, BP02-07 good.
    pem = certificate(estate.scene, "Halden Branch CA", estate.scene.ago(-900, "branch-ca"))
    source = {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": pem}}
    add_anchor(estate, "branch-terminals", source, crl=True)
    add_profile(estate, "branch-terminals", "BranchTerminal", sessionPolicy=_session_policy(estate))


def _session_policy(estate: Estate) -> str:
    return json.dumps(document(allow("sqs:SendMessage", estate.arn("sqs", "terminals"))))


def shared_services(estate: Estate) -> None:
    """The private CA that the log shippers' certificates come from, a mirror of repositories and a keyspace."""
    ca = {"Arn": ca_arn(estate.scene, estate.account.id), "Status": "ACTIVE", "Type": "SUBORDINATE"}
    estate.add("private cas", ca | {"NotAfter": estate.scene.ago(-1200, "private-ca")})
    # BP04-05 good: what the credentials of git-mirror and keyspaces-loader are for.
    mark = uuid(estate.scene, estate.key("repository", "platform-mirror"))
    estate.add("repositories", {"repositoryName": "platform-mirror", "repositoryId": mark})
    estate.add("keyspaces", keyspace(estate, "compatibility"))


def ca_arn(scene: Scene, owner_id: str) -> str:
    return f"arn:aws:acm-pca:{HOME}:{owner_id}:certificate-authority/{uuid(scene, 'private-ca')}"


def log_archive(estate: Estate) -> None:
    # BP02-06 good: a private CA of another account, its distribution points are heeded.
    owner = estate.scene.account_id(CA_OWNER)
    source = {"sourceType": "AWS_ACM_PCA", "sourceData": {"acmPcaArn": ca_arn(estate.scene, owner)}}
    add_anchor(estate, "log-shippers", source, crlDpRevocationEnabled=True)


def harborlight_erp_roles(kit: Kit) -> None:
    # BP02-07: any certificate of any anchor.
    kit.role("ErpServer", trust(ANYWHERE, ANYWHERE_ACTIONS), attached=["AmazonS3ReadOnlyAccess"], tags={"owner": "erp"})
    node = trust({"Service": ["ssm.amazonaws.com", "ec2.amazonaws.com"]})
    kit.role("PlantNode", node, attached=["AmazonSSMManagedInstanceCore", "AmazonS3FullAccess"], tags={"owner": "erp"})


def harborlight_erp(estate: Estate) -> None:
    # BP02-06, BP02-07: nearly over, not revocable, silent; and sessions of half a day that nothing narrows.
    pem = certificate(estate.scene, "Harborlight Plant CA", estate.scene.ago(-20, "plant-ca"))
    source = {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": pem}}
    add_anchor(estate, "plant-servers", source, notificationSettings=[])
    add_profile(estate, "plant-servers", "ErpServer", 43200)
    # BP02-11: the nodes' role is EC2's too, and reads all buckets.
    add_eks_cluster(estate, "plant", is_hybrid=True)
    add_access_entry(estate, "plant", estate.account.roles["PlantNode"].arn, "HYBRID_LINUX")


def sandbox_lindqvist(estate: Estate) -> None:
    # BP02-06 not applicable: a trial that is switched off.
    pem = certificate(estate.scene, "Trial CA", estate.scene.ago(40, "trial-ca"))
    source = {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": pem}}
    add_anchor(estate, "trial", source, enabled=False)


def logistics_routing_prod_roles(kit: Kit) -> None:
    role = kit.role("VehicleTelemetry", service_trust("credentials.iot"), tags={"owner": "routing"})
    topic = f"arn:aws:kinesis:{HOME}:{kit.account.id}:stream/vehicles"
    role.inline["send"] = document(allow("kinesis:PutRecord", topic))


def logistics_routing_prod(estate: Estate) -> None:
    # BP02-09 good.
    add_alias(estate, "vehicle-telemetry", "VehicleTelemetry", 3600)


def legacy_telemetry_roles(kit: Kit) -> None:
    shared = trust({"Service": ["credentials.iot.amazonaws.com", "ec2.amazonaws.com"]})
    kit.role("MeterFleet", shared, attached=["PowerUserAccess"], days=1100)


def legacy_telemetry(estate: Estate) -> None:
    # BP02-09: half a day, for EC2 too, and nearly everything.
    add_alias(estate, "meters", "MeterFleet", 43200)


def warehouse_prod_roles(kit: Kit) -> None:
    tags = {"owner": "warehouse"}
    core = "AmazonSSMManagedInstanceCore"
    kit.role("DepotMachine", service_trust("ssm", kit.account.id), attached=[core], tags=tags)
    node = kit.role(
        "DepotNode",
        service_trust("ssm", kit.account.id),
        attached=[core, "AmazonEC2ContainerRegistryPullOnly"],
        tags=tags,
    )
    node.inline["join"] = document(allow("eks:DescribeCluster", f"arn:aws:eks:{HOME}:{kit.account.id}:cluster/depots"))


def warehouse_prod(estate: Estate) -> None:
    # BP02-10, BP02-12 good: used up, ending, minimal, alive; one host is away for a while.
    activation = add_activation(estate, "DepotMachine", created_days_ago=4, ends_in=20, limit=2, count=2)
    cluster = add_cluster(estate, "depots-edge")
    add_host(estate, cluster, add_machine(estate, "depot-1", activation, "DepotMachine"))
    add_host(estate, cluster, add_machine(estate, "depot-2", activation, "DepotMachine", 12), is_connected=False)
    role = estate.account.roles["logistics-warehouse-worker-task"].arn
    add_service(estate, cluster, "scanner", role, launch_type="EXTERNAL")
    # BP02-11 good.
    add_eks_cluster(estate, "depots", is_hybrid=True)
    add_access_entry(estate, "depots", estate.account.roles["DepotNode"].arn, "HYBRID_LINUX")
    add_pod_identity(estate, "depots", "depot", "inventory")


def warehouse_test_roles(kit: Kit) -> None:
    kit.role(
        "EdgeMachine",
        service_trust("ssm", kit.account.id),
        attached=["AmazonSSMManagedInstanceCore", "AmazonS3ReadOnlyAccess"],
        tags={"owner": "warehouse"},
    )


def warehouse_test(estate: Estate) -> None:
    # BP02-12: places left open, a role that reads buckets, a machine nobody hears of. BP02-10: that one is a host.
    activation = add_activation(estate, "EdgeMachine", created_days_ago=20, ends_in=9, limit=50, count=2)
    cluster = add_cluster(estate, "bench")
    add_host(estate, cluster, add_machine(estate, "bench-1", activation, "EdgeMachine"))
    add_host(estate, cluster, add_machine(estate, "bench-2", activation, "EdgeMachine", 60), is_connected=False)
    # BP02-10: and the labels are printed without a task role.
    add_service(estate, cluster, "label-printer", None, launch_type="EXTERNAL")


def loyalty_test(estate: Estate) -> None:
    # BP02-11: nodes outside AWS may join, but not as such.
    add_eks_cluster(estate, "stores", is_hybrid=True)
    add_access_entry(estate, "stores", estate.account.roles["github-deploy"].arn, "STANDARD")
    add_pod_identity(estate, "stores", "till", "printer")


ROLES: dict[str, Callable[[Kit], None]] = {
    "payments-core-prod": payments_core_prod_roles,
    "harborlight-erp": harborlight_erp_roles,
    "logistics-routing-prod": logistics_routing_prod_roles,
    "legacy-telemetry": legacy_telemetry_roles,
    "logistics-warehouse-prod": warehouse_prod_roles,
    "logistics-warehouse-test": warehouse_test_roles,
}
MACHINES: dict[str, Callable[[Estate], None]] = {
    "payments-core-prod": payments_core_prod,
    "shared-services": shared_services,
    "log-archive": log_archive,
    "harborlight-erp": harborlight_erp,
    "sandbox-lindqvist": sandbox_lindqvist,
    "logistics-routing-prod": logistics_routing_prod,
    "legacy-telemetry": legacy_telemetry,
    "logistics-warehouse-prod": warehouse_prod,
    "logistics-warehouse-test": warehouse_test,
    "retail-loyalty-test": loyalty_test,
}
