"""SHA-2, measured: python bench/sha2.py [--json out.json] [--rounds 3]

What each proof of a shipped or own SHA-2 routine costs (CPU seconds, peak memory; a process each),
how fast one block is stepped symbolically and on numbers, how fast words are decoded, and how long
`armsym --help` takes.  Machines differ: the last column relates each figure to the first of its kind.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from armsym.bits import Bits
from armsym.elf import Image, load
from armsym.isa import InstructionSet
from armsym.proof.concrete import ConcreteProof
from armsym.proof.declare import Proof
from armsym.proof.loops import Routine
from armsym.proof.registry import ProofDefinition, discover
from armsym.proof.run import prove
from armsym.proof.symbolic import SymbolicProof
from armsym.stepper import RETURNED, Fork, Stepper, run_concrete
from armsym.terms import new_table
from crypto_examples.wheels import AWS_LC, OPENSSL_4_0
from semantics import A64

ROOT = Path(__file__).resolve().parent.parent

#: Routines without dispatch, of one loop each: symbol and bytes in a word of the state.
SCALAR = {"sha256_block_data_order_nohw": 4, "sha512_block_data_order_nohw": 8}
HARDWARE = {"sha256_block_data_order_hw": 4, "sha512_block_data_order_hw": 8}


@dataclass
class Figure:
    """One measured number; `kind` groups what may be compared."""

    kind: str
    name: str
    value: float
    unit: str
    note: str = ""


def best(measure: Callable[[], tuple[int, float]], rounds: int) -> tuple[int, float]:
    """Count and rate per CPU second of the fastest of some rounds."""
    results = [measure() for _ in range(rounds)]
    return results[0][0], max(count / seconds for count, seconds in results)


# -- proofs -------------------------------------------------------------------------------------


def _definitions() -> dict[str, ProofDefinition]:
    found = discover(ROOT / "crypto_examples")
    sha2 = ("sha256", "sha512", "armsym_sha")
    return {f"{Path(d.file).parent.name}/{d.name}": d for d in found if d.name.startswith(sha2)}


def prove_one(name: str) -> dict[str, Any]:
    """One proof in this process: status, CPU seconds, peak resident memory, instructions stepped."""
    import resource

    d = _definitions()[name]
    image = load(d.object_spec())
    began = time.process_time()
    r = prove(d, name=d.name, image=image, symbol=d.symbol, isa=A64)
    spent = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"status": r.status.value, "cpu": spent, "rss": peak, "instructions": r.instructions}


def proofs() -> Iterator[Figure]:
    """Each proof in a process of its own."""
    for name in _definitions():
        command = [sys.executable, __file__, "--one", name]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        r = json.loads(out)
        note = f"{r['status']}, {r['instructions']} instructions, {r['rss'] / 1e6:.0f} MB"
        yield Figure("proof", name, r["cpu"], "s CPU", note)


# -- stepping -----------------------------------------------------------------------------------


def _one_block(symbol_word: int) -> Callable[[Proof], None]:
    def declare(p: Proof) -> None:
        ctx = p.region("ctx", 8 * symbol_word, access="rw", cell=symbol_word)
        msg = p.region("msg", 16 * symbol_word, access="r", cell=symbol_word, order="big")
        p.call(x0=ctx, x1=msg, x2=1)
        p.modifies(ctx, p.stack(160))

    return declare


def _symbolic(image: Image, symbol: str, word: int) -> tuple[int, float]:
    new_table()
    p = SymbolicProof(Routine(image, A64, symbol))
    _one_block(word)(p)
    m = p.start()
    stepper = Stepper(A64, image, p.places, p.lr0)
    at, steps = p.routine.entry, 0
    gc.disable()  # as `prove` does
    began = time.process_time()
    while at != RETURNED:
        to = stepper.step(m, at)
        assert not isinstance(to, Fork), "with one block the control flow is known"
        at, steps = to, steps + 1
    spent = time.process_time() - began
    gc.enable()
    return steps, spent


def _on_numbers(image: Image, symbol: str, word: int, blocks: int) -> tuple[int, float]:
    def declare(p: Proof) -> None:
        ctx = p.region("ctx", 8 * word, access="rw")
        msg = p.region("msg", 16 * word * blocks, access="r")
        p.call(x0=ctx, x1=msg, x2=blocks)
        p.modifies(ctx, p.stack(160))

    p = ConcreteProof(Routine(image, A64, symbol), 1, 1, 0)
    declare(p)
    t = p.start()
    stepper = Stepper(A64, image, Bits(64, t.base), Bits(64, t.return_address))
    m = t.entry.fork()
    began = time.process_time()
    steps = run_concrete(stepper, m, p.routine.entry, max_steps=10_000_000)
    return steps, time.process_time() - began


def stepping(rounds: int) -> Iterator[Figure]:
    """One block with a symbolic message and state; many blocks on numbers."""
    image = load(AWS_LC.path())
    for symbol, word in {**SCALAR, **HARDWARE}.items():
        steps, rate = best(partial(_symbolic, image, symbol, word), rounds)
        seconds = f"{steps} instructions in {steps / rate:.3f} s"
        yield Figure("symbolic stepping, one block", symbol, rate, "instr/s", seconds)
    for symbol, word in {**SCALAR, **HARDWARE}.items():
        steps, rate = best(partial(_on_numbers, image, symbol, word, 10), rounds)
        yield Figure("concrete interpretation", symbol, rate, "instr/s", f"{steps} instructions, 10 blocks")


def decoding(rounds: int) -> Iterator[Figure]:
    """Distinct words of shipped code, none decoded before."""
    image = load(OPENSSL_4_0.path())
    words: set[int] = set()
    for name in [s.name for s in image.functions() if "sha" in s.name or "aes" in s.name]:
        if name in image.symbols:
            start, size = image.function_extent(name)
            words.update(image.word(at) for at in range(start, start + size, 4))

    def measure() -> tuple[int, float]:
        isa = InstructionSet("fresh", A64.classes, A64.data_independent)
        began = time.process_time()
        for w in words:
            isa.matches(w)
        return len(words), time.process_time() - began

    count, rate = best(measure, rounds)
    yield Figure("decoding", "distinct words", rate, "words/s", f"{count} words of OpenSSL")


def help_time(rounds: int) -> Iterator[Figure]:
    """Wall-clock time of `armsym --help`, against an interpreter that does nothing."""

    def seconds(*arguments: str) -> float:
        times = []
        for _ in range(max(rounds, 3)):
            began = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=ROOT)
            times.append(time.perf_counter() - began)
        return min(times)

    yield Figure("starting", "python -c pass", seconds("-c", "pass"), "s")
    yield Figure("starting", "armsym --help", seconds("-m", "armsym", "--help"), "s")


def table(figures: list[Figure]) -> str:
    """Groups of figures, each with its ratio to the first of the group."""
    lines: list[str] = []
    width = max(len(f.name) for f in figures)
    first: dict[str, float] = {}
    for f in figures:
        if f.kind not in first:
            lines.append(f"{f.kind}")
            first[f.kind] = f.value
        shown = f"{f.value:>12,.0f}" if f.value >= 100 else f"{f.value:>12.3f}"
        lines.append(f"    {f.name:<{width}} {shown} {f.unit:<8} {f.value / first[f.kind]:>7.2f} x   {f.note}")
    return "\n".join(lines)


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description="Measure the SHA-2 proofs and the interpreter.")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many is reported")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--no-proofs", action="store_true", help="leave the proofs out")
    a = parser.parse_args()
    if a.one:
        print(json.dumps(prove_one(a.one)))
        return 0
    figures = [*([] if a.no_proofs else proofs()), *stepping(a.rounds), *decoding(a.rounds), *help_time(a.rounds)]
    print(table(figures))
    if a.json:
        a.json.write_text(json.dumps([asdict(f) for f in figures], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
