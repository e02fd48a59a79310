"""Pairs of small routines: f and g of each text."""

from __future__ import annotations

from collections.abc import Callable

from assembling import assembled

from armsym.bits import Bits
from armsym.elf import Image, load_bytes
from armsym.equiv import Answer, equivalent
from armsym.equiv.product import Limits
from armsym.installed import load_isa
from armsym.proof.declare import Proof

HEAD = "    .arch armv8-a+crypto\n    .text\n    .global f\n    .global g\n"
Declare = Callable[[Proof], None]


def image(f: str, g: str = "", more: str = "") -> Image:
    """The object with these bodies."""
    text = f"{HEAD}f:\n{f}\n    .global g\ng:\n{g or '    ret'}\n{more}\n"
    return load_bytes(assembled(text), "twins.o")


def compared(
    f: str,
    g: str,
    declare: Declare | None = None,
    *,
    more: str = "",
    results: str | None = "x0",
    same_globals: tuple[str, ...] = (),
    seconds: float = 30.0,
    states: int = 10_000,
) -> Answer:
    """The answer for a pair, compared both ways round: they have to agree."""
    both = image(f, g, more)
    answers = [
        equivalent(
            (both, first),
            (both, second),
            load_isa(),
            declared=declare,
            results=results,
            same_globals=same_globals,
            limits=Limits(steps=20_000, seconds=seconds, states=states),
        )
        for first, second in (("f", "g"), ("g", "f"))
    ]
    assert answers[0].verdict == answers[1].verdict, [a.reason for a in answers]
    return answers[0]


def numbers(p: Proof) -> None:
    """X0 to X3 hold any numbers."""
    p.call(**{f"x{n}": p.word(f"a{n}", public=True) for n in range(4)})
    p.modifies(p.stack(256))


def buffer(access: str = "rw", low: int = 0, high: int = 1 << 30) -> Declare:
    """X0 points to X1 bytes."""

    def declare(p: Proof) -> None:
        n = p.nat("n", low=low, high=high)
        b = p.region("b", n, access=access, cell=1)
        p.call(x0=b, x1=n)
        p.modifies(p.stack(256))

    return declare


def two_buffers(p: Proof) -> None:
    """X0 and X1 point to X2 bytes each; only those at X0 may be written."""
    n = p.nat("n", low=0, high=1 << 30)
    out, src = p.region("out", n, access="rw", cell=1), p.region("src", n, access="r", cell=1)
    p.call(x0=out, x1=src, x2=n)
    p.modifies(out, p.stack(256))


def block(size: int = 64) -> Declare:
    """X0 points to bytes of a fixed number; X1 to X3 are numbers, X1 less than 8."""

    def declare(p: Proof) -> None:
        b = p.region("b", size, access="rw", cell=1)
        k: Bits = p.nat("k", low=0, high=7)
        p.call(x0=b, x1=k, x2=p.word("a2", public=True), x3=p.word("a3", public=True))
        p.modifies(b, p.stack(256))

    return declare
