"""The symbolic proof: paths from entry to loop heads and to return, and what must hold there.

Every execution from a state that meets the precondition follows one of the explored paths:
branches that the facts do not decide are explored both ways, and at a loop head an arbitrary
iteration i is explored from a state of which only the invariant is known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from armsym.bits import Bits
from armsym.errors import ArmsymError, BudgetError, InputError, MachineStop, MemoryFault
from armsym.machine import Machine
from armsym.proof.assume import Assumptions
from armsym.proof.bounds import check_bounds, inside
from armsym.proof.buffers import assume_pointwise, parts
from armsym.proof.calls import Calls
from armsym.proof.checks import place_of
from armsym.proof.contract import KIND, Callee
from armsym.proof.declare import Cut, Invariant
from armsym.proof.handles import Fold, State, Words
from armsym.proof.havoc import (
    REGISTERS,
    WHOLE,
    Havoc,
    Location,
    LoopGuess,
    havoc,
    written_by,
    written_everywhere,
    wrote_beyond,
)
from armsym.proof.ledger import Ledger
from armsym.proof.path import Knowledge, Path, memory_of
from armsym.proof.pointwise import Pointwise
from armsym.proof.result import Obligation, Status
from armsym.proof.symbolic import SymbolicProof
from armsym.simulate import RETURNED, Fork, Stepper, describe_stop
from armsym.symbolic_memory import Access, variable
from armsym.terms import ops
from armsym.terms.evaluate import Occurrences, free_terms
from armsym.terms.node import Term, Value, node_count

__all__ = ["Budget", "Engine"]

#: Loops with invariants on one path, inside one another or one after the other: each is explored within the last.
DEEP = 64

SP_KNOWN = "SP is its value on entry and a known number"


@dataclass(frozen=True)
class Budget:
    """Limits; reaching one makes the answer `undecided`."""

    seconds: float = 300.0
    steps: int = 2_000_000
    paths: int = 512
    nodes: int = 3_000_000
    claim_ms: int = 10_000


@dataclass(frozen=True)
class Origin:
    """The loop iteration a path started from, within those of the loops around it.

    `before` is what was written between the start of the parent's iteration and this loop's head,
    `head` the machine there.
    """

    invariant: Invariant
    index: Bits
    havoc: Havoc
    parent: Origin | None
    before: frozenset[Location]
    head: Machine
    #: The calls that the head was reached in.
    calls: Calls

    def find(self, inv: Invariant) -> tuple[Origin, set[Location]] | None:
        """The iteration of `inv` that this one is part of, and what was written on the way in."""
        o: Origin | None = self
        written: set[Location] = set()
        while o is not None:
            if o.invariant is inv:
                return o, written
            written |= o.before | o.havoc.guess.writes
            o = o.parent
        return None

    @property
    def indices(self) -> list[Bits]:
        """The iteration numbers, innermost first."""
        return [self.index, *(self.parent.indices if self.parent else [])]


class _Stopped(Exception):
    """The path is not followed further: why is recorded."""


class _NeedSplit(Exception):
    """An instruction chose by a public condition that the facts do not decide."""

    def __init__(self, cond: Term) -> None:
        self.cond = cond


@dataclass(frozen=True)
class _Straight:
    """What the cuts passed on a path have done: arrivals at each, and what the folds stand for since."""

    arrivals: dict[int, int]
    memos: dict[Fold, dict[object, Words]]
    epoch: object


@dataclass
class _Restart(Exception):
    """The guess about a loop was wrong; `guess` is the next one."""

    head: int
    guess: LoopGuess
    why: str = field(default="")


class Engine:
    """Proves one routine.  After `run`, `obligations` says what was shown and what was not."""

    def __init__(
        self,
        p: SymbolicProof,
        guesses: dict[int, LoopGuess],
        budget: Budget,
        *,
        unrolled: bool = False,
        earlier: dict[int, LoopGuess] | None = None,
    ) -> None:
        """`earlier` is what another case of the proof found out about loops: its `guesses`."""
        self.p, self.guesses, self.budget = p, dict(earlier or {}), budget
        for inv in p._d.invariants:
            if inv.head in guesses:
                guess, known = guesses[inv.head].per(inv.step), self.guesses.get(inv.head)
                self.guesses[inv.head] = guess.after(known) if known else guess
        r = p.routine
        self.image = r.image
        self.stepper = Stepper(r.isa, r.image, p.image_base, p.lr0)
        #: An unrolled run follows loops as they go: all it knows is about the state on entry.
        self.unrolled = unrolled
        self.invariants = {} if unrolled else {inv.head: inv for inv in p._d.invariants}
        self.cuts = {} if unrolled else {c.at: c for c in p._d.cuts}
        self.shows: dict[int, list[Callable[[State], object]]] = {}
        for at, what in p._d.shows:
            self.shows.setdefault(at, []).append(what)
        self.shown: list[str] = []
        #: Whether a claim about the results was checked on a path: one that could have been false.
        self.claims_results = False
        self._occurrences: dict[Term, Occurrences] = {}
        self.ledger = Ledger(self.image, budget.claim_ms, models=unrolled)
        self.record, self.check, self.check_one = self.ledger.record, self.ledger.check, self.ledger.check_one
        self.steps = self.paths = 0
        self.executed: set[int] = set()
        self._deadline = time.process_time() + budget.seconds
        self._current: Path | None = None
        self._may_split = False
        #: Whether every path so far was followed to its end.
        self._complete = True
        self.entry = p.start()
        #: For each loop head the last branch back to it.
        self._ends: dict[int, int] | None = None
        self._reached: set[int] = set()
        callees = [Callee(c, p) for c in p._d.contracts]
        self.callees = {c.entry: c for c in callees}
        if p.routine.entry in self.callees or len(self.callees) < len(callees):
            raise InputError(f"{p.routine.symbol}: a contract of the routine itself, or two of one routine")
        for at, _ in p._d.splits:
            if at not in {inv.head for inv in p._d.invariants}:
                raise InputError(f"split at {self.image.symbolize(at)}, where no invariant stands")
        #: Arrivals at each cut on the current path, since its start or the last loop head.
        self._arrivals: dict[int, int] = {}
        #: Another object each time a fold value is forgotten.
        self._epoch: object = None

    # -- obligations --------------------------------------------------------------------------

    @property
    def obligations(self) -> list[Obligation]:
        """Everything recorded."""
        return self.ledger.obligations

    @property
    def assumptions(self) -> list[str]:
        """What the instructions executed take for granted of the core."""
        isa = self.p.routine.isa
        found = {isa.decode(self.image.word(at)).assumption() for at in self.executed}
        return sorted(a for a in found if a is not None)

    # -- the whole ----------------------------------------------------------------------------

    def run(self) -> None:
        """Explore all paths; every failure is recorded, none is raised."""
        p = self.p
        previous = ops.set_oracle(self._oracle)
        try:
            start = self._path(Path(self.entry.fork(), Knowledge(p.facts), p.routine.entry))
            p.frozen = True
            self._preconditions(start)
            self._lemmas(start)
            self._follow(start, None)
        except BudgetError as e:
            self._complete = False
            self.record("termination", "within the budget", Status.UNDECIDED, detail=str(e))
        except ArmsymError as e:
            self._complete = False
            said, place = describe_stop(e, self.image, p.routine.isa), place_of(e)
            detail = f"{place}: {said}" if place and not said.startswith(place) else said
            self.record("decode", "the proof can be evaluated", Status.ERROR, detail=detail)
        finally:
            ops.set_oracle(previous)
        if not p._d.ensures:
            self.record("ensures", "a claim on return", Status.UNDECIDED, detail="the proof has no p.ensures(...)")
        for at, what in [(inv.head, inv.name) for inv in p._d.invariants] + [(c.at, c.name) for c in p._d.cuts]:
            if at not in self._reached:
                self.record("invariant", what, Status.UNDECIDED, detail="no path reaches this point")
        for at, callee in self.callees.items():
            if at not in self._reached:
                self.record(KIND, f"{callee.contract.name} is called", Status.UNDECIDED, detail="no path calls it")
        if not self._complete:
            return  # of what was not explored nothing was shown
        for kind, name in (
            ("decode", "every instruction reached is modelled"),
            ("constant-time", "no branch, address or variable-latency operand depends on a secret"),
            ("memory", "no access below SP"),
            ("memory", SP_KNOWN),
            ("termination", "every loop ends"),
        ):
            self.record(kind, name, Status.PROVED, by="exploration")

    def _path(self, path: Path) -> Path:
        """A new path, whose leaks are noted as its own."""
        path.machine.on_leak = lambda kind, value: self.ledger.leak(path, kind, value)
        return path

    @contextmanager
    def _under(self, path: Path, anchors: list[Bits] | None = None) -> Iterator[None]:
        """Within this, and only within, terms are simplified and claims evaluated under the facts of this path.

        `anchors` are the iteration numbers that fold indices in claims are brought to.
        """
        p = self.p
        outer = self._current, p.knowledge, p.anchors, self._may_split
        self._current, p.knowledge, p.anchors, self._may_split = path, path.knowledge, anchors or [], False
        try:
            yield
        finally:
            self._current, p.knowledge, p.anchors, self._may_split = outer

    def _oracle(self, c: Term) -> int | None:
        path = self._current
        if path is None or ops.is_secret(c):
            return None
        known = path.knowledge.decide(c)
        if known is None and self._may_split:
            raise _NeedSplit(c)
        return known

    # -- following paths ----------------------------------------------------------------------

    def _follow(self, start: Path, origin: Origin | None) -> None:
        """Explore from a path to loop heads and returns, and check what must hold there."""
        todo = [start]
        outer = self._straight()
        # For each path in `todo`: a run ends where it forks, so this is how things stood there.
        stood = [outer]
        while todo:
            path = todo.pop()
            self._resume(stood.pop())
            try:
                with self._under(path, origin.indices if origin else []):
                    self._run(path, origin, todo)
            except _Stopped:
                self._complete = False
            except MachineStop as e:
                self._complete = False
                kind = "memory" if isinstance(e, MemoryFault) else "decode"
                if self.unrolled:
                    self.ledger.witness(path)
                name = "every access is permitted" if kind == "memory" else "every instruction reached is modelled"
                self.record(
                    kind,
                    name,
                    Status.ERROR if kind == "decode" else Status.UNDECIDED,
                    detail=describe_stop(e, self.image, self.p.routine.isa),
                )
            except _Restart:
                self._resume(outer)
                raise
            stood += [self._straight()] * (len(todo) - len(stood))
        self._resume(outer)

    def _straight(self) -> _Straight:
        folds = self.p._d.folds if self.cuts else ()
        return _Straight(self._arrivals.copy(), {f: f._memo.copy() for f in folds}, self._epoch)

    def _resume(self, then: _Straight) -> None:
        self._arrivals = then.arrivals.copy()
        if self._epoch is not then.epoch:
            for f, memo in then.memos.items():
                f._memo = memo.copy()
            self.p._blocks.clear()
            self._epoch = then.epoch

    def _run(self, path: Path, origin: Origin | None, todo: list[Path]) -> None:
        self.paths += 1
        if self.paths > self.budget.paths:
            raise BudgetError(f"more than {self.budget.paths} paths")
        p, step, invariants = self.p, self.stepper.step, self.invariants
        while True:
            at = path.at
            if at == RETURNED:
                self._close(path)
                self._returned(path, origin)
                return
            if at in invariants and path.steps:
                counts = self._counts(path, invariants[at])
                known = path.knowledge.decide(counts)
                if known is None:
                    assert isinstance(counts, Term)
                    self._part(path, counts, origin, todo)
                    return
                if known:
                    self._close(path)
                    self._arrived(path, invariants[at], origin)
                    return
            path.steps += 1
            if at in self.callees and path.steps > 1:
                self._reached.add(at)
                path.at = self.callees[at].call(self.ledger, self.stepper, path)
                path.calls = path.calls.after(at, path.at, links=False)
                continue
            if at in self.cuts:
                self._reached.add(at)
                self._cut(path, self.cuts[at])
            for what in self.shows.get(at, ()):
                with path.memory.observed():
                    self.shown.append(f"at {at:#x} <{self.image.symbolize(at)}>:\n{what(State(path.machine))}")
            self.steps += 1
            if not self.steps & 0x1F:
                self._check_budget()
            m, memory = path.machine, path.memory
            memory.at = at
            x, v, sp, nzcv, logged = m.x[:], m.v[:], m.sp, m.nzcv, len(memory.log)
            self._may_split = True
            try:
                to = step(m, at)
            except _NeedSplit as split:
                if len(memory.log) != logged:
                    raise BudgetError(f"cannot split at {at:#x}: the instruction has touched memory already") from None
                m.x, m.v, m.sp, m.nzcv = x, v, sp, nzcv
                path.steps -= 1
                if at in self.cuts:
                    self._arrivals[at] -= 1  # both parts pass the cut here again
                self._part(path, split.cond, origin, todo)
                return
            finally:
                self._may_split = False
            self.executed.add(at)
            if isinstance(to, int) and (path.calls.frames or m.x[30] is not x[30]):
                links = m.x[30] is not x[30] and (m.x[30] - p.image_base).value == at + 4
                path.calls = path.calls.after(at, to, links=links)
            if len(memory.log) != logged:
                self._check_below_sp(path, sp, logged)
            if m.sp is not sp:
                self._check_sp(path)
                self._release_stack(path)
            if isinstance(to, Fork):
                branched = self._branch(path, to, origin, todo)
                if branched is None:
                    return
                to = branched
            path.at = to

    def _check_budget(self) -> None:
        if self.steps > self.budget.steps:
            raise BudgetError(f"more than {self.budget.steps} instructions executed symbolically")
        if time.process_time() > self._deadline:
            raise BudgetError(f"more than {self.budget.seconds:g} seconds")
        if node_count() > self.budget.nodes:
            raise BudgetError(f"more than {self.budget.nodes} terms")

    def _part(self, path: Path, cond: Value, origin: Origin | None, todo: list[Path]) -> None:
        """Go on from here with the condition true, and with it false."""
        other = self._path(path.fork())
        self._learn(path, cond, origin)
        self._learn(other, ops.xor(1, cond, 1), origin)
        todo += [other, path]

    def _learn(self, path: Path, fact: Value, origin: Origin | None) -> None:
        """Add a fact; a length that it leaves only one value is that value from here on.

        The value is a number, or lies at a fixed distance from an iteration number: a tail of four
        blocks after i is then the blocks i .. i + 3, as the claims call them, whatever the code computed.
        """
        path.knowledge.add(fact)
        met = free_terms(fact)
        # What is rewritten is simplified by what this path knows, not the one it parts from.
        with self._under(path):
            for n in self.p.nats:
                if n.value not in met:
                    continue
                assert isinstance(n.value, Term)
                for a in [Bits(64, 0), *(origin.indices if origin else [])]:
                    d = path.knowledge.fixed(n - a)
                    if d is not None:
                        occurs = self._occurrences.setdefault(n.value, Occurrences(n.value))
                        path.put(n.value, (a + d).value, occurs)
                        break

    def _branch(self, path: Path, fork: Fork, origin: Origin | None, todo: list[Path]) -> int | None:
        """The way to go on; None when the path was forked and both parts are on the list."""
        cond = fork.cond.bit.value
        if isinstance(cond, int):
            return fork.taken if cond else fork.otherwise
        known = path.knowledge.decide(cond)
        if known is not None:
            return fork.taken if known else fork.otherwise
        self._part(path, cond, origin, todo)
        todo[-1].at, todo[-2].at = fork.taken, fork.otherwise
        # The way that stays in the loop goes first: a wrong guess about it shows at its back edge.
        if origin is not None and self._within(origin.invariant.head, fork.otherwise):
            todo[-2:] = todo[:-3:-1]
        return None

    def _within(self, head: int, at: int) -> bool:
        """Whether code is part of the loop of a head, as far as addresses tell."""
        if self._ends is None:
            self._ends = {loop.head: loop.end for loop in self.p.routine.all_loops}
        return head <= at <= self._ends.get(head, head)

    def _check_sp(self, path: Path) -> None:
        """SP must be its value on entry less a known number of bytes of the declared stack area, or plus lent ones.

        Else what lies below it, which is anybody's, could not be told from what the routine or its caller keeps.
        """
        low, d = self.p.sp_offset(path.machine.sp), self.p._d
        if low is not None and -d.stack <= low <= d.above:
            return
        where = "its value on entry and an unknown number" if low is None else f"sp0{low:+#x}"
        detail = (
            f"at {path.at:#x} <{self.image.symbolize(path.at)}> SP becomes {where}: it must stay within the"
            f" {d.stack} bytes below and {d.above} above its value on entry that p.stack(...) declares"
        )
        self.record("memory", SP_KNOWN, Status.UNDECIDED, detail=detail)
        raise _Stopped

    def _check_below_sp(self, path: Path, sp_before: Bits, logged: int) -> None:
        low = [self.p.sp_offset(s) for s in (sp_before, path.machine.sp)]
        for a in path.memory.log[logged:]:
            if a.region.name != "stack":
                continue
            # A symbolic part that is small, as an unsigned number, only leads upwards.
            upwards = a.symbolic is None or a.symbolic.pb < 1 << 32
            at = a.constant + a.region.bias
            if not upwards or None in low or at < min(x for x in low if x is not None):
                self.record(
                    "memory",
                    "no access below SP",
                    Status.UNDECIDED,
                    detail=f"the access at {a.at:#x} <{self.image.symbolize(a.at)}> to sp0{at:+#x}"
                    " lies below SP or cannot be compared with it",
                )

    def _release_stack(self, path: Path) -> None:
        """What lies below SP is anybody's (a signal handler's, say): it is unknown from here on."""
        low = self.p.sp_offset(path.machine.sp)
        region = self.p._stack
        if region is None or low is None:
            return
        memory, cell = path.memory, region.cell
        for k in range(0, low - region.bias, cell):
            # Logged as a store, so that a loop that releases stack is known to change it.
            memory.log.append(Access(path.at, region, None, k, cell, True))
            memory.poke(region, None, k, variable("below_sp", 8 * cell, secret=True))

    def _close(self, path: Path) -> None:
        """The memory obligation of everything logged on this path."""
        for name, status, by, seconds, detail in check_bounds(path, self.image, self.budget.claim_ms):
            self.record("memory", name, status, by, seconds, detail)

    # -- cuts and lemmas ----------------------------------------------------------------------

    def _cut(self, path: Path, cut: Cut) -> None:
        arrival = self._arrivals.get(cut.at, 0)
        self._arrivals[cut.at] = arrival + 1
        self.check(path, lambda: cut.claims(State(path.machine), arrival), "invariant", f"{cut.name}: ")
        forget = cut.forget(arrival)
        if forget:
            self._epoch = object()
        for fold, k in forget:
            fold.generalise(k)
        # What the claims say, of forgotten values or in other terms, takes the place of what was computed.
        m = path.machine
        # (The stack pointer stays: claims find what is on the stack by it.)
        everything = LoopGuess((written_everywhere(path) if forget else set(REGISTERS)) - {("x", 31)})
        shadow = m.fork()
        h = havoc(shadow, everything, Bits(64, 0))
        a = Assumptions(set(h.unknowns))
        with memory_of(shadow).observed():  # what was shown in bounds above
            for claim in cut.claims(State(shadow), arrival).values():
                for part in parts(claim):
                    if not isinstance(part, Pointwise):
                        a.add(part)
        h.transfer(shadow, m, a, {("v", n) for n in cut.drop_v})

    def _preconditions(self, path: Path) -> None:
        """What preconditions and lemmas read of memory on entry must lie in its region: nothing is known beyond."""
        for text, condition in [*self.p._d.requires, *self.p._d.lemmas]:
            for r in self.p.reads_on_entry(condition):
                if not inside(path, r.region, r.offset, Bits(64, r.size), self.budget.claim_ms):
                    detail = f"it reads {r.size} bytes at {r.region.name}+{r.offset.value}, not shown to lie in it"
                    self.record("lemma", text, Status.UNDECIDED, detail=detail)

    def _lemmas(self, path: Path) -> None:
        with self._under(path):
            self._prove_lemmas(path)

    def _prove_lemmas(self, path: Path) -> None:
        for name, condition in self.p._d.lemmas:
            self.check_one(path, condition, "lemma", name, name)
            if self.ledger.holds("lemma", name):
                path.knowledge.add(condition.bit.value)

    # -- loops --------------------------------------------------------------------------------

    def _arrived(self, path: Path, inv: Invariant, origin: Origin | None) -> None:
        self._reached.add(inv.head)
        found = origin.find(inv) if origin is not None else None
        # Where the call that the head was reached in is over, this is another: the loop is entered anew.  Either way
        # what must hold is proved here.  What is entered anew is another iteration in the chain of `parent`s, which
        # the exploration makes only so many of; so it ends, as for loops one after the other.
        if found is not None and path.calls.within(found[0].calls):
            self._back_edge(path, inv, *found)
            return
        # Iteration 0, as a variable known to be 0, so that the claims proved here are the very
        # ones assumed of iteration i.
        first = self.p._fresh_index(inv)
        path.knowledge.add((first == 0).bit.value)
        with self._under(path, [Bits(64, 0), *(origin.indices if origin else [])]):
            within = Bits(64, 0) <= inv.upto if inv.inclusive else Bits(64, 0) < inv.upto
            sign = "<=" if inv.inclusive else "<"
            self.check_one(path, within, "termination", f"{inv.name}: i {sign} upto, on entry", f"i {sign} upto")
            self.check(path, lambda: inv.claims(State(path.machine), first), "invariant", f"{inv.name}, on entry: ")
        self._loop(path, inv, origin)

    def _counts(self, path: Path, inv: Invariant) -> Value:
        """Whether this arrival at the head is one the invariant speaks of, as a one-bit value."""
        if inv.when is None:
            return 1
        with self._under(path), path.memory.observed() as reads:
            counts = inv.when(State(path.machine)).bit
            # What is claimed where a secret has one value would say that it has no other.
            self.ledger.leak(path, "condition when=", counts)
            self.ledger.check_reads(path, reads, "invariant", f"{inv.name}, condition when=: ")
        return counts.value

    def _loop(self, path: Path, inv: Invariant, parent: Origin | None) -> None:
        if parent is not None and len(parent.indices) >= DEEP:
            raise BudgetError(f"{inv.name}: entered anew after more than {DEEP} loops")
        guess = self.guesses.get(inv.head) or LoopGuess()
        for _ in range(64):
            before, complete = self.ledger.mark(), self._complete
            try:
                self._iteration(path, inv, guess, parent)
                self.guesses[inv.head] = guess
                return
            except _Restart as r:
                if r.head != inv.head:
                    raise
                self.ledger.reset(before)
                self._complete = complete
                guess = r.guess
        raise BudgetError(f"{inv.name}: no set of loop variables found in 64 attempts")

    def _iteration(self, path: Path, inv: Invariant, guess: LoopGuess, parent: Origin | None) -> None:
        """Explore one arbitrary iteration from the loop head."""
        before = frozenset(written_by(path))
        here = self._path(path.fork())
        i = self.p._fresh_index(inv)
        here.knowledge.add((i <= inv.upto if inv.inclusive else i < inv.upto).bit.value)
        with self._under(here, [i, *(parent.indices if parent else [])]):
            h = self._arbitrary_iteration(here, inv, guess, i)
            self._check_sp(here)
        here.memory.log.clear()
        m = here.machine
        m.written_x = m.written_v = 0
        m.written_flags = False
        here.at, here.steps = inv.head, 0
        self._arrivals = {}
        self._follow_split(here, Origin(inv, i, h, parent, before, here.machine.fork(), here.calls))

    def _arbitrary_iteration(self, here: Path, inv: Invariant, guess: LoopGuess, i: Bits) -> Havoc:
        """Forget what the loop writes, and let the claims be what is known of it in iteration i."""
        h = havoc(here.machine, guess, i)
        a = Assumptions(set(h.unknowns))
        contents: list[tuple[str, Pointwise]] = []
        with here.memory.observed():  # what the arrivals show in bounds
            for name, claim in inv.claims(State(here.machine), i).items():
                for part in parts(claim):
                    if isinstance(part, Pointwise):
                        place = (part.region.name, WHOLE)
                        if place not in guess.writes:
                            raise _Restart(inv.head, guess.with_writes({place}), "a buffer is stated pointwise")
                        contents.append((f"{inv.name}: {name}", part))
                    elif not a.add(part):
                        stated = h.stated(here.machine, part)
                        if stated is not None:
                            raise _Restart(inv.head, stated, "the invariant says more of a location than was inferred")
            h.settle(here.machine, a)
            for fact in a.finish():
                here.knowledge.add(fact)
            for name, claim in contents:
                self._take_content(here, claim, a, name)
        return h

    def _take_content(self, here: Path, claim: Pointwise, a: Assumptions, name: str) -> None:
        """Let a pointwise claim be a region's content; only where all its blocks are shown to lie in the region.

        The other claims may say so: they were evaluated while nothing was known of the content.
        """
        if here.knowledge.decide(a.apply(claim.within.bit.value)) != 1:
            detail = f"{claim.upto.value} blocks of {claim.size} bytes are not shown to lie in {claim.region.name}"
            self.record("invariant", name, Status.UNDECIDED, detail=detail)
            raise _Stopped
        assume_pointwise(here.memory, claim)

    def _follow_split(self, here: Path, origin: Origin) -> None:
        splits = [on for at, on in self.p._d.splits if at == origin.invariant.head]
        starts = [here]
        for on in splits:
            more = []
            for s in starts:
                with self._under(s, origin.indices), s.memory.observed() as reads:
                    cond = on(State(s.machine), origin.index).bit.value
                    self.ledger.check_reads(s, reads, "invariant", f"{origin.invariant.name}, split: ")
                if isinstance(cond, int):
                    more.append(s)
                    continue
                other = self._path(s.fork())
                self._learn(s, cond, origin)
                self._learn(other, ops.xor(1, cond, 1), origin)
                more += [s, other]
            starts = more
        for s in starts:
            self._follow(s, origin)

    def _back_edge(self, path: Path, inv: Invariant, origin: Origin, written: set[Location]) -> None:
        h = origin.havoc
        beyond = wrote_beyond(path, h, written, origin.head, inv.step)
        if beyond is not None:
            raise _Restart(inv.head, beyond, "the loop writes more than was assumed")
        after = origin.index + inv.step
        with self._under(path, [after, *origin.indices]):
            wrong = h.wrong_candidates(path, after, inv.step)
            if wrong is not None:
                raise _Restart(inv.head, wrong, "an inferred invariant does not hold")
            # i <= upto is known, so neither upto - i nor the next index wraps, and upto - i decreases.
            step, left = Bits(64, inv.step), inv.upto - origin.index
            within = step <= left if inv.inclusive else step < left
            what = f"i + {inv.step} {'<=' if inv.inclusive else '<'} upto"
            self.check_one(path, within, "termination", f"{inv.name}: {what}, at the back edge", what)
            self.check(path, lambda: inv.claims(State(path.machine), after), "invariant", f"{inv.name}, step: ")

    # -- return -------------------------------------------------------------------------------

    def _returned(self, path: Path, origin: Origin | None) -> None:
        indices = origin.indices if origin else [Bits(64, 0)]
        with self._under(path, [indices[0] + (origin.invariant.step if origin else 1), *indices]):
            self._promises(path)

    def _promises(self, path: Path) -> None:
        """What must hold on return."""
        p, m, entry = self.p, path.machine, self.entry
        self.check_one(path, m.dit == entry.dit, "abi", "PSTATE.DIT is restored", "dit")
        self.check_one(path, m.sp == p.sp0, "abi", "sp is restored", "sp")
        self.record("abi", "control returns to the caller", Status.PROVED, "identity")
        for name, register, before, after in p._d.interface.pairs(entry, m):
            self.check_one(path, after == before, "abi", name, register)
        self._frame(path)
        for fn in p._d.ensures:
            self.check(path, partial(fn, State(m)), "ensures", "")
        self.claims_results = self.claims_results or self._says_more(path)

    def _says_more(self, path: Path) -> bool:
        """Whether `ensures` says anything that memory safety, frame and ABI do not: whether it can be false.

        It is asked about a state of which only these are known.
        """
        d, shadow = self.p._d, self.entry.fork()
        there = Path(shadow, path.knowledge.fork(), path.at)
        changed: set[Location] = {("x", n) for n in d.interface.changed_x} | {("v", n) for n in d.interface.changed_v}
        changed |= {(r.name, WHOLE) for r in d.modifies}
        havoc(shadow, LoopGuess(changed, halves={("v", n) for n in d.interface.d}), Bits(64, 0))
        with there.memory.observed():  # what was shown in bounds above
            for fn in d.ensures:
                for claim in fn(State(shadow)).values():
                    if any(isinstance(part, Pointwise) or part.value is not True for part in parts(claim)):
                        return True
        return False

    def _frame(self, path: Path) -> None:
        memory = path.memory
        allowed = {r.name for r in self.p._d.modifies} | {"stack"}
        for r in memory.regions:
            if r.name not in allowed and r.name in memory.beneath:
                self.record("frame", f"{r.name} is unchanged", Status.UNDECIDED, detail=f"a loop stores to {r.name}")
        changed = [r for r in memory.regions if r.name not in allowed and memory.overlays[r.name]]
        for r in changed:
            for layer in memory.overlays[r.name]:
                for k in layer.bytes:
                    now = memory.peek(r, layer.symbolic, k, 1)
                    before = memory.on_entry(r, layer.symbolic, k, 1)
                    self.check_one(path, now == before, "frame", f"{r.name} is unchanged", f"{r.name}+{k}")
        # Where something else is stored to, that it holds what it held is all there is to say, and is said above.
        if not changed and not any(r.name in memory.beneath for r in memory.regions if r.name not in allowed):
            self.record("frame", "nothing else is written", Status.PROVED, "write log")
