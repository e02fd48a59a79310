"""Random routines: every path that the symbolic engine follows to its end, against concrete runs.

Each path says what registers and memory are on return where its facts hold.  For each concrete input, each path
whose facts hold must say what a concrete run gives; and where the engine followed all paths, the facts of one must
hold.  What a loop writes is guessed wrong on purpose, and iterations are split at random.  An unknown that stands
for what a loop left is given the value of the last concrete arrival at the head, which is the iteration that the
path goes on from.

    python tests/proof/fuzz_engine.py [count of routines] [first seed]
"""

from __future__ import annotations

import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path as File

from armsym.bits import Bits, Prop
from armsym.elf import Image, load
from armsym.errors import MachineStop, MemoryFault
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion
from armsym.proof.declare import InvariantFn
from armsym.proof.engine import Budget, Engine
from armsym.proof.engine.explore import _Attempt, _Frame
from armsym.proof.engine.run import Ended, Next, Origin, Retry
from armsym.proof.havoc import LoopGuess
from armsym.proof.ledger import Mark
from armsym.proof.locations import Cell, Flag, X
from armsym.proof.loops import Routine
from armsym.proof.path import Path, memory_of
from armsym.proof.result import Status
from armsym.proof.state import State
from armsym.proof.symbolic import SymbolicProof
from armsym.stepper import RETURNED, Stepper, run_concrete
from armsym.symbolic_memory import Unknown
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Term, Value, Var, new_table
from semantics import A64

sys.path += [os.fspath(File(__file__).parent), os.fspath(File(__file__).parents[1] / "support")]
from assembling import assembled
from random_routines import Code, random_code

__all__ = ["Mismatch", "check", "fuzz"]

SIZE = 192  # bytes of each region
BASES = {"a": 0x5000_0000_0000, "b": 0x5100_0000_0000}
IMAGE, BACK, SP = 0x1000_0000, 0x6000_0000_0000, 0x7000_0000_0000
BUDGET = Budget(seconds=15, paths=200, claim_ms=1000)
#: Routines that are assembled at once.
BATCH = 50


class Mismatch(Exception):
    """A path says what is not so, or no path speaks of an input."""


# -- concrete runs ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Run:
    """A concrete run: the machines at its start and end, and at each head the last of each time in the loop."""

    start: Machine
    end: Machine
    last: dict[int, list[Machine]]


def _content(m: Machine, name: str) -> bytes:
    assert isinstance(m.memory, ConcreteMemory)
    return next(bytes(r.data) for r in m.memory.regions if r.name == name)


def _concrete(image: Image, entry: int, n: int, counters: dict[int, int]) -> _Run:
    rng = random.Random(n)
    x = {k: rng.getrandbits(64) for k in range(31)} | {0: BASES["a"], 1: n, 3: BASES["b"], 30: BACK}
    memory = ConcreteMemory([ConcreteRegion(r, at, bytearray(rng.randbytes(SIZE)), "rw") for r, at in BASES.items()])
    registers, v, flags = [Bits(64, x[k]) for k in range(31)], [Bits(128, 0)] * 32, NZCV.of_bits(Bits(4, 0))
    start = Machine(x=registers, sp=Bits(64, SP), v=v, nzcv=flags, pc=Bits(64, 0), memory=memory)
    end, watch = start.fork(), dict[int, list[Machine]]((head, []) for head in counters)
    run_concrete(Stepper(A64, image, Bits(64, IMAGE), Bits(64, BACK)), end, entry, max_steps=5000, watch=watch)
    last: dict[int, list[Machine]] = {}
    for head, arrivals in watch.items():
        times = last.setdefault(head, [])
        for m in arrivals:
            if m.x[counters[head]].uint:
                times.pop()  # the loop goes on
            times.append(m)
    return _Run(start, end, last)


# -- what the engine found ----------------------------------------------------------------------


class _Watched(Engine):
    """Keeps the paths that came to their end; not those of loops that were explored anew.

    What is asked on return is left out: no claim is tested here.
    """

    def __init__(self, p: SymbolicProof, guesses: dict[int, LoopGuess]) -> None:
        super().__init__(p, guesses, BUDGET)
        self.ends: list[tuple[Path, Origin | None]] = []
        self.retries = 0
        #: For the mark of each loop met: the mark (to keep it), and how many ends came before it.
        self._before: dict[int, tuple[Mark, int]] = {}

    def _step(self, path: Path, origin: Origin | None) -> Next | None:
        if path.at != RETURNED:
            return super()._step(path, origin)
        self.ends.append((path.fork(), origin))  # the path itself is over
        return Ended()

    def _enter(self, frames: list[_Frame], attempt: _Attempt) -> None:
        self._before.setdefault(id(attempt.mark), (attempt.mark, len(self.ends)))
        super()._enter(frames, attempt)

    def _again(self, attempt: _Attempt, retry: Retry) -> _Attempt:
        self.retries += 1
        del self.ends[self._before[id(attempt.mark)][1] :]
        return super()._again(attempt, retry)

    @property
    def open(self) -> list[str]:
        """What the paths rest on and was not shown."""
        rests_on = ("invariant", "termination", "decode")
        return [o.name for o in self.obligations if o.status is not Status.PROVED and o.kind in rests_on]

    @property
    def all_followed(self) -> bool:
        """Whether every path was followed to its end."""
        return self._complete


def _explored(code: Code, routine: Routine, counters: dict[int, int], rng: random.Random) -> _Watched:
    """All that the engine finds of a routine, from guesses and with splits at random."""
    p = SymbolicProof(routine)
    n, w = p.nat("n", low=code.inputs[0], high=code.inputs[-1]), p.word("w")
    cell = 8 if code.counters else rng.choice((1, 8))
    a, b = (p.region(r, SIZE, access="rw", cell=cell) for r in BASES)
    p.call(x0=a, x1=n, x2=w, x3=b)
    splits: tuple[Callable[[State, Bits], Prop] | None, ...]
    splits = None, None, lambda s, i: i == 2, lambda s, i: i == 0, lambda s, i: i < 4
    guesses: dict[int, LoopGuess] = {}
    for head, counter in counters.items():
        p.invariant(head, upto=n, inclusive=code.shape == "two top-tested")(_counts(counter))
        if (on := rng.choice(splits)) is not None:
            p.split(head, on)
        if rng.random() < 0.5:
            g = guesses[head] = LoopGuess({X(k) for k in range(4, 11) if rng.random() < 0.5})
            g.writes |= {Cell("a", k) for k in range(0, 32, 8) if rng.random() < 0.3}
            g.strides = {where: rng.choice((0, 0, 1, 3, 8, (1 << 64) - 8)) for where in g.places}
    e = _Watched(p, guesses)
    e.run()
    return e


def _counts(register: int) -> InvariantFn:
    return lambda s, i: {"the counter": s.x[register] == i}


def _evaluator(e: _Watched, origin: Origin | None, run: _Run, counters: dict[int, int]) -> Evaluator | None:
    """The meaning of a path's terms in a run; None where the run does not come to the loops that the path does."""
    p, entry = e.p, e.p.routine.entry
    place = p.routine.image.place_at(entry)
    assert place is not None
    values: dict[Value, int] = {p.places.base(place.piece).value: IMAGE + entry - place.offset}
    values |= {s.value: c.uint for s, c in zip(p.start().x, run.start.x, strict=True)}
    of_loops: dict[int, int] = {}
    contents = {f"{r}[]": _content(run.start, r) for r in BASES}
    chain: list[Origin] = []
    while origin is not None:
        chain.append(origin)
        origin = origin.parent
    times = Counter(o.invariant.head for o in chain)
    for o in reversed(chain):
        head = o.invariant.head
        if len(run.last[head]) < times[head]:
            return None
        m = run.last[head][-times[head]]
        times[head] -= 1
        of_loops[_id(o.index)] = m.x[counters[head]].uint
        for unknown, where in o.havoc.unknowns.items():
            if isinstance(where, Flag):
                of_loops[unknown] = int(getattr(m.nzcv, where.name).value is True)
            else:
                assert isinstance(where, (X, Cell))
                of_loops[unknown] = (
                    _word(_content(m, where.region), where.offset, 8) if isinstance(where, Cell) else m.x[where.n].uint
                )
        for r, under in memory_of(o.head).beneath.items():
            if isinstance(under, Unknown):  # what an outer loop forgot has its content of there
                contents.setdefault(f"{under.name}[]", _content(m, r))

    def variable(t: Var) -> int:
        # The first iteration of a loop entered has a number of its own, known to be 0.
        if t in values or t.id in of_loops:
            return values[t] if t in values else of_loops[t.id]
        if not re.fullmatch(r"i\d*", t.name):
            raise KeyError(t.name)
        return 0

    return Evaluator(variable, lambda name, width, _, at: _word(contents[name], at[0], width // 8))


def _id(b: Bits) -> int:
    assert isinstance(b.value, Term)
    return b.value.id


def _word(data: bytes, at: int, size: int) -> int:
    # A fact of another path may speak of what lies outside.
    return int.from_bytes(data[at : at + size], "little")


def _compare(path: Path, value: Evaluator, run: _Run, step: int, seen: Counter[str]) -> None:
    """Registers and memory on return; raises `Mismatch`."""
    for k in range(31):
        got, want = value(path.machine.x[k].value), run.end.x[k].uint
        if got != want:
            raise Mismatch(f"register x{k} is {path.machine.x[k].value} = {got:#x}, not {want:#x}")
    for r in path.memory.regions:
        if r.name not in BASES:
            continue
        data = _content(run.end, r.name)
        for k in range(0, SIZE, step):
            try:
                said = path.memory.peek(r, None, k, step).value
            except MachineStop:
                seen["memory not told"] += 1
                continue
            seen["memory"] += 1
            if value(said) != _word(data, k, step):
                raise Mismatch(f"memory {r.name}+{k} is {said} = {value(said):#x}, not {_word(data, k, step):#x}")


def check(seed: int, code: Code, routine: Routine, seen: Counter[str]) -> None:
    """Raises `Mismatch`; `seen` counts what was compared."""
    new_table()
    counters = {routine.image.symbol(code.head(seed, k)).offset: r for k, r in enumerate(code.counters)}
    runs: dict[int, _Run] = {}
    for n in code.inputs:
        try:
            runs[n] = _concrete(routine.image, routine.entry, n, counters)
        except MemoryFault:  # of what would then happen no path says anything
            seen["out of bounds"] += 1
    e = _explored(code, routine, counters, random.Random(f"engine {seed}"))
    seen["retries"] += e.retries
    if e.open:
        seen[f"{code.shape}: open"] += 1
        return
    covered: set[int] = set()
    for path, origin in e.ends:
        seen["paths"] += 1
        for n, run in runs.items():
            value = _evaluator(e, origin, run, counters)
            if value is None or not all(value(f) for f in path.knowledge.facts):
                continue
            covered.add(n)
            seen["compared"] += 1
            try:
                _compare(path, value, run, 8 if code.counters else 1, seen)
            except Mismatch as why:
                raise Mismatch(f"n = {n}: {why}") from None
    if e.all_followed:
        seen[code.shape] += 1
        if missed := runs.keys() - covered:
            raise Mismatch(f"no path speaks of n = {sorted(missed)}")


def fuzz(count: int, first: int, seen: Counter[str]) -> Iterator[tuple[int, str]]:
    """The seeds from `first` on whose routine fails, with the failure."""
    for start in range(first, first + count, BATCH):
        codes = {seed: random_code(seed) for seed in range(start, min(start + BATCH, first + count))}
        text = "".join(code.function(seed) for seed, code in codes.items())
        with tempfile.TemporaryDirectory(prefix="armsym-fuzz-") as folder:
            file = File(folder) / "f.o"
            file.write_bytes(assembled(f".arch armv8.4-a\n.text\n{text}"))
            image = load(os.fspath(file))
        for seed, code in codes.items():
            try:
                check(seed, code, Routine(image, A64, f"f{seed}"), seen)
            except (Mismatch, AssertionError, RecursionError, ArithmeticError, LookupError, TypeError, ValueError) as e:
                yield seed, f"{type(e).__name__}: {e}\n{code.text}"


def main(count: int, first: int) -> int:
    """Report each failure as it is found, and what was compared; 1 if anything failed."""
    began, bad, seen = time.monotonic(), 0, Counter[str]()
    for seed, why in fuzz(count, first, seen):
        bad += 1
        print(f"seed {seed}: {why}", flush=True)
    print(f"{count} routines, {bad} failed, {time.monotonic() - began:.0f} s: {dict(seen)}")
    return int(bad > 0)


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:]]
    sys.exit(main(numbers[0] if numbers else 2000, numbers[1] if len(numbers) > 1 else 0))
