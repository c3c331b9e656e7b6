"""The sample estate: about 600 units of an invented estate in a real 社区 of Anqing.

    estate = sample_estate()          # the same every time
    estate.units, estate.staff        # what is true
    estate.faults                     # what the export says instead, and what settles it
    register_export(estate, AS_EXPORTED)   # .xlsx as a register hands it out, all faults in it
    register_export(estate, IMPORTABLE)    # after the faults an import refuses were put right
    register_export(estate, SETTLED)       # after the roll doctor's were, too
    WAIVERS[kind]                     # why what the doctor still finds is in order
    estate.roll()                     # the true roll as `manage.py count` reads it

The truth is made first; a fault is one cell shown otherwise in the export (or one row too
many), so that putting it right is showing the truth. Everything comes from one seeded
generator; people are invented as `portal.demo.people` says.
"""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from core.exact import format_area
from portal.demo.people import RARE_NAMES, Owner, People

SEED = 278
NAME = "青枫苑（示例小区）"
DIVISION = "340803004004"  # 柏子桥社区, 菱湖街道, 大观区, 安庆市
DEVELOPER = "示例置业有限公司"

# Why what the doctor finds in the settled roll is in order, by the kind of finding.
WAIVERS = {
    "room_collision": "实地核对，1幢顶层与11幢底层确为不同的房屋",
    "joint_without_voter": "共有人常住外地，开票前未能推选；由最先表决的共有人代表",
    "owner_sets_overlap": "筹备组认定：一人所有与和他人共有的，按不同业主各算一人，已记录",
    "shared_phone": "同一家人共用一部手机，本人到场确认",
    "staff_name": "核对证件，与物业人员同名，不是同一人",
    "several_units": "核对证件号码，确为同一业主，几套算一人",
}

# Building, entrances, floors, doors on each floor.
_BUILDINGS = (
    ("1幢", 2, 11, 2),
    ("2幢", 2, 11, 2),
    ("3幢", 2, 11, 2),
    ("5幢", 2, 18, 2),
    ("6幢", 2, 18, 2),
    ("7幢", 1, 18, 4),
    ("8幢", 1, 18, 4),
    ("9幢", 1, 11, 4),
    # 11幢1单元101室 and 1幢1单元1101室 are the same digits without their separators.
    ("11幢", 2, 8, 2),
)
_SHOPS, _SPACES = 24, 80
_AREAS = (6845, 7620, 8950, 8933, 9512, 10180, 11860, 12744, 13955)


class Unit(NamedTuple):
    """One unit as it truly is. `area` in 0.01 m²; no entrance where there is none."""

    label: str
    building: str
    entrance: str
    floor: int
    room: str
    use: str
    area: int
    area_source: str
    status: str
    owners: tuple[Owner, ...]
    share: str
    basis: str
    voter: str

    @property
    def votes(self) -> bool:
        """Whether it is on the roll by default: a space is not, a common room never."""
        return self.use in ("住宅", "商铺")


class Fault(NamedTuple):
    """A cell the export shows otherwise than the truth, or (no column) a row too many.

    `found_by` is "import" or "doctor", `kind` the doctor's own word for what it finds.
    """

    kind: str
    room: str
    column: str
    shown: str | int | float
    found_by: str
    settled_by: str


class SampleEstate(NamedTuple):
    """The estate; `staff` are names and phones of the property manager's people."""

    name: str
    division: str
    units: tuple[Unit, ...]
    staff: tuple[tuple[str, str], ...]
    faults: tuple[Fault, ...]

    def roll(self) -> list[tuple[str, str, str, str, str]]:
        """Rows of 房号, 建筑面积, 业主姓名, 证件号码, 状态 for every unit that votes."""
        return [
            (
                unit.label,
                format_area(unit.area),
                "、".join(owner.name for owner in unit.owners),
                "、".join(owner.number for owner in unit.owners),
                unit.status,
            )
            for unit in self.units
            if unit.votes
        ]


def sample_estate(seed: int = SEED) -> SampleEstate:
    """The estate of a seed; the story is told on the default one."""
    pick = Random(seed)  # noqa: S311
    maker = _Maker(pick)
    units = maker.units()
    phones = [maker.people.person().phone for _ in range(2)]
    staff = ((maker.namesake, phones[0]), ("钱多多", phones[1]))
    flats = _Flats(units, pick)
    faults = (*_faults_for_import(flats), *_faults_for_doctor(flats, phones[1]))
    return SampleEstate(NAME, DIVISION, units, staff, faults)


class _Place(NamedTuple):
    label: str
    building: str
    entrance: str
    floor: int
    room: str
    use: str


def _places() -> Iterator[_Place]:
    for building, entrances, floors, doors in _BUILDINGS:
        for entrance in range(1, entrances + 1):
            for floor in range(1, floors + 1):
                for door in range(1, doors + 1):
                    room = f"{floor}{door:02}"
                    label = f"{building}{entrance}单元{room}室"
                    yield _Place(label, building, str(entrance), floor, room, "住宅")
    for door in range(1, _SHOPS + 1):
        yield _Place(f"S1幢{100 + door}室", "S1幢", "", 1, f"{100 + door}", "商铺")
    for space in range(1, _SPACES + 1):
        yield _Place(f"地下车库{space}号", "地下车库", "", -1, f"{space}", "车位")
    yield _Place("S1幢物业用房", "S1幢", "", 1, "物业用房", "物业服务用房")
    yield _Place("S1幢社区用房", "S1幢", "", 1, "社区用房", "社区用房")


class _Maker:
    """Makes the truth: who owns what."""

    def __init__(self, pick: Random) -> None:
        self.pick = pick
        self.people = People(pick)
        self.namesake = ""
        self._developer = self.people.company(DEVELOPER)

    def units(self) -> tuple[Unit, ...]:
        places = list(_places())
        flats = [place.label for place in places if place.use == "住宅"]
        shops = [place.label for place in places if place.use == "商铺"]
        spaces = [place.label for place in places if place.use == "车位"]
        status = dict.fromkeys(
            [*self.pick.sample(flats, 12), *self.pick.sample(shops, 2), *spaces[50:]], "未售"
        )
        undelivered = self.pick.sample([flat for flat in flats if flat not in status], 8)
        status |= dict.fromkeys(undelivered, "已售未交付")
        owners = self._owners_of_flats([flat for flat in flats if flat not in status])
        owners |= {flat: (self.people.person(),) for flat in undelivered}
        owners |= self._owners_of_shops([shop for shop in shops if shop not in status], owners)
        households = [owners[flat] for flat in flats if flat in owners and flat not in status]
        owners |= dict(zip(spaces[:50], self.pick.sample(households, 50), strict=True))
        areas = {
            (building, door): self.pick.choice(_AREAS)
            for building, _, _, doors in _BUILDINGS
            for door in range(1, doors + 1)
        }
        without_voter = self._joint(owners, flats)[-2:]
        return tuple(
            self._unit(
                place,
                status.get(place.label, "已交付"),
                owners.get(place.label, ()),
                areas.get((place.building, int(place.room[-2:])))
                if place.use == "住宅"
                else None,
                has_voter=place.label not in without_voter,
            )
            for place in places
        )

    def _owners_of_flats(self, flats: list[str]) -> dict[str, tuple[Owner, ...]]:
        """Ordinary households first, then the cases the law has a word for."""
        owners = {flat: self._household() for flat in flats}
        for flat, name in zip(flats[5::97], RARE_NAMES, strict=False):
            owners[flat] = (self.people.person(f"{self.pick.choice('王李张刘')}{name}"),)
        drawn = self.pick.sample(flats[40:], 80)
        # 22 households own a second flat, four of them a third.
        homes, more = drawn[:22], drawn[22:48]
        for index, flat in enumerate(more):
            owners[flat] = owners[homes[index % 22]]
        # A alone, and A with somebody else: two parties by default.
        for alone, together in zip(drawn[48:53], drawn[53:58], strict=True):
            owner = self.people.person()
            owners[alone], owners[together] = (owner,), (owner, self.people.person())
        # A mother and her son with one phone for two flats.
        mother = self.people.person()
        owners[drawn[58]] = (mother,)
        owners[drawn[59]] = (self.people.person()._replace(phone=mother.phone),)
        namesake = self.people.person()
        self.namesake = namesake.name
        owners[drawn[60]] = (namesake,)
        owners[drawn[61]] = (self.people.foreigner("MARTIN SAMPLE"),)
        return owners

    def _household(self) -> tuple[Owner, ...]:
        size = self.pick.choices((1, 2, 3), (62, 33, 5))[0]
        people = [self.people.person(has_phone=self.pick.random() > 0.08)]
        people += [self.people.person() for _ in range(size - 1)] if people[0].phone else []
        return tuple(people)

    def _owners_of_shops(
        self, shops: list[str], owners: dict[str, tuple[Owner, ...]]
    ) -> dict[str, tuple[Owner, ...]]:
        investor = self.people.person()
        found: dict[str, tuple[Owner, ...]] = {}
        for index, shop in enumerate(shops):
            if index < 6:
                found[shop] = (investor,)
            elif index % 2:
                found[shop] = (self.people.company(f"示例商贸{index}号有限公司"),)
            else:
                found[shop] = (self.people.person(),)
        return found

    def _joint(self, owners: dict[str, tuple[Owner, ...]], flats: list[str]) -> list[str]:
        """Flats of joint owners who own nothing else."""
        held = [owner for household in owners.values() for owner in household]
        return [
            flat
            for flat in flats
            if len(owners.get(flat, ())) > 1
            and all(held.count(owner) == 1 for owner in owners[flat])
        ]

    def _unit(
        self,
        place: _Place,
        status: str,
        owners: tuple[Owner, ...],
        area: int | None,
        *,
        has_voter: bool,
    ) -> Unit:
        if area is None:
            area = self.pick.randint(*{"车位": (1250, 1480)}.get(place.use, (2800, 16000)))
        if status == "未售":
            owners = (self._developer,)
        source = self.pick.choices(("登记", "实测"), (92, 8))[0]
        basis = self.pick.choices(("登记", "继承", "生效法律文书", "合法占有"), (92, 3, 2, 3))[
            0
        ]
        if status != "已交付" or not owners:
            source, basis = "实测", ""
        elif basis == "合法占有":
            source = "合同"
        return Unit(
            *place,
            area=area,
            area_source=source,
            status=status,
            owners=owners,
            share={0: "", 1: "单独所有", 2: "共同共有"}.get(len(owners), "1/2、1/4、1/4"),
            basis=basis,
            voter=owners[0].name if len(owners) > 1 and has_voter else "",
        )


class _Flats:
    """Flats to plant faults on, each handed out once."""

    def __init__(self, units: tuple[Unit, ...], pick: Random) -> None:
        held = [owner for unit in units for owner in unit.owners]
        phones = [owner.phone for owner in held]
        flats = [unit for unit in units if unit.use == "住宅" and unit.status == "已交付"]
        homes = [owner for unit in flats for owner in unit.owners]
        sole = [unit for unit in flats if all(held.count(owner) == 1 for owner in unit.owners)]
        pick.shuffle(sole)
        rare = [unit for unit in sole if unit.owners[0].name[1:] in RARE_NAMES]
        self.single = iter(
            [
                unit
                for unit in sole
                if len(unit.owners) == 1
                and unit not in rare
                and unit.owners[0].document_kind == "居民身份证"
                and phones.count(unit.owners[0].phone) == 1
            ]
        )
        self.joint = iter([unit for unit in sole if len(unit.owners) == 2 and unit.voter])
        self.rare = rare[0]
        # One of two flats of an owner whose number once had 15 digits.
        self.second = next(
            unit
            for unit in reversed(flats)
            if len(unit.owners) == 1
            and homes.count(unit.owners[0]) == 2
            and unit.owners[0].number[6:8] == "19"
        )


def _faults_for_import(flats: _Flats) -> Iterator[Fault]:
    """What cannot be read at all."""

    def fault(unit: Unit, kind: str, column: str, shown: str | int, settled: str) -> Fault:
        return Fault(kind, unit.label, column, shown, "import", settled)

    one, both, rare = flats.single, flats.joint, flats.rare
    yield fault(next(one), "room_twice", "", "", "与原行是同一套房屋，删去补录的一行")
    unit = next(one)
    shown = f"{format_area(unit.area - 1230)}+12.30"
    settled = f"登记簿记载住宅与阁楼合计 {format_area(unit.area)} 平方米"
    yield fault(unit, "area_sum", "建筑面积", shown, settled)
    unit = next(one)
    yield fault(unit, "area_formula", "建筑面积", f"={unit.area}/100", "按登记簿填写数值")
    unit = next(one)
    shown = f"-{format_area(unit.area)}"
    yield fault(unit, "area_negative", "建筑面积", shown, "误加了负号，按登记簿更正")
    yield fault(next(one), "area_source", "面积来源", "估算", "查到登记簿，来源为登记")
    unit = next(one)
    number = int(unit.owners[0].number.replace("X", "0"))
    yield fault(unit, "number_lost", "证件号码", number, "按证件原件补全18位号码")
    unit = next(both)
    shown = unit.owners[0].number
    yield fault(unit, "number_missing", "证件号码", shown, "补上另一位共有人的证件号码")
    yield fault(rare, "name_lost", "权利人", f"{rare.owners[0].name[0]}?", "按证件补上生僻字")
    unit = next(one)
    shown = unit.owners[0].phone.replace("000", "OOO", 1)
    yield fault(unit, "phone_letters", "联系电话", shown, "误录了字母，向业主核实")
    yield fault(next(one), "status", "状态", "空置", "已交付，空置不影响业主身份")
    yield fault(next(one), "room_missing", "室号（房号）", "", "按坐落补上室号")


def _faults_for_doctor(flats: _Flats, staff_phone: str) -> Iterator[Fault]:
    """What can be read and must not stand."""

    def fault(unit: Unit, kind: str, column: str, shown: str, settled: str) -> Fault:
        return Fault(kind, unit.label, column, shown, "doctor", settled)

    one = flats.single
    for _ in range(2):
        yield fault(next(one), "area_missing", "建筑面积", "", "按登记簿补上面积")
    for _ in range(3):
        yield fault(next(one), "identity_missing", "证件号码", "", "业主持身份证到社区补登")
    number = flats.second.owners[0].number
    number = number[:6] + number[8:17]
    yield fault(flats.second, "two_numbers", "证件号码", number, "同一人的旧号码，改为18位")
    own = "代填的号码，改为业主本人的"
    for _ in range(4):
        yield fault(next(one), "shared_phone", "联系电话", "10000009000", f"中介{own}")
    yield fault(next(one), "staff_phone", "联系电话", staff_phone, f"物业{own}")
    for _ in range(3):
        yield fault(next(flats.joint), "joint_without_voter", "表决人", "", "共有人交来推选书")
