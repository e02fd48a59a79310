"""The inputs of a case: what the state on entry is made of, and which of it is secret."""

from __future__ import annotations

from armsym.audit.bundle import Case
from armsym.audit.farkas import Form
from armsym.audit.link import Sections
from armsym.audit.raw import ones
from armsym.audit.store import Area
from armsym.audit.words import Words

__all__ = ["Inputs"]


class Inputs:
    """The inputs of a case as words: what the entry state is made of, and which of it is secret."""

    def __init__(self, case: Case, words: Words, sections: Sections) -> None:
        """The sections of a relocatable file lie where a linker puts them; the routine's own at a multiple of 4."""
        self.case, self.words = case, words
        #: What functions come to that are taken step by step, one step after the other: for whoever looks for hints.
        self.landmarks: list[tuple[int, ...]] = []
        #: What folds come to, one step after the other: likewise.
        self.steps: list[tuple[int, ...]] = []
        #: Pairs of nodes to be shown equal, and what each pair is.
        self.claims: dict[tuple[int, int], str] = {}
        #: Where addresses were loaded from that the loader fills in.
        self.filled_in: set[int] = set()
        self.secret: dict[str, bool] = {}
        self.bits: dict[str, int] = {}
        for n in range(31):
            self._input(f"x{n}_in", ones(64), True)
        for n in range(32):
            self._input(f"v{n}_in", ones(128), True)
        for f in "nzcv":
            self._input(f"{f}_in", 1, True)
        self._input("sp0", ones(64) & ~15, False)
        self._input("lr0", ones(64) & ~3, False)
        self._input("image", ones(64) & (~3 if sections.relocatable else ~4095), False)
        for name, possible in sections.bits.items():
            self._input(name, possible, False)
        for name, (_, high) in case.numbers.items():
            self._input(f"num.{name}", ones(high.bit_length()) or 1, False)
        for name, (possible, secret) in case.words.items():
            self._input(f"word.{name}", possible, secret)
        for r in case.regions.values():
            self._input(f"base.{r.name}", ones(64) & -r.align, False)
        self.bases = {
            words.program.var(f"base.{r.name}", self.bits[f"base.{r.name}"]): r for r in case.regions.values()
        }
        #: The inputs that are places of other sections, by node.
        self.sections = {self.node(name): name for name in sections.bits if name.startswith("section.")}
        self.sp0, self.image = self.node("sp0"), self.node("image")
        self.numbers = [self.node(f"num.{n}") for n in case.numbers]

    def _input(self, name: str, possible: int, secret: bool) -> None:
        self.bits[name], self.secret[name] = possible, secret

    def node(self, name: str) -> int:
        """The input of that name."""
        return self.words.program.var(name, self.bits[name])

    def areas(self, given: dict[str, tuple[tuple[int, int, int], ...]]) -> dict[str, Area]:
        """The regions, the stack and the globals as memory has them."""
        found = {r.name: Area(r.name, r.cell, r.order, given.get(r.name, ())) for r in self.case.regions.values()}
        found |= {f"global.{g.name}": Area(f"global.{g.name}", g.size, "little") for g in self.case.globals.values()}
        return found | {"stack": Area("stack", 8, "little")}

    def size(self, name: str) -> Form:
        """The bytes of a region, as a form."""
        r = self.case.regions[name]
        return r.constant, {self.node(f"num.{n}"): k for n, k in r.sizes if k}

    def content_secret(self, function: str) -> bool:
        """Whether what cells of that function hold is secret: all but public regions and globals on entry."""
        name = function.removeprefix("mem.")
        if function == name:
            return True
        if name in self.case.regions:
            return self.case.regions[name].secret
        g = self.case.globals.get(name.removeprefix("global."))
        return g is None or g.secret
