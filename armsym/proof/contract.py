"""Calls by contract: a routine proved once stands, by its statement, for its code where another calls it.

The statement is the proof function itself.  At a call it is evaluated once more, with the machine
there as the state on entry: what it assumes becomes an obligation, then all that it may change is
forgotten, and what it ensures is taken as known.  That it is proved, for the bytes of the same file,
is an obligation of the caller's (`armsym.proof.run`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import combinations, count, product
from math import prod
from typing import Final

from armsym.bits import Bits, Prop
from armsym.errors import ArmsymError, InputError, MemoryFault
from armsym.integers.expression import IntegerLike, Relation, Residue, integer
from armsym.machine import Machine
from armsym.proof.assume import Assumptions
from armsym.proof.bounds import inside
from armsym.proof.buffers import assume_pointwise
from armsym.proof.checks import a_vector
from armsym.proof.claims import parts
from armsym.proof.conditional import Conditional
from armsym.proof.declare import Contract, Proof
from armsym.proof.examples import Example
from armsym.proof.filters import Filter
from armsym.proof.handles import Claims, Fold, IntegerFold, Pointwise, Region, ResidueFold
from armsym.proof.havoc import LoopGuess, havoc
from armsym.proof.induction import Theorem
from armsym.proof.ledger import Ledger
from armsym.proof.locations import FLAGS, Cell, Flag, Location, V, Whole, X, in_order
from armsym.proof.loops import Routine
from armsym.proof.path import Path, memory_of
from armsym.proof.result import Status
from armsym.proof.state import State, Words, handed
from armsym.proof.symbolic import SymbolicProof
from armsym.stepper import Stepper
from armsym.symbolic_memory import Change, SymbolicMemory, SymbolicRegion, signed, split_offset, variable
from armsym.terms import ops
from armsym.terms.node import Term, Var, ones

__all__ = ["KIND", "Callee"]

#: The kind of obligation that a contract brings.
KIND: Final = "contract"

#: A contract may be a proof of at most so many cases: each call looks for the one that fits.
MOST_CASES = 16

_versions = count(1)


@dataclass(frozen=True)
class _Place:
    """A region of the callee's within one of the caller's: at offset `symbolic + constant`."""

    region: Region
    align: int
    public: bool
    inside: SymbolicRegion
    symbolic: Term | None
    constant: int

    @property
    def offset(self) -> Bits:
        """The offset in the caller's region."""
        start = Bits(64, 0) if self.symbolic is None else Bits(64, self.symbolic)
        return start + Bits.wrap(64, self.constant)


@dataclass(frozen=True)
class _Case:
    """A contract for one alternative of each of its choices: which input stands in which register.

    That is how a call says what the inputs are.
    """

    chosen: dict[str, int]
    #: By register: the name of the input, and how many bits of it that is.
    registers: dict[int, tuple[str, int]]
    #: By vector register: the name of the input.
    vectors: dict[int, str]

    @staticmethod
    def of(contract: Contract, routine: Routine, chosen: dict[str, int]) -> _Case:
        """The case of these alternatives."""
        p = SymbolicProof(routine, chosen=chosen)
        contract(p)
        found = {n: (v.value.name, v.width) for n, v in p._arguments.items() if isinstance(v.value, Var)}
        vectors = {n: v.value.name for n, v in p._vectors.items() if isinstance(v.value, Var)}
        return _Case(chosen, found, vectors)

    def arguments(self, m: Machine) -> dict[str, Bits]:
        """The inputs by name, as the registers hold them; a name in two registers is that of the first."""
        found: dict[str, Bits] = {}
        for n, (name, width) in self.registers.items():
            found.setdefault(name, m.x[n] if width == 64 else m.x[n][31:0])
        for n, name in self.vectors.items():
            found.setdefault(name, m.v[n])
        return found


class Callee:
    """A routine called by contract."""

    def __init__(self, contract: Contract, caller: SymbolicProof) -> None:
        self.contract, self.caller = contract, caller
        r = caller.routine
        self.routine = Routine(r.image, r.isa, contract.symbol)
        self.entry = self.routine.entry
        p = SymbolicProof(self.routine)
        contract(p)
        if p._d.filters or p._d.revealed or p._d.tells:
            what = "has a filter" if p._d.filters else "reveals something of secrets"
            raise InputError(f"{contract.name}: a proof that {what} cannot be used as a contract")
        choices = p._d.choices
        if prod(map(len, choices.values())) > MOST_CASES:
            raise InputError(f"{contract.name}: a contract has at most {MOST_CASES} cases, its choices give more")
        #: A proof by cases holds in each of them.
        self.cases = [
            _Case.of(contract, self.routine, dict(zip(choices, values, strict=True)))
            for values in product(*choices.values())
        ]

    def call(self, ledger: Ledger, stepper: Stepper, path: Path) -> int:
        """Take the call: the machine is at the callee's first instruction; returns where it goes on.

        Raises `MachineStop` and `InputError` where it cannot be taken.
        """
        m = path.machine
        ledger.leak(path, "PSTATE.DIT", m.dit)
        to = stepper.offset_of(m.x[30])
        site = self._site(path)
        site.check(ledger)
        changed = site.changed()
        interface = site._d.interface
        h = havoc(m, LoopGuess(changed, halves={V(n) for n in interface.d}), Bits(64, 0))
        a = Assumptions(set(h.unknowns))
        with path.memory.observed() as reads, handed(m) as s:
            said: Claims = {}
            relations: list[Relation] = []
            for claims in site._d.ensures:
                for name, claim in claims(s).items():
                    said[name] = claim
                    for part in parts(claim):
                        if isinstance(part, Pointwise):
                            site.take_content(m, part, name, changed)
                        elif isinstance(part, Relation):
                            relations.append(part)
                        elif isinstance(part, Conditional):
                            raise InputError(
                                f"{self.contract.name}: {name}: what stands under conditions is no contract's"
                            )
                        else:
                            a.add(part)
            ledger.check_reads(path, reads, KIND, f"{self.contract.name}: ", said)
        h.settle(m, a)
        for fact in a.finish():
            path.knowledge.add(fact)
        path.relations += a.relations(relations)
        self._note_writes(path, changed, h.regions)
        return to

    def _site(self, path: Path) -> _Site:
        """The contract as this call meets it: the first of its cases of which the call has the shape.

        Whichever is taken holds where what it assumes is shown, so what is looked at here need not be exact.
        """
        stopped: ArmsymError | None = None
        first: _Site | None = None
        for case in self.cases:
            site = _Site(self, case, path)
            try:
                self.contract(site)
            except (MemoryFault, InputError) as e:
                if len(self.cases) == 1:
                    raise
                stopped = stopped or e
                continue
            if len(self.cases) == 1 or site.has_shape():
                return site
            first = first or site
        if first is not None:
            return first
        assert stopped is not None
        raise stopped

    def _note_writes(self, path: Path, changed: set[Location], regions: dict[str, SymbolicRegion]) -> None:
        # So that a loop around the call is known to write all this.
        m = path.machine
        changes = path.memory.changes
        for where in in_order(changed):
            match where:
                case X(n):
                    m.written_x |= 1 << n
                case V(n):
                    m.written_v |= 1 << n
                case Flag():
                    m.written_flags = True
                case Whole(name):
                    changes.append(Change(regions[name], None))
                case Cell(name, offset):
                    changes.append(Change(regions[name], offset))
                case _:
                    raise AssertionError(f"a callee that changes {where}")


class _Site(Proof):
    """The contract's declarations, meaning the machine at one call."""

    def __init__(self, callee: Callee, case: _Case, path: Path) -> None:
        super().__init__(callee.routine, case.chosen)
        self._callee, self._path = callee, path
        self._caller = callee.caller
        self._machine = path.machine.fork()
        self._arguments = case.arguments(path.machine)
        self._places: dict[str, _Place] = {}
        self._requirements: list[tuple[str, Prop]] = []
        #: Those that say which region a register leads to, or are public otherwise.
        self._shape: list[tuple[str, Prop]] = []
        self._relations: list[tuple[str, Relation]] = []
        self._public: list[tuple[str, Bits]] = []
        self._arbitrary = callee.caller._arbitrary
        #: The values of the callee's folds that this call's claims name.
        self._values: dict[tuple[Fold, object], Words] = {}

    @property
    def _memory(self) -> SymbolicMemory:
        return memory_of(self._machine)

    # -- declarations -------------------------------------------------------------------------

    def _input(self, name: str, width: int, public: bool) -> Bits:
        # An input that no register holds is for all values: any will do.
        v = self._arguments.get(name)
        if v is None:
            v = variable(name, width, secret=not public)
        if v.width != width:
            raise InputError(f"{name}: {width} bits are declared, the register holds {v.width}")
        if public:
            self._public.append((name, v))
        return v

    def _make_nat(self, name: str, low: int, high: int, unit: int) -> Bits:
        n = self._input(name, 64, True)
        self._requirements.append((self._d.assumptions[-1], (n >= low) & (n <= high)))
        return n

    def _entry_registers(self) -> Machine:
        return self._machine

    def _make_word(self, name: str, width: int, public: bool, possible: int | None) -> Bits:
        w = self._input(name, width, public)
        if possible is not None:
            text, none = self._d.assumptions[-1], (w & Bits(width, ones(width) & ~possible)) == 0
            # No bit beyond the lowest few: so it is if the number is small, which integers may show.
            small = integer(w) <= possible if not possible & (possible + 1) else None
            if isinstance(small, Relation) and self._path.knowledge.decide(none.bit.value) != 1:
                self._relations.append((text, small))
            else:
                self._requirements.append((text, none))
        return w

    def _make_region(self, r: Region, public: bool, align: int, cell: int | None, order: str) -> None:
        base = self._input(r.name, 64, True)
        inside_, symbolic, constant = self._memory.split(base)
        if inside_ not in self._caller.declared_regions:
            raise MemoryFault(f"{r.name}, of the contract {self._callee.contract.name}, lies in {inside_.name}")
        if not set(r.access) <= set(inside_.access):
            raise MemoryFault(
                f"the contract {self._callee.contract.name} needs {r.access!r} of {r.name}, {inside_.name} has"
                f" {inside_.access!r}"
            )
        self._places[r.name] = _Place(r, align, public, inside_, symbolic, constant)

    def _make_global(self, symbol: str, offset: int | None, width: int, public: bool) -> Bits:
        region = next((r for r in self._memory.regions if r.name == f"global {symbol}"), None)
        same = region is not None and (region.address == self._caller.global_address(symbol, offset)).value is True
        if region is None or not same or region.size.value != width // 8:
            raise InputError(
                f"the contract {self._callee.contract.name} reads the global {symbol}: declare it here too"
            )
        v = region.initial_cell(0)
        if public:
            self._public.append((symbol, v))
        return v

    def _make_stack(self, depth: int, above: int) -> None:
        pass  # `_d` has it

    def _make_dynamic_stack(self, r: Region) -> None:
        raise InputError(
            f"{self._callee.contract.name}: a contract has no stack of a size that is not known ({r.name})"
        )

    def _number_held(self, r: Region, k: Bits, at: State | None) -> IntegerLike:
        raise InputError(f"{self._callee.contract.name}: a contract has no number of any length ({r.name})")

    def _set_argument(self, n: int, value: Bits) -> None:
        have = self._machine.x[n] if value.width == 64 else self._machine.x[n][31:0]
        self._requirements.append((f"x{n} is the argument", have == value))
        if not ops.is_secret((have == value).bit.value):
            self._shape.append(self._requirements[-1])

    def _set_vector(self, n: int, value: Bits) -> None:
        self._requirements.append((f"v{n} is as said", self._machine.v[n] == value))

    def _set_sp_el0(self, value: Bits) -> None:
        self._requirements.append(("SP_EL0 is as said", self._machine.read_sp_el0() == value))

    def _require(self, condition: Prop) -> None:
        self._requirements.append((self._d.assumptions[-1], condition))

    def _make_example(self, r: Region, make: Example) -> None:
        pass  # content is arbitrary

    def _require_relation(self, relation: Relation) -> None:
        self._relations.append((self._d.assumptions[-1], relation))

    def _give(self, r: Region, offset: int, value: Bits) -> None:
        have = self._read(r, Bits(64, offset), value.width // 8, "little", None)
        self._requirements.append((self._d.assumptions[-1], have == value))

    # -- what claims ask ----------------------------------------------------------------------

    def _region_base(self, r: Region) -> Bits:
        p = self._places[r.name]
        return p.inside.address + p.offset

    def known(self, value: Bits) -> int:
        """See `Proof.known`."""
        number = self._path.knowledge.fixed(a_vector("known: the value", value))
        if number is None:
            raise InputError(f"known: {value.value} may be more than one number at this call")
        return number

    def _image_address(self, offset: int) -> Bits:
        return self._caller.places.of(offset)

    def _prefer_cells(self, r: Region, cell: int, order: str) -> None:
        pass

    def _read(self, r: Region, offset: Bits, size: int, order: str, at: State | None) -> Bits:
        place = self._places[r.name]
        # What lay beyond a region on entry was any content in the callee's proof, so also what is there
        # now; but that it is as it was is not said by its claims.
        within = (Bits(64, size) <= r.size) & (offset <= r.size - size)
        if at is not None and self._path.knowledge.decide(within.bit.value) != 1:
            raise InputError(
                f"a claim of the contract reads {size} bytes at {r.name}+{offset.value}, not known to be in it"
            )
        symbolic, k = split_offset(place.offset + offset)
        if at is None:
            value = self._memory.peek(place.inside, symbolic, k, size)
        else:
            value = memory_of(at.machine).look_at(place.inside, symbolic, k, size)
        return value.reverse_bytes() if order == "big" and size > 1 else value

    def _index(self, k: Bits) -> Bits:
        return self._caller._index(k)

    def _reads_noted(self) -> int:
        return self._path.memory.noted

    def _bytes_of(self, r: Region, at: State | None) -> bytes:
        raise InputError(f"{r.name}: a symbolic run has no bytes")

    def _key(self, k: Bits) -> object:
        return self._caller._key(k)

    def _plainly(self) -> AbstractContextManager[None]:
        return self._caller._plainly()

    def _residue_at(self, f: ResidueFold, k: Bits) -> Residue:
        raise InputError(
            f"the contract {self._callee.contract.name} has {f.name}, a fold modulo a number: not supported"
        )

    def _integer_at(self, f: IntegerFold, k: Bits) -> IntegerLike:
        raise InputError(f"the contract {self._callee.contract.name} has {f.name}, a fold of integers: not supported")

    def _tell_of(self, t: Theorem, words: Sequence[Bits]) -> None:
        raise InputError(f"the contract {self._callee.contract.name} has {t.name}, an induction: not supported")

    def _integer_after(self, f: IntegerFold, i: Bits) -> IntegerLike:
        return self._integer_at(f, i)

    def _make_filter(self, f: Filter) -> None:
        raise InputError(f"the contract {self._callee.contract.name} has {f.name}, a filter: not supported")

    def _may_say(self, f: Filter, i: Bits, *, past: bool) -> None:
        raise InputError(f"{f.name}: a contract has no filter")

    def _accepted(self, f: Filter, i: Bits, k: Bits) -> Bits:
        raise InputError(f"{f.name}: a contract has no filter")

    def _counted(self, f: Filter, i: Bits) -> Bits:
        raise InputError(f"{f.name}: a contract has no filter")

    def _kept(self, f: Filter, i: Bits) -> tuple[Bits, Words, Bits]:
        raise InputError(f"{f.name}: a contract has no filter")

    def _fold_at(self, f: Fold, k: Bits) -> Words:
        if k.value == 0:
            return f.start
        key = (f, self._key(k))
        if key not in self._values:
            if f.of is not None and k.value == f.of.times:
                self._values[key] = f.of(f.start)
            else:
                same = next((g for g in self._caller._d.folds if self._same(f, g)), None)
                self._values[key] = same(k) if same is not None else self._unknown(f, k)
        return self._values[key]

    def _unknown(self, f: Fold, k: Bits) -> Words:
        """H(k) as values of which only this call's claims speak."""
        version = next(_versions)
        return Words(variable(f"{f.name}'{version}.{j}", w.width, secret=True) for j, w in enumerate(f.start))

    def _same(self, f: Fold, g: Fold) -> bool:
        """Whether the caller's fold g takes the same steps from the same start over the same blocks."""
        if f.step is not g.step or not _same_words(f.start, g.start):
            return False
        with self._plainly():
            try:
                return _same_words(f.over(self._arbitrary), g.over(self._arbitrary))
            except MemoryFault:
                return False

    # -- obligations --------------------------------------------------------------------------

    def has_shape(self) -> bool:
        """Whether registers hold what the case says, and its regions lie apart: as far as both are seen at once."""
        return all(self._path.decide(c) is True for _, c in self._shape) and all(
            self._apart(a, b) for a, b in self._writing()
        )

    def _writing(self) -> list[tuple[_Place, _Place]]:
        """Pairs of regions, one of which may be written, in one of the caller's."""
        pairs = combinations(self._places.values(), 2)
        return [(a, b) for a, b in pairs if "w" in a.region.access + b.region.access and a.inside is b.inside]

    def check(self, ledger: Ledger) -> None:
        """What has to hold at the call."""
        path, name = self._path, self._callee.contract.name
        for what, value in self._public:
            ledger.leak(path, f"argument {what} of {name}", value)
        for text, condition in self._requirements:
            ledger.check_one(path, condition, KIND, f"{name}: {text}", text)
        ledger.check_relations(path, [(f"{name}: {text}", text, r) for text, r in self._relations], KIND)
        for place in self._places.values():
            self._check_place(ledger, place)
        for a, b in self._writing():
            self._hold(ledger, f"{a.region.name} and {b.region.name} are disjoint", self._apart(a, b))
        self._check_stack(ledger)

    def _hold(self, ledger: Ledger, what: str, holds: bool, detail: str = "") -> None:
        name = f"{self._callee.contract.name}: {what}"
        status = Status.PROVED if holds else Status.UNDECIDED
        ledger.record(KIND, name, status, "arithmetic" if holds else "", detail=detail or "" if holds else "not shown")

    def _apart(self, a: _Place, b: _Place) -> bool:
        return self._path.apart(a.offset, a.region.size, b.offset, b.region.size)

    def _check_place(self, ledger: Ledger, p: _Place) -> None:
        r, ms = p.region, ledger.claim_ms
        self._hold(
            ledger,
            f"{r.name} lies in {p.inside.name}",
            inside(self._path, p.inside, p.offset, r.size, ms),
        )
        if p.align > 1:
            aligned = self._region_base(r) & (p.align - 1) == 0
            ledger.check_one(self._path, aligned, KIND, f"{self._callee.contract.name}: {r.name} is aligned", r.name)
        if p.public:
            self._hold(ledger, f"{r.name} is public", self._is_public(p))

    def _is_public(self, p: _Place) -> bool:
        memory, size = self._memory, p.region.size
        r = p.inside
        if not (r.secret or r.given or memory.overlays[r.name] or r.name in memory.beneath):
            return True
        if not size.is_concrete:
            return False
        cells = (memory.peek(p.inside, p.symbolic, p.constant + k, 1) for k in range(size.uint))
        return not any(ops.is_secret(c.value) for c in cells)

    def _check_stack(self, ledger: Ledger) -> None:
        """The callee's stack area is the caller's too, and none of its regions reaches into it or below."""
        sp, d = self._caller.sp_offset(self._machine.sp), self._d
        if sp is None or sp % 16:
            self._hold(ledger, "SP is a multiple of 16", False)
            return
        own = self._caller._d
        fits = sp - d.stack >= -own.stack and sp + d.above <= own.above
        self._hold(ledger, "its stack area is declared", fits or not (d.stack or d.above))
        for p in self._places.values():
            if p.inside is self._caller._stack:
                start = p.constant - own.stack
                clear = p.symbolic is None and start >= sp + d.above
                self._hold(ledger, f"{p.region.name} and the stack area are disjoint", clear)

    def changed(self) -> set[Location]:
        """All that the callee may change, in registers and in the caller's regions."""
        i, d = self._d.interface, self._d
        found: set[Location] = {*(X(n) for n in i.changed_x), *(V(n) for n in i.changed_v), *FLAGS}
        for r in d.modifies:
            p = self._places[r.name]
            if not r.size.is_concrete and not p.inside.size.is_concrete:
                found.add(Whole(p.inside.name))
            elif r.size.is_concrete and p.symbolic is None:
                found |= _cells(p.inside, p.constant, r.size.uint)
            else:
                raise InputError(
                    f"{self._callee.contract.name} modifies {r.name}: neither a fixed number of bytes at a fixed"
                    " offset, nor any number of a region of any size"
                )
        whole = {w.region for w in found if isinstance(w, Whole)}
        found = {w for w in found if not isinstance(w, Cell) or w.region not in whole}
        stack, sp = self._caller._stack, (self._machine.sp - self._caller.sp0).value
        if stack is not None and isinstance(sp, int) and (d.stack or d.above):
            start = signed(sp) - d.stack + self._caller._d.stack
            found |= _cells(stack, start, d.stack + d.above)
        return found

    def take_content(self, m: Machine, claim: Pointwise, name: str, changed: set[Location]) -> None:
        """Let a pointwise claim be the content of the region, which was forgotten; raises `InputError`."""
        claim.speaks_of(m)
        if claim.partial:
            raise InputError(f"{self._callee.contract.name}: {name}: what its stack holds is nothing its caller knows")
        p, before = self._places[claim.region.name], self._memory
        r = p.inside
        written = {q.name for q in self._d.modifies if self._places[q.name].inside is r}
        why = ""
        if Whole(r.name) not in changed:
            why = "its size is a number, or it is not modified"
        elif written != {claim.region.name}:
            # The claim says that all else is as it was: of its own region, not of others in this one.
            why = f"of {r.name} not it alone is modified"
        elif before.overlays[r.name] or r.name in before.beneath or p.offset.value != 0:
            why = f"{r.name} does not begin there, or was written to before the call"
        elif self._path.decide(claim.within) is not True:
            why = "the blocks are not known to lie in it"
        if why:
            raise InputError(f"{self._callee.contract.name}: {name}: no content of {claim.region.name} is taken: {why}")
        assume_pointwise(memory_of(m), claim, r)


def _same_words(a: Words, b: Words) -> bool:
    return [(w.width, w.value) for w in a] == [(w.width, w.value) for w in b]


def _cells(r: SymbolicRegion, start: int, size: int) -> set[Location]:
    return {Cell(r.name, k) for k in range(start - start % r.cell, start + size, r.cell)}
