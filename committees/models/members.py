"""Who sits on a committee, and what each said of the party, by consent."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from committees.models.bodies import Committee
from committees.models.formations import Nominee
from registry.fields import EncryptedTextField
from voting.models import Candidate


class Member(models.Model):
    """委员, from the day of taking office to the end of it. A 候补 has no seat yet."""

    OFFICES = [
        ("chair", _("主任")),
        ("vice", _("副主任")),
        ("member", _("委员")),
        ("alternate", _("候补委员")),
    ]
    ENDINGS = [
        ("resigned", _("辞职")),
        ("no_owner", _("不再是业主")),
        ("removed", _("业主大会终止资格")),
        ("incapable", _("丧失行为能力或者被限制人身自由")),
        ("died", _("去世")),
        ("mistake", _("登记错误")),
        ("term", _("任期届满或者委员会终止")),
    ]

    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="members")
    name = EncryptedTextField()
    office = models.CharField(max_length=10, choices=OFFICES)
    since = models.DateField()
    # Elected here: the candidate, whose name was public with consent.
    candidate = models.ForeignKey(
        Candidate, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()
    ending = models.CharField(max_length=10, choices=ENDINGS, blank=True)
    ended_on = models.DateField(null=True)
    ended_note = EncryptedTextField()
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["committee"],
                condition=models.Q(office="chair", ending=""),
                name="one_chair",
            ),
            models.UniqueConstraint(
                fields=["committee", "candidate"], name="one_seat_per_candidate"
            ),
            models.CheckConstraint(
                condition=models.Q(ending="", ended_on__isnull=True)
                | models.Q(ended_on__gte=models.F("since")),
                name="a_member_ends_after_the_beginning",
            ),
        ]

    def __str__(self) -> str:
        return f"member {self.pk}"


class PartyAnswer(models.Model):
    """What one person said of party membership, with separate consent (PIPL 29).

    Of each person the newest stands. Where consent is withdrawn, a row says so and the answers
    before it are emptied: nothing else of a row ever changes.
    """

    HOWS = [
        ("written", _("本人签了书面同意书")),
        ("form", _("本人在报名表上填写并同意登记")),
        ("asked", _("当面询问，本人同意登记，有记录")),
    ]

    member = models.ForeignKey(
        Member, null=True, on_delete=models.PROTECT, related_name="party_answers"
    )
    # A draft may drop its candidate: the answer is then nobody's, and is emptied.
    candidate = models.ForeignKey(
        Candidate,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    # Keyed, of a candidate's name: a draft may also write another person into the same row.
    name_hash = models.CharField(max_length=64, blank=True)
    nominee = models.ForeignKey(
        Nominee, null=True, on_delete=models.PROTECT, related_name="party_answers"
    )
    answer = EncryptedTextField()  # yes | no | rather_not | withdrawn; "": emptied
    consented_on = models.DateField()  # or withdrawn on
    how = models.CharField(max_length=10, choices=HOWS, blank=True)
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    member__isnull=False, candidate__isnull=True, nominee__isnull=True
                )
                | models.Q(member__isnull=True, candidate__isnull=False, nominee__isnull=True)
                | models.Q(member__isnull=True, candidate__isnull=True, nominee__isnull=False),
                name="a_party_answer_is_of_one_person",
            )
        ]

    def __str__(self) -> str:
        return f"party answer {self.pk}"


class PartyCount(models.Model):
    """How many members of a committee there are, and of them party members: counts, no names.

    Written with whatever changes them; the newest stands. It lets a province add up without
    decrypting anybody's answer.
    """

    committee = models.ForeignKey(
        Committee, on_delete=models.PROTECT, related_name="party_counts"
    )
    members = models.PositiveSmallIntegerField()
    party = models.PositiveSmallIntegerField()
    unknown = models.PositiveSmallIntegerField()  # who did not answer
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["committee", "-id"], name="newest_party_count")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(members__gte=models.F("party") + models.F("unknown")),
                name="party_members_are_members",
            )
        ]

    def __str__(self) -> str:
        return f"{self.party} of {self.members}"


class Explanation(models.Model):
    """情况说明: why fewer than the wanted share of a committee are party members."""

    committee = models.ForeignKey(
        Committee, on_delete=models.PROTECT, related_name="explanations"
    )
    text = EncryptedTextField()
    by = models.CharField(max_length=80)  # which body explains
    day = models.DateField()
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"explanation {self.pk}"
