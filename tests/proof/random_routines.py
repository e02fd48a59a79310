"""Random AArch64 routines of a few instructions: loops in some shapes, or none; stores, loads, branches forward."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["SHAPES", "Code", "random_code"]

DATA = ("x7", "x8", "x9", "x10")
CONDITIONS = ("eq", "ne", "lo", "hi", "hs", "ls")


@dataclass(frozen=True)
class Code:
    """A routine of x0 = a, x1 = n, x2 = w, x3 = b.

    Loop k begins at the label HEADk and is counted, from 0 to n, by the register of that place in `counters`.
    """

    shape: str
    text: str
    counters: tuple[int, ...]

    @property
    def inputs(self) -> range:
        """The values of n."""
        return range(1, 11) if self.counters else range(64)

    def function(self, seed: int) -> str:
        """The assembly of the function `f<seed>`, with global labels at the loops' heads: see `head`."""
        heads = "".join(f".global {self.head(seed, k)}\n" for k in range(len(self.counters)))
        text = self.text.replace("HEAD", f"head{seed}_")
        return f"{heads}.global f{seed}\n.type f{seed}, %function\nf{seed}:\n{text}\n.size f{seed}, .-f{seed}\n"

    @staticmethod
    def head(seed: int, k: int) -> str:
        """The symbol of a head."""
        return f"head{seed}_{k}"


@dataclass
class _Writer:
    """Writes straight code with branches forward; x7 to x10 hold data, x4 to x6 count or are offsets."""

    rng: random.Random
    labels: int = 0

    def body(self, count: int, compared: tuple[str, ...], instruction: Callable[[], str]) -> str:
        """`count` instructions, some skipped by branches on n or what else may be compared."""
        out: list[str] = []
        open_: dict[int, int] = {}  # label -> instructions until it stands
        for _ in range(count):
            if self.rng.random() < 0.3:
                self.labels += 1
                number = self.rng.choice((0, 1, 2, 3, 5, 7, 16, 33, 56))
                out.append(f"cmp {self.rng.choice(compared)}, #{number}")
                out.append(f"b.{self.rng.choice(CONDITIONS)} 9{self.labels}f")
                open_[self.labels] = self.rng.randrange(1, 4)
                continue
            out.append(instruction())
            open_ = {label: left - 1 for label, left in open_.items()}
            out += [f"9{label}:" for label, left in open_.items() if not left]
            open_ = {label: left for label, left in open_.items() if left}
        return "\n".join([*out, *(f"9{label}:" for label in open_)])

    def computed(self, counter: str) -> str:
        """An instruction on data."""
        d, e = self.rng.choice(DATA), self.rng.choice(DATA)
        plain = f"add {d}, {d}, #{self.rng.randrange(9)}", f"add {d}, {d}, {e}", f"sub {d}, {d}, #8", f"mov {d}, {e}"
        chosen = f"cmp x1, #{self.rng.choice((1, 3, 5, 16))}\ncsel {d}, {d}, {e}, {self.rng.choice(('eq', 'lo', 'ge'))}"
        return self.rng.choice((*plain, f"mov {d}, x1", f"mov {d}, {counter}", chosen, chosen))

    def in_loop(self, counter: str) -> str:
        """A part of a loop's body: most accesses to a at fixed offsets, some to b by the counter."""

        def instruction() -> str:
            k, d, do = self.rng.random(), self.rng.choice(DATA), self.rng.choice(("ldr", "str"))
            if k < 0.45:
                return f"{do} {d}, [x0, #{self.rng.randrange(4) * 8}]"
            return f"{do} {d}, [x3, {counter}, lsl #3]" if k < 0.55 else self.computed(counter)

        return self.body(self.rng.randrange(2, 7), ("x1", counter), instruction)

    def straight(self) -> str:
        """Code without a loop: accesses of one, four and eight bytes at offsets that may or may not meet."""
        offsets = ("x4", "x5", "x6")

        def instruction() -> str:
            k, d, o = self.rng.random(), self.rng.choice(DATA), self.rng.choice(offsets)
            do = self.rng.choice(("ldr x", "str x", "str x", "ldrb w", "strb w", "str w", "ldr w"))
            if k < 0.6:
                where = o if self.rng.random() < 0.7 else f"#{self.rng.randrange(9) * 8}"
                return f"{do}{d[1:]}, [x0, {where}]" if where == o or "b" not in do else f"ldr {d}, [x0, {where}]"
            if k < 0.8:
                return self.rng.choice(
                    (f"add {o}, {o}, #8", f"eor {o}, {o}, #8", f"and {o}, {o}, #56", f"sub {o}, {o}, #8")
                )
            return self.computed(o)

        second = ("lsl x5, x1, #3\nand x5, x5, #56", "sub x5, x1, #8", "mov x5, #16", "mov x5, x4")
        start = (
            f"and x4, x1, #{self.rng.choice((8, 24, 56, 32, 48))}",
            self.rng.choice(second),
            f"mov x6, #{self.rng.choice((0, 8, 16, 56))}",
        )
        return "\n".join((*start, self.body(self.rng.randrange(5, 12), ("x1", *offsets), instruction)))


def _one(w: _Writer, head: int = 0) -> str:
    return f"mov x4, #0\nHEAD{head}:\n1: {w.in_loop('x4')}\nadd x4, x4, #1\ncmp x4, x1\nb.lo 1b"


def _top(w: _Writer, head: int) -> str:
    return f"mov x4, #0\nHEAD{head}:\n1: cmp x4, x1\nb.hs 3f\n{w.in_loop('x4')}\nadd x4, x4, #1\nb 1b\n3:"


def _nested(w: _Writer) -> str:
    inner = f"mov x5, #0\nHEAD1:\n2: {w.in_loop('x5')}\nadd x5, x5, #1\ncmp x5, x1\nb.lo 2b"
    before, after = w.in_loop("x4"), w.in_loop("x4")
    return f"mov x4, #0\nHEAD0:\n1: {before}\n{inner}\n{after}\nadd x4, x4, #1\ncmp x4, x1\nb.lo 1b"


def _called(w: _Writer) -> str:
    return f"mov x11, x30\nbl 7f\n{w.in_loop('x1')}\nbl 7f\nmov x30, x11\nret\n7: nop\n{_one(w)}"


SHAPES: dict[str, tuple[Callable[[_Writer], str], tuple[int, ...]]] = {
    "one loop": (_one, (4,)),
    "two in a row": (lambda w: f"{_one(w)}\n{_one(w, 1)}", (4, 4)),
    "nested": (_nested, (4, 5)),
    "two top-tested": (lambda w: f"{_top(w, 0)}\n{_top(w, 1)}", (4, 4)),
    "called twice": (_called, (4,)),
    "no loop": (_Writer.straight, ()),
}


def random_code(seed: int) -> Code:
    """The routine of a seed; shapes take turns."""
    shape = list(SHAPES)[seed % len(SHAPES)]
    write, counters = SHAPES[shape]
    text = write(_Writer(random.Random(f"code {seed}")))
    return Code(shape, f"mov x7, x2\nmov x8, x1\nmov x9, #5\nmov x10, x2\n{text}\nret", counters)
