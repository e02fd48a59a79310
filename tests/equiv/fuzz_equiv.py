"""Random routines and copies with one instruction changed: whoever is called equivalent is run on many inputs.

python tests/equiv/fuzz_equiv.py [PAIRS] [SEED]
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parent)]

from assembling import assembled
from twins import block

from armsym.bits import Bits
from armsym.elf import load_bytes
from armsym.equiv import Verdict, equivalent
from armsym.equiv.entry import Side, Start, cases
from armsym.equiv.outputs import Outputs
from armsym.equiv.product import Limits
from armsym.equiv.runs import _difference, _walks
from armsym.installed import load_isa

#: Registers of the routines: X0 is the buffer, X1 less than 8.
WORK = ("x2", "x3", "x4", "x5", "x6")
OFTEN = (0, 1, 2, 7, 8, 63, 64, 255, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 63, (1 << 63) - 1, (1 << 64) - 1)


def line(rng: random.Random) -> str:
    """One instruction, or a few that belong together."""
    d, a, b = (rng.choice(WORK) for _ in range(3))
    w = [r.replace("x", "w") for r in (d, a, b)]
    k = rng.choice((0, 8, 16, 24, 56))
    return rng.choice(
        [
            f"    {rng.choice(('add', 'sub', 'eor', 'and', 'orr', 'mul', 'bic'))} {d}, {a}, {b}",
            f"    {rng.choice(('add', 'sub', 'eor'))} {w[0]}, {w[1]}, {w[2]}",
            f"    {rng.choice(('lsl', 'lsr', 'asr', 'ror'))} {d}, {a}, #{rng.choice((1, 7, 31, 32, 63))}",
            f"    {rng.choice(('adds', 'subs'))} {d}, {a}, {b}",
            f"    {rng.choice(('adc', 'sbc'))} {d}, {a}, {b}",
            f"    cmp {a}, {b}\n    csel {d}, {a}, {b}, {rng.choice(('eq', 'lo', 'hi', 'lt', 'ge', 'mi', 'vs'))}",
            f"    cmp {a}, {b}\n    b.{rng.choice(('eq', 'lo', 'lt'))} 1f\n    add {d}, {d}, #1\n1:",
            f"    ldr {d}, [x0, #{k}]",
            f"    str {d}, [x0, #{k}]",
            f"    strb {w[0]}, [x0, x1]",
            f"    ldrb {w[0]}, [x0, x1]",
            f"    strb {w[0]}, [x0, #{k + rng.randrange(8)}]",
            f"    str {d}, [sp, #-16]!\n    eor {d}, {d}, {a}\n    ldr {b}, [sp], #16",
        ]
    )


def body(rng: random.Random) -> list[str]:
    """A routine: some instructions, a loop that goes round X1 times, some more."""
    lines = [f"    mov {r}, #{rng.randrange(4)}" for r in ("x4", "x5", "x6")]
    lines += [line(rng) for _ in range(rng.randrange(1, 5))]
    if rng.random() < 0.6:
        counter = ["    mov x9, x1", "    cbz x9, 8f", "7:"], ["    sub x9, x9, #1", "    cbnz x9, 7b", "8:"]
        lines += [*counter[0], *(line(rng) for _ in range(rng.randrange(1, 4))), *counter[1]]
        lines += [line(rng) for _ in range(rng.randrange(2))]
    end = rng.sample(
        ["    eor x0, x0, x3", "    add x0, x0, x4", "    eor x0, x0, x5", "    add x0, x0, x6"], rng.randrange(5)
    )
    return [*lines, "    mov x0, x2", *end]


def changed(rng: random.Random, lines: list[str]) -> list[str]:
    """A copy with one thing changed: an instruction new, gone, or two that change places."""
    copy = lines[:]
    places = [k for k, text in enumerate(copy) if not text.endswith(":") and "x9" not in text and "mov x0" not in text]
    k = rng.choice(places)
    how = rng.randrange(4)
    if how == 0:
        copy[k] = line(rng)
    elif how == 1:
        del copy[k]
    elif how == 2 and k + 1 in places:
        copy[k], copy[k + 1] = copy[k + 1], copy[k]
    else:
        copy.insert(
            k,
            rng.choice(("    nop", "    mov x7, x2", "    add x2, x2, #0", "    mov w4, w4", "    eor x5, x5, #0x80")),
        )
    return copy


def renamed(rng: random.Random, lines: list[str]) -> list[str]:
    """A copy in which X3 to X6 have changed places: they are no results."""
    numbers = list("3456")
    rng.shuffle(numbers)
    to = dict(zip("3456", numbers, strict=True))
    given = ["    mov x7, x3", f"    mov x{to['3']}, x7"]
    return [*given, *(re.sub(r"\b([xw])([3-6])\b", lambda m: m[1] + to[m[2]], text) for text in lines)]


def agree(start_of: Side, other: Side, outputs: Outputs, seed: int) -> bool:
    """Whether both leave the same on an input that is made of numbers that matter."""
    (case,) = cases(block(), (start_of, other))
    start: Start = case.concrete(seed, seed % 8)
    if seed % 2:
        for m in start.machines:
            r = random.Random(seed)
            for n in (2, 3):
                m.x[n] = Bits(64, r.choice(OFTEN))
    finals = []
    for walk in _walks(case, start, load_isa()):
        for _ in walk:
            pass
        finals.append(walk.ran.final)
    a, b = finals
    if a is None or b is None:
        return a is b
    return _difference(case, outputs, start, a, b) is None


def run(pairs: int, seed: int, inputs: int = 60) -> Counter[str]:
    """Compare so many pairs; raises `AssertionError` with the text of one that is called equivalent and is not."""
    rng, isa, counts = random.Random(seed), load_isa(), Counter[str]()
    texts = []
    for _ in range(pairs):
        f = body(rng)
        g = changed(rng, f)
        texts.append((f, renamed(rng, g) if rng.random() < 0.5 else g))
    whole = "    .text\n"
    for n, pair in enumerate(texts):
        for name, lines in zip("fg", pair, strict=True):
            whole += f"    .global {name}{n}\n{name}{n}:\n" + "\n".join(lines) + "\n    ret\n"
    image = load_bytes(assembled(whole), "fuzz.o")
    outputs = Outputs.of("x0")
    for n, (f, g) in enumerate(texts):
        for declared in (None, block()):
            answer = equivalent(
                (image, f"f{n}"), (image, f"g{n}"), isa, declared=declared, results="x0", limits=Limits(seconds=10.0)
            )
            counts[f"{answer.verdict.value} {answer.method}"] += 1
            if answer.verdict is Verdict.EQUIVALENT:
                sides = Side.of(image, f"f{n}", isa), Side.of(image, f"g{n}", isa)
                bad = next((k for k in range(inputs) if not agree(*sides, outputs, 31 * n + k)), None)
                shown = "\n".join(["f:", *f, "g:", *g])
                assert bad is None, f"pair {n} of seed {seed} is called {answer.method} equivalent:\n{shown}"
    return counts


if __name__ == "__main__":
    print(dict(run(int(sys.argv[1]) if sys.argv[1:] else 50, int(sys.argv[2]) if sys.argv[2:] else 1)))
