"""Following machine code on symbols: every path from one place, to its end."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TypeAlias, TypedDict, Unpack

from armsym.bits import Bits, Prop
from armsym.elf import Image
from armsym.errors import ArmsymError, BudgetError, ExceptionTaken, InputError, MachineStop, UndeterminedTarget
from armsym.installed import load_isa
from armsym.isa import InstructionSet
from armsym.proof.checks import a_number, shown
from armsym.proof.folds import FoldValues
from armsym.proof.path import Knowledge, NeedSplit, Path
from armsym.proof.places import Places
from armsym.simulator.start import Start
from armsym.simulator.state import Kind, State, Step, Stop, StopPath
from armsym.stepper import RETURNED, Fork, Stepper, describe_stop
from armsym.terms import ops
from armsym.terms.derivations import Derivations
from armsym.terms.node import node_count

__all__ = ["Simulation", "place_in", "simulate", "uncollected"]

#: A place in an image: "symbol", "symbol+0x10", or an offset.
Place: TypeAlias = "str | int"
#: What stands for a routine: it changes the state, and control goes to X30, or to the place it returns.
Replacement: TypeAlias = "Callable[[State], Place | None]"
Hook: TypeAlias = "Callable[[State], None]"

FORKS = ("branches", "choices", "never")
CALLS = ("follow", "stop")


@contextmanager
def uncollected() -> Iterator[None]:
    """Within this, Python does not look for cyclic garbage, if it did.

    A simulation makes nearly none, but each search goes through all terms that there are, and the whole image: it
    would take longer than everything else.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def place_in(image: Image, where: Place) -> int:
    """The offset of an instruction in the image; raises `InputError`."""
    if isinstance(where, bool) or not isinstance(where, (int, str)):
        raise InputError(f"a place is 'symbol', 'symbol+0x10' or an offset, not {shown(where)}")
    if isinstance(where, str):
        name, plus, more = where.rpartition("+")
        undefined = {n: at for at, n in image.undefined_functions.items()}
        if where in undefined:
            return undefined[where]
        if not plus:
            name, more = where, "0"
        try:
            distance = int(more, 0)
        except ValueError:
            raise InputError(f"{where!r}: {more!r} is not a number") from None
        at = image.symbol(name).offset + distance
    else:
        at = where
    if not image.is_code(at):
        raise InputError(f"{image.path}: {where if isinstance(where, str) else hex(where)} is no instruction")
    return at


class Options(TypedDict, total=False):
    """The options of `Simulation`."""

    state: Start | None
    until: Place | Iterable[Place]
    max_steps: int
    max_paths: int
    max_terms: int
    solver_ms: int
    fork: str
    calls: str
    replace: Mapping[Place, Replacement] | None
    before: Hook | None
    after: Hook | None
    exception: Callable[[State, str, int], None] | None
    raw: bool
    isa: InstructionSet | None


def simulate(image: Image, place: Place, **options: Unpack[Options]) -> list[State]:
    """Follow all paths from a place of an image: the final state of each.  Options and errors: see `Simulation`."""
    return Simulation(image, place, **options).run()


class Simulation:
    """All paths of an image's code from one place.

    Iterate over it for each `Step`; when nothing is left, `states` holds the final state of every path, those that
    ended first first.  Together they cover every execution from a state that `state` describes, up to where each
    stopped: no path is dropped.

    image       what `armsym.load` gave
    place       where to begin: "symbol", "symbol+0x10", or an offset
    state       a `Start`; by default all registers are unknown, and the only memory is the stack and the image
    until       where paths end, before the instruction there (not where they begin)
    max_steps   instructions on one path
    max_paths   paths; at the branch that would make one more, the path ends with `Kind.BUDGET`
    max_terms   terms made in all
    solver_ms   about how long Z3 may think whether one condition follows
    fork        "branches": at branches that the facts do not decide, both ways are followed.  "choices": so are
                instructions that choose by a condition (CSEL).  "never": such a branch ends the path
    calls       "follow", or "stop" at the first instruction of what is called
    replace     by place, or by the name of a function that another file defines: what stands for the routine
    before, after   called with the state before and after each instruction
    exception   called with (state, kind, immediate) for SVC, BRK and the like, which then count as done
    raw         whether operations are noted as they are executed, for `State.z3(raw=True)`; not with fork="choices",
                where what an operation gives depends on the path

    Raises `InputError` for what is none of this.
    """

    def __init__(
        self,
        image: Image,
        place: Place,
        *,
        state: Start | None = None,
        until: Place | Iterable[Place] = (),
        max_steps: int = 100_000,
        max_paths: int = 256,
        max_terms: int = 3_000_000,
        solver_ms: int = 2000,
        fork: str = "branches",
        calls: str = "follow",
        replace: Mapping[Place, Replacement] | None = None,
        before: Hook | None = None,
        after: Hook | None = None,
        exception: Callable[[State, str, int], None] | None = None,
        raw: bool = False,
        isa: InstructionSet | None = None,
    ) -> None:
        if not isinstance(image, Image):
            raise InputError(f"simulate takes what armsym.load gives, not {shown(image)}")
        self.image, self.isa = image, isa or load_isa()
        self.start = Start() if state is None else state
        if not isinstance(self.start, Start):
            raise InputError(f"state is a Start, not {shown(state)}")
        if fork not in FORKS or calls not in CALLS:
            raise InputError(f"fork is one of {FORKS}, calls one of {CALLS}, not {fork!r} and {calls!r}")
        if raw and fork == "choices":
            raise InputError("raw=True does not go with fork='choices': what CSEL gives then depends on the path")
        self._fork, self._calls = fork, calls
        self._made = Derivations() if raw else None
        self._max_steps = a_number("max_steps", max_steps, 1)
        self._max_paths = a_number("max_paths", max_paths, 1)
        self._max_terms = a_number("max_terms", max_terms, 1)
        self._before, self._after, self._exception = before, after, exception
        for what, fn in (("before", before), ("after", after), ("exception", exception)):
            if fn is not None and not callable(fn):
                raise InputError(f"{what} is a function of the state, not {shown(fn)}")
        ends = [until] if isinstance(until, (str, int)) else list(until)
        self._until = {place_in(image, p) for p in ends}
        self._replaced: dict[int, Replacement] = {}
        self._outside: dict[str, Replacement] = {}
        for where, replacement in (replace or {}).items():
            self._add_replacement(where, replacement)
        entry = self._entry = place_in(image, place)
        self._places = Places(image)
        machine = self.start.enter(self._places)
        self._stepper = Stepper(self.isa, image, self._places, machine.x[30])
        assumptions = self.start.assumptions(image, self._places)
        knowledge = Knowledge([], a_number("solver_ms", solver_ms, 1))
        for fact in assumptions:
            knowledge.add(fact.bit.value)
        path = Path(machine, knowledge, entry, FoldValues())
        if self.start.assumed:
            self._check_assumptions(knowledge)
        self._todo = [State(path, assumptions, machine.fork(), self._made)]
        self._terms = node_count()
        #: The final states so far.
        self.states: list[State] = []

    def _add_replacement(self, where: Place, fn: Replacement) -> None:
        if not callable(fn):
            raise InputError(f"replace {where!r}: a function of the state, not {shown(fn)}")
        if isinstance(where, str) and where.isidentifier():
            known = self.image.all_symbols
            if any(s.name == where and s.state == "undefined" for s in known):
                self._outside[where] = fn
                # In a relocatable file control gets to a place that stands for it.
                self._replaced |= {at: fn for at, n in self.image.undefined_functions.items() if n == where}
                return
        self._replaced[place_in(self.image, where)] = fn

    def _check_assumptions(self, knowledge: Knowledge) -> None:
        """Raises `InputError` if no state is a start: every statement about its paths would be true."""
        if any(f == 0 for f in knowledge.facts) or knowledge.solver().implies(0, knowledge.timeout_ms).holds:
            raise InputError("what is assumed of the start contradicts itself: no state is one")

    # -- the whole ----------------------------------------------------------------------------

    def run(self) -> list[State]:
        """Follow all paths to their ends; returns the final states.  See `uncollected`."""
        with uncollected():
            while self._todo:
                self._straight()
                self._next()
        return self.states

    def paths(self) -> Iterator[State]:
        """The final state of each path, as soon as it has ended."""
        while self._todo:
            done = len(self.states)
            self._straight()
            self._next()
            yield from self.states[done:]

    @property
    def places(self) -> Places:
        """Where the parts of the image lie."""
        return self._places

    @property
    def entry(self) -> int:
        """The offset in the image of the first instruction."""
        return self._entry

    @property
    def ends(self) -> frozenset[int]:
        """The offsets of the places of `until`."""
        return frozenset(self._until)

    def __iter__(self) -> Iterator[Step]:
        """Each step, one path after the other; a path that parts from the present one is followed later."""
        while self._todo:
            step = self._next()
            if step is not None:
                at, state, since, others = step
                word = self.image.word(at)
                accesses = state.accesses[since:]
                yield Step(at, word, self.isa.decode(word).assembly(at), state, accesses, others)

    def _next(self) -> tuple[int, State, int, tuple[State, ...]] | None:
        """Do what comes next on the last path: (offset, state, accesses before, states parting) of an instruction."""
        state = self._todo[-1]
        at, since = state.at, state.access_count
        stop = state.stop or self._arrived(state)
        parted: tuple[State, ...] | None = None
        if stop is None:
            with nullcontext() if self._made is None else self._made.noting():
                result = self._advance(state)
            if isinstance(result, Stop):
                stop = result
            else:
                parted, stop = result, state.stop
        if stop is not None:
            state.stop = stop
            assert self._todo[-1] is state
            self.states.append(self._todo.pop())
        return None if parted is None else (at, state, since, parted)

    def _straight(self) -> None:
        """Go on with the last path as `_next` does, while one instruction leads to the next and nobody looks on."""
        if self._before is not None or self._after is not None or self._made is not None or self._calls == "stop":
            return
        state = self._todo[-1]
        path, replaced, ends, most = state.path, self._replaced, self._until, self._max_steps
        if state.stop is not None:
            return
        while True:
            at, steps = path.at, path.steps
            if at in replaced:
                return
            if (at < 0 or not steps & 0x1F or at in ends or steps >= most) and self._arrived(state) is not None:
                return
            to = self._execute(state)
            if type(to) is not int:
                result = self._came_of(state, at, path.machine.x[30], to)
                if isinstance(result, Stop):
                    state.stop = result
                return
            path.at, path.steps = to, steps + 1
            state.announced = False

    # -- one path -----------------------------------------------------------------------------

    def _named(self, at: int) -> str:
        return f"{at:#x} <{self.image.symbolize(at)}>"

    def _arrived(self, state: State) -> Stop | None:
        """Why the path ends where it is, if it does."""
        at, steps = state.at, state.steps
        if at == RETURNED:
            return Stop(Kind.RETURNED, f"returned after {steps} instructions")
        if steps and at in self._until:
            return Stop(Kind.UNTIL, f"reached {self._named(at)} after {steps} instructions")
        if steps >= self._max_steps:
            return Stop(Kind.BUDGET, f"{steps} instructions executed, next {self._named(at)}")
        if not steps & 0x1F and node_count() - self._terms > self._max_terms:
            return Stop(Kind.BUDGET, f"more than {self._max_terms} terms, next {self._named(at)}")
        return None

    def _advance(self, state: State) -> tuple[State, ...] | Stop | None:
        """Execute what comes next: the states that part from this one, or why the path ends.

        None where no instruction was executed: a routine was replaced, or the path parted before it.
        """
        path, at = state.path, state.at
        replacement = self._replaced.get(at)
        if replacement is not None and path.steps:
            stop = self._replace(state, replacement)
            path.steps += 1
            return stop
        if self._before is not None and not state.announced:
            # Not again where the path parts before the instruction.
            state.announced = True
            stop = self._hooked(state, self._before)
            if stop is not None:
                return stop
        x30 = path.machine.x[30]
        return self._came_of(state, at, x30, self._execute(state))

    def _came_of(
        self, state: State, at: int, x30: Bits, to: int | Fork | NeedSplit | Stop | Replacement
    ) -> tuple[State, ...] | Stop | None:
        """What follows of an instruction at `at`, before which X30 was as told: see `_advance`."""
        path = state.path
        if isinstance(to, Stop):
            return to
        if isinstance(to, NeedSplit):
            parted = self._part(state, Prop(to.cond), at, at)
            return parted if isinstance(parted, Stop) else None
        others: tuple[State, ...] = ()
        if isinstance(to, Fork):
            parted = self._part(state, to.cond, to.taken, to.otherwise)
            if isinstance(parted, Stop):
                return parted
            others = parted
        elif callable(to):
            stop = self._replace(state, to)
            if stop is not None:
                return stop
        else:
            path.at = to
        for s in (state, *others):
            s.path.steps += 1
            s.announced = False
            if self._after is not None:
                s.stop = self._hooked(s, self._after)
        if self._calls == "stop" and not callable(to) and self._called(state, at, x30):
            state.stop = state.stop or Stop(Kind.CALL, f"{self._named(at)} calls {self._named(path.at)}")
        return others

    def _called(self, state: State, at: int, x30: Bits) -> bool:
        """Whether the instruction at `at` was a call of what is not replaced."""
        link = state.machine.x[30]
        return link is not x30 and (link - self._places.of(at)).value == 4 and state.at not in self._replaced

    def _execute(self, state: State) -> int | Fork | NeedSplit | Stop | Replacement:
        """Where the instruction leads, or what it needs; where it cannot be done, the state is as before it."""
        path, m, memory = state.path, state.machine, state.memory
        memory.at = path.at
        memory.begin()
        x, sp, v, nzcv, dit = m.x[:], m.sp, m.v[:], m.nzcv, m.dit

        def take_back() -> None:
            m.x, m.sp, m.v, m.nzcv, m.dit = x, sp, v, nzcv, dit
            memory.take_back()

        oracle = ops.set_oracle(path.known_or_split if self._fork == "choices" else None)
        try:
            return self._stepper.step(m, path.at)
        except NeedSplit as split:
            take_back()
            return split
        except ExceptionTaken as e:
            take_back()
            if self._exception is None:
                return Stop(Kind.UNKNOWN, describe_stop(e, self.image, self.isa))
            exception, kind, immediate = self._exception, e.kind, e.immediate
            ops.set_oracle(None)
            stop = self._hooked(state, lambda s: exception(s, kind, immediate))
            return path.at + 4 if stop is None else stop
        except UndeterminedTarget as e:
            target = m.branch_target
            name = None if target is None or m.branch_condition is not None else self._places.outsider(target)
            if name in self._outside:
                return self._outside[name]
            take_back()
            return Stop(Kind.UNKNOWN, describe_stop(e, self.image, self.isa))
        except ArmsymError as e:
            take_back()
            kind_of = Kind.BUDGET if isinstance(e, BudgetError) else Kind.UNKNOWN
            text = describe_stop(e, self.image, self.isa)
            return Stop(kind_of, text if isinstance(e, MachineStop) else f"at {self._named(path.at)}: {text}")
        finally:
            ops.set_oracle(oracle)

    def _part(self, state: State, cond: Prop, taken: int, otherwise: int) -> tuple[State, ...] | Stop:
        """Go to `taken` where the condition holds, and to `otherwise` where it does not: the states that part."""
        path, v = state.path, cond.bit.value
        known = v if isinstance(v, int) else path.knowledge.decide(v)
        if known is not None:
            path.at = taken if known else otherwise
            return ()
        if self._fork == "never":
            return Stop(
                Kind.BUDGET, f"{self._named(path.at)} is taken where {cond.value}: not decided, and fork='never'"
            )
        if len(self._todo) + len(self.states) >= self._max_paths:
            return Stop(Kind.BUDGET, f"{self._max_paths} paths, and {self._named(path.at)} parts on {cond.value}")
        other = state.fork()
        state.learn(cond)
        other.learn(~cond)
        path.at, other.path.at = taken, otherwise
        self._todo.insert(-1, other)
        return (other,)

    # -- hooks --------------------------------------------------------------------------------

    def _hooked(self, state: State, fn: Callable[[State], object]) -> Stop | None:
        """Why the path ends with a hook, if it does; mistakes in a hook are raised."""
        at = state.at
        try:
            fn(state)
        except StopPath as e:
            return Stop(Kind.HOOK, str(e) or f"ended by a hook at {self._named(at)}")
        except (MachineStop, BudgetError) as e:
            return Stop(Kind.UNKNOWN, f"in a hook {'on return' if at < 0 else 'at ' + self._named(at)}: {e}")
        return None

    def _replace(self, state: State, fn: Replacement) -> Stop | None:
        """Let `fn` stand for the routine that control has come to, and go on where it says."""
        path, m = state.path, state.machine
        where: list[Place | None] = []
        stop = self._hooked(state, lambda s: where.append(fn(s)))
        if stop is not None:
            return stop
        (to,) = where
        if to is not None:
            path.at = place_in(self.image, to)
            return None
        try:
            path.at = self._stepper.offset_of(m.x[30])
        except MachineStop as e:
            return Stop(Kind.UNKNOWN, f"after the hook at {self._named(path.at)}: {e}")
        return None
