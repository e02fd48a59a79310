"""The paths of a routine, one after the other, until none is left.

Every execution from a state that meets the precondition follows one of the explored paths: branches that the facts
do not decide are explored both ways, and at a loop head an arbitrary iteration i is explored from a state of which
only the invariant is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from armsym.errors import ArmsymError, BranchError, BudgetError, InputError, MachineStop, MemoryFault, Undetermined
from armsym.proof.checks import place_of
from armsym.proof.contract import KIND, Callee
from armsym.proof.engine import join_rule, loop_rule
from armsym.proof.engine.branch_rule import branch, part, tell_apart
from armsym.proof.engine.budget import Budget, Meter
from armsym.proof.engine.cut_rule import cut
from armsym.proof.engine.entry_rule import check_preconditions, prove_lemmas, prove_theorems
from armsym.proof.engine.return_rule import check_accesses_in_bounds, returned
from armsym.proof.engine.run import Ended, Enter, Met, Next, Origin, Parts, Retry, Run, Stopped, indices
from armsym.proof.engine.stack_rule import NO_ACCESS_BELOW, SP_KNOWN, check_accesses, release, sp_is_known
from armsym.proof.engine.watch import Nobody, Watcher
from armsym.proof.havoc import LoopGuess
from armsym.proof.hints import no_invariant
from armsym.proof.landing import LANDING, RETURNS, is_return, missing_at_entry, missing_pad
from armsym.proof.ledger import Ledger, Mark, told
from armsym.proof.path import Knowledge, NeedSplit, Path
from armsym.proof.profile import at_place, measuring
from armsym.proof.result import CONSTANT_TIME, Kind, Obligation, Status
from armsym.proof.state import State, handed
from armsym.proof.symbolic import SymbolicProof
from armsym.proof.telling import Teller
from armsym.proof.why import Why
from armsym.stepper import RETURNED, Fork, Stepper, describe_stop
from armsym.terms import ops

__all__ = ["Engine"]

#: A loop whose changes are not found in so many attempts is not understood.
ATTEMPTS = 64


@dataclass(frozen=True)
class _Attempt:
    """A loop being explored from a guess; and how things stood before, where another guess begins again."""

    head: int
    guess: LoopGuess
    arrival: Path
    enter: Enter
    parent: Origin | None
    mark: Mark
    complete: bool
    #: What the watcher was told before.
    seen: object
    number: int = 1


@dataclass
class _Frame:
    """The paths still to follow of one iteration (of the routine itself where there is no attempt)."""

    origin: Origin | None
    attempt: _Attempt | None
    todo: list[Path] = field(default_factory=list)
    #: The iterations within this one whose exploration ended, those around others first.
    met: list[Origin] = field(default_factory=list)


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
        watch: Watcher | None = None,
        claims_results: bool = False,
    ) -> None:
        """`earlier` is what another case of the proof found out about loops: its `guesses`; `watch` looks on.

        `claims_results` says that another case's claims did say something about results: so it is not asked here.
        """
        self.p, self.guesses = p, dict(earlier or {})
        d, r = p._d, p.routine
        for inv in d.invariants:
            if inv.head in guesses:
                guess, known = guesses[inv.head].per(inv.step), self.guesses.get(inv.head)
                self.guesses[inv.head] = guess.after(known) if known else guess
        self.image = r.image
        self.stepper = Stepper(r.isa, r.image, p.places, p.lr0, p._d.alike)
        self.invariants = {} if unrolled else {inv.head: inv for inv in d.invariants}
        self.cuts = {} if unrolled else {c.at: c for c in d.cuts}
        self.each = {} if unrolled else d.each
        self.joins = {} if unrolled else {j.at: join_rule.Meeting(j) for j in d.joins}
        self.shows: dict[int, list[Callable[[State], object]]] = {}
        for at, what in d.shows:
            self.shows.setdefault(at, []).append(what)
        self.ledger = Ledger(self.image, budget.claim_ms, models=unrolled)
        self.ledger.filters, self.ledger.unfolded = d.filters, p.unfolded
        self.ledger.without_revealed = p.without_revealed
        self.ledger.tells = d.tells
        if not unrolled:  # what such a run does not show is not told
            self.ledger.teller = Teller(self.image, r.isa, p.lengths)
        self._run = Run(p, self.image, p.start(), self.ledger, Meter(budget), unrolled, claims_results)
        self._watch = watch or Nobody()
        self.ledger.watched = self._watch.recorded
        #: The loops' iterations that were explored, as they were last assumed, each after those that it is part of.
        self.iterations: list[Origin] = []
        #: Whether every path so far was followed to its end.
        self._complete = True
        callees = [Callee(c, p) for c in d.contracts]
        self.callees = {c.entry: c for c in callees}
        if r.entry in self.callees or len(self.callees) < len(callees):
            raise InputError(f"{r.symbol}: a contract of the routine itself, or two of one routine")
        for at, _ in d.splits:
            if at not in {inv.head for inv in d.invariants}:
                raise InputError(f"split at {self.image.symbolize(at)}, where no invariant stands")

    # -- what was found -----------------------------------------------------------------------

    @property
    def obligations(self) -> list[Obligation]:
        """Everything recorded."""
        return self.ledger.obligations

    @property
    def steps(self) -> int:
        """Instructions executed."""
        return self._run.meter.steps

    @property
    def executed(self) -> set[int]:
        """The code offsets of the instructions executed."""
        return self._run.executed

    @property
    def cuts_met(self) -> Sequence[Met | None]:
        """The cuts that forgot something, in the order met."""
        return self._run.cuts

    @property
    def shown(self) -> list[str]:
        """What `Proof.show` asked for, in the order met."""
        return self._run.shown

    @property
    def claims_results(self) -> bool:
        """Whether a claim about the results was checked, here or in another case: one that could have been false."""
        return self._run.claimed_elsewhere or bool(self._run.results_claimed)

    @property
    def assumptions(self) -> list[str]:
        """What the instructions executed take for granted of the core."""
        isa = self.p.routine.isa
        executed = [isa.decode(word) for word in {self.image.word(at) for at in self.executed}]
        timed = {isa.latency(i) for i in executed} & self.p._d.alike
        found = {i.assumption() for i in executed}
        found |= {
            f"the duration of {name.upper()}, which Arm does not list, does not depend on its operands"
            for name in timed
            if name
        }
        return sorted(a for a in found if a is not None)

    # -- the whole ----------------------------------------------------------------------------

    def run(self) -> None:
        """Explore all paths; every failure is recorded, none is raised."""
        p, run, record = self.p, self._run, self.ledger.record
        try:
            start = run.watched(
                Path(run.entry.fork(), Knowledge(p.facts, answers=p.answers), p.routine.entry, p.folds_on_entry)
            )
            start.relations = p.relations[:]
            # A routine that begins with a loop comes to its head at once; only an iteration begins without that.
            start.steps = int(p.routine.entry in self.invariants)
            check_preconditions(run, start)
            prove_lemmas(run, start)
            if not run.unrolled:  # whose claims about small numbers need none
                prove_theorems(run, start)
            if self.ledger.teller is not None:
                self.ledger.teller.on_entry = len(start.knowledge.facts)
            self._land(missing_at_entry(p.routine))
            entry = start.fork()
            self._explore([_Frame(None, None, [start])])
            while met := [at for at, meeting in self.joins.items() if meeting.sp is not None and not meeting.left]:
                self._go_on(entry, self.joins[min(met)])
        except BudgetError as e:
            self._complete = False
            heads = {loop.head for loop in p.routine.all_loops} - self.invariants.keys()
            hints = no_invariant((at, self.image.symbolize(at)) for at in sorted(heads & run.executed))
            why = Why(hints=hints) if hints else None
            record("termination", "within the budget", Status.UNDECIDED, detail=str(e), why=why)
        except ArmsymError as e:
            self._complete = False
            said, place = describe_stop(e, self.image, p.routine.isa), place_of(e)
            detail = f"{place}: {said}" if place and not said.startswith(place) else said
            record("decode", "the proof can be evaluated", Status.ERROR, detail=detail)
        if not p._d.ensures and not p._d.twins:
            record("ensures", "a claim on return", Status.UNDECIDED, detail="the proof has no p.ensures(...)")
        for at, what in [(inv.head, inv.name) for inv in p._d.invariants] + [
            *((c.at, c.name) for c in p._d.cuts),
            *((j.at, j.name) for j in p._d.joins),
        ]:
            if at not in run.reached:
                record("invariant", what, Status.UNDECIDED, detail="no path reaches this point")
        for at in self.each:
            if at not in run.reached:
                record("invariant", f"each at {run.where(at)}", Status.UNDECIDED, detail="no path reaches this point")
        for at, callee in self.callees.items():
            if at not in run.reached:
                record(KIND, f"{callee.contract.name} is called", Status.UNDECIDED, detail="no path calls it")
        for text, _ in p._d.tells:
            if not self.ledger.holds("constant-time", told(text)):
                record("constant-time", told(text), Status.UNDECIDED, detail="no branch is shown to tell just that")
        if not self._complete:
            return  # of what was not explored nothing was shown
        shown: tuple[tuple[Kind, str], ...] = (
            ("decode", "every instruction reached is modelled"),
            ("constant-time", CONSTANT_TIME),
            ("memory", NO_ACCESS_BELOW),
            ("memory", SP_KNOWN),
            ("termination", "every loop ends"),
        )
        if self.image.guarded:
            shown = (*shown, ("bti", LANDING))
        for kind, name in shown:
            record(kind, name, Status.PROVED, by="exploration")

    # -- the work list ------------------------------------------------------------------------

    def _go_on(self, entry: Path, meeting: join_rule.Meeting) -> None:
        """Follow the path that stands for all that met."""
        got = join_rule.go_on(self._run, entry, meeting)
        if isinstance(got, Stopped):
            self._complete = False
            return
        self._watch.joined(meeting.join.name, *got)
        self._explore([_Frame(got[0], None, [got[1]])])

    def _explore(self, frames: list[_Frame]) -> None:
        """Follow paths until none is left; those of the loop met last go first."""
        while frames:
            frame = frames[-1]
            if not frame.todo:
                frames.pop()
                if frame.attempt is not None:
                    self.guesses[frame.attempt.head] = frame.attempt.guess
                met = frame.met if frame.origin is None or frame.attempt is None else [frame.origin, *frame.met]
                (frames[-1].met if frames else self.iterations).extend(met)
                continue
            path = frame.todo.pop()
            go_on = self._follow(path, frame.origin)
            self._watch.left(path, go_on)
            if isinstance(go_on, Parts):
                frame.todo += go_on.paths
            elif isinstance(go_on, Enter):
                head = go_on.invariant.head
                guess = self.guesses.get(head) or LoopGuess()
                mark, seen = self.ledger.mark(), self._watch.mark()
                self._enter(frames, _Attempt(head, guess, path, go_on, frame.origin, mark, self._complete, seen))
            elif isinstance(go_on, Retry):
                # Whatever was found within the loop rests on the guess.
                while (attempt := frames.pop().attempt) is None or attempt.head != go_on.head:
                    assert frames, "a loop is retried that is not being explored"
                self._enter(frames, self._again(attempt, go_on))
            elif isinstance(go_on, Stopped):
                self._complete = False
                path.over()
            else:
                assert isinstance(go_on, Ended)
                path.over()

    def _enter(self, frames: list[_Frame], attempt: _Attempt) -> None:
        """Put an arbitrary iteration of the loop on the list."""
        inv = attempt.enter.invariant
        while isinstance(
            got := loop_rule.iterate(self._run, attempt.arrival, inv, attempt.guess, attempt.parent), Retry
        ):
            assert got.head == attempt.head
            attempt = self._again(attempt, got)
        if isinstance(got, Stopped):
            self._complete = False
            return
        origin, starts = got
        self._watch.iterates(attempt.arrival, origin, starts)
        frames.append(_Frame(origin, attempt, list(starts.paths)))

    def _again(self, attempt: _Attempt, retry: Retry) -> _Attempt:
        """The next attempt at a loop: what the last one found is forgotten."""
        if attempt.number == ATTEMPTS:
            name = attempt.enter.invariant.name
            raise BudgetError(f"{name}: no set of loop variables found in {ATTEMPTS} attempts (last: {retry.why})")
        self.ledger.reset(attempt.mark)
        self._watch.reset(attempt.seen)
        self._complete = attempt.complete
        return replace(attempt, guess=retry.guess, number=attempt.number + 1)

    # -- one path -----------------------------------------------------------------------------

    def _follow(self, path: Path, origin: Origin | None) -> Next:
        """Follow a path until it parts, meets a loop head or ends."""
        self._run.meter.path()
        self._watch.follows(path, origin)
        try:
            with self._run.under(path, *indices(origin)):
                while True:
                    go_on = self._step(path, origin)
                    if go_on is not None:
                        return go_on
        except MachineStop as e:
            if self._run.unrolled:
                self.ledger.witness(path)
            kind: Kind = "decode"
            name = "every instruction reached is modelled"
            why = self.ledger.why(path, "")
            status = Status.UNDECIDED if isinstance(e, Undetermined) else Status.ERROR
            if isinstance(e, MemoryFault):
                kind, name, status = "memory", "every access is permitted", Status.UNDECIDED
            detail = describe_stop(e, self.image, self.p.routine.isa)
            if isinstance(e, BranchError) and e.address is not None and is_return(self.p.routine, e.address):
                kind, name, status = "abi", RETURNS, Status.UNDECIDED
                detail += ": this is not where it was called from (LR on entry)"
            self.ledger.record(kind, name, status, detail=detail, why=why)
            return Stopped()

    def _step(self, path: Path, origin: Origin | None) -> Next | None:
        """Whatever stands at the offset where the path is, then its instruction; None where the path goes on."""
        run, at = self._run, path.at
        if at == RETURNED:
            check_accesses_in_bounds(run, path)
            returned(run, path, origin)
            return Ended()
        if at in self.invariants and path.steps:
            counts = loop_rule.counts(run, path, self.invariants[at])
            known = path.knowledge.decide(counts)
            if known is None:
                return part(run, path, counts, origin)
            if known:
                check_accesses_in_bounds(run, path)
                return loop_rule.arrive(run, path, self.invariants[at], origin)
        if at in self.joins and path.steps:
            return join_rule.arrive(run, path, self.joins[at], origin)
        path.steps += 1
        if at in self.callees and path.steps > 1:
            run.reached.add(at)
            callee = self.callees[at]
            path.turn("call", f"{callee.contract.name}, by its contract")
            self._watch.before(path)
            to = callee.call(self.ledger, self.stepper, path)
            self._watch.called(path, callee.contract.name)
            path.at = to
            path.calls = path.calls.after(at, path.at, links=False)
            return None
        if at in self.each:
            apart = tell_apart(run, path, *self.each[at], origin)
            if apart is not None:
                return apart
        if at in self.cuts:
            run.reached.add(at)
            if not cut(run, path, self.cuts[at], origin):
                return Stopped()
        for what in self.shows.get(at, ()):
            with path.memory.observed(), handed(path.machine) as s:
                run.shown.append(f"at {run.where(at)}:\n{what(s)}")
        profile = measuring()
        if profile is None:
            return self._execute(path, origin)
        with at_place(profile, at, lambda: path.at == at + 4):
            return self._execute(path, origin)

    def _execute(self, path: Path, origin: Origin | None) -> Next | None:
        """The instruction where the path is."""
        run, at, m, memory = self._run, path.at, path.machine, path.memory
        run.meter.step()
        memory.at = at
        self._watch.before(path)
        x, v, sp, nzcv, since = m.x[:], m.v[:], m.sp, m.nzcv, len(memory.log)
        to = self._stepped(path)
        if isinstance(to, NeedSplit):
            if len(memory.log) != since:
                raise BudgetError(f"cannot split at {at:#x}: the instruction has touched memory already")
            m.x, m.v, m.sp, m.nzcv = x, v, sp, nzcv
            # Both parts come here again.
            path.steps -= 1
            if at in self.cuts:
                path.arrivals[at] -= 1
            return part(run, path, to.cond, origin)
        run.executed.add(at)
        self._watch.after(path, to)
        if isinstance(to, int):
            self._land(missing_pad(self.p.routine, at, to))
        if isinstance(to, int) and (path.calls.frames or m.x[30] is not x[30]):
            links = m.x[30] is not x[30] and (m.x[30] - self.p.places.of(at)).value == 4
            path.calls = path.calls.after(at, to, links=links)
        retry = loop_rule.public_at_a_head(path, origin)
        if retry is not None:
            return retry
        if len(memory.log) != since:
            check_accesses(run, path, sp, since)
        if m.sp is not sp:
            if not sp_is_known(run, path):
                return Stopped()
            release(run, path)
        if isinstance(to, Fork):
            branched = branch(run, path, to, origin)
            if isinstance(branched, Parts):
                return branched
            to = branched
        path.at = to
        return None

    def _land(self, missing: str) -> None:
        if missing:
            self.ledger.record("bti", LANDING, Status.UNDECIDED, detail=missing)

    def _stepped(self, path: Path) -> int | Fork | NeedSplit:
        """Where the instruction leads, or the condition that has to be known to execute it."""
        oracle = ops.set_oracle(path.known_or_split)
        try:
            return self.stepper.step(path.machine, path.at)
        except NeedSplit as split:
            return split
        finally:
            ops.set_oracle(oracle)
