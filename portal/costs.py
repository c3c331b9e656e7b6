"""What the motions of a session would cost every party: money, which voting does not know."""

from collections.abc import Callable, Sequence

from core.errors import RuleViolation
from funds.domain.apportionment import share_table
from funds.models import RepairVersion
from voting.domain.parties import PartyArea
from voting.models import Session

Table = Callable[[Sequence[PartyArea]], Sequence[int]]


def share_tables(session: Session) -> dict[int, Table]:
    """Motion id → its table, for motions that cost something.

    What a repair asks for is shared as the version that is voted on froze it, unit by unit.
    """
    versions = RepairVersion.objects.filter(motion__session=session).defer("content")
    repairs = {version.motion_id: version for version in versions}
    return {
        motion.pk: _frozen(repairs[motion.pk])
        if motion.pk in repairs
        else share_table(motion.cost_fen)
        for motion in session.motions.all()
        if motion.cost_fen
    }


def _frozen(version: RepairVersion) -> Table:
    units = {
        unit: (area, fen)
        for unit, area, fen in version.rooms.values_list("unit", "area", "share_fen")
    }

    def table(parties: Sequence[PartyArea]) -> list[int]:
        roll = {
            key: area
            for party in parties
            for key, area in zip(party.keys, party.units, strict=True)
        }
        if roll != {unit: area for unit, (area, _fen) in units.items()}:
            raise RuleViolation(
                "repair.roll_changed",
                "提交以后名册变过（房屋增减或者面积更正），和冻结的分摊对不上："
                "请申请人撤回，按现在的名册重新提交",
            )
        return [sum(units[key][1] for key in party.keys) for party in parties]

    return table
