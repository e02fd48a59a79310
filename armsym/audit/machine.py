"""What an instruction works on: registers and flags of raw words, and a memory that the user of the semantics brings.

X registers and SP are words of 64 bits, V registers `Lanes` of 128.  A W register that was written is kept as the
word of 32 bits that it is; to read it as X or W then gives that very word.  What is put into a register is shown to
be a word of its width (`Words.narrow`): the instructions rely on that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeAlias

from armsym.audit.flags import Flags
from armsym.audit.lanes import Lanes, in_lanes, zero_extended
from armsym.audit.raw import ones
from armsym.audit.words import Words

__all__ = ["SIGNING", "TIMED", "Branch", "Indirect", "Machine", "Step", "Unmodelled"]

#: Instructions with forms here that Arm does not list as data-independent, whose time may tell their operands.
TIMED = frozenset({"fmov", "srshr", "urshr"})
#: Hints with forms here that sign or check the return address: they do nothing where the core does not (FEAT_PAuth).
SIGNING = frozenset({"paciasp", "autiasp"})


class Unmodelled(Exception):
    """A word that no form accepts, or that does what is not modelled; the message names word and address."""


@dataclass(frozen=True)
class Branch:
    """Goes to the address `taken` where the condition, a word of one bit, is 1, to `otherwise` where it is 0."""

    condition: int
    taken: int
    otherwise: int


@dataclass(frozen=True)
class Indirect:
    """Goes to the address `target`; `kind` is "br", "blr" or "ret"."""

    target: int
    kind: str


#: Where an instruction goes: an address in the file, a choice of two, or an address that is computed.
Step: TypeAlias = int | Branch | Indirect


class Machine(ABC):
    """Registers and flags; memory and addresses of the file are left to subclasses.

    Registers that were never set hold what is asked of `unset`.
    """

    def __init__(self, words: Words) -> None:
        self.words = words
        self._x: dict[int, int] = {}
        self._narrow: set[int] = set()
        self._sp: int | None = None
        self._v: dict[int, Lanes] = {}
        self._flags: Flags | None = None

    # -- what subclasses say

    @abstractmethod
    def load(self, address: int, size: int) -> int:
        """The word of 8 * size bits at an address, little-endian; size is 1, 2, 4 or 8 bytes."""

    def load_lanes(self, address: int, size: int) -> Lanes:
        """`size` (1, 2, 4, 8 or 16) bytes, little-endian; a subclass may load other lanes than of 8 bytes."""
        step = min(size, 8)
        at = (self.words.add(64, address, self.words.const(k)) if k else address for k in range(0, size, step))
        return Lanes(8 * step, tuple(self.loaded(a, step) for a in at))

    def loaded(self, address: int, size: int) -> int:
        """What `load` gives, which has to be a word of 8 * size bits."""
        return self.words.narrow(8 * size, self.load(address, size))

    @abstractmethod
    def store(self, address: int, size: int, value: int) -> None:
        """Store a word of 8 * size bits, little-endian; size is 1, 2, 4 or 8 bytes."""

    def store_lanes(self, address: int, value: Lanes) -> None:
        """Store lanes, 1, 2, 4, 8 or 16 bytes in all, the first lowest; a subclass may keep the lanes."""
        step = min(value.size, 64)
        for k, word in enumerate(in_lanes(self.words, value, step)):
            at = self.words.add(64, address, self.words.const(k * step // 8)) if k else address
            self.store(at, step // 8, word)

    @abstractmethod
    def image_address(self, address: int) -> int:
        """The word that an address of the file (as its headers count) is at run time."""

    @abstractmethod
    def sp_is_aligned(self) -> None:
        """Raise, unless SP is known to be a multiple of 16: a base register SP that is not may fault."""

    @abstractmethod
    def unset(self, name: str) -> int:
        """The word in a register never written: "x0", "sp", "v0" (128 bits), or the flag "n", "z", "c", "v"."""

    def decide(self, condition: int) -> bool | None:
        """Whether a word of one bit is known to be 1 or 0; None where it is not."""
        known = self.words.constant(condition)
        return None if known is None else bool(known)

    def number(self, node: int) -> int | None:
        """What a word is known to be; None where it is not."""
        return self.words.constant(node)

    def choose(self, condition: int, width: int, taken: int, otherwise: int) -> int:
        """`taken` where the condition, a word of one bit, is 1, else `otherwise`; both are words of `width` bits."""
        decided = self.decide(condition)
        if decided is not None:
            return taken if decided else otherwise
        w = self.words
        return w.xor(otherwise, w.and_(w.repeated(width, condition), w.xor(taken, otherwise)))

    def leak(self, operand: int, name: str) -> None:
        """An operand on which the duration of an instruction (of `TIMED`) may depend, Arm not listing it.

        Raises `Unmodelled` unless overridden.  Conditions, targets and addresses are not announced here: a machine is
        given them anyway.
        """
        raise Unmodelled(f"its duration may depend on instruction {operand} of the program")

    def prefetch(self, address: int) -> None:
        """An address that is told to the memory system, without an access; raises `Unmodelled` unless overridden."""
        raise Unmodelled(f"it prefetches from the address of instruction {address} of the program")

    def hint(self, name: str) -> None:
        """A hint (of `SIGNING`) that is NOP only on some cores: raises `Unmodelled` unless overridden."""
        raise Unmodelled(f"{name.upper()} is NOP only without pointer authentication")

    # -- registers

    def x(self, n: int) -> int:
        """Xn, 0 <= n <= 30."""
        if n not in self._x:
            self.set_x(n, self.unset(f"x{n}"))
        return self._x[n]

    def w(self, n: int) -> int:
        """Wn: the low 32 bits of Xn."""
        value = self.x(n)
        return value if n in self._narrow else self.words.mask(value, ones(32))

    def set_x(self, n: int, value: int) -> None:
        """Make Xn a word of 64 bits."""
        self._check(n, 30, "X")
        self._x[n] = self.words.narrow(64, value)
        self._narrow.discard(n)

    def set_w(self, n: int, value: int) -> None:
        """Make Wn a word of 32 bits, and the upper half of Xn zero."""
        self._check(n, 30, "X")
        self._x[n] = self.words.narrow(32, value)
        self._narrow.add(n)

    @property
    def sp(self) -> int:
        """SP."""
        if self._sp is None:
            self.sp = self.unset("sp")
        assert self._sp is not None
        return self._sp

    @sp.setter
    def sp(self, value: int) -> None:
        self._sp = self.words.narrow(64, value)

    def v(self, n: int) -> Lanes:
        """Vn, in the lanes it was written in."""
        if n not in self._v:
            self.set_v(n, Lanes(128, (self.unset(f"v{n}"),)))
        return self._v[n]

    def lanes(self, n: int, width: int) -> tuple[int, ...]:
        """Vn in lanes of `width` bits."""
        return in_lanes(self.words, self.v(n), width)

    def v_word(self, n: int) -> int:
        """Vn as one word of 128 bits."""
        return self.lanes(n, 128)[0]

    def set_v(self, n: int, value: Lanes) -> None:
        """Make Vn the lanes, and what is above them zero."""
        self._check(n, 31, "V")
        for word in value.words:
            self.words.narrow(value.width, word)
        self._v[n] = zero_extended(self.words, value)

    @property
    def flags(self) -> Flags:
        """N, Z, C and V."""
        if self._flags is None:
            self._flags = Flags.of_words(self.words, *(self.unset(name) for name in "nzcv"))
        return self._flags

    @flags.setter
    def flags(self, value: Flags) -> None:
        self._flags = value

    @staticmethod
    def _check(n: int, last: int, kind: str) -> None:
        if not 0 <= n <= last:
            raise ValueError(f"there is no register {kind}{n}")
