"""One call, as one case of a contract: what the callee's inputs, regions and functions are there."""

from __future__ import annotations

from dataclasses import dataclass

from armsym.audit.arrivals import Arrivals
from armsym.audit.bundle import Case, Region
from armsym.audit.contracts import function_digest, is_of_arguments_alone
from armsym.audit.facts import bits
from armsym.audit.farkas import Form, plus
from armsym.audit.instance import Instance, RefusedValue, Values
from armsym.audit.raw import ones
from armsym.audit.samefold import Meant, same_fold
from armsym.audit.state import State
from armsym.audit.store import RefusedAccess, join_bytes, part_of

__all__ = ["Place", "Site", "UnfitError"]


class UnfitError(Exception):
    """A case of a contract that a call is not of; the message says why."""


@dataclass(frozen=True)
class Place:
    """Where a region of the callee's lies: so many bytes after the beginning of `inside`, which is the caller's."""

    region: Region
    inside: str
    offset: Form
    size: Form


class Site:
    """One call, as one case of a contract."""

    def __init__(self, walk: Arrivals, state: State, symbol: str, case: Case) -> None:
        self.walk, self.state, self.symbol, self.case = walk, state, symbol, case
        self.words, self.facts, self.inputs = walk.words, state.facts, walk.inputs
        self.values = Values(walk.inputs, state.facts)
        #: What the callee's inputs are here: numbers, words and bases by name.
        self.bound: dict[str, int] = {}
        self.places: dict[str, Place] = {}
        #: As the call found it.
        self.before = state.fork()
        #: Folds of the callee by the caller's that are the same; None: nothing is known of it.
        self._folds: dict[str, str | None] = {}
        self.made = Instance(case.table, self.words, self.input, self.application)

    # -- what the callee's inputs are

    def bind(self) -> None:
        """Find what numbers, words and regions are, by registers and given contents.

        Raises `UnfitError` where the call is seen to be of another case.
        """
        table = self.case.table
        for place, node in self.case.arguments.items():
            name = table[node][1] if table[node][0] == "Var" else ""
            if name.startswith(("num.", "word.", "base.")) and name not in self.bound:
                self.bound[name] = self.register(place)
        for name, r in self.case.regions.items():
            self._place(name, r)
        for g in self.case.given:
            name = table[g.value][1] if table[g.value][0] == "Var" else ""
            if name.startswith("word.") and name not in self.bound:
                self.bound[name] = self._given(g.region, self._constant(g.offset), g.size)
            if table[g.value][0] == "Const":
                number = table[g.value][1]
                held = self.words.constant(self._given(g.region, self._constant(g.offset), g.size))
                if held not in (None, number):
                    raise UnfitError(f"{g.region} holds {held}, and not {number}")
        for place, node in self.case.arguments.items():
            found, wanted = self.register(place), self.made(node)
            if found != wanted and not self.walk.secret(found) and not self._equal(found, wanted):
                raise UnfitError(f"{place} is not as it says")
        names = sorted(self.places)
        for k, a in enumerate(names):
            for b in names[:k]:
                if {a, b} & self.case.modifies and not self._apart(self.places[a], self.places[b]):
                    raise UnfitError(f"{b} and {a} are not shown to be apart")

    def _apart(self, a: Place, b: Place) -> bool:
        if a.inside != b.inside:
            return True  # of the caller's regions one that may be written is disjoint from all
        first, second = self.facts.lifted(a.offset), self.facts.lifted(b.offset)
        return any(
            self.facts.shows(plus(plus(late, early, -1), p.size, -1))
            for early, late, p in ((first, second, a), (second, first, b))
        )

    def register(self, place: str) -> int:
        """What x0, w0 or v0 holds at the call."""
        n = int(place[1:])
        if place[0] == "v":
            return self.before.v_word(n)
        return self.before.x(n) if place[0] == "x" else self.before.w(n)

    def _equal(self, a: int, b: int) -> bool:
        same = plus(self.facts.linear(a), self.facts.linear(b), -1)
        return (
            bits(self.words, a) <= ones(64)
            and bits(self.words, b) <= ones(64)
            and not same[0] & ones(64)
            and not any(k & ones(64) for k in same[1].values())
        )

    def _constant(self, node: int) -> int:
        value = self.words.constant(self.made(node))
        if value is None:
            raise RefusedValue(f"{self.symbol}: what a region holds is told at an offset that is no number")
        return value

    def _place(self, name: str, r: Region) -> None:
        base = self.bound.get(f"base.{name}")
        if base is None:
            raise UnfitError(f"no argument tells where {name} is")
        if self.walk.secret(base):
            raise RefusedAccess(f"{self.symbol}: where {name} lies depends on a secret")
        constant, terms = self.facts.linear(base)
        i = self.inputs
        found = [n for n, k in terms.items() if k == 1 and (n in i.bases or n == i.sp0)]
        if len(found) != 1:
            raise UnfitError(f"{name} lies in no one region of the caller's")
        offset: Form = constant, {n: k for n, k in terms.items() if n != found[0]}
        size: Form = r.constant, {}
        for number, factor in r.sizes:
            size = plus(size, self.facts.integer(self.input(f"num.{number}")), factor)
        inside = "stack" if found[0] == i.sp0 else i.bases[found[0]].name
        self.places[name] = Place(r, inside, offset, size)

    def _given(self, region: str, offset: int, size: int) -> int:
        return self._load(self.places[region], (offset, {}), size)

    def _load(self, p: Place, offset: Form, size: int, order: str = "little") -> int:
        """A number of `size` bytes of the callee's region, shown to lie in it unless the caller's is as it was.

        (An offset beyond the region is one of content of which the callee's contract says nothing.)
        """
        held = self.before.memory.held[p.inside]
        if p.inside == "stack" or held.layers or held.filled is not None:
            at = self.facts.lifted(offset)
            if not self.facts.shows(at) or not self.facts.shows(plus(plus(p.size, at, -1), (size, {}), -1)):
                raise RefusedAccess(f"{self.symbol}: {size} bytes at {p.region.name} + {at} are not shown to lie in it")
        part, k = part_of(plus(p.offset, offset))
        found = self.before.memory.bytes(self.facts, p.inside, part, k, size)
        return join_bytes(self.words, found[::-1] if order == "big" else found)

    def input(self, name: str, possible: int = 0) -> int:
        """What an input of the callee's is; raises `RefusedValue` for one that the call does not tell."""
        if name in self.bound:
            return self.bound[name]
        if name == "sp0":
            return self.before.sp
        if name == "lr0":
            return self.before.x(30)
        if name in self.inputs.bits and name.partition(".")[0] in ("image", "section", "page"):
            return self.inputs.node(name)
        kind, number = name[0], name[1:].removesuffix("_in")
        if name.endswith("_in") and kind in "xv" and number.isdecimal() and int(number) <= (30 if kind == "x" else 31):
            return self.before.x(int(number)) if kind == "x" else self.before.v_word(int(number))
        if name.endswith("_in") and kind in "nzcv" and not number:
            return int(getattr(self.before.flags, kind))
        raise RefusedValue(f"{self.symbol}: the call does not tell what {name} is")

    def application(self, name: str, arguments: tuple[int, ...], possible: int) -> int:
        """What a function of the callee's contract is; raises `RefusedValue`."""
        fold, _, word = name.rpartition(".")
        if fold in self.case.folds and len(arguments) == 1:
            return self._fold_at(fold, int(word), arguments[0], possible)
        if fold in self.case.functions and word.isdecimal():
            f, own = self.case.functions[fold], self.walk.case.functions.get(fold)
            same = own is not None and function_digest(self.case, f) == function_digest(self.walk.case, own)
            if not same or not is_of_arguments_alone(self.case, f):
                raise RefusedValue(f"{self.symbol}: the function {fold} of its contract is none of the caller's")
            return self.values.application(name, arguments, possible)
        kind, _, region = name.partition(".")
        if kind == "mem" and len(arguments) == 1:
            if region.startswith("global."):
                return self._global(region.removeprefix("global."), self.facts.linear(arguments[0]))
            if region in self.places:
                return self.cell(self.places[region], self.facts.linear(arguments[0]))
        if kind in ("mem", "after"):
            raise RefusedValue(f"{self.symbol}: {name} has no meaning at a call")
        return self.values.standard(name, arguments, possible)

    def fresh(self, what: str, possible: int) -> int:
        """Anything within these bits: an input of its own, which is secret."""
        # A name that no other input has: it is made of the instruction's number.  Unknown names are secret.
        program = self.words.program
        return program.var(f"call.{len(program)}.{what}", possible)

    def cell_after(self, p: Place, offset: Form) -> int:
        """The cell of a region as the state has it now, shown to lie in the region."""
        at, size = self.facts.lifted(offset), p.region.cell
        if not self.facts.shows(at) or not self.facts.shows(plus(plus(p.size, at, -1), (size, {}), -1)):
            raise RefusedAccess(f"{self.symbol}: {size} bytes at {p.region.name} + {at} are not shown to lie in it")
        part, k = part_of(plus(p.offset, offset))
        found = self.state.memory.bytes(self.facts, p.inside, part, k, size)
        return join_bytes(self.words, found[::-1] if p.region.order == "big" else found)

    def cell(self, p: Place, offset: Form) -> int:
        """The cell of a region at the call, as a number in the region's order."""
        return self._load(p, offset, p.region.cell, p.region.order)

    def _global(self, name: str, offset: Form) -> int:
        return self.values.cell(f"mem.global.{self._same_global(name)}", offset)

    def _same_global(self, name: str) -> str:
        """The caller's name of a variable of the file; raises `RefusedValue` where it does not declare it."""
        g = self.case.globals.get(name)
        for own in self.walk.case.globals.values():
            if g is not None and (own.address, own.size) == (g.address, g.size):
                return own.name
        raise RefusedValue(f"{self.symbol} reads the variable {name}, of which the caller's contract does not speak")

    def _fold_at(self, name: str, word: int, index: int, possible: int) -> int:
        f = self.case.folds[name]
        if name not in self._folds:
            self._folds[name] = same_fold(
                self.words,
                Meant(self.walk.case, self.values.input, self.values.application),
                Meant(self.case, self.input, self.application),
                f,
            )
        own = self._folds[name]
        if own is None:
            raise RefusedValue(f"{self.symbol}: the fold {name} of its contract is none of the caller's")
        if word >= len(f.widths) or possible != ones(f.widths[word]):
            raise RefusedValue(f"{self.symbol}: {name}.{word} is no word of a fold")
        return self.values.fold(self.walk.case.folds[own], self.facts.linear(index))[word]
