"""Telling why something was not shown on a path: from the path's terms to the plain records of `armsym.proof.why`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from armsym.bits import Bits, Prop
from armsym.elf import Image
from armsym.errors import ArmsymError
from armsym.isa import InstructionSet
from armsym.proof.hints import unknown_at_head, unknowns_in
from armsym.proof.path import Path
from armsym.proof.why import Sides, Story, Why, sides_of, story_of
from armsym.terms.difference import difference

__all__ = ["Teller"]


@dataclass
class Teller:
    """Tells of paths through the code of `image`; `lengths` are the proof's numbers by their names."""

    image: Image
    isa: InstructionSet
    lengths: Mapping[str, Bits]
    #: So many of a path's facts hold on entry already: preconditions and lemmas.
    on_entry: int = 0

    def story(self, path: Path) -> Story:
        """How the path came to where it is."""
        lengths = [(name, path.settled(n)) for name, n in self.lengths.items()]
        return story_of(
            path.turns,
            path.at,
            symbolize=self.image.symbolize,
            assembly=self.assembly,
            facts=path.knowledge.facts[self.on_entry :],
            lengths=[(name, b) for name, b in lengths if b.value is not self.lengths[name].value],
        )

    def why(self, path: Path, label: str, claim: Prop | None = None) -> Why:
        """Why a part of a claim was not shown on a path."""
        sides = claim.sides if claim is not None else None
        told = None if sides is None else sides_of(*sides)
        if sides is None or told is None:
            return Why(label, None, self.story(path))
        return Why(label, told, self.story(path), self._hints(path, told, *sides))

    def _hints(self, path: Path, told: Sides, found: Bits, claimed: Bits) -> tuple[str, ...]:
        d = difference(found.width, found.value, claimed.value)
        assert d is not None
        missing = unknowns_in(d.first, path.unknowns)
        # What both sides speak of is no surprise.
        there = {t.id for t, _, _ in unknowns_in(d.second, path.unknowns)}
        return unknown_at_head([m for m in missing if m[0].id not in there], told.part_claimed)

    def assembly(self, at: int) -> str:
        """The instruction at an offset as text; empty where none is."""
        try:
            return self.isa.decode(self.image.word(at)).assembly(at)
        except ArmsymError:
            return ""
