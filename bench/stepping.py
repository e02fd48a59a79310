"""How fast code is stepped: python bench/stepping.py [--rounds 5] [--profile WAY]

Scalar code of AWS-LC as shipped: SHA-256, SHA-512 and ChaCha20.  Each on numbers (`armsym run`), and by the simulator
with registers and buffers of numbers, and with buffers of symbols (`armsym simulate`); best of some rounds, CPU time.
Memory is what the simulator holds after one block and after eight, as Python counts it.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import time
import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import shake_128

import armsym
from armsym.bits import Bits
from armsym.discharge.z3_bridge import Model
from armsym.elf import Image
from armsym.installed import load_isa
from armsym.questions.numbers import IMAGE_BASE, Numbers
from armsym.stepper import Stepper, run_concrete
from armsym.terms import new_table
from crypto_examples.wheels import AWS_LC

#: A buffer: name, bytes for n blocks, bytes of a cell, byte order.
Argument = int | tuple[str, int, int, str]

#: Symbol -> its arguments for n blocks.
ROUTINES: dict[str, Callable[[int], list[Argument]]] = {
    "sha256_block_data_order_nohw": lambda n: [("ctx", 32, 4, "little"), ("msg", 64 * n, 4, "big"), n],
    "sha512_block_data_order_nohw": lambda n: [("ctx", 64, 8, "little"), ("msg", 128 * n, 8, "big"), n],
    "ChaCha20_ctr32_nohw": lambda n: [
        ("out", 64 * n, 8, "little"), ("inp", 64 * n, 8, "little"), 64 * n, ("key", 32, 4, "little"),
        ("counter", 16, 4, "little"),
    ],
}  # fmt: skip
WAYS = ("numbers", "simulator, numbers", "simulator, symbols")


def start_of(symbol: str, blocks: int, *, numbers: bool) -> armsym.Start:
    """The arguments in X0, X1, ...; buffers of numbers, and then all registers too, or of symbols."""
    start = armsym.Start(stack=4096)
    if numbers:
        start.set(**{f"x{n}": 0 for n in range(29)}, **{f"v{n}": 0 for n in range(32)}, nzcv=0)
    for k, a in enumerate(ROUTINES[symbol](blocks)):
        if isinstance(a, int):
            start.set(**{f"x{k}": a})
            continue
        name, size, cell, order = a
        data = shake_128(name.encode()).digest(size) if numbers else None
        start.set(**{f"x{k}": start.buffer(name, size, data=data, cell=cell, order=order)})
    return start


def prepared(image: Image, symbol: str, way: str, blocks: int) -> Callable[[], int]:
    """What is measured: it returns how many instructions it executed."""
    new_table()
    start = start_of(symbol, blocks, numbers=way != "simulator, symbols")
    if way == "numbers":
        at = image.symbol(symbol).offset
        machine = Numbers(start, Model({}, []), []).machine(image, at)
        stepper = Stepper(load_isa(), image, Bits(64, IMAGE_BASE), machine.x[30])
        return lambda: run_concrete(stepper, machine, at, max_steps=10_000_000)
    simulation = armsym.Simulation(image, symbol, state=start)

    def run() -> int:
        (state,) = simulation.run()
        assert state.stop is not None
        assert state.stop.complete, state.stop
        return state.steps

    return run


def measured(image: Image, symbol: str, way: str, blocks: int, rounds: int) -> tuple[int, float]:
    """(instructions, instructions a second of the fastest round)."""
    steps, fastest = 0, float("inf")
    for _ in range(rounds):
        run = prepared(image, symbol, way, blocks)
        gc.collect()
        began = time.process_time()
        steps = run()
        fastest = min(fastest, time.process_time() - began)
    return steps, steps / fastest


def held(image: Image, symbol: str, way: str, blocks: int) -> tuple[int, int]:
    """(instructions, bytes that a simulation of so many blocks holds at its end)."""
    run = prepared(image, symbol, way, blocks)
    gc.collect()
    tracemalloc.start()
    steps = run()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return steps, size


def lines(rounds: int) -> Iterator[str]:
    """The table."""
    image = armsym.load(AWS_LC.path())
    yield f"{'routine':<30} {'instr':>6}  " + "  ".join(f"{w:>20}" for w in WAYS)
    for symbol in ROUTINES:
        cells, steps = [], 0
        for way in WAYS:
            blocks = 1 if way == "simulator, symbols" else 4
            count, rate = measured(image, symbol, way, blocks, rounds)
            steps = count // blocks
            cells.append(f"{rate:>14,.0f} in/s")
        yield f"{symbol:<30} {steps:>6}  " + "  ".join(f"{c:>20}" for c in cells)
    for way in WAYS[1:]:
        symbol = "ChaCha20_ctr32_nohw"
        few, many = (held(image, symbol, way, n) for n in (1, 8))
        yield f"held, {way}, {symbol}: " + ", ".join(
            f"{size / 1e6:.1f} MB after {n} instructions ({size / n:.0f} bytes each)" for n, size in (few, many)
        )


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description="Measure how fast code is stepped.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", choices=WAYS, help="show where the time goes instead, for SHA-256")
    a = parser.parse_args()
    if a.profile:
        symbol = "sha256_block_data_order_nohw"
        run = prepared(armsym.load(AWS_LC.path()), symbol, a.profile, 1 if a.profile == WAYS[2] else 20)
        profile = cProfile.Profile()
        profile.runcall(run)
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)
        return 0
    for line in lines(a.rounds):
        print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
