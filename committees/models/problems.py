"""住宅物业服务问题整治工作台账: one problem a row, and every step taken on it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from committees.domain.problems import CAMPAIGNS, MOST_ITEM, group_of
from registry.domain.problems import ITEMS
from registry.fields import EncryptedTextField, SealedField
from registry.models import Authority, Estate

_LAST = 22  # of the paper's items; a constraint does not read a module


class ProblemItem(models.Model):
    """An item a place added to the fifth class; it holds there and below."""

    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=200)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "number"], name="one_problem_item_per_number"
            ),
            models.CheckConstraint(
                condition=models.Q(number__gt=_LAST, number__lte=MOST_ITEM),
                name="added_items_come_after_the_papers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.words}"


class Problem(models.Model):
    """One problem at one estate. What is here is what its last step left (triggers)."""

    SOURCES = [
        ("petition", _("信访")),
        ("hotline_1584", _("1584政风行风热线")),
        ("hotline_12345", _("12345市长热线")),
        ("own", _("自查")),
        ("system", _("系统发现")),
    ]
    STATES = [("open", _("整改中")), ("closed", _("已销号"))]
    CAMPAIGNS = list(CAMPAIGNS.items())

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="problems")
    number = models.PositiveIntegerField()  # within the estate
    submission = models.CharField(max_length=64)  # names the act: sent twice, it is one
    item = models.PositiveSmallIntegerField()
    added_item = models.ForeignKey(
        ProblemItem, null=True, on_delete=models.PROTECT, related_name="problems"
    )
    source = models.CharField(max_length=16, choices=SOURCES)
    # The key of what the system found; null: somebody reported it.
    finding = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001
    found_on = models.DateField()
    content = models.CharField(max_length=2000)
    company = models.CharField(max_length=80, blank=True)
    unit = models.CharField(max_length=80)
    person = EncryptedTextField()  # may be empty
    deadline = models.DateField(null=True)  # null: nobody has set one yet
    campaign = models.PositiveSmallIntegerField(null=True, choices=CAMPAIGNS)
    standard = models.CharField(max_length=200, blank=True)
    measures = models.CharField(max_length=600, blank=True)
    remarks = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=STATES, default="open")
    closed_on = models.DateField(null=True)
    last_step = models.PositiveIntegerField(default=1)
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["estate", "number"], name="one_problem_per_number"),
            models.UniqueConstraint(
                fields=["estate", "submission"], name="one_problem_per_submission"
            ),
            models.CheckConstraint(
                condition=models.Q(item__gte=1, item__lte=_LAST, added_item__isnull=True)
                | models.Q(item__gt=_LAST, added_item__isnull=False),
                name="a_problem_is_of_a_known_item",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    source__in=["petition", "hotline_1584", "hotline_12345", "own"],
                    finding__isnull=True,
                )
                | models.Q(source="system", finding__isnull=False),
                name="the_system_finds_by_a_key",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_on__isnull=True)
                | models.Q(
                    state="closed",
                    closed_on__isnull=False,  # of nothing, a comparison would pass
                    closed_on__gte=models.F("found_on"),
                ),
                name="a_closed_problem_has_its_day",
            ),
            models.CheckConstraint(
                condition=models.Q(deadline__isnull=True)
                | models.Q(deadline__gte=models.F("found_on")),
                name="a_problem_is_due_after_it_was_found",
            ),
            models.CheckConstraint(
                condition=models.Q(campaign__isnull=True)
                | models.Q(campaign__gte=1, campaign__lte=4),
                name="one_of_four_campaigns",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "deadline"], name="problems_due"),
            models.Index(fields=["estate", "state"], name="problems_of_estate"),
        ]

    def __str__(self) -> str:
        return f"problem {self.number} of {self.estate_id}"

    @property
    def group(self) -> int:
        """Its class, a key of `registry.domain.problems.CLASSES`."""
        return group_of(self.item)

    @property
    def words(self) -> str:
        """The item in the paper's words, or in those of the place that added it."""
        if self.added_item is not None:
            return self.added_item.words
        return ITEMS[self.item].words


class ProblemStep(models.Model):
    """One thing that happened to a problem. `state` and `deadline` are those after it."""

    KINDS = [
        ("reported", _("登记")),
        ("progress", _("整改进展")),
        ("gone", _("系统里已经没有这一条")),
        ("again", _("系统里又有这一条")),
        ("moved", _("改整改时限")),
        ("corrected", _("更正")),
        ("closed", _("验收销号")),
        ("reopened", _("重新打开")),
    ]

    problem = models.ForeignKey(Problem, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()  # within the problem, from 1
    kind = models.CharField(max_length=10, choices=KINDS)
    day = models.DateField()  # on which it was so
    text = models.CharField(max_length=2000, blank=True)
    person = EncryptedTextField()  # who reported the progress; 验收人; may be empty
    state = models.CharField(max_length=8, choices=Problem.STATES)
    deadline = models.DateField(null=True)
    before = EncryptedTextField()  # of a correction: what the fields said, as JSON
    rows = models.JSONField(default=list)  # that prove a finding: "disclosures.duty:5"
    actor = models.CharField(max_length=80)
    role = models.CharField(max_length=24, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["problem", "number"], name="one_problem_step_per_number"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        "reported", "progress", "gone", "again", "moved", "corrected",
                        "closed", "reopened",
                    ]
                ),
                name="problem_step_known",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["kind", "day"], name="problem_steps_by_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class ProblemPage(models.Model):
    """A page of the evidence of a step: the picture and nothing else, encrypted."""

    step = models.ForeignKey(ProblemStep, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)  # as whoever handed it in calls it
    source_sha256 = models.CharField(max_length=64)  # of what was handed in, which is not kept
    content = SealedField(purpose="committees.problempage")
    sha256 = models.CharField(max_length=64)  # of the plain page

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["step", "number"], name="one_problem_page_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"page {self.number} of step {self.step_id}"
