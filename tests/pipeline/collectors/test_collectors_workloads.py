"""Collectors of compute and of machines outside AWS: from answers to rows, in few calls, without secrets."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.collectors._keys import NAMED_LIKE_A_KEY, aws_key_variables
from pipeline.collectors.rolesanywhere_trust_anchors import certificate_expiry
from tests.pipeline.collectors.test_collectors import DAY, MEMBER, PLAIN, ScriptedAccount, collect

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGION = "eu-central-1"
WHERE = {"account_id": MEMBER, "region": REGION}


def scripted(answers: dict[str, Any], **rows: Any) -> ScriptedAccount:
    return ScriptedAccount(answers, rows, REGION)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, []),
        ({"TABLE": "orders", "AKIA_NOTE": "see wiki"}, []),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": SECRET}, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
        ({"aws_secret_access_key": "x"}, ["aws_secret_access_key"]),
        ({"URL": f"s3://{KEY}:x@bucket"}, ["URL"]),
        ({"OLD": KEY.replace("AKIA", "ASIA")}, ["OLD"]),
        ({"LONGER": f"{KEY}A", "INSIDE": f"X{KEY}", "SMALL": KEY.lower()}, []),
        ({KEY: "x"}, [NAMED_LIKE_A_KEY]),
    ],
)
def test_keys_are_found_by_name_and_by_value(variables: dict[str, str], expected: list[str]) -> None:
    assert aws_key_variables(variables.items()) == expected


def test_an_instance_without_options_and_without_tags_kept() -> None:
    tags = [{"Key": "key", "Value": KEY}]
    instances = [
        {"InstanceId": "i-1", "State": {"Name": "running"}, "Tags": tags},
        {
            "InstanceId": "i-2",
            "State": {"Name": "stopped"},
            "IamInstanceProfile": {"Arn": "arn:aws:iam::1:instance-profile/p", "Id": "AIPA"},
            "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
        },
    ]
    account = scripted({"ec2:DescribeInstances": [{"Instances": instances}, {"Instances": []}]})
    bare, full = collect("ec2_instances", account)["ec2_instances"]
    assert bare == WHERE | {
        "instance_id": "i-1",
        "arn": f"arn:aws:ec2:{REGION}:{MEMBER}:instance/i-1",
        "state": "running",
        "instance_profile_arn": None,
        "http_tokens": None,
        "http_endpoint": None,
    }
    assert (full["instance_profile_arn"], full["http_tokens"]) == ("arn:aws:iam::1:instance-profile/p", "required")
    assert account.asked == [("ec2:DescribeInstances", {"MaxResults": 1000})]


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_arns_are_of_the_regions_partition(region: str, partition: str) -> None:
    answers = {"ec2:DescribeInstances": [{"Instances": [{"InstanceId": "i-1", "State": {"Name": "running"}}]}]}
    (row,) = collect("ec2_instances", ScriptedAccount(answers, region=region))["ec2_instances"]
    assert row["arn"].startswith(f"arn:{partition}:ec2:{region}:")


def test_defaults_are_one_row_even_where_there_are_none() -> None:
    operation = "ec2:GetInstanceMetadataDefaults"
    (none,) = collect("ec2_metadata_defaults", scripted({operation: {"AccountLevel": {}}}))["ec2_metadata_defaults"]
    assert none == WHERE | {"http_tokens": None, "http_tokens_enforced": None, "managed_by": None}
    given = {"HttpTokens": "required", "HttpTokensEnforced": "enabled", "ManagedBy": "account"}
    (some,) = collect("ec2_metadata_defaults", scripted({operation: {"AccountLevel": given}}))["ec2_metadata_defaults"]
    assert list(some.values())[2:] == ["required", "enabled", "account"]


def test_functions_with_a_key_without_variables_and_undecipherable() -> None:
    def function(name: str, environment: Any) -> dict[str, Any]:
        more = {} if environment is None else {"Environment": environment}
        return {"FunctionName": name, "FunctionArn": f"arn:aws:lambda:x:1:function:{name}", "Role": "arn:r"} | more

    found = [
        function("key", {"Variables": {"UPLOAD": KEY}}),
        function("plain", None),
        function("sealed", {"Error": {"ErrorCode": "AccessDeniedException", "Message": "KMS"}}),
    ]
    rows = collect("lambda_functions", scripted({"lambda:ListFunctions": found}))["lambda_functions"]
    assert [(row["has_aws_key_variable"], row["aws_key_variables"]) for row in rows] == [
        (True, ["UPLOAD"]),
        (False, []),
        (None, []),
    ]
    assert KEY not in repr(rows)


def test_projects_in_batches_by_their_clear_text() -> None:
    def get(names: list[str]) -> dict[str, Any]:
        variables = [
            {"name": "AWS_ACCESS_KEY_ID", "value": KEY, "type": "PLAINTEXT"},
            {"name": "AWS_SECRET_ACCESS_KEY", "value": "secret:id", "type": "SECRETS_MANAGER"},
        ]
        environment = {"environmentVariables": variables}
        found = [{"name": n, "arn": f"arn:aws:codebuild:x:1:project/{n}", "environment": environment} for n in names]
        return {"projects": found, "projectsNotFound": []}

    names = [f"p{n:03}" for n in range(101)]
    account = scripted({"codebuild:ListProjects": names, "codebuild:BatchGetProjects": get})
    rows = collect("codebuild_projects", account)["codebuild_projects"]
    assert [row["project_name"] for row in rows] == names
    assert {tuple(row["aws_key_variables"]) for row in rows} == {("AWS_ACCESS_KEY_ID",)}
    assert [len(params["names"]) for operation, params in account.asked if "Batch" in operation] == [100, 1]


def cluster(name: str, services: int = 0, hosts: int = 0) -> dict[str, Any]:
    return {"cluster_arn": f"arn:aws:ecs:x:1:cluster/{name}", "active_services": services, "container_instances": hosts}


def test_services_of_clusters_that_have_any_ten_at_a_time() -> None:
    def describe(cluster: str, services: list[str]) -> dict[str, Any]:
        return {"services": [{"serviceArn": arn, "taskDefinition": f"arn:{arn}"} for arn in services]}

    answers = {"ecs:ListServices": [f"s{n}" for n in range(11)], "ecs:DescribeServices": describe}
    account = scripted(answers, ecs_clusters=[cluster("a", services=11), cluster("empty", hosts=3)])
    rows = collect("ecs_services", account)["ecs_services"]
    assert len(rows) == 11
    assert Counter(operation for operation, _ in account.asked) == {"ecs:ListServices": 1, "ecs:DescribeServices": 2}
    assert rows[0]["launch_type"] is None


def test_a_task_definition_is_described_once_however_many_run_it() -> None:
    definition = {
        "taskDefinitionArn": "arn:d:1",
        "taskRoleArn": "",
        "requiresCompatibilities": ["FARGATE", "EXTERNAL"],
        "containerDefinitions": [{"environment": [{"name": "A", "value": KEY}]}, {"environment": [{"name": "B"}]}, {}],
    }
    services = [{"task_definition_arn": arn} for arn in ("arn:d:1", "arn:d:1", None)]
    account = scripted({"ecs:DescribeTaskDefinition": {"taskDefinition": definition}}, ecs_services=services)
    (row,) = collect("ecs_task_definitions", account)["ecs_task_definitions"]
    assert row == WHERE | {
        "task_definition_arn": "arn:d:1",
        "task_role_arn": None,
        "requires_compatibilities": ["EXTERNAL", "FARGATE"],
        "has_aws_key_variable": True,
        "aws_key_variables": ["A"],
    }


def test_only_hosts_outside_aws_are_kept() -> None:
    hosts = [
        {"containerInstanceArn": "arn:h1", "ec2InstanceId": "i-1", "agentConnected": True},
        {"containerInstanceArn": "arn:h2", "ec2InstanceId": "mi-1", "agentConnected": False, "registeredAt": DAY},
        {"containerInstanceArn": "arn:h3", "agentConnected": True},
    ]
    answers = {
        "ecs:ListContainerInstances": ["arn:h1", "arn:h2", "arn:h3"],
        "ecs:DescribeContainerInstances": {"containerInstances": hosts},
    }
    account = scripted(answers, ecs_clusters=[cluster("a", hosts=3), cluster("b", services=1)])
    (row,) = collect("ecs_external_instances", account)["ecs_external_instances"]
    assert (row["instance_id"], row["is_agent_connected"], row["registered_at"]) == ("mi-1", False, PLAIN)


def test_clusters_of_eks_and_one_that_was_deleted_meanwhile() -> None:
    hybrid = {
        "name": "edge",
        "arn": "arn:aws:eks:x:1:cluster/edge",
        "status": "ACTIVE",
        "identity": {"oidc": {"issuer": "https://oidc.eks.x.amazonaws.com/id/A"}},
        "accessConfig": {"authenticationMode": "API"},
        "remoteNetworkConfig": {"remoteNodeNetworks": [{"cidrs": ["10.0.0.0/8"]}]},
    }
    plain = {"name": "plain", "arn": "arn:aws:eks:x:1:cluster/plain", "status": "ACTIVE", "remoteNetworkConfig": {}}
    known = {"edge": {"cluster": hybrid}, "plain": {"cluster": plain}, "gone": None}
    answers = {"eks:ListClusters": list(known), "eks:DescribeCluster": lambda name: known[name]}
    edge, other = collect("eks_clusters", scripted(answers))["eks_clusters"]
    assert (edge["has_remote_network"], edge["oidc_issuer"]) == (True, "https://oidc.eks.x.amazonaws.com/id/A")
    assert (other["has_remote_network"], other["oidc_issuer"], other["authentication_mode"]) == (False, None, None)


def test_access_entries_are_asked_only_of_clusters_that_have_them_and_need_them() -> None:
    clusters = [
        {"cluster_name": "edge", "arn": "arn:edge", "has_remote_network": True, "authentication_mode": "API"},
        {"cluster_name": "map", "arn": "arn:map", "has_remote_network": True, "authentication_mode": "CONFIG_MAP"},
        {"cluster_name": "cloud", "arn": "arn:cloud", "has_remote_network": False, "authentication_mode": "API"},
    ]

    def describe(clusterName: str, principalArn: str) -> Any:
        return {"accessEntry": {"type": "HYBRID_LINUX"}} if principalArn == "arn:node" else None

    answers = {"eks:ListAccessEntries": ["arn:node", "arn:gone"], "eks:DescribeAccessEntry": describe}
    account = scripted(answers, eks_clusters=clusters)
    assert collect("eks_access_entries", account)["eks_access_entries"] == [
        WHERE | {"cluster_arn": "arn:edge", "principal_arn": "arn:node", "entry_type": "HYBRID_LINUX"}
    ]
    assert [operation for operation, _ in account.asked].count("eks:ListAccessEntries") == 1


def test_activations_and_machines() -> None:
    activation = {"ActivationId": "a", "IamRole": "service-role/Machines", "ExpirationDate": DAY, "Expired": False}
    (row,) = collect("ssm_activations", scripted({"ssm:DescribeActivations": [activation]}))["ssm_activations"]
    assert (row["role_name"], row["registration_limit"], row["registrations_count"]) == ("Machines", 1, 0)
    assert (row["expires_at"], row["created_at"]) == (PLAIN, None)
    machines = [{"InstanceId": "mi-1", "LastPingDateTime": DAY}, {"InstanceId": "i-1"}]
    account = scripted({"ssm:DescribeInstanceInformation": machines})
    (machine,) = collect("ssm_managed_instances", account)["ssm_managed_instances"]
    assert (machine["instance_id"], machine["last_ping_at"]) == ("mi-1", PLAIN)
    assert account.asked[0][1]["Filters"] == [{"Key": "ResourceType", "Values": ["ManagedInstance"]}]


def pem(*ends: datetime) -> str:
    key, name, made = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), ""
    for end in ends:
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(end - timedelta(days=9))
            .not_valid_after(end)
            .sign(key, hashes.SHA256())
        )
        made += certificate.public_bytes(serialization.Encoding.PEM).decode()
    return made


def test_the_first_certificate_of_a_bundle_to_end_counts() -> None:
    later, sooner = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert certificate_expiry(pem(later, sooner)) == datetime(2027, 1, 2, 3, 4, 5)
    assert certificate_expiry("") is certificate_expiry("not a certificate") is None
    assert certificate_expiry(pem(later)[:-200] + "\n-----END CERTIFICATE-----\n") is None


def test_anchors_under_a_private_ca_ask_it_when_it_ends() -> None:
    def anchor(name: str, source: dict[str, str], **more: Any) -> dict[str, Any]:
        arn = f"arn:aws:rolesanywhere:x:1:trust-anchor/{name}"
        kept = {"sourceType": "AWS_ACM_PCA", "sourceData": source}
        return {"trustAnchorArn": arn, "name": name, "enabled": True, "source": kept} | more

    notified = [
        {"event": "END_ENTITY_CERTIFICATE_EXPIRY", "enabled": False},
        {"event": "CA_CERTIFICATE_EXPIRY", "enabled": True},
    ]
    anchors = [
        anchor("known", {"acmPcaArn": "arn:ca"}, crlDpRevocationEnabled=True, notificationSettings=notified),
        anchor("gone", {"acmPcaArn": "arn:gone"}),
    ]
    known = {"arn:ca": {"CertificateAuthority": {"NotAfter": DAY}}, "arn:gone": None}
    answers = {
        "rolesanywhere:ListTrustAnchors": anchors,
        "acm-pca:DescribeCertificateAuthority": lambda CertificateAuthorityArn: known[CertificateAuthorityArn],
    }
    first, second = collect("rolesanywhere_trust_anchors", scripted(answers))["rolesanywhere_trust_anchors"]
    assert (first["certificate_expires_at"], first["notified_events"]) == (PLAIN, ["CA_CERTIFICATE_EXPIRY"])
    assert (first["is_crl_distribution_point_checked"], second["is_crl_distribution_point_checked"]) == (True, False)
    assert (second["certificate_expires_at"], second["notified_events"]) == (None, [])


def test_profiles_say_that_there_is_a_session_policy_not_what() -> None:
    arn = "arn:aws:rolesanywhere:x:1:profile/p"
    profile = {"profileArn": arn, "name": "p", "enabled": True, "sessionPolicy": "{}", "roleArns": ["arn:b", "arn:a"]}
    account = scripted({"rolesanywhere:ListProfiles": [profile]})
    (row,) = collect("rolesanywhere_profiles", account)["rolesanywhere_profiles"]
    assert row == WHERE | {
        "arn": arn,
        "name": "p",
        "is_enabled": True,
        "has_session_policy": True,
        "managed_policy_arns": [],
        "duration_seconds": None,
        "role_arns": ["arn:a", "arn:b"],
    }
