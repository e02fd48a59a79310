"""Raw programs: what code and standard compute, as a list of instructions of nine operations, never simplified.

An instruction's number is its place in the list; its operands are numbers of earlier ones.  Values are natural
numbers of any size; place 0 is unused.  With w a number of bits, M = 2^w - 1:

    ("Const", v)                 v
    ("Var", name, bits)          any number that has 1s only where `bits` has: name of an input
    ("App", f, (a, ...), bits)   f(a, ...), of a function of which nothing is known but that its result is within `bits`
    ("Xor", a, b)                a XOR b
    ("And", a, b)                a AND b
    ("Shl", a, n)                a * 2^n, nothing is lost
    ("Shr", a, n)                floor(a / 2^n)
    ("Mask", a, k)               a AND the number k
    ("Add", w, a, b)             (a + b) mod 2^w
    ("Mulc", w, a, k)            (a * k) mod 2^w

Equal instructions have one number (they are computed once); nothing else is ever made equal here.

How an executor says what has no operation of its own, with c an instruction of one bit (so that one checker fits all):

    NOT x, of w bits      Xor(x, Const(2^w - 1));  NOT c: Xor(c, Const(1))
    x - y                 Add(w, x, Mulc(w, y, 2^w - 1))
    c ? x : y             Xor(y, And(Mulc(w, c, 2^w - 1), Xor(x, y)))
    x OR y                Xor(Xor(x, y), And(x, y));  where no bit is of both: Xor(x, y)
    x = 0                 App("zero", (x,), 1);  x = y: zero(Xor(x, y)), and as what SUBS leaves: zero(x - y)
    carry of x + y + c    Shr(Add(w + 1, Add(w + 1, x, y), c), w);  x >= y, unsigned: the carry of x + NOT y + 1
    sign of x             Shr(x, w - 1);  sign-extended: x XOR (Mulc(v, sign, 2^v - 1) AND the bits above w)
    a rotated word        Xor(Shr(x, n), Mask(Shl(x, w - n), 2^w - 1))
    joined parts          Xor of their Shl: no two parts have a bit in common
    a look-up             App of a table's name, whose bits hold all entries (see functions.py); S-boxes: "aes.sbox"
    carry-less product    App("clmul", (x, y), bits)
    memory, opaque        App("name[]", (address or offset,), bits): equal arguments give equal results, no more

An operand that may be wider than what an operation is of is a Mask first: Add and Mulc take any numbers, mod 2^w, but
Xor, And, Shr see every bit.  A fact is about the instruction that was decided, best c itself, not NOT c.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

__all__ = ["Instruction", "Program", "ones"]

#: One of the shapes above.
Instruction: TypeAlias = tuple[Any, ...]


def ones(width: int) -> int:
    """The number of `width` bits that are all 1."""
    return (1 << width) - 1


class Program:
    """A raw program that grows; each method gives the number of an instruction."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = [("Const", 0)]
        self._number: dict[Instruction, int] = {}

    def __getitem__(self, number: int) -> Instruction:
        return self.instructions[number]

    def __len__(self) -> int:
        return len(self.instructions)

    def _make(self, *instruction: object) -> int:
        number = self._number.get(instruction)
        if number is None:
            number = self._number[instruction] = len(self.instructions)
            self.instructions.append(instruction)
        return number

    def find(self, instruction: Instruction) -> int:
        """The number of an instruction; 0 where it is none of the program."""
        return self._number.get(instruction, 0)

    def _earlier(self, *operands: int) -> None:
        for a in operands:
            if not 0 < a < len(self.instructions):
                raise ValueError(
                    f"instruction {len(self.instructions)} has the operand {a}, which is not an earlier one"
                )

    def const(self, value: int) -> int:
        """The number `value`, at least 0."""
        if value < 0:
            raise ValueError(f"a constant is at least 0, not {value}")
        return self._make("Const", value)

    def var(self, name: str, bits: int) -> int:
        """The input `name`: any number with 1s only where `bits` has.  One name has one `bits` in a program."""
        return self._make("Var", name, bits)

    def app(self, function: str, arguments: Iterable[int], bits: int) -> int:
        """`function` applied to instructions; its results have 1s only where `bits` has."""
        operands = tuple(arguments)
        self._earlier(*operands)
        return self._make("App", function, operands, bits)

    def xor(self, a: int, b: int) -> int:
        """a XOR b."""
        self._earlier(a, b)
        return self._make("Xor", a, b)

    def and_(self, a: int, b: int) -> int:
        """a AND b."""
        self._earlier(a, b)
        return self._make("And", a, b)

    def shl(self, a: int, by: int) -> int:
        """a * 2^by."""
        self._earlier(a)
        if by < 0:
            raise ValueError(f"a shift is by at least 0, not {by}")
        return self._make("Shl", a, by)

    def shr(self, a: int, by: int) -> int:
        """floor(a / 2^by)."""
        self._earlier(a)
        if by < 0:
            raise ValueError(f"a shift is by at least 0, not {by}")
        return self._make("Shr", a, by)

    def mask(self, a: int, bits: int) -> int:
        """a AND the number `bits`."""
        self._earlier(a)
        if bits < 0:
            raise ValueError(f"a mask is at least 0, not {bits}")
        return self._make("Mask", a, bits)

    def add(self, width: int, a: int, b: int) -> int:
        """(a + b) mod 2^width."""
        self._earlier(a, b)
        return self._make("Add", width, a, b)

    def mulc(self, width: int, a: int, factor: int) -> int:
        """(a * factor) mod 2^width; `factor` is at least 0."""
        self._earlier(a)
        if factor < 0:
            raise ValueError(f"a factor is at least 0, not {factor}")
        return self._make("Mulc", width, a, factor)
