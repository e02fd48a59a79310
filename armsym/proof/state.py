"""A machine state as claims see it, and the words that they compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import SupportsIndex, overload

from armsym.bits import Bits, Prop
from armsym.errors import InputError, SymbolicTruthError
from armsym.machine import Machine
from armsym.proof.checks import a_number, a_vector, vectors, whole_bytes

__all__ = ["State", "Words", "handed", "lanes"]


class _Conditions(list[Prop]):
    """Conditions that must all hold: a claim, like one condition no truth value (`and` would drop the first list)."""

    def __bool__(self) -> bool:
        raise SymbolicTruthError(
            "a list of conditions has no truth value here: state it as a claim, or several in one list"
        )


class Words(list[Bits]):
    """A list of bit vectors that compares element by element: `==` gives a list of conditions."""

    def __eq__(self, other: object) -> list[Prop]:  # type: ignore[override]
        if not isinstance(other, (list, tuple)):
            raise InputError(f"{len(self)} words are compared with a list of words, not with {type(other).__name__}")
        if len(self) != len(other):
            raise InputError(f"{len(self)} words are compared with {len(other)} words")
        return _Conditions(a == b for a, b in zip(self, other, strict=True))

    def __ne__(self, other: object) -> list[Prop]:  # type: ignore[override]
        raise InputError("words are compared with ==: say which of them differ")

    __hash__ = None

    @overload
    def __getitem__(self, index: SupportsIndex) -> Bits: ...
    @overload
    def __getitem__(self, index: slice) -> Words: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Bits | Words:
        got = super().__getitem__(index)
        return Words(got) if isinstance(index, slice) else got  # type: ignore[arg-type,return-value]


def lanes(words: Iterable[Bits], total: int = 128) -> Words:
    """Words packed into vectors of `total` bits, the first word in the least significant lane."""
    rest = vectors("lanes: the words", words)
    if not rest:
        return Words()
    a_number("lanes: total", total, 1)
    if any(w.width != rest[0].width for w in rest) or total % rest[0].width:
        raise InputError(f"words of {sorted({w.width for w in rest})} bits do not fill vectors of {total} bits")
    per = total // rest[0].width
    if len(rest) % per:
        raise InputError(f"{len(rest)} words of {rest[0].width} bits do not fill vectors of {total} bits")
    return Words(Bits.from_elems(rest[k : k + per]) for k in range(0, len(rest), per))


class State:
    """A machine state as claims see it.

    `s.x0` .. `s.x30`, `s.w0` .., `s.sp`; `s.x[3]`, `s.v[0:4]` (128 bits each), `s.q0`, `s.d0`, `s.s0`; the flags
    `s.N`, `s.Z`, `s.C`, `s.V`, 1 bit each.

    It can be read while the claim that it was handed to is evaluated, and no longer: then the machine goes on.
    Whatever asks it afterwards raises `InputError`.  The registers on entry, `p.entry`, stay.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine: Machine | None = machine

    @property
    def machine(self) -> Machine:
        """The machine itself."""
        return self._m

    @property
    def _m(self) -> Machine:
        if self._machine is None:
            raise InputError(
                "a state is read that was handed to another claim: a state can be read only while the claim that it"
                " was handed to is evaluated (the registers on entry are p.entry)"
            )
        return self._machine

    @property
    def x(self) -> Words:
        """X0..X30."""
        return Words(self._m.x)

    @property
    def w(self) -> Words:
        """W0..W30: the low 32 bits."""
        return Words(r[31:0] for r in self._m.x)

    @property
    def v(self) -> Words:
        """V0..V31, 128 bits each."""
        return Words(self._m.v)

    @property
    def sp(self) -> Bits:
        """The stack pointer."""
        return self._m.sp

    def load(self, address: Bits, width: int) -> Bits:
        """The content of memory at an address, `width` bits, little-endian; no access is recorded."""
        size = whole_bytes("load: the width", width) // 8
        return self._m.memory.look(a_vector("load: the address", address, 64), size)

    def words(self, address: Bits, width: int, count: int) -> Words:
        """`count` words of `width` bits from an address up (stack slots, for example)."""
        a_vector("words: the address", address, 64), whole_bytes("words: the width", width)
        return Words(self.load(address + k * (width // 8), width) for k in range(a_number("words: how many", count, 1)))

    def __getattr__(self, name: str) -> Bits:
        kind, digits = name[:1], name[1:]
        if digits.isdigit() and (n := int(digits)) < 32:
            m = self._m
            if kind == "x" and n < 31:
                return m.x[n]
            if kind == "w" and n < 31:
                return m.x[n][31:0]
            widths = {"v": 128, "q": 128, "d": 64, "s": 32}
            if kind in widths:
                return m.read_v(n, widths[kind])
        if name in ("N", "Z", "C", "V"):
            flag: Prop = getattr(self._m.nzcv, name)
            return flag.bit
        if name.startswith("_"):
            raise AttributeError(name)
        raise InputError(
            f"a state has registers x0..x30, w0..w30, sp, v0..v31, q, d and s, and flags N, Z, C, V, not {name!r}"
        )


@contextmanager
def handed(machine: Machine) -> Iterator[State]:
    """The machine's state for the claims evaluated within this; one that is kept for others says nothing."""
    s = State(machine)
    try:
        yield s
    finally:
        s._machine = None
