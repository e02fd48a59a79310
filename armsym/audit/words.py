"""Words as raw instructions: what the semantics are written in.

Two things are done besides adding an instruction, both here and nowhere else:

- an operation all of whose operands are constants is the constant that `evaluate.value_of` gives (an `App` too, where
  its function has a meaning): addresses of tables in the file are numbers, therefore;
- a XOR 0 and a shift by 0 are the operand itself, a AND 0 is 0.

A word of w bits is an instruction whose value is less than 2^w; each method says what it asks of its operands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from armsym.audit.evaluate import value_of
from armsym.audit.meanings import meaning
from armsym.audit.raw import Instruction, Program, ones

__all__ = ["Meaning", "TooWide", "Words"]


class TooWide(ValueError):
    """An instruction that may have more bits than it has to have."""


def _reach(instruction: Instruction, earlier: Sequence[int]) -> int:
    kind = instruction[0]
    if kind in {"Var", "App"}:
        return int(instruction[-1])
    if kind == "Const":
        return int(instruction[1])
    if kind in {"Add", "Mulc"}:
        return ones(instruction[1])
    a = earlier[instruction[1]]
    if kind in {"Xor", "And"}:
        b = earlier[instruction[2]]
        return a | b if kind == "Xor" else a & b
    if kind in {"Shl", "Shr"}:
        return a << int(instruction[2]) if kind == "Shl" else a >> int(instruction[2])
    if kind != "Mask":
        raise ValueError(f"not an operation of raw programs: {kind!r}")
    return a & int(instruction[2])


#: What a word of one bit says, where it was made to say it (a is less than 2^w; c and d are such words again):
#: ("zero", w, a)           1 exactly where a = 0
#: ("sign", w, a)           bit w - 1 of a
#: ("uge", w, a, b)         1 exactly where a >= b
#: ("carry", w, a, b, c)    1 exactly where a + b + c >= 2^w
#: ("overflow", w, a, b)    1 exactly where a - b as signed numbers is no signed number of w bits
#: ("not", c), ("and", c, d), ("xor", c, d)
Meaning: TypeAlias = tuple[Any, ...]


class Words:
    """Makes instructions of a program; `meaning` tells what some of one bit say."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.zero = program.const(0)
        self.meaning: dict[int, Meaning] = {}
        self._reach: list[int] = [0]

    def constant(self, node: int) -> int | None:
        """The number, where the instruction is a constant."""
        instruction = self.program.instructions[node]
        if instruction[0] != "Const":
            return None
        value: int = instruction[1]
        return value

    def reach(self, node: int) -> int:
        """A number that has a 1 wherever the value of the instruction may have one."""
        for number in range(len(self._reach), node + 1):
            self._reach.append(_reach(self.program[number], self._reach))
        return self._reach[node]

    def narrow(self, width: int, node: int) -> int:
        """The instruction, which is a word of `width` bits.  Raises `TooWide` where its `reach` is not within them."""
        if self.reach(node) >> width:
            raise TooWide(f"instruction {node}, {self.program[node]!r:.100}, is not shown to be a word of {width} bits")
        return node

    def _folded(self, instruction: Instruction, *of: int) -> int | None:
        """The constant that an instruction is, where its operands, `of`, all are; there are many that are none."""
        made = self.program.instructions
        for a in of:
            if made[a][0] != "Const":
                return None
        return self.program.const(value_of(instruction, [made[a][1] for a in of]))

    # -- the nine operations

    def const(self, value: int) -> int:
        """A number, at least 0."""
        return self.program.const(value)

    def xor(self, a: int, *others: int) -> int:
        """XOR of all."""
        for b in others:
            if self.constant(b) == 0:
                continue
            if self.constant(a) == 0:
                a = b
                continue
            folded = self._folded(("Xor", a, b), a, b)
            a = self.program.xor(a, b) if folded is None else folded
        return a

    def and_(self, a: int, b: int) -> int:
        """a AND b."""
        if 0 in (self.constant(a), self.constant(b)):
            return self.zero
        folded = self._folded(("And", a, b), a, b)
        return self.program.and_(a, b) if folded is None else folded

    def shl(self, a: int, by: int) -> int:
        """a * 2^by; nothing is lost."""
        folded = a if by == 0 else self._folded(("Shl", a, by), a)
        return self.program.shl(a, by) if folded is None else folded

    def shr(self, a: int, by: int) -> int:
        """floor(a / 2^by)."""
        folded = a if by == 0 else self._folded(("Shr", a, by), a)
        return self.program.shr(a, by) if folded is None else folded

    def mask(self, a: int, bits: int) -> int:
        """a AND the number `bits`."""
        folded = self._folded(("Mask", a, bits), a)
        return self.program.mask(a, bits) if folded is None else folded

    def add(self, width: int, a: int, *others: int) -> int:
        """The sum of all modulo 2^width, from left to right."""
        for b in others:
            folded = self._folded(("Add", width, a, b), a, b)
            a = self.program.add(width, a, b) if folded is None else folded
        return a

    def mulc(self, width: int, a: int, factor: int) -> int:
        """a * factor modulo 2^width."""
        folded = self._folded(("Mulc", width, a, factor), a)
        return self.program.mulc(width, a, factor) if folded is None else folded

    def app(self, function: str, arguments: Sequence[int], bits: int) -> int:
        """A function of `functions`, or one of which nothing is known; its results have 1s only where `bits` has."""
        if meaning(function) is not None:
            folded = self._folded(("App", function, tuple(arguments), bits), *arguments)
            if folded is not None:
                return folded
        return self.program.app(function, arguments, bits)

    # -- and what is made of them

    def not_(self, width: int, a: int) -> int:
        """2^width - 1 - a, of a word."""
        return self.xor(a, self.const(ones(width)))

    def or_(self, a: int, b: int) -> int:
        """a OR b."""
        return self.xor(a, b, self.and_(a, b))

    def sub(self, width: int, a: int, b: int) -> int:
        """(a - b) modulo 2^width."""
        value = self.constant(b)
        negated = self.mulc(width, b, ones(width)) if value is None else self.const(-value & ones(width))
        return self.add(width, a, negated)

    def bits(self, a: int, low: int, width: int) -> int:
        """Bits `low` to `low + width - 1`, as a word."""
        return self.mask(self.shr(a, low), ones(width))

    def lsl(self, width: int, a: int, by: int) -> int:
        """A word shifted left, what leaves it being lost."""
        return a if by == 0 else self.mask(self.shl(a, by), ones(width))

    def ror(self, width: int, a: int, by: int) -> int:
        """A word rotated right."""
        by %= width
        return a if by == 0 else self.xor(self.shr(a, by), self.lsl(width, a, width - by))

    def asr(self, width: int, a: int, by: int) -> int:
        """A word shifted right, its sign filling in; by at most width - 1."""
        return a if by == 0 else self.extended(self.shr(a, by), width - by, width)

    def extended(self, a: int, width: int, to: int) -> int:
        """A word of `width` bits with its sign bit repeated up to `to` bits: (a XOR s) - s with s = 2^(width - 1)."""
        if width == to:
            return a
        sign = 1 << width - 1
        return self.add(to, self.xor(a, self.const(sign)), self.const((1 << to) - sign))

    def joined(self, width: int, words: Iterable[int]) -> int:
        """Words of `width` bits beside each other, the first lowest."""
        return self.xor(*(self.shl(a, width * k) for k, a in enumerate(words)))

    # -- words of one bit, with their meaning

    def said(self, bit: int, *says: object) -> int:
        """The bit, of which it is noted what it says; of a constant, and of what says something already, it is not."""
        if self.constant(bit) is None:
            self.meaning.setdefault(bit, says)
        return bit

    def is_zero(self, width: int, a: int) -> int:
        """1 if a word is 0, else 0."""
        return self.said(self.app("zero", (a,), 1), "zero", width, a)

    def inverted(self, c: int) -> int:
        """1 - c."""
        return self.said(self.xor(c, self.const(1)), "not", c)

    def both(self, c: int, d: int) -> int:
        """1 if both are 1."""
        bit = self.and_(c, d)
        return bit if bit in {c, d} else self.said(bit, "and", c, d)

    def different(self, c: int, d: int) -> int:
        """1 if one of them is 1."""
        bit = self.xor(c, d)
        return bit if bit in {c, d} else self.said(bit, "xor", c, d)

    def repeated(self, width: int, bit: int) -> int:
        """All ones where a number of one bit is 1, else 0."""
        return self.mulc(width, bit, ones(width))

    def selected(self, width: int, index: int, elements: Sequence[int]) -> int:
        """The word of `width` bits at an index of at most 64 bits, the first word being number 0; 0 past the last."""
        found = self.zero
        for k, element in enumerate(elements):
            is_it = self.is_zero(64, self.xor(index, self.const(k)))
            found = self.xor(found, self.and_(self.repeated(width, is_it), element))
        return found
