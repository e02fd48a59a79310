"""`solve`: an input that makes a routine end as is wanted, or that there is none on the paths followed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from armsym.bits import Bits, Prop
from armsym.bits.opaque import definitions_of
from armsym.conform.routine import machine_differences, run_routine
from armsym.conform.unicorn_oracle import GAPS, import_unicorn
from armsym.discharge.z3_bridge import Outcome, Solver
from armsym.elf import Image
from armsym.errors import ArmsymError, BudgetError, InputError, MachineStop, Undetermined
from armsym.machine import Machine
from armsym.proof.checks import a_number, shown
from armsym.proof.entry import EntryState
from armsym.proof.opaque import agreement
from armsym.proof.result import Status
from armsym.questions.numbers import IMAGE_BASE, Numbers, RunEnd, fixed_places, loose_places
from armsym.questions.wanted import Ended, parse
from armsym.simulator import Simulation, Start, State
from armsym.simulator.simulation import Place, uncollected
from armsym.stepper import RETURNED, Fork, Stepper
from armsym.terms import Substitution, ops
from armsym.terms.evaluate import free_terms
from armsym.terms.node import App, Term, Value

__all__ = ["Answer", "Disagreement", "Verdict", "solve"]

#: A condition on final states: of a path, and of a run on numbers.
Want: TypeAlias = "str | Callable[[Any], Prop | bool]"

#: An opaque function of at most so many bits is put to the solver as the table of its values.
_TABLE_BITS = 8


class Verdict(str, Enum):
    """What is known."""

    #: An input was found, and run.
    FOUND = "found"
    #: All paths were followed to their ends, and on none of them does an input end so.
    NONE = "none"
    #: Neither.
    UNDECIDED = "undecided"

    def __str__(self) -> str:
        return self.value


class Disagreement(ArmsymError):
    """Unicorn does not end where we do: a defect of ours, or of Unicorn's (exit 4)."""

    exit_code = 4


@dataclass(frozen=True)
class Answer:
    """What `solve` says.

    verdict      see `Verdict`
    paths        how many paths ended while it was looking
    reasons      why it is undecided, one for each path that is in the way; empty else
    assumptions  what holds on entry besides: "none" speaks of no other input
    symbols      of what was found: the number of each symbol of the start, by name
    registers    and of each register and flag that is open and matters
    buffers      what each buffer holds on entry, of the stack only if that matters
    entry        the whole state on entry
    end          the machine where it ended
    steps        instructions until then
    replay       how Unicorn's run compares, in words
    """

    verdict: Verdict
    paths: int
    reasons: tuple[str, ...] = ()
    assumptions: tuple[Prop, ...] = ()
    symbols: Mapping[str, int] = field(default_factory=dict)
    registers: Mapping[str, int] = field(default_factory=dict)
    buffers: Mapping[str, bytes] = field(default_factory=dict)
    entry: EntryState | None = None
    end: Machine | None = None
    steps: int = 0
    replay: str = ""


def solve(
    image: Image,
    place: Place,
    want: Want,
    *,
    state: Start | None = None,
    until: Place | Iterable[Place] = (),
    max_steps: int = 100_000,
    max_paths: int = 256,
    solver_ms: int = 2000,
    answer_ms: int = 20_000,
    fork: str = "branches",
) -> Answer:
    """An input with which code from a place on ends as is wanted, or that there is none.

    `want` is a text (`armsym.questions.wanted`), or a function of the final state that gives a condition: it is called
    with the final state of paths, and with that of a run on numbers, where registers and memory are numbers.  To end
    is to return, or to reach a place of `until`.

    `Verdict.FOUND` only after a run on numbers ended so; if Unicorn ends otherwise, `Disagreement` is raised.
    `Verdict.NONE` only if each path ended so, or is taken by no input, and Z3 says for each that no input ends it as is
    wanted; it took at most about `answer_ms` milliseconds for each, else the verdict is `UNDECIDED`.  The other options
    are those of `armsym.Simulation`.  Raises `InputError`.
    """
    a_number("answer_ms", answer_ms, 1)
    start = Start() if state is None else state
    if not isinstance(start, Start):
        raise InputError(f"state is a Start, not {shown(state)}")
    wanted = parse(want, start) if isinstance(want, str) else want
    if not callable(wanted):
        raise InputError(f"want is a text such as 'x0 == 0', or a function of the final state, not {shown(want)}")
    simulation = Simulation(
        image,
        place,
        state=start,
        until=until,
        max_steps=max_steps,
        max_paths=max_paths,
        solver_ms=solver_ms,
        fork=fork,
    )
    with uncollected():
        return _Search(simulation, wanted, answer_ms, max_steps).answer()


def _condition(want: Callable[[Any], Prop | bool], state: Ended) -> Prop:
    found = want(state)
    if isinstance(found, bool):
        return Prop(found)
    if not isinstance(found, Prop):
        raise InputError(f"want: the function gives a condition, as in s.x0 == 0, not {shown(found)}")
    return found


def with_tables(v: Value) -> Value:
    """A value in which the S-boxes are the tables of all their values: a model is then an input of the real ones."""
    mapping: dict[Term, Value] = {}
    # (What an application is made of has been made before it.)
    for t in sorted((t for t in free_terms(v) if isinstance(t, App)), key=lambda t: t.id):
        known = definitions_of(t)
        if known and len(t.args) == 1 and t.widths[0] <= _TABLE_BITS:
            n, w = t.widths[0], t.width
            index = Substitution(mapping)(t.args[0])
            entries = 0
            for k in range(1 << n):
                entries |= known[0](Bits(n, k)).uint << w * k
            mapping[t] = known[0](Bits(n, index)).uint if isinstance(index, int) else ops.table(w, n, index, entries)
    return Substitution(mapping)(v) if mapping else v


class _Search:
    """One question, path by path."""

    def __init__(
        self, simulation: Simulation, want: Callable[[Any], Prop | bool], answer_ms: int, max_steps: int
    ) -> None:
        self.simulation, self.want, self.ms, self.max_steps = simulation, want, answer_ms, max_steps
        self.start = simulation.start
        self.reasons: list[str] = []

    def answer(self) -> Answer:
        """The first input found, or what is known after all paths."""
        assumptions: tuple[Prop, ...] = ()
        paths = 0
        for state in self.simulation.paths():
            paths += 1
            assumptions = state.assumptions
            found = self._of_path(state, paths)
            if found is not None:
                return found
        # Of one name there is one function in terms: where two were meant, they must be equal for all arguments.
        for o in agreement():
            if o.status is not Status.PROVED:
                self.reasons.append(f"{o.name}: {o.detail or o.status}")
        if not self.reasons:
            self._check(assumptions)
        verdict = Verdict.UNDECIDED if self.reasons else Verdict.NONE
        return Answer(verdict, paths, tuple(self.reasons), assumptions)

    def _check(self, assumptions: Sequence[Prop]) -> None:
        """Whether there is a state to begin with: of none, everything could be said.  Raises `InputError`."""
        outcome = self._ask(assumptions)
        if outcome.holds is True:
            raise InputError("solve: what is assumed of the start contradicts itself: no state is one")
        if outcome.holds is None:
            self.reasons.append(f"whether there is a state to begin with: {outcome.reason}")

    def _of_path(self, state: State, paths: int) -> Answer | None:
        """What one path gives: an answer, or a reason that none can be given, or that nothing ends so."""
        stop = state.stop
        assert stop is not None
        if not stop.complete:
            # It is in the way unless no input takes it.
            if self._ask(state.facts).holds is not True:
                self.reasons.append(f"path {paths} stopped before its end: {stop.text}")
            return None
        try:
            wanted = _condition(self.want, state)
        except MachineStop as e:
            self.reasons.append(f"path {paths}: what is wanted cannot be told at its end: {e}")
            return None
        if wanted.value is False:
            return None
        facts = (*state.facts, wanted)
        # With everything where it usually lies, as with most inputs; then in general; then laid out in another way.
        why = ""
        for places in (fixed_places(self.start), None, loose_places(self.start)):
            outcome = self._ask((*facts, *(places or ())), pinned=places is not None)
            if places is None:
                if outcome.holds is not False:
                    if outcome.holds is None:
                        self.reasons.append(f"path {paths}: {outcome.reason}")
                    return None
                why = why or f"path {paths}: Z3 found an input, but none that can be laid out in memory and run"
            elif outcome.holds is False:
                try:
                    return self._run(state, outcome, facts, paths)
                except (MachineStop, BudgetError) as e:
                    why = f"path {paths}: what Z3 found does not end so when it is run: {e}"
        self.reasons.append(why)
        return None

    def _ask(self, facts: Sequence[Prop], *, pinned: bool = False) -> Outcome:
        """Whether the facts contradict each other (`holds`); False with a model where they do not."""
        values = [with_tables(f.bit.value) for f in facts]
        if pinned:
            values += [(v == n).bit.value for v, n in self._image_places()]
        if any(v == 0 for v in values if isinstance(v, int)):
            return Outcome(True)
        solver = Solver()
        for v in values:
            if isinstance(v, Term):
                solver.add(v)
        return solver.implies(0, self.ms)

    def _image_places(self) -> list[tuple[Bits, int]]:
        image = self.simulation.image
        return [] if image.fixed_base else self.simulation.places.at(IMAGE_BASE)

    # -- a run on numbers ---------------------------------------------------------------------

    def _run(self, state: State, outcome: Outcome, facts: Sequence[Prop], paths: int) -> Answer:
        """The answer, once a run from the model's state ended so; raises `MachineStop` where it does not."""
        assert outcome.model is not None
        image = self.simulation.image
        numbers = Numbers(self.start, outcome.model, self._image_places())
        broken = next((c for c in state.assumptions if not numbers.holds(c)), None)
        if broken is not None:
            raise Undetermined(f"the state on entry does not meet {broken.value}")
        at = self.simulation.entry
        try:
            machine = numbers.machine(image, at)
        except InputError as e:
            raise Undetermined(str(e)) from None
        base = 0 if image.fixed_base else IMAGE_BASE
        entry = EntryState.of(machine, base)
        before = machine.fork()
        executed = self._to_the_end(machine, base)
        steps, end = len(executed) - 1, executed[-1]
        doubts = getattr(machine.memory, "doubts", ())
        if doubts:
            raise Undetermined(f"one run of several: {doubts[0]}")
        if not numbers.holds(_condition(self.want, RunEnd(machine, numbers))):
            raise Undetermined(f"after {steps} instructions what is wanted does not hold")
        stop = before.x[30].uint if end == RETURNED else base + end
        replay = self._on_unicorn(before, machine, [base + k for k in executed[:-1]], stop)
        met: set[Term] = set()
        for f in facts:
            met |= free_terms(f.bit.value)
        return Answer(
            Verdict.FOUND,
            paths,
            assumptions=state.assumptions,
            symbols={n: numbers(v) for n, v in self.start.symbols.items()},
            registers=numbers.registers(met),
            buffers={
                n: bytes(data) for n, data in numbers.contents.items() if n != "stack" or "stack" in numbers.touched
            },
            entry=entry,
            end=machine,
            steps=steps,
            replay=replay,
        )

    def _to_the_end(self, m: Machine, base: int) -> list[int]:
        """Run on numbers: the offset of each instruction, and last where it ended."""
        stepper = Stepper(self.simulation.isa, self.simulation.image, Bits(64, base), m.x[30])
        executed = [self.simulation.entry]
        while (at := executed[-1]) != RETURNED and not (len(executed) > 1 and at in self.simulation.ends):
            if len(executed) > self.max_steps:
                raise BudgetError(f"no end after {self.max_steps} instructions")
            to = stepper.step(m, at)
            assert not isinstance(to, Fork)
            executed.append(to)
        return executed

    def _on_unicorn(self, before: Machine, after: Machine, executed: list[int], stop: int) -> str:
        """How Unicorn's run compares; raises `Disagreement` where it ends otherwise."""
        try:
            import_unicorn()
        except InputError as e:
            return f"not replayed on Unicorn: {e}"
        if stop in executed:
            return f"not replayed on Unicorn: it would end at the first arrival at {stop:#x}"
        for at in dict.fromkeys(executed):
            word = before.memory.load(Bits(64, at), 4).uint
            gap = next((g.reason for g in GAPS if word & g.mask == g.value), "")
            if gap:
                return f"not replayed on Unicorn: {gap}"
        steps = len(executed)
        try:
            theirs = run_routine(before, executed[0], stop, seconds=60)
        except BudgetError as e:
            return f"not replayed on Unicorn: {e}"
        except MachineStop as e:
            raise Disagreement(f"solve: armsym ends after {steps} instructions, but not so: {e}") from None
        differences = machine_differences(after, theirs)
        if differences:
            raise Disagreement(f"solve: after {steps} instructions armsym and Unicorn differ: {differences[0]}")
        size = sum(len(r.data) for r in getattr(after.memory, "regions", ()) if not r.name.startswith("image "))
        return f"armsym and Unicorn agree on all registers and {size} bytes of memory after {steps} instructions"
