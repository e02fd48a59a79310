"""Proving one routine of one file, from concrete runs to the symbolic proof to the answer."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import product
from traceback import extract_tb
from typing import Any, TypeVar

from armsym.discharge.recheck import IN_ALL, Answer, Noted, Rechecked, SecondSolver, recheck
from armsym.elf import Image
from armsym.errors import ArmsymError, InputError, need_assertions
from armsym.integers.numbers import noting
from armsym.isa import InstructionSet
from armsym.proof.concrete import AT_EDGES, ConcreteProof, Trial, Violation
from armsym.proof.declare import Contract, Phase, Proof
from armsym.proof.engine import Budget, Engine, Watcher
from armsym.proof.entry import EntryState
from armsym.proof.havoc import LoopGuess, guess_loops
from armsym.proof.inputs import InputValues, Recipe
from armsym.proof.leaks import Leak, two_secrets
from armsym.proof.loops import Routine
from armsym.proof.opaque import agreement
from armsym.proof.profile import Profile, profiling, spending
from armsym.proof.refutation import Replay, Wanted, counterexample
from armsym.proof.reliance import rely
from armsym.proof.result import Obligation, ProofResult, Status, worst
from armsym.proof.statement import Twin
from armsym.proof.symbolic import SymbolicProof
from armsym.proof.trials import concrete_stepper, first_difference, run_trial
from armsym.terms import new_table

__all__ = ["Compare", "Replay", "Wanted", "prove"]

ProofFn = Callable[[Proof], None]
#: What loops change, by the regions of a case (name, cell, access) and by loop head.
Guesses = dict[tuple[tuple[str, int, str], ...], dict[int, LoopGuess]]
P = TypeVar("P", bound=Proof)

#: Compares the routine with another: an obligation, and what it assumes.
Compare = Callable[[Twin], tuple[Obligation, Sequence[str]]]
#: Is handed each case's engine once it ended, while its terms are there: (engine, case in words).
Observe = Callable[[Engine, str], None]

#: Concrete runs before the symbolic proof: (length above the least one, seed).
TRIALS = tuple((hint, 1000 + hint * 10 + k) for k, hint in enumerate((2, 0, 1, 3)))
#: Of these, so many are run again with other secrets, to compare what an attacker could time.
TIMED = 2
#: More of them when the symbolic proof did not close, in search of a counterexample.
SEARCH = tuple((k % 12, 5000 + k) for k in range(24))
#: Runs whose inputs are words at an edge, in search of a carry that hardly any number has.
EDGES = tuple((k % 5, AT_EDGES + k) for k in range(2000))
#: Instructions that they may take in all: before the symbolic proof, of all cases; where one did not close, of a proof
#: that speaks of integers, and of another.
EDGE_STEPS, EDGE_SEARCH, EDGE_OTHERS = 4_000, 150_000, 10_000
#: What it takes to make such a run's state, in instructions; and the CPU seconds of that search, of all cases: claims
#: may cost more than what they are about.
PREPARED, EDGE_SECONDS = 50, 20.0

#: A proof of more cases than this makes one run of each but the first, of the least length.
FEW = 4
FURTHER = ((0, 4000),)

#: Runs with these lengths, if need be, to see every loop iterate.
VISITS = (2, 2, 2, 24, 2, 2, 40, 2, 2, 70, 2, 2, 24, 2, 2, 40)
#: Instructions that such runs may take in all: what they do not show, the symbolic proof finds out.
VISIT_STEPS = 15_000
#: Lengths to try as well where a run is so short that they cost nothing: bytes, not blocks.
LONGER = tuple((hint, 3000 + hint) for hint in (15, 16, 40, 70))
SHORT_RUN = 60
#: So many runs that do not return, and no more are made: they say nothing.
TOO_LONG = 2
#: Values that leak for which two runs are looked for, and the time for the inputs of each.
LEAKS = 16
LEAK_MS = 2000


@dataclass
class _Runs:
    """What the concrete runs found."""

    trials: list[Trial]
    bad: tuple[Trial, Violation] | None = None
    witness: int = 0
    #: What runs broke that rest on what the file does not say: nothing is refuted by it, nor proved.
    open: list[Violation] = field(default_factory=list)


def _trial(case: _Case, routine: Routine, hint: int, public: int, secret: int, near: Sequence[int] = ()) -> Trial:
    def run(invariants: bool) -> Trial:
        p = case.concrete(routine, public, secret, hint, near=near)
        return run_trial(p, concrete_stepper, invariants=invariants)

    t = run(True)
    if t.violation is not None and t.violation.kind in ("invariant", "termination"):
        # An invariant speaks of the proof; a broken promise of the routine is better news.
        plain = run(False)
        if plain.violation is not None:
            return plain
    return t


def _other(case: _Case, routine: Routine, hint: int, public: int, secret: int) -> Trial:
    """A run with other secrets, of which the same is revealed."""
    first = case.concrete(routine, public, public, hint)
    if not first._d.revealed or first.unmet:
        return _trial(case, routine, hint, public, secret)

    def revealed(values: InputValues) -> tuple[int, ...]:
        p = case.concrete(routine, public, secret, hint, values)
        return () if p.unmet else p.revealed()

    values = first.other_secrets(secret, revealed)
    return run_trial(case.concrete(routine, public, secret, hint, values), concrete_stepper)


def _concrete(case: _Case, routine: Routine, plan: tuple[tuple[int, int], ...], *, timed: int) -> _Runs:
    """Run the plan; the first `timed` runs again with other secrets, to compare what could be timed."""
    runs = _Runs([])
    too_long = 0
    for k, (hint, seed) in enumerate(plan):
        t = _trial(case, routine, hint, seed, seed)
        if t.rejected:
            too_long += t.too_long
            if too_long == TOO_LONG:
                return runs
            continue
        runs.trials.append(t)
        if t.violation is not None:
            if t.violation.status is Status.UNDECIDED:
                runs.open.append(t.violation)
                continue
            runs.bad = (t, t.violation)
            return runs
        runs.witness += 1
        if k < timed:
            others = (_other(case, routine, hint, seed, seed + 7919 * n) for n in range(1, 5))
            # Secrets may be under a precondition, too.
            other = next((o for o in others if not o.rejected and o.told == t.told), t)
            leak = None if other.violation is not None else first_difference(t, other, routine)
            if leak is not None and (t.doubts or other.doubts):
                leak.status, leak.detail = Status.UNDECIDED, f"{leak.detail}, {(t.doubts or other.doubts)[0]}"
                runs.open.append(leak)
            elif leak is not None:
                runs.bad = (t, leak)
                return runs
    return runs


def _at_edges(case: _Case, routine: Routine, near: Sequence[int], most: int, seconds: float = math.inf) -> _Runs:
    """Runs whose inputs are at edges, or near numbers, until one breaks a claim; of so many instructions in all.

    A run in which the proof speaks of what cannot be computed says nothing: code that is wrong makes such values, and
    so do inputs that no precondition lets pass, whatever a function of the proof file raises there.  What is raised
    everywhere the runs before have shown.
    """
    runs, steps, too_long, until = _Runs([]), 0, 0, time.process_time() + seconds
    for hint, seed in EDGES:
        if steps >= most or time.process_time() > until:
            break
        # (A state that no precondition lets pass costs something, too.)
        steps += PREPARED
        try:
            t = _trial(case, routine, hint, seed, seed, near)
        except Exception:  # noqa: BLE001 - a function of the proof file need not be defined where no precondition holds
            continue
        steps += t.steps
        too_long += t.too_long
        if not t.rejected and t.violation is not None and t.violation.status is not Status.UNDECIDED:
            runs.trials.append(t)
            runs.bad = (t, t.violation)
            break
        if too_long == TOO_LONG:
            break
    return runs


def _visit_loops(case: _Case, routine: Routine, heads: set[int], runs: _Runs) -> bool:
    """More runs until each loop head was reached three times in one of them; whether one broke a claim.

    Which loop runs may depend on inputs (on the features of the core, say); what a loop changes
    is guessed from runs that take it.
    """
    steps = 0
    for k, hint in enumerate(VISITS):
        missing = [h for h in heads if not any(len(a) > 2 for t in runs.trials for a in t.heads.get(h, ()))]
        if not missing or steps > VISIT_STEPS:
            return False
        t = _trial(case, routine, hint, 9000 + k, 9000 + k)
        steps += t.steps
        if not t.rejected:
            runs.trials.append(t)
        if t.violation is not None and t.violation.status is Status.UNDECIDED:
            runs.open.append(t.violation)
        elif t.violation is not None:
            runs.bad = (t, t.violation)
            return True
    return False


def prove(
    fn: ProofFn,
    *,
    name: str,
    image: Image,
    symbol: str,
    isa: InstructionSet,
    budget: Budget | None = None,
    wanted: Wanted | None = None,
    second: SecondSolver | None = None,
    compare: Compare | None = None,
    profile: Profile | None = None,
    watch: Watcher | None = None,
    observe: Observe | None = None,
    noted: Noted | None = None,
) -> ProofResult:
    """Prove `symbol` of `image` as the proof function `fn` states.

    With a `second` solver, it has to confirm every answer of Z3 on which the proof rests.  A `profile` notes where
    the time goes.  `watch` looks on as each case is run on symbols, also where a run on numbers has refuted it
    already; the answer does not depend on it.  `noted` is told of each answer of Z3 on which the proof rests, those for
    contracts included, and what the second solver said of it; with a profile, it knows where it was asked.

    The answer is never an exception of the routine's own making.  Raises `InputError` for a proof
    that cannot be set up, or whose functions raise, with the place in its file.
    """
    need_assertions()
    # Terms live until the proof ends: looking through them for garbage again and again finds none.
    collecting = gc.isenabled()
    gc.disable()
    # What there is before the first case stays: looking through it again after each case finds nothing either.
    frozen = gc.get_freeze_count() > 0
    if not frozen:
        gc.freeze()
    try:
        with profiling(profile):
            result = _prove(
                fn,
                name=name,
                image=image,
                symbol=symbol,
                isa=isa,
                budget=budget,
                wanted=wanted,
                second=second,
                compare=compare,
                watch=watch,
                observe=observe,
                noted=noted,
            )
        result.profile = profile
        return result
    except ArmsymError:
        raise
    except Exception as e:
        file = getattr(fn, "file", None) or getattr(getattr(fn, "__code__", None), "co_filename", None)
        place = next((f for f in reversed(extract_tb(e.__traceback__)) if f.filename == file), None)
        if place is None:
            raise  # not the proof's doing
        raise InputError(f"{file}:{place.lineno}: the proof {name} raises {type(e).__name__}: {e}") from e
    finally:
        if not frozen:
            gc.unfreeze()
        if collecting:
            gc.enable()


def _prove(
    fn: ProofFn,
    *,
    name: str,
    image: Image,
    symbol: str,
    isa: InstructionSet,
    budget: Budget | None = None,
    wanted: Wanted | None = None,
    second: SecondSolver | None = None,
    compare: Compare | None = None,
    watch: Watcher | None = None,
    observe: Observe | None = None,
    noted: Noted | None = None,
    brief: bool = False,
) -> ProofResult:
    """With `brief`, one concrete run has to do where a witness needs no more."""
    began = time.process_time()
    result = ProofResult(name, image.path, symbol, image.sha256)
    review = None if second is None and noted is None else _Review(second, set(), noted)
    if second is not None:
        result.second = Rechecked(second.name)
    routine = Routine(image, isa, symbol)
    start, size = image.function_extent(symbol)
    try:
        result.code_sha256 = _digest(image.bytes_at(start, size))
    except InputError:
        result.code_sha256 = ""
    budget = budget or Budget()
    cases = list(_cases(fn, routine))

    def prove_contract(c: Contract) -> ProofResult:
        # Its own run tries more inputs; that it is proved does not rest on them.
        options: dict[str, Any] = {"second": second, "noted": noted, "brief": True}
        return _prove(c, name=c.name, image=image, symbol=c.symbol, isa=isa, budget=budget, **options)

    first = _Runs([])
    guesses: Guesses = {}
    assumed: dict[str, list[str]] = {}
    for k, case in enumerate(cases):
        plan = TRIALS[:1] if brief else FURTHER if k and len(cases) > FEW else TRIALS
        assumed[case.text] = _prove_case(
            case,
            routine,
            result,
            budget,
            wanted or Wanted(),
            plan,
            first,
            guesses,
            prove_contract,
            review,
            watch,
            observe,
        )
        if result.counterexample is not None:
            break
        if k + 1 < len(cases):
            # A case and its terms hold each other: freed before the next, so that memory does not grow with the cases.
            new_table()
            gc.collect()
    result.assumptions = _assumptions(assumed)
    if not brief and result.counterexample is None:
        _compare(fn, routine, result, compare)
    result.seconds = time.process_time() - began
    return result


def _compare(fn: ProofFn, routine: Routine, result: ProofResult, compare: Compare | None) -> None:
    """That the routine does what others do, as the proof says; without a comparison at hand that is undecided."""
    p = ConcreteProof(routine, 0, 0, 0)
    fn(p)
    found = []
    for twin in p._d.twins:
        if compare is None:
            detail = "nothing here compares routines: `armsym prove` does"
            found.append(Obligation(f"does what {twin.symbol} does", "same-as", Status.UNDECIDED, detail=detail))
            continue
        obligation, assumed = compare(twin)
        found.append(obligation)
        result.assumptions += [a for a in assumed if a not in result.assumptions]
        result.claims_results = True
    if not found:
        return
    if not p._d.ensures:
        # What it says of the results is that they are the other's: no postcondition is missing.
        result.obligations = [o for o in result.obligations if (o.kind, o.name) != ("ensures", "ensures")]
    result.obligations += found
    result.status = worst(o.status for o in result.obligations)


@dataclass(frozen=True)
class _Review:
    """A second solver, and what it was asked already in this proof."""

    solver: SecondSolver | None
    seen: set[str]
    noted: Noted | None = None

    def of(self, answers: Sequence[Answer], result: ProofResult, seconds: float) -> Iterator[Obligation]:
        """Have Z3's answers confirmed and note in the result what came of it: an obligation like others.

        Without a solver they are only noted.
        """
        if self.solver is None:
            recheck(answers, None, self.seen, 0.0, noted=self.noted)
            return
        assert result.second is not None
        # What it gives up on is of one kind, in each case of a proof.
        given_up = len(result.second.unconfirmed)
        left = min(seconds, IN_ALL * self.solver.count - result.second.seconds)
        told = recheck(answers, self.solver, self.seen, left, given_up, self.noted)
        result.second.join(told)
        title = f"{told.solver} confirms what Z3 says follows"
        if told.disagreements:
            d = told.disagreements[0]
            detail = f"Z3 ({d.how}) says unsat, {d.by} says sat of\n{d.script}"
            yield Obligation(title, "second-solver", Status.ERROR, (), told.seconds, detail)
            return
        # What it gives up on stands on Z3 alone, as without it: that is counted and said, and is no contradiction.
        by = (told.solver, "else Z3 alone") if told.lacking else (told.solver,)
        yield Obligation(title, "second-solver", Status.PROVED, by, told.seconds, told.lacking)


@dataclass
class _Case:
    """The proof function for one alternative of each choice."""

    fn: ProofFn
    chosen: dict[str, int]
    #: All alternatives there are.
    choices: dict[str, tuple[int, ...]]
    #: Where SP lies on entry, where that decides about the frame.
    phase: Phase

    @property
    def text(self) -> str:
        """The choices in words; empty where there are none."""
        sp = [f"SP mod {self.phase.align} = {self.phase.rest}"] if self.phase.align > 16 else []
        return ", ".join([*(f"{k} = {v}" for k, v in self.chosen.items()), *sp])

    @property
    def of(self) -> int:
        """How many combinations of alternatives there are."""
        return math.prod(len(values) for values in self.choices.values())

    def symbolic(
        self, routine: Routine, sizes: int | None = None, answers: list[Answer] | None = None
    ) -> SymbolicProof:
        """What it declares, on symbols; `answers` takes Z3's."""
        return self._declared(
            SymbolicProof(routine, sizes=sizes, chosen=self.chosen, answers=answers, phase=self.phase)
        )

    def concrete(
        self,
        routine: Routine,
        public: int,
        secret: int,
        hint: int,
        values: InputValues | None = None,
        plain: Mapping[str, int] | None = None,
        near: Sequence[int] = (),
    ) -> ConcreteProof:
        """What it declares, on numbers."""
        p = ConcreteProof(routine, public, secret, hint, values, self.chosen, self.phase, plain, near)
        return self._declared(p)

    def again(self, routine: Routine) -> Callable[[Recipe], ConcreteProof]:
        """What makes a state on numbers by its recipe."""
        return lambda r: self.concrete(routine, r.public, r.secret, r.hint, r.values, r.plain, r.near)

    def _declared(self, p: P) -> P:
        self.fn(p)
        if p._d.choices != self.choices:
            raise InputError("which choices there are, or their values, depends on another choice")
        if p._d.align != self.phase.align:
            raise InputError(f"p.stack aligns to {p._d.align} here and to {self.phase.align} in another case")
        return p


def _cases(fn: ProofFn, routine: Routine) -> Iterator[_Case]:
    """Every combination of the alternatives that the proof declares, and of where SP may lie."""
    p = ConcreteProof(routine, 0, 0, 0)
    fn(p)
    for values in product(*p._d.choices.values()):
        for phase in Phase.all(p._d.align):
            yield _Case(fn, dict(zip(p._d.choices, values, strict=True)), p._d.choices, phase)


def _prove_case(
    case: _Case,
    routine: Routine,
    result: ProofResult,
    budget: Budget,
    wanted: Wanted,
    plan: tuple[tuple[int, int], ...],
    first: _Runs,
    guesses: Guesses,
    prove_contract: Callable[[Contract], ProofResult],
    review: _Review | None,
    watch: Watcher | None = None,
    observe: Observe | None = None,
) -> list[str]:
    """Add what one case shows to the result; returns what it assumes.

    `first` are the runs of the first case, to which this one may add; `guesses` about loops go from case to case.
    """
    clock = time.perf_counter()
    with spending("phases", "runs on numbers"), noting() as about:
        runs = _concrete(case, routine, plan, timed=TIMED if plan is TRIALS else 0)
    near = sorted(about.moduli)
    short = max((t.steps for t in runs.trials), default=0) < SHORT_RUN
    if runs.bad is None and short and (plan is TRIALS or not runs.witness):
        with spending("phases", "runs on numbers"):
            more = _concrete(case, routine, LONGER, timed=0)
        runs = _Runs(runs.trials + more.trials, more.bad, runs.witness + more.witness, runs.open + more.open)
    if runs.bad is None and plan is TRIALS and about.integers:
        with spending("phases", "runs on numbers"):
            runs.bad = _at_edges(case, routine, near, EDGE_STEPS // case.of).bad
    if runs.bad is not None:
        _refuted(result, runs, case, routine, wanted, time.perf_counter() - clock)
        _only_watched(case, routine, runs, budget, result, watch)
        return []
    found: list[Obligation] = []
    if runs.witness:
        found.append(
            Obligation(
                "the precondition has a witness that meets the postcondition",
                "non-vacuous",
                Status.PROVED,
                (f"{runs.witness} concrete runs",),
                time.perf_counter() - clock,
            )
        )
    new_table()
    answers: list[Answer] | None = None if review is None else []
    p = case.symbolic(routine, answers=answers)
    contracts = p._d.contracts
    # What loops change is guessed from the runs of this case, or where they are few from those of the first.
    seen = first if plan is FURTHER else runs
    # Of a case with the same regions, what was found out about loops is known already.
    earlier = guesses.setdefault(tuple((r.name, r.cell, r.access) for r in p.memory0.regions), {})
    known_open = len(seen.open)
    with spending("phases", "runs to see loops iterate"):
        broken = _visit_loops(case, routine, {inv.head for inv in p._d.invariants} - set(earlier), seen)
    if broken:
        _refuted(result, seen, case, routine, wanted, time.perf_counter() - clock)
        _only_watched(case, routine, seen, budget, result, watch)
        return []
    if plan is not FURTHER:
        first.trials = seen.trials
    if contracts:
        with spending("phases", "contracts proved"):
            recorder = None if review is None else review.noted
            found += rely(result, contracts, routine, budget, prove_contract, recorder)
        new_table()
        p = case.symbolic(routine, answers=answers)
    if p._d.contracts != contracts:
        raise InputError("which contracts a proof uses is not always the same")
    if watch is not None:
        watch.begins(case.text, p)
    guessed = guess_loops((t.heads for t in seen.trials), p.writable_cells)
    engine = Engine(p, guessed, budget, earlier=earlier, watch=watch, claims_results=result.claims_results)
    with spending("phases", "exploration"):
        engine.run()
    earlier |= engine.guesses
    if observe is not None:
        observe(engine, case.text)
    if review is not None:
        assert answers is not None
        with spending("phases", "second solver"):
            found += review.of(answers, result, budget.seconds)
    result.machine += [a for a in engine.assumptions if a not in result.machine]
    result.standing = _standing(routine.image)
    result.choices |= p._d.choices
    for number, span in p._d.ranges.items():
        spans = result.ranges.setdefault(number, [])
        spans += [span] if span not in spans else []
    own = [*p._d.particular, *result.machine]
    result.particular += [a for a in own if a not in result.particular]
    result.instructions += engine.steps
    result.shown += engine.shown
    result.claims_results = engine.claims_results
    left_open = [_left_open(v) for v in (runs.open if seen is runs else [*runs.open, *seen.open[known_open:]])]
    status = result.add([*found, *_merged(engine.obligations, left_open), *agreement()], case.text)
    if status is not Status.PROVED:
        with spending("phases", "search for a counterexample"):
            more = _search(case, routine, near, EDGE_SEARCH if about.integers else EDGE_OTHERS)
        if more.bad is not None:
            _refuted(result, more, case, routine, wanted, 0.0)
    if watch is not None:
        watch.ends(result)
    return [*p._d.assumptions, *result.standing, *result.machine]


def _only_watched(
    case: _Case, routine: Routine, runs: _Runs, budget: Budget, result: ProofResult, watch: Watcher | None
) -> None:
    """Run a case on symbols for who looks on, and for nothing else: that it is refuted is known."""
    if watch is None:
        return
    new_table()
    with suppress(Exception):  # whatever becomes of it, the answer is there
        p = case.symbolic(routine)
        guessed = guess_loops((t.heads for t in runs.trials), p.writable_cells)
        watch.begins(case.text, p)
        Engine(p, guessed, budget, watch=watch).run()
    watch.ends(result)


def _assumptions(of_cases: Mapping[str, Sequence[str]]) -> list[str]:
    """What is assumed in all cases, and then all that is assumed in some: each narrows what is proved."""
    lists = list(of_cases.values())
    everywhere = [a for a in lists[0] if all(a in found for found in lists)]
    special = [f"where {case}: {a}" for case, found in of_cases.items() for a in found if a not in everywhere]
    return [*everywhere, *special]


def _search(case: _Case, routine: Routine, near: Sequence[int], edges: int) -> _Runs:
    """Look for a counterexample: inputs at edges, those that follow each path of an unrolled run, then random ones.

    The first may take so many instructions.
    """
    runs = _at_edges(case, routine, near, edges, EDGE_SECONDS / case.of)
    if runs.bad is not None:
        return runs
    has_lengths = True
    for size in range(3):
        if size and not has_lengths:
            break
        try:
            p = case.symbolic(routine, size)
            has_lengths = p.has_lengths
            engine = Engine(p, {}, Budget(seconds=20, steps=50_000, paths=64, claim_ms=2000), unrolled=True)
            engine.run()
        except ArmsymError:
            continue
        for k, model in enumerate(engine.ledger.models[:16]):
            q = case.concrete(routine, 7000 + k, 7000 + k, size, p.input_values(model))
            t = run_trial(q, concrete_stepper)
            if not t.rejected and t.violation is not None and t.violation.status is not Status.UNDECIDED:
                return _Runs([t], (t, t.violation), 1)
        for leak in engine.ledger.leaks[:LEAKS]:
            found = _two_runs(case, routine, p, leak, size)
            if found is not None:
                return found
    return _concrete(case, routine, SEARCH, timed=len(SEARCH))


def _two_runs(case: _Case, routine: Routine, p: SymbolicProof, leak: Leak, size: int) -> _Runs | None:
    """Two runs that differ in secrets only, and in what an attacker sees, if a solver finds their inputs."""
    models = two_secrets(leak, LEAK_MS)
    if models is None:
        return None
    a, b = (run_trial(case.concrete(routine, 8000, 8000, size, p.input_values(m)), concrete_stepper) for m in models)
    if a.rejected or b.rejected or a.doubts or b.doubts or b.violation is not None or a.violation is not None:
        return None
    if _public_inputs(a, p) != _public_inputs(b, p) or a.told != b.told:
        return None
    difference = first_difference(a, b, routine)
    return None if difference is None else _Runs([a, b], (a, difference), 2)


def _public_inputs(t: Trial, p: SymbolicProof) -> dict[str, str | bytes]:
    """The inputs that an attacker may know, as the trial had them."""
    secret = p.secret_inputs
    # Of a long region the text shows a part.
    data = {piece.name: piece.data for piece in EntryState.of(t.entry, t.base).memory if piece.name in t.inputs}
    return {name: data.get(name, value) for name, value in t.inputs.items() if name not in secret}


def _left_open(v: Violation) -> Obligation:
    return Obligation(v.claim, v.kind, v.status, ("concrete run",), detail=v.detail)


def _merged(shown: list[Obligation], left_open: list[Obligation]) -> list[Obligation]:
    """Obligations, with what runs left open of them."""
    all_ = {(o.kind, o.name): o for o in shown}
    for o in left_open:
        known = all_.setdefault((o.kind, o.name), o)
        if known is not o:
            known.join(o)
    return list(all_.values())


def _refuted(result: ProofResult, runs: _Runs, case: _Case, routine: Routine, wanted: Wanted, seconds: float) -> None:
    assert runs.bad is not None
    t, v = runs.bad
    if v.status is Status.REFUTED:
        with spending("phases", "counterexample made smaller and replayed"):
            result.counterexample = counterexample(t, v, routine, case.again(routine), wanted)
        v = replace(v, claim=result.counterexample.claim, detail=result.counterexample.detail)
    result.obligations = [o for o in result.obligations if (o.kind, o.name) != (v.kind, v.claim)]
    result.obligations.append(Obligation(v.claim, v.kind, v.status, ("concrete run",), seconds, v.detail))
    result.status = v.status


def _standing(image: Image) -> list[str]:
    return [
        "AAPCS64 on entry: SP is 16-byte aligned, LR holds the caller's return address",
        "the image is loaded at a multiple of 4096, its read-only parts as the file gives them",
        "the image, the stack and the regions that may be written are disjoint from all others",
        "memory is ordinary: no other agent changes the regions while the routine runs",
        "the duration of instructions that Arm lists as data-independent does not depend on data: PSTATE.DIT is 1,"
        " or the core is such without it",
        *image.assumptions,
    ]


def _digest(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()
