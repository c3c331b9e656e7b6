"""A repair paid from the fund: what is to be done, for whom, decided by which paper."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from funds.domain.repairs import DESKS, PARTS
from funds.models.accounts import FundAccount, SpecialAccount, SubAccount
from registry.fields import EncryptedTextField, SealedField
from registry.models import Authority, Estate, Unit
from voting.models import Motion


class PlanItem(models.Model):
    """维修项目清单: one common part with its condition, the year and what it may cost.

    Those of one year are the annual plan (年度修缮计划). Scope as in voting: empty is the
    whole estate.
    """

    STATES = [
        ("planned", _("计划中")),
        ("requested", _("已申请")),
        ("done", _("已完成")),
        ("dropped", _("已取消")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="plan_items")
    year = models.PositiveSmallIntegerField()
    part = models.CharField(max_length=12)  # a key of domain.repairs.PARTS
    place = models.CharField(max_length=120)
    scope = models.JSONField(default=list)
    condition = models.CharField(max_length=400)
    estimate_fen = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=STATES, default="planned")
    published_at = models.DateTimeField(null=True)  # from then on owners see it
    drop_reason = models.CharField(max_length=200, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(estimate_fen__isnull=True) | models.Q(estimate_fen__gt=0),
                name="plan_estimate_positive",
            )
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.place}"

    @property
    def part_name(self) -> str:
        return PARTS.get(self.part, self.part)


class RepairRequest(models.Model):
    """使用申请: one repair from the first draft to the last fen.

    `state` and `desk` are the queue: what is due is asked of the database. What a version
    froze stays in `RepairVersion`; the fields here may be edited while it is a draft.
    """

    KINDS = [("ordinary", _("一般维修")), ("emergency", _("应急维修"))]
    STATES = [
        ("draft", _("起草中")),
        ("reported", _("已上报，等现场认定")),
        ("found", _("已认定，等决定")),
        ("voting", _("业主表决中")),
        ("decided", _("已有决定，等申请列支")),
        ("review", _("审核中")),
        ("returned", _("已退回补正")),
        ("approved", _("审核通过")),
        ("settled", _("已结清")),
        ("closed", _("已终止")),
    ]
    APPLICANTS = [
        ("owners_assembly", _("业主大会")),
        ("owners_committee", _("业主委员会")),
        ("management_committee", _("物业管理委员会")),
        ("property_manager", _("物业服务企业")),
        ("residents_committee", _("居民委员会")),
        ("street_office", _("街道办事处")),
        ("owners", _("相关业主")),
    ]
    # How the budget is shared among the units of the scope (Civil Code 283).
    BASES = [("area", _("按建筑面积比例")), ("agreed", _("按业主的约定"))]

    code = models.CharField(max_length=12, unique=True)  # public, random
    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="repairs")
    kind = models.CharField(max_length=10, choices=KINDS, default="ordinary")
    title = models.CharField(max_length=80)
    part = models.CharField(max_length=12)
    place = models.CharField(max_length=120)
    fault = models.CharField(max_length=1000)  # what is wrong, in plain words
    scope = models.JSONField(default=list)  # as voting.Session.scope; who decides and pays
    applicant_kind = models.CharField(max_length=24, choices=APPLICANTS)
    applicant = models.CharField(max_length=80)
    contact_phone = models.CharField(max_length=30)
    plan_item = models.ForeignKey(
        PlanItem, null=True, blank=True, on_delete=models.PROTECT, related_name="requests"
    )
    plan = models.TextField(blank=True)  # how it will be repaired
    budget_fen = models.BigIntegerField(null=True, blank=True)
    # Why the budget is not what the chosen firm asks.
    budget_note = models.CharField(max_length=300, blank=True)
    few_quotes = models.CharField(max_length=300, blank=True)  # why there are fewer than asked
    warranty_until = models.DateField(null=True, blank=True)  # of the part; it must be over
    warranty_note = models.CharField(max_length=200, blank=True)
    # Exclusion → "no", or why the fund would have to pay nothing (165号令 25).
    exclusions = models.JSONField(default=dict)
    share_basis = models.CharField(max_length=8, choices=BASES, default="area")
    share_clause = models.CharField(max_length=300, blank=True)  # the agreement, as cited
    agreed_weights = models.JSONField(default=dict)  # unit id as text → weight
    # The one that came to nothing, whose input this one took over.
    follows = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="followed_by"
    )
    # From the first submission on:
    special = models.ForeignKey(
        SpecialAccount, null=True, on_delete=models.PROTECT, related_name="repairs"
    )
    custody = models.CharField(max_length=8, choices=FundAccount.CUSTODIES, blank=True)
    state = models.CharField(max_length=10, choices=STATES, default="draft")
    close_reason = models.CharField(max_length=400, blank=True)
    # Whose turn it is, since when, until when.
    desk = models.CharField(max_length=20, default="applicant")
    desk_authority = models.ForeignKey(
        Authority, null=True, on_delete=models.PROTECT, related_name="desk_of"
    )
    desk_since = models.DateTimeField()
    desk_due_at = models.DateTimeField(null=True)
    escalated_to = models.ForeignKey(
        Authority, null=True, on_delete=models.PROTECT, related_name="escalations"
    )
    # 责令改正 and the like: no money leaves while it stands.
    hold = models.CharField(max_length=300, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "draft", "reported", "found", "voting", "decided", "review",
                        "returned", "approved", "settled", "closed",
                    ]
                ),
                name="repair_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["ordinary", "emergency"]),
                name="repair_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(budget_fen__isnull=True) | models.Q(budget_fen__gt=0),
                name="repair_budget_positive",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["state", "desk", "desk_due_at"], name="repair_worklist"),
            models.Index(fields=["estate", "state"], name="repair_of_estate"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.code})"

    @property
    def part_name(self) -> str:
        return PARTS.get(self.part, self.part)

    @property
    def desk_name(self) -> str:
        """Whose turn it is, in words."""
        return DESKS[self.desk]

    @property
    def above_may_act(self) -> bool:
        """Whether whoever an overslept desk goes up to may act too: a committee's own review
        (自管) is nobody else's, the authority above is only told."""
        return not self.desk.startswith("committee")


class RepairFile(models.Model):
    """A paper or photograph of a repair; never changed, only taken back while a draft."""

    KINDS = [
        ("photo_before", _("维修前照片")),
        ("photo_after", _("维修后照片")),
        ("plan", _("维修方案")),
        ("quote", _("报价单")),
        ("evidence", _("检测报告、整改通知等证据")),
        ("finding", _("现场认定照片")),
        ("agreement", _("分摊约定")),
        ("decision", _("书面决定")),
        ("contract", _("施工合同")),
        ("cost_audit", _("造价审核")),
        ("supervision", _("监理文件")),
        ("acceptance", _("验收文件")),
        ("settlement", _("结算文件")),
        ("invoice", _("发票")),
        ("receipt", _("银行回单")),
        ("other", _("其他")),
    ]

    request = models.ForeignKey(RepairRequest, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=14, choices=KINDS)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=60)
    content = SealedField(purpose="funds.repairfile")  # pictures made plain (no position)
    sha256 = models.CharField(max_length=64)  # of what is kept, decrypted
    size = models.PositiveIntegerField()
    # Shown on the public page: whoever adds it says that nobody can be told from it.
    is_public = models.BooleanField(default=False)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    removed_by = models.CharField(max_length=80, blank=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Quote(models.Model):
    """报价: what a firm asks. Who it is, is kept to find firms that belong together."""

    request = models.ForeignKey(RepairRequest, on_delete=models.PROTECT, related_name="quotes")
    firm = models.CharField(max_length=80)
    credit_code = models.CharField(max_length=18, blank=True)  # 统一社会信用代码
    legal_person = EncryptedTextField()
    legal_person_hash = models.CharField(max_length=64, blank=True)
    phone = EncryptedTextField()
    phone_hash = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=120, blank=True)
    fen = models.BigIntegerField()
    file = models.ForeignKey(RepairFile, null=True, on_delete=models.PROTECT)
    is_chosen = models.BooleanField(default=False)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(fen__gt=0), name="quote_positive"),
            models.UniqueConstraint(
                fields=["request"],
                condition=models.Q(is_chosen=True, removed_at__isnull=True),
                name="one_chosen_quote",
            ),
        ]

    def __str__(self) -> str:
        return self.firm


class RepairVersion(models.Model):
    """A plan with its budget and scope as submitted: what the owners decide on, byte for byte.

    `content` is canonical JSON (RFC 8785): title, part, place, fault, plan, budget, scope,
    quotes, hashes of the papers, share of every unit. `verdict`: "" while nothing is decided.
    """

    VERDICTS = [
        ("", _("还没有决定")),
        ("passed", _("通过")),
        ("rejected", _("未通过")),
        ("no_quorum", _("参加表决的不足，未通过")),
        ("undetermined", _("结论未能确定")),
        ("authorised", _("应急决定")),
        ("withdrawn", _("已撤回")),
    ]

    request = models.ForeignKey(
        RepairRequest, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveSmallIntegerField()  # from 1
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    budget_fen = models.BigIntegerField()
    share_basis = models.CharField(max_length=8)
    submitted_by = models.CharField(max_length=80)
    submitted_at = models.DateTimeField()
    motion = models.OneToOneField(
        Motion, null=True, on_delete=models.PROTECT, related_name="repair_version"
    )
    verdict = models.CharField(max_length=12, choices=VERDICTS, blank=True)
    verdict_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "number"], name="one_version_per_number"
            ),
            models.CheckConstraint(
                condition=models.Q(budget_fen__gt=0), name="version_budget_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.request_id}"

    @property
    def rooms(self) -> models.QuerySet["VersionUnit"]:
        """The households among its units: who decides, and who is counted."""
        return self.units.filter(unit__isnull=False)

    @property
    def sellers(self) -> models.QuerySet["VersionUnit"]:
        """What selling organisations of sold public housing bear; mostly nothing."""
        return self.units.filter(unit__isnull=True)


class VersionUnit(models.Model):
    """One unit of a version's scope: its weight, and its share of the budget in fen.

    Without a unit: what the selling organisation of sold public housing bears (165号令 20);
    it pays, and neither votes nor counts as a household.
    """

    version = models.ForeignKey(RepairVersion, on_delete=models.PROTECT, related_name="units")
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT)
    sub = models.ForeignKey(SubAccount, on_delete=models.PROTECT, related_name="repair_units")
    label = models.CharField(max_length=160)  # the room as it was called then
    area = models.BigIntegerField()  # 0.01 m²; 0 where there is no unit
    # The area or what was agreed; under 公房 as `domain.public_housing.weigh` makes it of that.
    weight = models.BigIntegerField()
    share_fen = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "unit"], name="one_share_per_unit"),
            models.UniqueConstraint(
                fields=["version", "sub"], name="one_share_per_sub_account"
            ),
            models.CheckConstraint(
                condition=models.Q(weight__gte=0, share_fen__gte=0), name="share_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.share_fen}"


class RepairStep(models.Model):
    """One thing that happened to a repair, by whom, in which role, and what was said."""

    request = models.ForeignKey(RepairRequest, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    role = models.CharField(max_length=24, blank=True)
    authority = models.ForeignKey(Authority, null=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=10)  # after it
    desk = models.CharField(max_length=20)  # after it
    text = models.CharField(max_length=1000, blank=True)
    # No names or numbers of people: this is shown.
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind
