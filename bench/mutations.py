"""The mutation campaign: flip single bits of proved routines; no mutant may be proved.

    python bench/mutations.py [--count 200] [--seed 1] [-j 2] [--only sha512] [--json out.json]

Each mutant differs from the routine in one random bit of its code.  Its proof is run as any other
and must fail; a mutant that is proved must be shown equivalent by the means of `equivalence`, else it
is *unjustified*.  Both are printed, with address, words and disassembly.  Exit code 1 if a mutant is unjustified, 3 if
the proof of an unchanged routine does not close (its mutants then say nothing).

Limits are in seconds of CPU, so that what else the machine does changes no answer.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from equivalence import Unjustified, justify

from armsym.elf import Image, load
from armsym.errors import ArmsymError
from armsym.proof import run as proof_run
from armsym.proof.engine import Budget
from armsym.proof.loops import Routine
from armsym.proof.registry import ProofDefinition, discover
from armsym.proof.result import Status
from semantics import A64

#: CPU seconds that may be spent on the reason why a mutant is proved.
JUDGE_SECONDS = 120.0
#: How the reason begins of a mutant that may be equivalent, were there more time to find out.
TOO_LONG = "no reason was found in"

ROOT = Path(__file__).resolve().parent.parent

T = TypeVar("T")
_FORK = multiprocessing.get_context("fork")

#: The answers, in the order of the table; only the last is a failure.
ANSWERS = ("refuted", "undecided", "error", "equivalent", "unjustified")


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
    address: int
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
    """Raise `_TimeUp` after that much time of the CPU (where the system has such a timer)."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, _frame: object) -> None:
        raise _TimeUp

    old = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, old)


@cache
def image_of(spec: str) -> Image:
    return load(spec)


@cache
def definitions_of(folder: str) -> dict[str, ProofDefinition]:
    return {f"{Path(d.file).parent.name}/{d.name}": d for d in discover(Path(folder))}


def try_mutant(d: ProofDefinition, mutant: Mutant, seconds: float, *, judging: float = JUDGE_SECONDS) -> Outcome:
    """Prove the mutant, and ask why if that succeeds.

    The CPU `seconds` are those of the proof, `judging` those to find the reason.
    """
    image = image_of(d.object_spec())
    at = image.function_extent(d.symbol)[0] + mutant.offset
    word = image.word(at)
    new = word ^ 1 << mutant.bit
    patched = image.patched({at: new.to_bytes(4, "little")})
    began = time.process_time()

    def outcome(answer: str, why: str) -> Outcome:
        lines = " ".join(why.split())
        took = round(time.process_time() - began, 3)
        return Outcome(mutant, d.symbol, at, _assembly(word, at), _assembly(new, at), answer, lines[:300], took)

    try:
        # The budget ends the symbolic run; the timer ends what the budget does not see.
        with _at_most(4 * seconds):
            budget = Budget(seconds=seconds, claim_ms=int(300 * seconds))
            r = proof_run.prove(d, name=d.name, image=patched, symbol=d.symbol, isa=A64, budget=budget)
    except _TimeUp:
        return outcome("undecided", f"no answer in {4 * seconds:g} s")
    except ArmsymError as e:
        return outcome("error", str(e))
    if r.status is Status.PROVED:
        return outcome(*judge(d, image, patched, at, seconds=judging))
    broken = [o for o in r.obligations if o.status is r.status]
    return outcome(r.status.value, "; ".join(f"{o.kind}: {o.name}" for o in broken[:3]))


def undecided(d: ProofDefinition, mutant: Mutant, why: str) -> Outcome:
    """The outcome of a mutant that gave no answer."""
    image = image_of(d.object_spec())
    at = image.function_extent(d.symbol)[0] + mutant.offset
    word = image.word(at)
    before, after = _assembly(word, at), _assembly(word ^ 1 << mutant.bit, at)
    return Outcome(mutant, d.symbol, at, before, after, "undecided", why, 0.0)


def judge(
    d: ProofDefinition, image: Image, mutant: Image, at: int, *, seconds: float = JUDGE_SECONDS
) -> tuple[str, str]:
    """Whether the proved mutant, changed at offset `at`, is equivalent or unjustified, and why."""
    try:
        with _at_most(seconds):
            found = justify(d, Routine(image, A64, d.symbol), mutant, at)
    except Unjustified as e:
        return "unjustified", str(e)
    except _TimeUp:
        return "unjustified", f"{TOO_LONG} {seconds:g} s"
    return "equivalent", f"{found.reason}: {found.text}"


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
    sizes = {n: image_of(d.object_spec()).function_extent(d.symbol)[1] for n, d in definitions.items()}
    names = list(sizes)
    seen: set[Mutant] = set()
    while len(chosen) < count:
        name = names[len(chosen) % len(names)]
        m = Mutant(name, 4 * rng.randrange(sizes[name] // 4), rng.randrange(32))
        if m not in seen:
            seen.add(m)
            chosen.append(m)
    return chosen


#: Bytes of memory that the process of one mutant may have.
MEMORY = 4 << 30


def work_on(folder: str, mutant: Mutant, seconds: float, judging: float = JUDGE_SECONDS) -> Outcome:
    """The outcome of one mutant, as `try_mutant` has it."""
    return try_mutant(definitions_of(folder)[mutant.proof], mutant, seconds, judging=judging)


def baseline(folder: str, name: str) -> tuple[str, float]:
    """The status of the unchanged routine, and the CPU seconds that its proof takes."""
    d = definitions_of(folder)[name]
    began = time.process_time()
    r = proof_run.prove(d, name=name, image=image_of(d.object_spec()), symbol=d.symbol, isa=A64)
    return r.status.value, time.process_time() - began


def _in_child(work: Callable[[], T], answer: Connection, seconds: float | None) -> None:
    if hasattr(resource, "RLIMIT_AS"):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds)))
    answer.send(work())
    answer.close()


def apart(work: Callable[[], T], otherwise: Callable[[str], T], seconds: float | None = None) -> T:
    """`work` in a process of its own; what `otherwise` makes of it where that ends without an answer.

    Terms of wrong code can take all memory, and a process killed for that must not take others with it.
    After so many `seconds` of CPU, if any, the system ends it, whatever it is at.
    """
    receiving, sending = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=_in_child, args=(work, sending, seconds))
    child.start()
    sending.close()
    try:
        answer: T = receiving.recv()
    except EOFError:
        child.join()
        return otherwise(f"its process ended with {child.exitcode}, out of memory, time or otherwise")
    child.join()
    return answer


def _all(jobs: int, work: Sequence[Callable[[], T]], progress: Callable[[T], None]) -> list[T]:
    """The answers in the order of the work, `jobs` at a time; `progress` sees each as it comes."""
    with ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(w): k for k, w in enumerate(work)}
        answers: dict[int, T] = {}
        for done in as_completed(waiting):
            answers[waiting[done]] = done.result()
            progress(done.result())
    return [answers[k] for k in range(len(work))]


def campaign(
    folder: Path, *, only: str, count: int, seed: int, jobs: int, seconds: float, log: Path | None = None
) -> tuple[dict[str, tuple[str, float]], list[Outcome]]:
    """Status and seconds of each unchanged routine, and the outcomes of the mutants of the proved ones.

    Each outcome is added to the file `log` as it comes, a line of JSON.
    """
    place = str(folder)
    names = [n for n in definitions_of(place) if only in n]
    if not names:
        raise SystemExit(f"no proof in {folder} has {only!r} in its name")
    for n in names:  # before processes part, so that all have them
        image_of(definitions_of(place)[n].object_spec())

    def unchanged(name: str) -> tuple[str, float]:
        return apart(partial(baseline, place, name), lambda why: (f"error: {why}", 0.0))

    found = _all(jobs, [partial(unchanged, n) for n in names], lambda _: None)
    base = dict(zip(names, found, strict=True))
    proved = {n: definitions_of(place)[n] for n in names if base[n][0] == "proved"}
    if not proved:
        return base, []
    mutants = plan(proved, count, seed)

    def outcome(m: Mutant) -> Outcome:
        # A mutant that cannot be refuted quickly gets as long as a few proofs of the original take.
        limit = max(seconds, 3 * base[m.proof][1])
        return apart(partial(work_on, place, m, limit), lambda why: undecided(proved[m.proof], m, why))

    def note(o: Outcome) -> None:
        if log is not None:
            with log.open("a") as f:
                f.write(json.dumps(asdict(o)) + "\n")

    return base, _all(jobs, [partial(outcome, m) for m in mutants], note)


def table(base: dict[str, tuple[str, float]], outcomes: list[Outcome]) -> str:
    """Counts for each routine, then every equivalent and every unjustified mutant."""
    width = max(map(len, base))
    lines = [f"{'proof':<{width}}  unchanged       " + "".join(f"{a:>12}" for a in ANSWERS)]
    for name, (status, seconds) in base.items():
        c = Counter(o.answer for o in outcomes if o.mutant.proof == name)
        counts = "".join(f"{c[a]:>12}" for a in ANSWERS)
        lines.append(f"{name:<{width}}  {status} {seconds:5.1f} s{'':{9 - len(status)}}{counts}")
    c = Counter(o.answer for o in outcomes)
    lines.append(f"{'total':<{width}}  {'':16}" + "".join(f"{c[a]:>12}" for a in ANSWERS))
    for answer in ("equivalent", "unjustified"):
        for o in (o for o in outcomes if o.answer == answer):
            lines.append(
                f"{answer}: {o.mutant.proof} at {o.address:#x} ({o.symbol}+{o.mutant.offset:#x}) bit {o.mutant.bit}"
            )
            lines += [f"    {o.before}", f"    {o.after}", f"    {o.why}"]
    return "\n".join(lines)


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description="Flip bits of proved routines: no mutant may be proved.")
    parser.add_argument("--count", type=int, default=200, help="mutants in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", "--jobs", type=int, default=1, help="processes")
    parser.add_argument("--seconds", type=float, default=5.0, help="CPU seconds for one symbolic proof, at least")
    parser.add_argument("--only", default="", help="proofs with this in their name")
    parser.add_argument("--proofs", type=Path, default=ROOT / "crypto_examples", help="file or folder")
    parser.add_argument("--json", type=Path, help="write everything here")
    parser.add_argument("--log", type=Path, help="add each outcome to this file as it comes")
    a = parser.parse_args()
    base, outcomes = campaign(
        a.proofs, only=a.only, count=a.count, seed=a.seed, jobs=a.jobs, seconds=a.seconds, log=a.log
    )
    print(table(base, outcomes))
    if a.json:
        data: dict[str, Any] = {"seed": a.seed, "unchanged": base, "mutants": [asdict(o) for o in outcomes]}
        a.json.write_text(json.dumps(data, indent=1) + "\n")
    if any(o.answer == "unjustified" for o in outcomes):
        return 1
    return 3 if any(s != "proved" for s, _ in base.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
