"""Divisions, authorities, estates, units and owners."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField, SealedField


class Division(models.Model):
    """A place in the statistical division tree (统计用区划代码), 12 digits."""

    code = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=60)
    # 1 province, 2 city, 3 district or county, 4 street or township, 5 社区 or village
    level = models.PositiveSmallIntegerField()
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="children"
    )

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Authority(models.Model):
    """Who is responsible (主管机构), dated: the tree that permissions and reports follow."""

    KINDS = [
        ("city_bureau", _("市住建局")),
        ("district_bureau", _("区县住建局")),
        ("zone_administration", _("开发区管委会")),
        ("fund_centre", _("维修资金管理中心")),
        ("street_office", _("街道办事处")),
        ("residents_committee", _("居民委员会")),
    ]

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=24, choices=KINDS)
    phone = models.CharField(max_length=40, blank=True)  # its office's, printed on papers
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    division = models.ForeignKey(Division, null=True, blank=True, on_delete=models.PROTECT)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class RuleProfile(models.Model):
    """Thresholds, periods and percentages of one jurisdiction, with clause and dates.

    `values`: name → {"value": …, "clause": text, "verified": bool, "confirmed_by": text}.
    """

    code = models.CharField(max_length=40)
    title = models.CharField(max_length=80)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    base = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    values = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "valid_from"], name="one_profile_per_code_and_date"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Estate(models.Model):
    """物业管理区域: the legal unit of self-government. Owners' pages say 小区."""

    code = models.CharField(max_length=12, unique=True)  # public, random
    name = models.CharField(max_length=80)
    small_names = models.CharField(max_length=200, blank=True)  # 小区名称, several joined by 、
    division = models.ForeignKey(Division, on_delete=models.PROTECT)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="estates")
    profile_code = models.CharField(max_length=40, default="national")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Building(models.Model):
    """幢."""

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="buildings")
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["estate", "name"], name="one_building_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """专有部分: one exclusive unit. `area` in 0.01 m²."""

    USES = [
        ("residential", _("住宅")),
        ("shop", _("商铺")),
        ("parking", _("车位")),
        ("storage", _("储藏间")),
        ("other", _("其他")),
        # 物业服务用房 and the like belong to all owners (Civil Code 274): never on a roll.
        ("common", _("共有用房")),
    ]
    SOURCES = [("register", _("登记")), ("survey", _("实测")), ("contract", _("合同"))]
    STATES = [
        ("delivered", _("已交付")),
        ("unsold", _("未售")),
        ("undelivered", _("已售未交付")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="units")
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="units")
    entrance = models.CharField(max_length=20, blank=True)  # 单元, the stairway
    floor = models.SmallIntegerField(null=True)
    room = models.CharField(max_length=40)  # 室号 as printed on the door
    label = models.CharField(max_length=80)  # 1幢2单元301室, unique among the living units
    registry_number = models.CharField(max_length=40, blank=True)  # 不动产单元号
    house_code = models.CharField(max_length=40, blank=True)  # 房屋编码
    use = models.CharField(max_length=12, choices=USES)
    area = models.BigIntegerField(null=True)  # null: not known yet; blocks freezing
    area_source = models.CharField(max_length=10, choices=SOURCES, blank=True)
    status = models.CharField(max_length=12, choices=STATES)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["estate", "label"],
                condition=models.Q(is_active=True),
                name="one_living_unit_per_label",
            ),
            models.CheckConstraint(
                condition=models.Q(area__isnull=True) | models.Q(area__gt=0),
                name="unit_area_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Owner(models.Model):
    """A person or company on the roll of one estate, told apart by document number."""

    KINDS = [("person", _("个人")), ("company", _("单位"))]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="owners")
    kind = models.CharField(max_length=10, choices=KINDS, default="person")
    name = EncryptedTextField()
    document_kind = models.CharField(max_length=30, blank=True)
    document_number = EncryptedTextField()
    document_hash = models.CharField(
        max_length=64
    )  # keyed hash of the number; unique in the estate
    phone = EncryptedTextField()
    phone_hash = models.CharField(max_length=64, blank=True, db_index=True)
    # 待核验清单: "" not asked, "asked", "agrees" 一致, "differs" 不一致
    identity_check = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["estate", "document_hash"], name="one_owner_per_document"
            )
        ]

    def __str__(self) -> str:
        return f"owner {self.pk}"


class Ownership(models.Model):
    """Who owned which unit from when to when, by what right."""

    BASES = [
        ("register", _("登记")),
        ("judgment", _("生效法律文书")),
        ("inheritance", _("继承")),
        ("possession", _("合法占有（已交付未登记）")),
    ]

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="ownerships")
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="ownerships")
    basis = models.CharField(max_length=12, choices=BASES, default="register")
    share_text = models.CharField(max_length=40, blank=True)  # 共同共有 or 1/2, as registered
    is_voter = models.BooleanField(default=False)  # chosen by the joint owners to vote
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)  # null: owns it now

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "owner"],
                condition=models.Q(valid_to__isnull=True),
                name="one_current_title_per_owner",
            )
        ]

    def __str__(self) -> str:
        return f"title {self.pk}"


class RollImport(models.Model):
    """One spreadsheet on its way into the registry: previewed, confirmed, undone.

    `rows` and `undo` are encrypted JSON (personal data); both are emptied when the import
    can no longer be confirmed or undone.
    """

    STATES = [
        ("previewed", _("待确认")),
        ("confirmed", _("已导入")),
        ("undone", _("已撤销")),
        ("dropped", _("已放弃")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="imports")
    state = models.CharField(max_length=10, choices=STATES, default="previewed")
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)  # our column → header as written
    summary = models.JSONField(default=dict)  # counts of new, changed, unchanged, gone, faults
    rows = SealedField(default=b"", purpose="registry.rollimport.rows")
    undo = SealedField(default=b"", purpose="registry.rollimport.undo")
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"


class ColumnMapping(models.Model):
    """The mapping last used at an estate for a file with this set of headers.

    Of that estate alone: whoever maps columns elsewhere must not say how its file is read.
    """

    estate = models.ForeignKey(Estate, on_delete=models.CASCADE, related_name="column_mappings")
    header_sha256 = models.CharField(max_length=64)
    mapping = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["estate", "header_sha256"], name="one_mapping_per_estate_and_headers"
            )
        ]

    def __str__(self) -> str:
        return self.header_sha256[:8]


class PropertyManagerStaff(models.Model):
    """Somebody who works for the property manager: may not stand in for owners.

    Kept to notice a staff member's name or phone among the owners', nothing else.
    """

    estate = models.ForeignKey(
        Estate, on_delete=models.PROTECT, related_name="property_manager_staff"
    )
    name = EncryptedTextField()
    name_hash = models.CharField(max_length=64)
    phone_hash = models.CharField(max_length=64, blank=True)
    added_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["estate", "name_hash", "phone_hash"], name="one_entry_per_staff_member"
            )
        ]

    def __str__(self) -> str:
        return f"staff {self.pk}"


class Finding(models.Model):
    """A find of the roll doctor: settled by a correction, or waived by name with a reason."""

    STATES = [("open", _("待处理")), ("settled", _("已解决")), ("waived", _("已说明"))]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)  # rooms concerned, never names or numbers
    unit_ids = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=64)  # same finding, same fingerprint
    state = models.CharField(max_length=10, choices=STATES, default="open")
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["estate", "fingerprint"], name="one_finding_per_fingerprint"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"
