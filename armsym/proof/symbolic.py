"""The symbolic meaning of a proof's declarations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from armsym.bits import Bits, Prop
from armsym.bits.opaque import foreign
from armsym.discharge.recheck import Answer
from armsym.discharge.z3_bridge import Model
from armsym.errors import InputError
from armsym.integers.expression import FoldValue, Integer, IntegerLike, Relation, Residue, integer
from armsym.machine import NZCV, Machine
from armsym.proof.checks import a_vector
from armsym.proof.claims import note_known
from armsym.proof.context import Context
from armsym.proof.declare import Invariant, Phase, Proof
from armsym.proof.examples import Example
from armsym.proof.filters import FEW, Filter
from armsym.proof.folds import FoldValues
from armsym.proof.handles import Fold, IntegerFold, Number, Region, ResidueFold, Unit
from armsym.proof.held import number_held
from armsym.proof.image_memory import image_regions
from armsym.proof.induction import Formula, Theorem
from armsym.proof.inputs import InputValues, input_values
from armsym.proof.leaks import revealed_terms
from armsym.proof.loops import Routine
from armsym.proof.path import Knowledge
from armsym.proof.places import Places
from armsym.proof.state import State, Words
from armsym.symbolic_memory import Read, SymbolicMemory, SymbolicRegion, signed, split_offset, variable
from armsym.terms import ops
from armsym.terms.evaluate import Substitution, free_terms
from armsym.terms.linear import linear_view
from armsym.terms.node import App, Term, Value, Var, intern, ones

__all__ = ["SymbolicProof"]

#: How far H(k + c) is unfolded; beyond, it stays as it is.
UNFOLD_LIMIT = 64


#: So many blocks after an index that was asked about are looked at for what is revealed of them.
REVEALED_AHEAD = 8


class SymbolicProof(Proof):
    """Declarations as free variables and assumptions on them."""

    def __init__(
        self,
        routine: Routine,
        *,
        sizes: int | None = None,
        chosen: Mapping[str, int] | None = None,
        answers: list[Answer] | None = None,
        phase: Phase | None = None,
    ) -> None:
        """`sizes` fixes every nat at that much above its least value (for unrolled runs).

        `answers` takes what Z3 says follows from facts, for a second solver.
        """
        super().__init__(routine, chosen, phase)
        self._sizes, self.answers = sizes, answers
        #: Whether the proof declares a nat; and those that stand for any number.
        self.has_lengths = False
        self.nats: list[Bits] = []
        #: What stands for each declared number and word.
        self._numbers: dict[str, Bits] = {}
        #: Where the image lies, or each of its pieces.
        self.places = Places(routine.image)
        self.facts: list[Value] = []
        self._sp_base = variable("sp0", 64, secret=False, possible=ones(64) & -self._phase.align)
        self.sp0 = self._sp_base + self._phase.rest
        self.lr0 = variable("lr0", 64, secret=False, possible=ones(64) & ~0x3)
        self.dit0 = variable("dit0", 1, secret=False)
        self._regions: dict[str, SymbolicRegion] = {}
        self._explicit: set[str] = set()
        #: What the preconditions say of bit vectors as integers.
        self.relations: list[Relation] = []
        self._arguments: dict[int, Bits] = {}
        self._vectors: dict[int, Bits] = {}
        self._sp_el0: Bits | None = None
        self._registers: Machine | None = None
        self._stack: SymbolicRegion | None = None
        self._global_regions: list[SymbolicRegion] = []
        self._image_regions: list[SymbolicRegion] = []
        self._memory0: SymbolicMemory | None = None
        #: The numbers that contents of regions are, by the names of both.
        self._contents: dict[tuple[str, str], Number] = {}
        #: Where claims are being evaluated: None outside of `under`, where no fact counts.
        self._context: Context | None = None
        #: The values of folds before any path begins.
        self.folds_on_entry = FoldValues()
        #: The number of any block of a buffer: no fact speaks of it, and no state holds it.
        self._arbitrary = variable("j", 64, secret=False)
        #: How indices of folds modulo a number were called, without their constants.
        self._named: set[frozenset[tuple[Term, int]]] = set()
        #: Theorems on symbols, by their numbers; and how many of them may be used already.
        self._formulas: dict[int, Formula] = {}
        self.shown_theorems = 0
        #: Set while a fold is unfolded: indices are then taken as they are written.
        self._pure = False

    # -- declarations -------------------------------------------------------------------------

    def _make_nat(self, name: str, low: int, high: int, unit: int) -> Bits:
        self.has_lengths = True
        if self._sizes is not None:
            n = self._numbers[name] = Bits(64, min(high, low + self._sizes))
            return n
        n = self._numbers[name] = variable(name, 64, secret=False, possible=ones(high.bit_length()) if high else 1)
        self.nats.append(n)
        self.facts.append((n >= low).bit.value)
        self.facts.append((n <= high).bit.value)
        return n

    def _make_word(self, name: str, width: int, public: bool, possible: int | None) -> Bits:
        w = self._numbers[name] = variable(name, width, secret=not public, possible=possible)
        return w

    def _make_region(self, r: Region, public: bool, align: int, cell: int | None, order: str) -> None:
        base = variable(r.name, 64, secret=False, possible=ones(64) & ~(align - 1))
        assert isinstance(base.value, Term)
        self._check_size(r)
        s = SymbolicRegion(r.name, base.value, r.size, r.access, cell=cell or 8, order=order, secret=not public)
        if cell is not None:
            self._explicit.add(r.name)
        self._regions[r.name] = s
        # Not wrapping: base + size < 2**64, so the address after the last byte is not below the first's either.
        self.facts.append((base <= base + r.size).bit.value)

    def _check_size(self, r: Region) -> None:
        v = r.size.value
        if isinstance(v, int):
            return
        terms, const = linear_view(v)
        if const + sum(c * t.pb for t, c in terms.items()) < 1 << 63:
            return
        fits = (r.size < Bits(64, 1 << 63)).bit.value
        if Knowledge(self.facts, answers=self.answers).prove(fits, 2000).holds is not True:
            raise InputError(f"region {r.name}: its size {v} may reach 2**63 bytes: give the lengths a smaller high=")

    def _make_global(self, symbol: str, offset: int | None, width: int, public: bool) -> Bits:
        size, bias = width // 8, 0
        base = self.global_address(symbol, offset)
        if offset is not None:
            place = self.routine.image.place_at(offset)
            if place is None or place.offset + size > place.piece.size:
                raise InputError(f"global {symbol}: its {size} bytes at {offset:#x} lie in no one piece of the image")
            base, bias = self.places.base(place.piece), place.offset
        if not isinstance(base.value, Term):
            raise InputError(f"global {symbol}: a file linked to a fixed address is not supported here")
        s = SymbolicRegion(f"global {symbol}", base.value, Bits(64, size), "r", bias=bias, cell=size, secret=not public)
        self._global_regions.append(s)
        return s.initial_cell(0)

    def global_address(self, symbol: str, offset: int | None) -> Bits:
        """Where a global lies: at an offset of the image, or where another file has it."""
        return self.places.imported(symbol) if offset is None else self.places.of(offset)

    def _make_stack(self, depth: int, above: int) -> None:
        base = self._sp_base.value
        assert isinstance(base, Term)
        self._stack = SymbolicRegion("stack", base, Bits(64, depth + above), "rw", bias=self._phase.rest - depth)

    def _make_dynamic_stack(self, r: Region) -> None:
        self._make_region(r, public=False, align=16, cell=8, order="little")

    @property
    def dynamic_region(self) -> SymbolicRegion | None:
        """The area of the stack of a size that is not known, if the proof declares one."""
        return None if self._d.dynamic is None else self._regions[self._d.dynamic.name]

    def _set_argument(self, n: int, value: Bits) -> None:
        self._arguments[n] = value

    def _set_vector(self, n: int, value: Bits) -> None:
        self._vectors[n] = value

    def _set_sp_el0(self, value: Bits) -> None:
        self._sp_el0 = value

    def _make_example(self, r: Region, make: Example) -> None:
        pass  # content is arbitrary

    def _require_relation(self, relation: Relation) -> None:
        self.relations.append(relation)

    def _require(self, condition: Prop) -> None:
        self.facts.append(condition.bit.value)

    def fold(
        self,
        step: Callable[[Words, Words], Sequence[Bits]],
        *,
        start: Sequence[Bits],
        over: Callable[[Bits], Words],
        name: str = "H",
    ) -> Fold:
        """See `Proof.fold`."""
        over(Bits(64, 0))  # what it reads says in which cells the regions are best cut
        return super().fold(step, start=start, over=over, name=name)

    # -- the machine --------------------------------------------------------------------------

    def _entry_registers(self) -> Machine:
        if self._registers is None:
            self._registers = self._make_registers()
        return self._registers

    def start(self) -> Machine:
        """The machine at the routine's entry."""
        m = self._entry_registers().fork()
        m.memory = self.memory0.fork()
        return m

    def _make_registers(self) -> Machine:
        x = [variable(f"x{n}_in", 64, secret=True) for n in range(31)]
        x[30] = self.lr0
        for n, v in self._arguments.items():
            x[n] = v if v.width == 64 else v.zero_extend(64) ^ (x[n] & Bits(64, 0xFFFF_FFFF_0000_0000))
        flags = NZCV.of(*(Prop(variable(f"{c}_in", 1, secret=True).value) for c in "NZCV"))  # type: ignore[arg-type]
        m = Machine(
            x=x,
            sp=self.sp0,
            v=[self._vectors[n] if n in self._vectors else variable(f"v{n}_in", 128, secret=True) for n in range(32)],
            nzcv=flags,
            pc=self.places.of(self.routine.entry),
            memory=SymbolicMemory([]),
        )
        m.dit = self.dit0
        m.sp_el0 = variable("sp_el0", 64, secret=False) if self._sp_el0 is None else self._sp_el0
        return m

    @property
    def memory0(self) -> SymbolicMemory:
        """Memory on entry."""
        if self._memory0 is None:
            regions = [*self._regions.values(), *self._global_regions]
            if self._stack is not None:
                regions.append(self._stack)
            regions.extend(image_regions(self.places))
            self._memory0 = SymbolicMemory(regions)
        return self._memory0

    @property
    def declared_regions(self) -> list[SymbolicRegion]:
        """The regions that the proof declares, and the stack area."""
        return [*self._regions.values(), *([self._stack] if self._stack is not None else [])]

    @property
    def lengths(self) -> dict[str, Bits]:
        """What stands for each declared length."""
        return {name: v for name, v in self._numbers.items() if any(v is n for n in self.nats)}

    @property
    def secret_inputs(self) -> set[str]:
        """The names of the declared numbers, words, regions and globals that an attacker may not know."""
        numbers = {name for name, v in self._numbers.items() if ops.is_secret(v.value)}
        regions = {r.name.removeprefix("global ") for r in (*self._regions.values(), *self._global_regions) if r.secret}
        return numbers | regions

    @property
    def stack_region(self) -> SymbolicRegion | None:
        """The stack area, if the proof declares one."""
        return self._stack

    @property
    def writable_cells(self) -> dict[str, int]:
        """The cell size, in bytes, of each region of fixed size that may be written.

        Of the area of the stack of a size that is not known it is 0: what is written there is all of it.
        """
        area, written = self.dynamic_region, [r for r in self.memory0.regions if "w" in r.access]
        return {r.name: 0 if r is area else r.cell for r in written if r is area or r.size.is_concrete}

    def input_values(self, model: Model) -> InputValues:
        """What a model of this run's terms says of the declared inputs."""
        globals_ = [(r.name.removeprefix("global "), r) for r in self._global_regions]
        return input_values(model, self._numbers, [*self._regions.items(), *globals_])

    def _fresh_index(self, inv: Invariant, knowledge: Knowledge) -> Bits:
        """An arbitrary iteration number of a loop; it has no more bits than its bound under the facts."""
        bound = inv.upto.value
        possible = bound if isinstance(bound, int) else intern(bound).pb
        most = max((intern(n.value).pb for n in self.nats if isinstance(n.value, Term)), default=0)
        wide = isinstance(bound, Term) and 0 < most < possible and not ops.is_secret(bound)
        # A difference of lengths that does not wrap is none of more bits than those, though its bits do not tell.
        if wide and knowledge.decide((inv.upto <= most).bit.value) == 1:
            possible = most
        # A multiple of the step is one of the largest power of two that divides the step.
        multiples = -(inv.step & -inv.step)
        # Each loop's has a name of its own, for people; one is as good as another to all else.
        heads = sorted({other.head for other in self._d.invariants})
        name = f"i{heads.index(inv.head) + 1}" if len(heads) > 1 else "i"
        return variable(name, 64, secret=False, possible=ones(possible.bit_length()) & multiples or 1)

    def sp_offset(self, sp: Bits) -> int | None:
        """SP less its value on entry, if that is a number."""
        d = (sp - self.sp0).value
        return signed(d) if isinstance(d, int) else None

    @property
    def context(self) -> Context | None:
        """Where claims are being evaluated, if they are."""
        return self._context

    @contextmanager
    def under(self, context: Context) -> Iterator[None]:
        """Within this, and only within, terms are simplified and claims evaluated under the facts of a path.

        The operators of values cannot take an argument, so which context counts is a variable of this object, and the
        oracle one of the module of operations.  That is sound since the context is set here alone, and both are set
        back however the block is left; blocks nest, and the inner one's path is the only one asked; outside of all
        blocks no fact counts.  What is computed within and kept for other paths is computed under `_plainly`.
        """
        outer, self._context = self._context, context
        oracle = ops.set_oracle(context.path.known)
        try:
            yield
        finally:
            self._context = outer
            ops.set_oracle(oracle)

    # -- what claims ask ----------------------------------------------------------------------

    def _region_base(self, r: Region) -> Bits:
        return self._regions[r.name].address

    def _image_address(self, offset: int) -> Bits:
        return self.places.of(offset)

    def _prefer_cells(self, r: Region, cell: int, order: str) -> None:
        # Once memory is made of them, the cells of regions no longer change.
        if r.name not in self._explicit and self._memory0 is None:
            self._explicit.add(r.name)
            s = self._regions[r.name]
            s.cell, s.order = cell, order

    def _read(self, r: Region, offset: Bits, size: int, order: str, at: State | None) -> Bits:
        region = self._regions[r.name]
        offset = self._settled(offset)
        if at is None and size == region.cell and order == region.order and not region.given:
            return region.initial_cell(offset.value if isinstance(offset.value, int) else intern(offset.value))
        # On entry nothing is written yet: the region alone tells, whatever else is declared later.
        symbolic, k = split_offset(offset)
        if at is None:
            value = SymbolicMemory([region]).peek(region, symbolic, k, size)
        else:
            memory = at.machine.memory
            assert isinstance(memory, SymbolicMemory)
            value = memory.look_at(region, symbolic, k, size)
        return value.reverse_bytes() if order == "big" and size > 1 else value

    def reads_on_entry(self, condition: Prop | Relation) -> Iterator[Read]:
        """The reads of memory on entry, beyond fixed offsets of regions of fixed size, that a condition is made of."""
        of_cells = {f"{r.name}[]": r for r in self._regions.values()}
        if isinstance(condition, Relation):
            made_of = {u for _, _, t in condition.leaves() for u in free_terms(t)}
        else:
            made_of = free_terms(condition.bit.value)
        for t in sorted(made_of, key=lambda t: t.id):
            if isinstance(t, App) and t.name in of_cells:
                region = of_cells[t.name]
                symbolic, k = split_offset(Bits(64, t.args[0]))
                yield Read(region, symbolic, k, region.cell, Bits(t.width, t))

    def _bytes_of(self, r: Region, at: State | None) -> bytes:
        raise InputError(f"{r.name}: a symbolic run has no bytes")

    def _key(self, k: Bits) -> object:
        return k.value if isinstance(k.value, int) else ("term", intern(k.value).id)

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """Within this, no path's knowledge shapes what is computed: it may be kept for any other."""
        oracle, pure, self._pure = ops.set_oracle(None), self._pure, True
        try:
            yield
        finally:
            self._pure = pure
            ops.set_oracle(oracle)

    def _settled(self, offset: Bits) -> Bits:
        """An offset or index in the terms that the path's machine has, for claims about it alone."""
        if self._context is None or self._pure or isinstance(offset.value, int):
            return offset
        return self._context.path.settled(offset)

    def known(self, value: Bits) -> int:
        """See `Proof.known`."""
        a_vector("known: the value", value)
        if self._pure:
            raise InputError("known: this is evaluated for all paths at once: a value may differ from one to another")
        if ops.is_secret(value.value):
            raise InputError(f"known: {value.value} is secret: claims must not tell its values apart")
        facts = self._facts_on_entry() if self._context is None else self._context.path.knowledge
        number = facts.fixed(value)
        if number is None:
            raise InputError(
                f"known: {value.value} may be more than one number here: tell its values apart before, with p.each"
            )
        note_known(number)
        return number

    def _facts_on_entry(self) -> Knowledge:
        return Knowledge(self.facts, answers=self.answers)

    def _index(self, k: Bits) -> Bits:
        context = self._context
        if context is None or isinstance(k.value, int) or self._pure or ops.is_secret(k.value):
            return k  # what a path knows of a secret must not become public in a claim
        settled = self._settled(k)
        if settled.value is not k.value and not self._named:
            if isinstance(settled.value, int):
                return settled
            k = settled  # of a length alone it is an anchor and a number; but there may be more in it
        assert isinstance(k.value, Term)
        knowledge, anchors = context.path.knowledge, context.anchors
        terms, _ = linear_view(k.value)
        for a in anchors:
            if not isinstance(a.value, int) and linear_view(a.value)[0] == terms:
                return k
        constant = knowledge.constant(k.value)
        known = k if constant is None else Bits(64, constant)
        if constant is not None and not self._named:
            return known
        if any(isinstance(t, Var) and not knowledge.mentions(t) for t in terms):
            return known  # a variable that no fact speaks of equals nothing known
        # Of 2 * n blocks the last are 2 * i + 3, say, where the length n lies at a fixed distance from i.
        scaled = [(t, c) for t, c in terms.items() if isinstance(t, Var) and c != 1]
        found: list[Bits] = []
        for a in anchors:
            d = knowledge.fixed(k - a)
            if d is not None and abs(signed(d)) <= UNFOLD_LIMIT:
                if not scaled and constant is None:
                    return a + d
                found.append(a + d)
        for t, c in scaled:
            for a in anchors:
                d = knowledge.fixed(Bits(64, t) - a)
                if d is not None and abs(signed(d)) <= UNFOLD_LIMIT:
                    found.append(k + (a + d - Bits(64, t)) * c)
        # Where i is known, too, it may be one or the other: as claims about a loop call it.
        plain = known if constant is not None else found[0] if found else settled
        plain = self._by_lengths(k) if plain.value is k.value else plain
        return next((x for x in found if _terms(x) in self._named), plain)

    def _by_lengths(self, k: Bits) -> Bits:
        """The index with each length in it that lies at a known small distance from an iteration number put so."""
        assert self._context is not None
        assert isinstance(k.value, Term)
        knowledge, anchors = self._context.path.knowledge, self._context.anchors
        lengths = {n.value for n in self.nats} - {a.value for a in anchors}
        terms, const = linear_view(k.value)
        total = Bits(64, const)
        for t, c in terms.items():
            part = Bits(64, t)
            for a in (Bits(64, 0), *anchors) if t in lengths else ():
                d = knowledge.fixed(part - a)
                if d is not None and abs(signed(d)) <= UNFOLD_LIMIT:
                    part = a + d
                    break
            total = total + part * c
        return total

    def _give(self, r: Region, offset: int, value: Bits) -> None:
        self._regions[r.name].given[offset] = value

    @property
    def _folds(self) -> FoldValues:
        return self.folds_on_entry if self._context is None else self._context.path.folds

    def _residue_at(self, f: ResidueFold, k: Bits) -> Residue:
        if k.value == 0:
            return f.start
        if _stands_for_itself(f.name, k):
            self._named.add(_terms(k))
            # Some number stands for the residue, a function of the index; congruences do not ask which.
            width = (f.modulus - 1).bit_length()
            stands = ops.apply(f"{f.name}.mod", width, [(64, k.value)], secret=True)
            return Residue(f.modulus, integer(Bits(width, stands)))
        before = k - 1
        with self._plainly():
            return f.stepped(self._residue_at(f, before), before)

    def _integer_at(self, f: IntegerFold, k: Bits) -> IntegerLike:
        if k.value == 0:
            return f.start
        if _stands_for_itself(f.name, k):
            assert isinstance(k.value, Term)
            return Integer({(FoldValue(f, k.value),): 1})
        before = k - 1
        with self._plainly():
            return f.stepped(self._integer_at(f, before), before)

    def formula(self, t: Theorem) -> Formula:
        """A theorem in variables of its own, made once."""
        if t.number not in self._formulas:
            outer, self._context = self._context, None
            try:
                with self._plainly():
                    self._formulas[t.number] = Formula.of(t)
            finally:
                self._context = outer
        return self._formulas[t.number]

    def _tell_of(self, t: Theorem, words: Sequence[Bits]) -> None:
        if self._sizes is not None:
            return  # an unrolled run computes
        if self._context is None or self._pure:
            raise InputError(f"{t.name}: what it says is told where claims about a state are made")
        if self.shown_theorems <= t.number:
            raise InputError(f"{t.name} is used before it is shown: in its own proof, or in that of one before it")
        path = self._context.path
        formula = self.formula(t)
        if not all(path.decide(c) is True for c in formula.conditions_of(words)):
            return
        for _, said in formula.claims_of(words):
            if isinstance(said, Relation):
                path.relations = [*path.relations, said]

    def _integer_after(self, f: IntegerFold, i: Bits) -> IntegerLike:
        with self._plainly():
            return f.stepped(f.at(i), i)

    def _number_held(self, r: Region, k: Bits, at: State | None) -> IntegerLike:
        region = self._regions[r.name]
        if region.cell != 8 or region.order != "little" or region.given:
            raise InputError(
                f"{r.name}: the number it holds is told of cells of 64 bits, little-endian, none of them given"
            )
        if at is None:
            # On entry nothing is written yet: the region alone tells.
            memory = SymbolicMemory([region])
            knowledge = self._facts_on_entry() if self._context is None else self._context.path.knowledge
            memory.decide = lambda c: None if (known := knowledge.decide(c.bit.value)) is None else bool(known)
        else:
            assert isinstance(at.machine.memory, SymbolicMemory)
            memory = at.machine.memory
        if 64 not in self._units:
            self._units[64] = Unit(self, 64)
        return number_held(memory, region, k, partial(self._content, region), self._units[64])

    def _content(self, region: SymbolicRegion, name: str) -> Number:
        """The number that content of a region holds, as a fold: of the content of that name."""
        found = self._contents.get((region.name, name))
        if found is None:

            def word(j: Bits) -> Bits:
                offset = (j * 8).value
                return region.cell_of(name, offset if isinstance(offset, int) else intern(offset))

            found = self._contents[region.name, name] = Number(self, f"{name}[]", word, self._units[64])
        return found

    def _fold_at(self, f: Fold, k: Bits) -> Words:
        if f.of is not None and k.value != 0:
            stepwise = set() if self._context is None else self._context.path.stepwise
            if k.value == f.of.times and f not in stepwise:
                return f.of(f.start)  # nobody on this path has looked at its steps
            stepwise.add(f)
        known, key = self._folds.of(f), self._key(k)
        if key not in known:
            known[key] = self._unfold(f, k)
        return known[key]

    def _unfold(self, f: Fold, k: Bits) -> Words:
        if k.value == 0:
            return f.start
        if _stands_for_itself(f.name, k):
            return Words(
                Bits(w.width, ops.apply(f"{f.name}.{j}", w.width, [(64, k.value)], secret=secret))
                for j, (w, secret) in enumerate(zip(f.start, self._secrets(f), strict=True))
            )
        before = k - 1
        with self._plainly():
            if f.of is not None:
                _speaks_of_its_state(f, before)
            words = f.stepped(self._fold_at(f, before), f.over(before))
        # (The step is the one that was looked at; so this cannot be, unless it is no function.)
        if f.secrets is not None and any(
            ops.is_secret(w.value) and not secret for w, secret in zip(words, f.secrets, strict=True)
        ):
            raise InputError(f"{f.name}: one step makes a word of public ones alone, and another of secrets")
        return words

    def _secrets(self, f: Fold) -> tuple[bool, ...]:
        """Of each word of a fold's values whether it may depend on a secret.

        A word is public where it is on entry, and where each step makes it of public words and of a public block.
        """
        if f.secrets is None:
            f.secrets = self._found_secrets(f)
        return f.secrets

    def _found_secrets(self, f: Fold) -> tuple[bool, ...]:
        labels = tuple(f.of is not None or ops.is_secret(w.value) for w in f.start)
        if all(labels):
            return labels
        with self._plainly():
            block = f.over(variable("i", 64, secret=False))
            if any(ops.is_secret(b.value) for b in block):
                return (True,) * len(labels)
            while True:
                state = Words(variable("h", w.width, secret=s) for w, s in zip(f.start, labels, strict=True))
                after = f.stepped(state, block)
                new = tuple(s or ops.is_secret(w.value) for s, w in zip(labels, after, strict=True))
                if new == labels:
                    return labels
                labels = new

    def without_revealed(self, v: Value) -> Value:
        """The value with public variables for what is revealed of the secrets: is it secret then, it tells more."""
        bits = [b for r in self._d.revealed for b in r.values]
        context = self._context
        for f in self._d.filters:
            if f.revealed is None or context is None:
                continue
            # Which blocks the value may speak of: those after an index that claims asked about.
            met = {t for b in (*context.anchors, *self.nats) for t in free_terms(b.value)}
            asked = [Bits(64, t) for t in f.counted if free_terms(t) <= met]
            for a in (Bits(64, 0), *context.anchors, *asked):
                for q in range(REVEALED_AHEAD):
                    if context.path.decide(a + q < f.revealed) is True:
                        with self._plainly():
                            f.block_terms(a + q)
            bits += [which for i, which in f.patterns() if context.path.decide(i < f.revealed) is True]
        return Substitution(revealed_terms(bits))(v) if bits else v

    def _may_say(self, f: Filter, i: Bits, *, past: bool) -> None:
        if f.revealed is None:
            return
        inside = i <= f.revealed if past else i < f.revealed
        if inside.value is not True and (self._context is None or not self._context.path.decide(inside)):
            what = f"{i.value} is not shown to be among the {f.revealed.value} blocks of which that is revealed"
            raise InputError(f"{f.name}: what is accepted is asked in a claim, of blocks revealed: {what}")

    # -- filters --------------------------------------------------------------------------------

    def _make_filter(self, f: Filter) -> None:
        f.over(Bits(64, 0))  # what it reads says in which cells the regions are best cut
        with self._plainly():
            f.label(f.over(variable("i", 64, secret=False)))
        f.counts.secrets = (f.secret_pattern,)

    def _accepted(self, f: Filter, i: Bits, k: Bits) -> Bits:
        return Bits(f.width, 0) if i.value == 0 else f.accepted_term(i, k)

    def unfolded(self, f: Filter, v: Value) -> Value:
        """The value with what is accepted of a known number of blocks more than an index said by what is of these."""
        if isinstance(v, int):
            return v

        found = dict(f.accepted_in(v))
        present = {self._key(i) for i, _ in found.values()}

        def unfold(i: Bits, k: Bits) -> Bits:
            if i.value == 0:
                return Bits(f.width, 0)
            if _stands_for_itself(f.name, i):
                return f.accepted_term(i, k)
            before = i - 1
            # No further than to what the value speaks of: that it is a fold is what is used, block by block.
            here = f.accepted_term(before, k) if self._key(before) in present else unfold(before, k)
            return f.appended(here, self._counted(f, before), self._kept(f, before)[1], k)

        with self._plainly():
            return Substitution({t: unfold(*at).value for t, at in found.items()})(v)

    def _kept(self, f: Filter, i: Bits) -> tuple[Bits, Words, Bits]:
        with self._plainly():
            found = f.block_terms(i)
        self._note_block(f, i)
        if self._context is not None and not self._pure:
            self._counted(f, i + 1)
        return found

    def _counted(self, f: Filter, i: Bits) -> Bits:
        found = self._fold_at(f.counts, i)[0]
        if self._context is not None and isinstance(i.value, Term):
            self._order(f, i, found)
        self._note_blocks(f, i)
        return found

    def _order(self, f: Filter, i: Bits, count: Bits) -> None:
        """Let the path know that more blocks have no fewer accepted candidates, of those that it may speak of."""
        assert self._context is not None
        assert isinstance(i.value, Term)
        met = {t for b in (*self._context.anchors, *self.nats) for t in free_terms(b.value)}
        f.counted[intern(i.value)] = count
        base = split_offset(i)[0]
        if not free_terms(i.value) <= met:
            return
        if f.group <= FEW:
            # Code that branches on each candidate may leave a block in its midst: claims are about what follows it.
            for a in self._context.anchors:
                if isinstance(a.value, Term):
                    f.counted.setdefault(intern(a.value), self._fold_at(f.counts, a)[0])
        for other, less in list(f.counted.items()):
            j = Bits(64, other)
            if split_offset(j)[0] is not base and free_terms(other) <= met:
                with self._plainly():
                    facts = list(f.order_facts(i, count, j, less))
                for fact in facts:
                    self._note(fact)
                self._note_blocks(f, j)

    def _note_blocks(self, f: Filter, i: Bits) -> None:
        """What holds of the blocks that count(i) adds up.

        The sum may be one that was made on another path: it is to be known on this one.
        """
        while self._context is not None and i.value != 0 and not _stands_for_itself(f.name, i):
            i = i - 1
            self._note_block(f, i)

    def _note_block(self, f: Filter, i: Bits) -> None:
        with self._plainly():
            facts = f.block_facts(i)
        for fact in facts:
            self._note(fact)

    def _note(self, fact: Value) -> None:
        """Let the path whose claims are evaluated know what holds on all paths."""
        if self._context is not None:
            self._context.path.knowledge.note(fact)

    def _block(self, fn: Callable[[Bits], Sequence[Bits]], j: Bits) -> list[Bits]:
        blocks, k = self._folds.blocks, j.value if isinstance(j.value, int) else intern(j.value)
        if (fn, k) in blocks:
            return blocks[fn, k]
        noted = self._reads_noted()
        # A block is a function of its number alone: what is known on the path plays no part in it.
        with self._plainly():
            words = list(fn(Bits(64, k)))
        # What it reads of a state is shown to lie in its region for the claim that asked, and not for others.
        if self._reads_noted() == noted:
            blocks[fn, k] = words
        return words

    def _reads_noted(self) -> int:
        return 0 if self._context is None else self._context.path.memory.noted


def _terms(k: Bits) -> frozenset[tuple[Term, int]]:
    """An index without its constant."""
    return frozenset() if isinstance(k.value, int) else frozenset(linear_view(k.value)[0].items())


def _stands_for_itself(name: str, k: Bits) -> bool:
    """Whether H(k) is not unfolded; raises `InputError` for a number too large to be.

    H(k + c) is H's step at k + c - 1 only where k + c is not 0: c >= 1 and nothing wraps.
    """
    v = k.value
    if isinstance(v, int):
        if v > UNFOLD_LIMIT:
            raise InputError(f"{name}({v}) is not computed symbolically: an invariant has to carry it")
        return False
    terms, const = linear_view(v)
    wraps = const + sum(c * t.pb for t, c in terms.items()) >= 1 << 64
    return wraps or not 0 < const <= UNFOLD_LIMIT


def _speaks_of_its_state(f: Fold, k: Bits) -> None:
    """Raise `InputError` where a step of an iterated function speaks of anything but the state.

    Where nobody looks at its steps it is a function of the words it begins with: public, and the same, if they are.
    """
    state = Words(variable(f"{f.name} {j}", w.width, secret=False) for j, w in enumerate(f.start))
    for w in f.stepped(state, f.over(k)):
        other = foreign(w.value, [s.value for s in state])
        if other is not None:
            raise InputError(f"{f.name}: a step of an iterated function speaks of its state alone, not of {other!r}")
