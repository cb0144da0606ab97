"""Defects of credentials of people, workloads and root users, account by account.

Each line says which control it is an example for; README.md has the table the other way round.
"""

from __future__ import annotations

from collections.abc import Callable

from demo.organization.documents import allow, deny, document
from demo.organization.kit import FIDO, HARDWARE, VIRTUAL, Kit
from demo.organization.model import MfaDevice, SigningCertificate

FIRST_NAMES = "ada,ben,cleo,dan,eva,finn,gina,hugo,iris,jan,kim,leo,mia,nils,olga,paul,rosa,sven,tara,udo"
LAST_NAMES = "adler,bauer,costa,dietz,ernst,fuchs,graf,huber,jung,kranz,lang,moser"


def crowd(kit: Kit, count: int, group: str) -> None:
    """People with IAM users, mostly compliant: MFA, a recent password, some with a key."""
    first, last = FIRST_NAMES.split(","), LAST_NAMES.split(",")
    for n in range(count):
        name = f"{first[n % len(first)]}.{last[(n * 5) % len(last)]}"
        key = kit.key("crowd", name)
        user = kit.user(name, groups=[group], days=210 + kit.scene.number(key, 800), tags={"owner": name})
        kit.password(user, changed=5 + kit.scene.number(f"{key}|changed", 80), every=1 + n % 7)
        if n % 6:
            kit.mfa(user, FIDO if n % 3 == 0 else VIRTUAL)
        if n % 4 == 0:
            days = 5 + kit.scene.number(f"{key}|age", 200)
            kit.access_key(user, days=days, every=1 + n % 5, service=("s3", "ec2", "sts")[n % 3])


def _developers(kit: Kit) -> None:
    """A group with scoped permissions, and MFA required for everything except setting up MFA."""
    me = kit.account.id
    kit.policy(
        "developer-access",
        document(
            allow(["logs:FilterLogEvents", "logs:GetLogEvents"], f"arn:aws:logs:*:{me}:log-group:/app/*"),
            allow(["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"]),
        ),
    )
    kit.group("developers", attached=["developer-access", "require-mfa"])


def data_lake_dev(kit: Kit) -> None:
    _developers(kit)
    crowd(kit, 18, "developers")
    # BP03-06: console users under a weak password policy (fixed on the third night).
    kit.account.password_policy = {
        "MinimumPasswordLength": 8,
        "RequireSymbols": False,
        "RequireNumbers": True,
        "RequireUppercaseCharacters": True,
        "RequireLowercaseCharacters": True,
        "AllowUsersToChangePassword": True,
        "ExpirePasswords": False,
    }
    # The one who leaves on the second night.
    lena = kit.user("lena.vogt", groups=["developers"], days=600, tags={"owner": "l.vogt"})
    kit.password(lena, changed=20, every=2)
    kit.mfa(lena, FIDO)
    # BP01-03, BP03-01, BP03-05: console without MFA, and no rule that asks for it.
    kit.group("analysts", attached=["ViewOnlyAccess"])
    julia = kit.user("julia.meyer", groups=["analysts"], days=500, tags={"owner": "j.meyer"})
    kit.password(julia, changed=60, every=2)
    # BP04-03: password and key in one user.
    kit.access_key(julia, days=40, every=1)
    # BP09-01: a password nobody used for long.
    udo = kit.user("udo.former", groups=["developers"], days=800, tags={"owner": "unknown"})
    kit.password(udo, changed=400, every=None, last=210)
    kit.mfa(udo, VIRTUAL)


def payments_core_prod(kit: Kit) -> None:
    kit.policy(
        "settlement-files",
        document(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::halden-settlement/*")),
    )
    kit.group("settlement", attached=["settlement-files"])
    # BP02-01, BP04-01: a workload on a key that is four hundred days old (rotated on the seventh night).
    settlement = kit.user(
        "svc-settlement", groups=["settlement"], days=700, path="/service/", tags={"owner": "payments-core"}
    )
    kit.access_key(settlement, days=410, service="s3")
    # BP04-01: turns 90 days old in the course of the week.
    invoices = kit.user(
        "svc-invoices", groups=["settlement"], days=88, path="/service/", tags={"owner": "payments-core"}
    )
    kit.access_key(invoices, days=88, service="s3")
    # BP04-02: two keys for months.
    feed = kit.user(
        "svc-rates-feed", groups=["settlement"], days=500, path="/service/", tags={"owner": "payments-core"}
    )
    kit.access_key(feed, days=70, service="sts")
    kit.access_key(feed, days=45, service="sts")
    # BP04-02, BP04-04 good: two keys while rotating, and a registered use case.
    bank = kit.user(
        "svc-bank-gateway",
        groups=["settlement"],
        days=300,
        path="/service/",
        tags={"owner": "payments-core", "use_case": "third_party_client", "expires_on": "2027-03-31"},
    )
    kit.access_key(bank, days=88, every=1, service="sts")
    kit.access_key(bank, days=2, every=1, service="sts")
    # BP02-01 good: its key signs in to STS only.
    partner = kit.user(
        "svc-partner-login", groups=["settlement"], days=60, path="/service/", tags={"owner": "payments-core"}
    )
    kit.access_key(partner, days=60, service="sts")


def retail_orders_dev(kit: Kit) -> None:
    _developers(kit)
    crowd(kit, 24, "developers")
    # BP04-06: AWS saw this user's key in public and put it in quarantine.
    kit.group("deployers", attached=["developer-access"])
    bot = kit.user("deploy-bot", groups=["deployers"], attached=["AWSCompromisedKeyQuarantineV3"], days=380)
    kit.access_key(bot, days=380, every=None, last=66, service="ec2")
    # BP04-03: made with the user, never used.
    setup = kit.user("orders-setup", groups=["deployers"], days=120, tags={"owner": "orders"})
    kit.access_key(setup, days=120, every=None)
    # BP09-01: switched off, but never deleted.
    old = kit.user("orders-importer", groups=["deployers"], days=700, tags={"owner": "orders"})
    kit.access_key(old, days=650, every=None, last=300, active=False)
    # BP04-04: its owner is a leaver (disabled in the identity store).
    ole = kit.user("ole.brandt", groups=["deployers"], days=640, tags={"owner": "o.brandt"})
    kit.access_key(ole, days=80, every=2)
    # BP04-05: for CodeCommit, of which the account has no repository.
    kit.service_credential(ole, "codecommit", days=60)


def shared_services(kit: Kit) -> None:
    """Third-party tools that cannot assume a role; all varieties of BP04-05."""
    me = kit.account.id
    kit.policy(
        "mirror-repositories",
        document(allow(["codecommit:GitPull", "codecommit:GitPush"], f"arn:aws:codecommit:*:{me}:*")),
    )
    kit.policy("model-calls", document(allow("bedrock:InvokeModel", "arn:aws:bedrock:*::foundation-model/amazon.*")))
    kit.group("tools", attached=["mirror-repositories"])
    kit.group("model-clients", attached=["model-calls"])
    mirror = kit.user(
        "git-mirror", groups=["tools"], days=300, tags={"owner": "developer-experience", "use_case": "codecommit"}
    )
    kit.service_credential(mirror, "codecommit", days=30)
    kit.service_credential(mirror, "codecommit", days=290, active=False)
    keyspaces = kit.user(
        "keyspaces-loader", groups=["tools"], days=500, tags={"owner": "platform", "use_case": "keyspaces"}
    )
    kit.service_credential(keyspaces, "cassandra", days=410)
    forever = kit.user("chat-prototype", groups=["model-clients"], days=75, tags={"owner": "t.novak"})
    kit.service_credential(forever, "bedrock", days=75)
    until = kit.user("BedrockAPIKey-docs", groups=["model-clients"], days=20, tags={"owner": "platform"})
    kit.service_credential(until, "bedrock", days=20, expires_in=10)
    pusher = kit.user("hotfix-pusher", groups=["tools"], days=410, tags={"owner": "developer-experience"})
    kit.ssh_key(pusher, days=400)
    kit.ssh_key(pusher, days=25)
    kit.ssh_key(pusher, days=700, active=False)
    soap = kit.user("soap-client", groups=["tools"], days=900, tags={"owner": "platform"})
    kit.certificate(soap, days=880)
    kit.certificate(soap, days=40, active=False)
    spare = kit.arn("mfa", "spare-token")
    kit.account.unassigned_mfa.append(MfaDevice(spare, None))


def sandbox_alvarez(kit: Kit) -> None:
    # BP03-02, BP03-03 good: an administrator with a FIDO key (taken away for one night).
    user = kit.user("maria.alvarez", attached=["AdministratorAccess"], days=300, tags={"owner": "m.alvarez"})
    kit.password(user, changed=30, every=1)
    kit.mfa(user, FIDO)


def sandbox_okafor(kit: Kit) -> None:
    # BP03-02, BP06-02: an administrator without MFA.
    user = kit.user("chidi.okafor", attached=["AdministratorAccess"], days=250, tags={"owner": "c.okafor"})
    kit.password(user, changed=100, every=2)
    kit.access_key(user, days=100, service="ec2")
    # BP04-02: a second key on top.
    kit.access_key(user, days=60, every=3, service="s3")


def sandbox_lindqvist(kit: Kit) -> None:
    # BP05-02: root with a password and without MFA.
    kit.root(mfa=None, last=200)
    # BP03-05: the rule asks for MFA with an operator that lets long-term keys pass.
    kit.policy("require-mfa-wrong", document(deny("*", "*", Bool={"aws:MultiFactorAuthPresent": "false"})))
    kit.group("players", attached=["ReadOnlyAccess", "require-mfa-wrong"])
    user = kit.user("elsa.lindqvist", groups=["players"], days=200, tags={"owner": "e.lindqvist"})
    kit.password(user, changed=25, every=2)
    # BP03-03: MFA, but virtual only.
    kit.mfa(user, VIRTUAL)


def sandbox_training(kit: Kit) -> None:
    # BP06-07: in no group at all. BP03-06: no console user, so no policy is needed.
    kit.user("trainee-template", days=150)
    # BP07-04: nobody can open a support case from here.
    del kit.account.roles["SupportCases"]


def sandbox_hackday(kit: Kit) -> None:
    # BP05-04: root was used days ago.
    kit.root(mfa=FIDO, last=5)


def legacy_telemetry(kit: Kit) -> None:
    # BP05-01, BP05-02: a root key (deleted on the sixth night) and no MFA.
    kit.root(mfa=None, last=90, keys=1)
    # BP03-06: console users and no password policy at all.
    kit.account.password_policy = None
    kit.group("telemetry", attached=["ViewOnlyAccess"])
    # BP03-01: no MFA (added on the third night).
    admin = kit.user("telemetry-admin", groups=["telemetry"], days=1300)
    kit.password(admin, changed=700, every=4)
    # BP04-01, BP02-01: one key per device fleet.
    for n in range(1, 7):
        fleet = kit.user(f"fleet-{n:02d}", groups=["telemetry"], days=1200 - n, path="/devices/")
        kit.access_key(fleet, days=300 + 90 * n, every=1, service="firehose")


def harborlight_erp(kit: Kit) -> None:
    kit.group("erp-users", attached=["ViewOnlyAccess"])
    crowd(kit, 14, "erp-users")
    # BP05-01: root has a signing certificate.
    root = kit.root(mfa=HARDWARE, last=300)
    mark = kit.scene.token(kit.key("root-certificate"), 32)
    root.certificates.append(SigningCertificate(mark, kit.scene.ago(1500, mark)))
    # BP07-04: no support role came with the acquisition.
    del kit.account.roles["SupportCases"]


def data_science_dev(kit: Kit) -> None:
    # BP05-03: root's MFA is virtual. BP05-08: no security contact.
    kit.root(mfa=VIRTUAL, last=150)
    del kit.account.contacts["SECURITY"]
    # BP09-03: a group without users; BP07-02 is on it.
    kit.group("notebook-users", attached=["AWSCloudShellFullAccess"])


def logistics_warehouse_test(kit: Kit) -> None:
    # BP05-08: no security contact here either.
    del kit.account.contacts["SECURITY"]


CREDENTIAL_DEFECTS: dict[str, Callable[[Kit], None]] = {
    "data-lake-dev": data_lake_dev,
    "payments-core-prod": payments_core_prod,
    "retail-orders-dev": retail_orders_dev,
    "shared-services": shared_services,
    "sandbox-alvarez": sandbox_alvarez,
    "sandbox-okafor": sandbox_okafor,
    "sandbox-lindqvist": sandbox_lindqvist,
    "sandbox-training": sandbox_training,
    "sandbox-hackday": sandbox_hackday,
    "legacy-telemetry": legacy_telemetry,
    "harborlight-erp": harborlight_erp,
    "data-science-dev": data_science_dev,
    "logistics-warehouse-test": logistics_warehouse_test,
}
