"""What becomes of divisions in a merger: the rules for its moves, and the plan that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.identity_data.domain import Fault
from shared.contracts.identity_data import TerritoryMove
from shared.divisions import Level, Succession, contains, level_of, parent_of, up_to

MOVED_LEVELS = (Level.COUNTY, Level.TOWNSHIP)
NAMED = 5


@dataclass(frozen=True)
class Begun:
    """A division that begins: its code was in force never before."""

    code: str
    name: str
    predecessors: tuple[str, ...]


@dataclass
class Plan:
    """What a merger does: `ended` with their successors, `begun`, and of those that go on their
    new names, whose territory they `gained` and to whom they `lost` some."""

    ended: dict[str, tuple[str, ...]] = field(default_factory=dict)
    begun: dict[str, Begun] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    gained: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lost: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Merging:
    """The moves of one merger within `division`, and what is known of the divisions around them.

    `names` holds those in force, by code: every division that a move names, the divisions above
    them, and all that lie below one that ends. `used` are the codes that were in force once.
    """

    division: str
    moves: tuple[TerritoryMove, ...]
    names: Mapping[str, str]
    used: frozenset[str] = frozenset()

    @property
    def succession(self) -> Succession:
        """Which code follows which."""
        return Succession.of((move.from_code, move.to_code) for move in self.moves)

    def faults(self) -> tuple[Fault, ...]:
        """All that stands against the moves; none where the merger holds."""
        seen: set[tuple[str, str]] = set()
        found: list[Fault] = []
        for move in self.moves:
            found += self._faults_of(move)
            if (move.from_code, move.to_code) in seen:
                found.append(_fault(move, "重复", "stands twice"))
            seen.add((move.from_code, move.to_code))
        return (*found, *self._faults_of_names(), *self._left_over())

    def _faults_of(self, move: TerritoryMove) -> Iterator[Fault]:
        before, after = move.from_code, move.to_code
        level = level_of(before)
        if level is not level_of(after) or level not in MOVED_LEVELS:
            yield _fault(move, "只能在县与县、乡镇与乡镇之间变动", "counties or townships only")
            return
        if not (contains(self.division, before) and contains(self.division, after)):
            zh, en = f"超出“{self.division}”的范围", f"is not within “{self.division}”"
            yield _fault(move, zh, en)
        if before not in self.names:
            yield _fault(move, f"“{before}”不在有效期内", f"“{before}” is not in force")
        if after not in self.names:
            yield from self._faults_of_new(move)
        if after not in self.succession.moves.get(after, (after,)):
            zh, en = f"“{after}”本身也已撤销", f"“{after}” ends itself"
            yield _fault(move, zh, en)
        if level is Level.TOWNSHIP:
            yield from self._faults_of_township(move)

    def _faults_of_new(self, move: TerritoryMove) -> Iterator[Fault]:
        code = move.to_code
        parent = parent_of(code)
        if code in self.used:
            yield _fault(move, f"代码“{code}”曾被使用", f"the code “{code}” was used before")
        if parent not in self.names and parent not in self._targets():
            yield _fault(move, f"上级“{parent}”不存在", f"there is no “{parent}” above it")

    def _faults_of_township(self, move: TerritoryMove) -> Iterator[Fault]:
        own, new = (up_to(code, Level.COUNTY) for code in (move.from_code, move.to_code))
        moves = self.succession.moves
        if new not in moves.get(own, (own,)):
            zh, en = f"所在县“{own}”并未并入“{new}”", f"its county “{own}” does not pass to “{new}”"
            yield _fault(move, zh, en)
        if len(moves[move.from_code]) > 1:
            yield _fault(move, "乡镇不能一分为多", "a township goes to one other only")

    def _targets(self) -> frozenset[str]:
        return frozenset(move.to_code for move in self.moves)

    def _faults_of_names(self) -> Iterator[Fault]:
        given: dict[str, set[str]] = {code: set() for code in self._targets()}
        for move in self.moves:
            if move.name is not None:
                given[move.to_code].add(move.name)
        for code, names in sorted(given.items()):
            if len(names) > 1:
                listed = "、".join(sorted(names))
                yield Fault(
                    f"“{code}”有多个名称：{listed}", f"“{code}” has several names: {listed}"
                )
            if not names and code not in self.names:
                yield Fault(f"新区划“{code}”没有名称", f"the new division “{code}” has no name")

    def _left_over(self) -> Iterator[Fault]:
        """No township stays behind in a county that ends."""
        moves = self.succession.moves
        ended = [code for code, targets in moves.items() if code not in targets]
        left = [
            code
            for code in sorted(self.names)
            if level_of(code) is Level.TOWNSHIP
            and up_to(code, Level.COUNTY) in ended
            and code not in moves
        ]
        if left:
            listed = "、".join(f"{self.names[code]}{code}" for code in left[:NAMED])
            yield Fault(
                f"{len(left)}个乡镇没有去向：{listed}",
                f"{len(left)} townships go nowhere: {listed}",
            )

    def plan(self) -> Plan:
        """What the merger does to the divisions, villages with their townships."""
        plan = Plan()
        succession = self.succession
        moved = dict(succession.moves)
        for code in self.names:
            if level_of(code) is Level.VILLAGE and succession.successor(code) != code:
                moved[code] = (succession.successor(code),)
        came: dict[str, list[str]] = {}
        for code, targets in moved.items():
            others = tuple(target for target in targets if target != code)
            if code not in targets:
                plan.ended[code] = targets
            elif others:
                plan.lost[code] = others
            for target in others:
                came.setdefault(target, []).append(code)
        names = {move.to_code: move.name for move in self.moves if move.name is not None}
        for code, predecessors in came.items():
            if code in self.names:
                plan.gained[code] = tuple(predecessors)
            elif code not in self.used:
                name = names.get(code) or self.names[predecessors[0]]
                plan.begun[code] = Begun(code, name, tuple(predecessors))
        for code, name in names.items():
            if self.names.get(code, name) != name:
                plan.renamed[code] = name
        return plan


def _fault(move: TerritoryMove, zh: str, en: str) -> Fault:
    route = f"{move.from_code}→{move.to_code}"
    return Fault(f"{route}：{zh}", f"{route}: {en}")
