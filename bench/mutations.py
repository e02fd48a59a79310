"""The mutation campaign: flip single bits of proved routines; no mutant may be proved.

    python bench/mutations.py [--count 200] [--seed 1] [-j 2] [--only sha512] [--json out.json]

Each mutant differs from the routine in one random bit of its code.  Its proof is run as any other
and must fail; a mutant that is proved must be shown equivalent by the means of `equivalence`, and
is printed for a person to judge.  Exit code 1 if a mutant is proved and not so justified, 3 if the
proof of an unchanged routine does not close (its mutants then say nothing).
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from equivalence import justify

from armsym.elf import Image, load
from armsym.errors import ArmsymError
from armsym.proof import run as proof_run
from armsym.proof.engine import Budget, Engine
from armsym.proof.loops import Routine
from armsym.proof.registry import ProofDefinition, discover
from armsym.proof.result import ProofResult, Status
from semantics import A64

ROOT = Path(__file__).resolve().parent.parent

#: The answers, in the order of the table; only the last is a failure.
ANSWERS = ("refuted", "undecided", "error", "equivalent", "PROVED")


@dataclass(frozen=True)
class Mutant:
    """One flipped bit: in the word `offset` bytes after the start of the routine of a proof."""

    proof: str
    offset: int
    bit: int


@dataclass(frozen=True)
class Outcome:
    """What the proof of a mutant answered; `why` is the broken claim, the error or the justification."""

    mutant: Mutant
    symbol: str
    before: str
    after: str
    answer: str
    why: str
    seconds: float


# -- one mutant ---------------------------------------------------------------------------------


class _TimeUp(Exception):
    pass


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise `_TimeUp` after that much wall-clock time (where the system has interval timers)."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, _frame: object) -> None:
        raise _TimeUp

    old = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


class _Tracked(Image):
    """An image that notes which of its bytes are loaded as data."""

    read: set[int]

    def bytes_at(self, offset: int, size: int) -> bytes:
        self.read.update(range(offset, offset + size))
        return super().bytes_at(offset, size)


@cache
def _image(spec: str) -> Image:
    return load(spec)


@cache
def _definitions(folder: str) -> dict[str, ProofDefinition]:
    return {f"{Path(d.file).parent.name}/{d.name}": d for d in discover(Path(folder))}


def prove_tracked(d: ProofDefinition, image: Image, budget: Budget) -> tuple[ProofResult, set[int], set[int]]:
    """`prove`, with the offsets of the instructions its symbolic run executed and of the bytes it read."""
    executed: set[int] = set()
    read: set[int] = set()

    class Recording(Engine):
        def run(self) -> None:
            image.read.clear()  # type: ignore[attr-defined] # before now: the digest, tables found
            try:
                super().run()
            finally:
                executed.update(self.executed)
                read.update(image.read)  # type: ignore[attr-defined]

    image.__class__, image.read = _Tracked, set()  # type: ignore[attr-defined]
    with mock.patch.object(proof_run, "Engine", Recording):
        r = proof_run.prove(d, name=d.name, image=image, symbol=d.symbol, isa=A64, budget=budget)
    return r, executed, read


def try_mutant(d: ProofDefinition, mutant: Mutant, seconds: float) -> Outcome:
    """Prove the mutant, and ask why if that succeeds."""
    image = _image(d.object_spec())
    at = image.function_extent(d.symbol)[0] + mutant.offset
    word = image.word(at)
    new = word ^ 1 << mutant.bit
    patched = image.patched({at: new.to_bytes(4, "little")})
    began = time.perf_counter()

    def outcome(answer: str, why: str) -> Outcome:
        lines = " ".join(why.split())
        took = round(time.perf_counter() - began, 3)
        return Outcome(mutant, d.symbol, _assembly(word, at), _assembly(new, at), answer, lines[:300], took)

    try:
        # The budget ends the symbolic run; the timer ends what the budget does not see.
        with _at_most(4 * seconds):
            r, executed, read = prove_tracked(d, patched, Budget(seconds=seconds, claim_ms=int(300 * seconds)))
    except _TimeUp:
        return outcome("undecided", f"no answer in {4 * seconds:g} s")
    except ArmsymError as e:
        return outcome("error", str(e))
    if r.status is Status.PROVED:
        routine = Routine(image, A64, d.symbol)
        found = justify(d, routine, patched, at, executed=executed, read=read)
        if found is None:
            return outcome("PROVED", "no justification found")
        return outcome("equivalent", f"{found.reason}: {found.text}")
    broken = [o for o in r.obligations if o.status is r.status]
    return outcome(r.status.value, "; ".join(f"{o.kind}: {o.name}" for o in broken[:3]))


def _assembly(word: int, at: int) -> str:
    try:
        return f"{word:08x} {A64.decode(word).assembly(at)}"
    except ArmsymError:
        return f"{word:08x} (does not decode)"


# -- the campaign -------------------------------------------------------------------------------


def plan(definitions: Mapping[str, ProofDefinition], count: int, seed: int) -> list[Mutant]:
    """`count` different mutants, spread evenly over the proofs; the same for the same seed."""
    rng = random.Random(seed)
    chosen: list[Mutant] = []
    sizes = {n: _image(d.object_spec()).function_extent(d.symbol)[1] for n, d in definitions.items()}
    names = list(sizes)
    seen: set[Mutant] = set()
    while len(chosen) < count:
        name = names[len(chosen) % len(names)]
        m = Mutant(name, 4 * rng.randrange(sizes[name] // 4), rng.randrange(32))
        if m not in seen:
            seen.add(m)
            chosen.append(m)
    return chosen


def _work(job: tuple[str, Mutant, float]) -> Outcome:
    folder, mutant, seconds = job
    return try_mutant(_definitions(folder)[mutant.proof], mutant, seconds)


def _baseline(job: tuple[str, str]) -> tuple[str, str, float]:
    folder, name = job
    d = _definitions(folder)[name]
    began = time.perf_counter()
    r = proof_run.prove(d, name=name, image=_image(d.object_spec()), symbol=d.symbol, isa=A64)
    return name, r.status.value, time.perf_counter() - began


def campaign(
    folder: Path, *, only: str, count: int, seed: int, jobs: int, seconds: float
) -> tuple[dict[str, tuple[str, float]], list[Outcome]]:
    """Status and seconds of each unchanged routine, and the outcomes of the mutants of the proved ones."""
    names = [n for n in _definitions(str(folder)) if only in n]
    if not names:
        raise SystemExit(f"no proof in {folder} has {only!r} in its name")
    with ProcessPoolExecutor(jobs) as pool:
        base = {n: (s, t) for n, s, t in pool.map(_baseline, [(str(folder), n) for n in names])}
        proved = {n: _definitions(str(folder))[n] for n in names if base[n][0] == "proved"}
        outcomes: list[Outcome] = []
        if proved:
            mutants = plan(proved, count, seed)
            # A mutant that cannot be refuted quickly gets as long as a few proofs of the original take.
            work = [(str(folder), m, max(seconds, 3 * base[m.proof][1])) for m in mutants]
            for o in pool.map(_work, work):
                outcomes.append(o)
                if sys.stderr.isatty():
                    print(f"\r{len(outcomes)}/{len(mutants)}", end="", file=sys.stderr, flush=True)
    return base, outcomes


def table(base: dict[str, tuple[str, float]], outcomes: list[Outcome]) -> str:
    """Counts for each routine, then every equivalent and every proved mutant."""
    width = max(map(len, base))
    lines = [f"{'proof':<{width}}  unchanged       " + "".join(f"{a:>12}" for a in ANSWERS)]
    for name, (status, seconds) in base.items():
        c = Counter(o.answer for o in outcomes if o.mutant.proof == name)
        counts = "".join(f"{c[a]:>12}" for a in ANSWERS)
        lines.append(f"{name:<{width}}  {status} {seconds:5.1f} s{'':{9 - len(status)}}{counts}")
    c = Counter(o.answer for o in outcomes)
    lines.append(f"{'total':<{width}}  {'':16}" + "".join(f"{c[a]:>12}" for a in ANSWERS))
    for answer in ("equivalent", "PROVED"):
        for o in (o for o in outcomes if o.answer == answer):
            lines.append(f"{answer}: {o.symbol}+{o.mutant.offset:#x} bit {o.mutant.bit}")
            lines += [f"    {o.before}", f"    {o.after}", f"    {o.why}"]
    return "\n".join(lines)


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description="Flip bits of proved routines: no mutant may be proved.")
    parser.add_argument("--count", type=int, default=200, help="mutants in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", "--jobs", type=int, default=1, help="processes")
    parser.add_argument("--seconds", type=float, default=5.0, help="budget of one symbolic proof, at least")
    parser.add_argument("--only", default="", help="proofs with this in their name")
    parser.add_argument("--proofs", type=Path, default=ROOT / "crypto_examples", help="file or folder")
    parser.add_argument("--json", type=Path, help="write everything here")
    a = parser.parse_args()
    base, outcomes = campaign(a.proofs, only=a.only, count=a.count, seed=a.seed, jobs=a.jobs, seconds=a.seconds)
    print(table(base, outcomes))
    if a.json:
        data: dict[str, Any] = {"seed": a.seed, "unchanged": base, "mutants": [asdict(o) for o in outcomes]}
        a.json.write_text(json.dumps(data, indent=1) + "\n")
    if any(o.answer == "PROVED" for o in outcomes):
        return 1
    return 3 if any(s != "proved" for s, _ in base.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
