"""Calls by contract: what a routine's audited contract says stands for its code.

At the callee's first instruction what its contract assumes is shown of the machine there: arguments, preconditions,
that its regions lie in the caller's with that access, apart where one is written, and that what it calls public is.
Then all that it may change is anything, but for what the contract says of it.  That the contract holds is another
bundle's to show (`armsym.audit.together`).
"""

from __future__ import annotations

from dataclasses import dataclass

from armsym.audit.arrivals import Arrivals
from armsym.audit.bundle import Case, Region
from armsym.audit.contracts import Callee
from armsym.audit.facts import bits
from armsym.audit.farkas import Form, plus
from armsym.audit.flags import Flags
from armsym.audit.instance import Instance, RefusedValue, Values
from armsym.audit.lanes import Lanes
from armsym.audit.outcomes import Assigned, assigned
from armsym.audit.raw import ones
from armsym.audit.samefold import same_fold
from armsym.audit.state import State
from armsym.audit.store import Byte, RefusedAccess, join_bytes, part_of

__all__ = ["Site", "take_call"]

#: A callee changes at most so many bytes of one region.
MOST_BYTES = 1 << 14


class UnfitError(Exception):
    """A case of a contract that a call is not of; the message says why."""


@dataclass(frozen=True)
class Place:
    """Where a region of the callee's lies: so many bytes after the beginning of `inside`, which is the caller's."""

    region: Region
    inside: str
    offset: Form
    size: Form


def take_call(walk: Arrivals, state: State, callee: Callee) -> None:
    """Let the callee's contract change the state; raises `RefusedAccess` and `RefusedValue` where it is not met."""
    why = []
    for case in callee.cases:
        try:
            site = Site(walk, state, callee.symbol, case)
            site.bind()
        except UnfitError as e:
            why.append(str(e))
            continue
        site.require()
        site.change()
        walk.count("calls by contract")
        return
    raise RefusedAccess(f"a call of {callee.symbol} is of no case of its contract: {'; '.join(why) or 'it has none'}")


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
        for place, node in self.case.arguments.items():
            found, wanted = self.register(place), self.made(node)
            if found != wanted and not self.walk.secret(found) and not self._equal(found, wanted):
                raise UnfitError(f"{place} is not as it says")
        names = sorted(self.places)
        for k, a in enumerate(names):
            for b in names[:k]:
                if {a, b} & self.case.modifies and not self._apart(self.places[a], self.places[b]):
                    raise UnfitError(f"{b} and {a} are not shown to be apart")

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
            size = plus(size, self.facts.integer(self.input(f"num.{number}", 0)), factor)
        inside = "stack" if found[0] == i.sp0 else i.bases[found[0]].name
        self.places[name] = Place(r, inside, offset, size)

    def _given(self, region: str, offset: int, size: int) -> int:
        return self._load(self.places[region], (offset, {}), size)

    def _load(self, p: Place, offset: Form, size: int, order: str = "little") -> int:
        """A number of `size` bytes in a region of the callee's at the call, shown to lie in it unless all of the caller's is as it was.

        (An offset beyond the region is one of content of which the callee's contract says nothing.)
        """
        if p.inside == "stack" or self.before.memory.held[p.inside].layers:
            at = self.facts.lifted(offset)
            if not self.facts.shows(at) or not self.facts.shows(plus(plus(p.size, at, -1), (size, {}), -1)):
                raise RefusedAccess(f"{self.symbol}: {size} bytes at {p.region.name} + {at} are not shown to lie in it")
        part, k = part_of(plus(p.offset, offset))
        found = self.before.memory.bytes(self.facts, p.inside, part, k, size)
        return join_bytes(self.words, found[::-1] if order == "big" else found)

    def input(self, name: str, _: int) -> int:
        """What an input of the callee's is; raises `RefusedValue` for one that the call does not tell."""
        if name in self.bound:
            return self.bound[name]
        if name == "sp0":
            return self.before.sp
        if name == "lr0":
            return self.before.x(30)
        if name == "image" or name.partition(".")[0] in ("section", "page"):
            return self.inputs.node(name)
        kind, number = name[0], name[1:].removesuffix("_in")
        if name.endswith("_in") and kind in "xv" and number.isdecimal():
            return self.before.x(int(number)) if kind == "x" else self.before.v_word(int(number))
        if name.endswith("_in") and kind in "nzcv" and not number:
            return int(getattr(self.before.flags, kind))
        raise RefusedValue(f"{self.symbol}: the call does not tell what {name} is")

    def application(self, name: str, arguments: tuple[int, ...], possible: int) -> int:
        """What a function of the callee's contract is; raises `RefusedValue`."""
        fold, _, word = name.rpartition(".")
        if fold in self.case.folds and len(arguments) == 1:
            return self._fold_at(fold, int(word), arguments[0], possible)
        kind, _, region = name.partition(".")
        if kind == "mem" and len(arguments) == 1:
            if region.startswith("global."):
                return self._global(region.removeprefix("global."), self.facts.linear(arguments[0]))
            if region in self.places:
                return self.cell(self.places[region], self.facts.linear(arguments[0]))
        if kind in ("mem", "after"):
            raise RefusedValue(f"{self.symbol}: {name} has no meaning at a call")
        return self.values.standard(name, arguments, possible)

    def cell(self, p: Place, offset: Form) -> int:
        """The cell of a region at the call, as a number in the region's order."""
        return self._load(p, offset, p.region.cell, p.region.order)

    def _global(self, name: str, offset: Form) -> int:
        return self.values.cell(f"mem.global.{self._same_global(name)}", offset)

    def _same_global(self, name: str) -> str:
        """The caller's name of a variable of the file; raises `RefusedValue` where it does not declare it."""
        g = self.case.globals[name]
        for own in self.walk.case.globals.values():
            if (own.address, own.size) == (g.address, g.size):
                return own.name
        raise RefusedValue(f"{self.symbol} reads the variable {name}, of which the caller's contract does not speak")

    def _fold_at(self, name: str, word: int, index: int, possible: int) -> int:
        f = self.case.folds[name]
        if name not in self._folds:
            self._folds[name] = same_fold(self, f)
        own = self._folds[name]
        if own is None:
            raise RefusedValue(f"{self.symbol}: the fold {name} of its contract is none of the caller's")
        if word >= len(f.widths) or possible != ones(f.widths[word]):
            raise RefusedValue(f"{self.symbol}: {name}.{word} is no word of a fold")
        return self.values.fold(self.walk.case.folds[own], self.facts.linear(index))[word]

    # -- what has to hold at the call

    def require(self) -> None:
        """Show what the contract assumes, or claim it; raises `RefusedAccess` and `RefusedValue`."""
        case, walk, facts, w = self.case, self.walk, self.facts, self.words
        where = f"at a call of {self.symbol} from {walk.at:#x}"
        for name, (low, high) in case.numbers.items():
            value = self.input(f"num.{name}", 0)
            if walk.secret(value):
                raise RefusedAccess(f"{name}, public {where}, depends on a secret")
            number = facts.integer(value)
            if not facts.shows(plus(number, (-low, {}))) or not facts.shows(plus((high, {}), number, -1)):
                raise RefusedValue(f"{name} is not shown to be from {low} to {high}, {where}")
        for name, (possible, secret) in case.words.items():
            value = self.input(f"word.{name}", 0)
            if not secret and walk.secret(value):
                raise RefusedAccess(f"{name}, public {where}, depends on a secret")
            if bits(w, value) & ~possible:
                walk._claim(self.state, value, w.mask(value, possible), f"{name} is within {possible:#x}, {where}")
        for place, node in case.arguments.items():
            walk._claim(self.state, self.register(place), self.made(node), f"{place} is the argument, {where}")
        for p in self.places.values():
            self._require_place(p, where)
        for g in case.globals.values():
            if not g.secret and self.inputs.content_secret(f"mem.global.{self._same_global(g.name)}"):
                raise RefusedAccess(f"{g.name}, public {where}, is secret")
        for g in case.given:
            found = self._given(g.region, self._constant(g.offset), g.size)
            walk._claim(self.state, found, self.made(g.value), f"what {g.region} holds, {where}")
        for text, node in case.requires:
            condition = self.made(node)
            if bits(w, condition) > 1:
                raise RefusedValue(f"the precondition {text!r} has more than one bit, {where}")
            if facts.holds(condition) is not True:
                walk._claim(self.state, condition, w.const(1), f"the precondition {text!r}, {where}")
        self._require_stack(where)
        walk.count("preconditions of calls", 1 + len(case.requires) + len(case.arguments) + len(self.places))

    def _require_place(self, p: Place, where: str) -> None:
        r, own, facts = p.region, self.walk.case, self.facts
        name = f"{r.name} in {p.inside}, {where}"
        at = facts.lifted(p.offset)
        if p.inside == "stack":
            if p.offset[1] or p.size[1]:
                raise RefusedAccess(f"a place or size that is no number: {name}")
            if at[0] < self.before.sp_offset() + self.case.above or at[0] + p.size[0] > own.above:
                raise RefusedAccess(f"{p.size[0]} bytes at sp0{at[0]:+#x}, not above SP and in the stack area: {name}")
            aligned = 16
        else:
            inside = own.regions[p.inside]
            if not set(r.access) <= set(inside.access):
                raise RefusedAccess(f"{r.access} is needed, {inside.access} is allowed: {name}")
            if r.name in self.case.modifies and inside.name not in own.modifies:
                raise RefusedAccess(f"{inside.name} may not change: {name}")
            end = plus(plus(self.inputs.size(inside.name), at, -1), p.size, -1)
            if not facts.shows(at) or not facts.shows(end):
                raise RefusedAccess(f"its {p.size} bytes at {at} are not shown to lie in it: {name}")
            aligned = inside.align
        parts = [aligned, p.offset[0], *(k * (b & -b) for n, k in p.offset[1].items() if (b := bits(self.words, n)))]
        if any(part % r.align for part in parts):
            raise RefusedAccess(f"it is not shown to be {r.align}-byte aligned: {name}")
        if not r.secret:
            self._require_public(p, name)

    def _require_public(self, p: Place, name: str) -> None:
        held = self.before.memory.held[p.inside]
        given = self.before.memory.areas[p.inside].given
        if not (held.layers or given or self.inputs.content_secret(held.under)):
            return
        if p.size[1] or p.size[0] > MOST_BYTES:
            raise RefusedAccess(f"its content is not shown to be public: {name}")
        for k in range(p.size[0]):
            if self.walk.secret(self._load(p, (k, {}), 1)):
                raise RefusedAccess(f"byte {k} of its content, which is public, depends on a secret: {name}")

    def _apart(self, a: Place, b: Place) -> bool:
        if a.inside != b.inside:
            return True  # of the caller's regions one that may be written is disjoint from all
        first, second = self.facts.lifted(a.offset), self.facts.lifted(b.offset)
        return any(
            self.facts.shows(plus(plus(late, early, -1), p.size, -1))
            for early, late, p in ((first, second, a), (second, first, b))
        )

    def _require_stack(self, where: str) -> None:
        sp, own = self.before.sp_offset(), self.walk.case
        if sp % 16:
            raise RefusedAccess(f"SP is no multiple of 16, {where}")
        if sp - self.case.depth < -own.depth or sp + self.case.above > own.above:
            raise RefusedAccess(
                f"its stack, {self.case.depth} bytes below SP and {self.case.above} above, is not within"
                f" {own.depth} bytes below the caller's and {own.above} above, {where}"
            )
        constant, terms = self.facts.linear(self.before.x(30))
        if terms not in ({self.inputs.node("lr0"): 1}, {self.inputs.image: 1}) or constant % 4:
            raise RefusedAccess(f"LR is neither the caller's nor a known address of the file, {where}")

    # -- what it changes

    def change(self) -> None:
        """Forget what the callee may change, and let be so what its contract ensures."""
        case, state = self.case, self.state
        told = assigned(self)
        for n in range(31):
            if n not in case.preserves_x:
                state.set_x(n, self._after(told, f"x{n}", 8))
        for n in range(32):
            if n in case.preserves_v:
                continue
            low = [(self.words.bits(self.before.v_word(n), 0, 64), j) for j in range(8)] if n in case.preserves_d else []
            state.set_v(n, Lanes(128, (self._after(told, f"v{n}", 16, low),)))
        state.flags = Flags.of_words(self.words, *(self._fresh(c, 1) for c in "nzcv"))
        for name in sorted(case.modifies):
            p = self.places[name]
            if p.size[1] or p.size[0] > MOST_BYTES:
                raise RefusedAccess(f"{self.symbol} may change {name}: a size that is no number up to {MOST_BYTES}")
            data = self._bytes(told, f"{name}+", p.size[0])
            state.memory.put(p.inside, p.offset, data)
        self._forget_stack()

    def _fresh(self, what: str, possible: int) -> int:
        # A name that no other input has: it is made of the instruction's number.  Unknown names are secret.
        program = self.words.program
        return program.var(f"call.{len(program)}.{what}", possible)

    def _bytes(self, told: Assigned, place: str, size: int) -> list[Byte]:
        """The bytes that a place holds afterwards: those that the contract tells, the others anything."""
        found: list[Byte] = []
        for k in range(0, size, 8):
            count = min(8, size - k)
            known = [told.get((place, k + j)) for j in range(count)]
            fresh = self._fresh("bytes", ones(8 * count)) if None in known else 0
            found += [byte or (fresh, j) for j, byte in enumerate(known)]
        return found

    def _after(self, told: Assigned, place: str, size: int, low: list[Byte] | None = None) -> int:
        data = self._bytes(told, place, size)
        return join_bytes(self.words, [*low, *data[len(low) :]] if low else data)

    def _forget_stack(self) -> None:
        sp, depth = self.before.sp_offset(), self.walk.case.depth
        for at in range(-depth - (-depth % 8), sp + self.case.above, 8):
            self.state.memory.store("stack", (at & ones(64), {}), 8, self._fresh("stack", ones(64)))
