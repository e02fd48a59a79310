"""What is wanted of a final state, as a text: `x0 == 0 and out[0] == 0x7f`.

Read by rules of its own: nothing of the text is executed as Python.  All numbers are unsigned and operations modulo
2**width, as for `Bits`; both sides of an operator have one width, which a plain number takes from the other side.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from armsym.bits import Bits, Prop
from armsym.errors import InputError, WidthError
from armsym.proof.checks import a_text
from armsym.simulator import Buffer, Start
from armsym.symbolic_memory import variable

__all__ = ["Ended", "Wanted", "parse"]

#: Longer texts, and texts nested deeper, are refused: reading them would recurse as deep.
LONGEST, DEEPEST = 2000, 50
#: Bits of a literal, and of what is read of a buffer at once.
WIDEST = 1024

_REGISTER = re.compile(r"(?:[xw](?:[12]?[0-9]|30)|[vqds](?:[12]?[0-9]|3[01])|sp)")
_FLAGS = frozenset("NZCV")

_Value: TypeAlias = "Bits | Prop | int"
_BINARY: Mapping[type[ast.operator], tuple[str, Callable[[Bits, Bits | int], Bits]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.BitAnd: ("&", operator.and_),
    ast.BitOr: ("|", operator.or_),
    ast.BitXor: ("^", operator.xor),
}
_COMPARED: Mapping[type[ast.cmpop], Callable[[Bits, Bits | int], Prop]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}


class Ended(Protocol):
    """A final state: registers and flags are its attributes."""

    def read(self, buffer: Buffer, offset: int | Bits, width: int) -> Bits:
        """The content of a buffer at a byte offset: `width` bits, little-endian."""


@dataclass(frozen=True)
class Wanted:
    """A text that was read: called with a final state, it is the condition on that."""

    text: str
    body: ast.expr
    symbols: Mapping[str, Bits]
    buffers: Mapping[str, Buffer]

    def __call__(self, state: Ended) -> Prop:
        """The condition; raises `InputError` where widths do not meet."""
        try:
            return _Reader(self, state).condition(self.body)
        except WidthError as e:
            raise InputError(f"want {self.text!r}: {e}") from None


def parse(text: str, start: Start) -> Wanted:
    """Read a text about final states of runs from `start`; raises `InputError` that names what is wrong.

    Registers and flags are those at the end; the names of `start`'s symbols, and the addresses of its buffers, are
    those of the start; `data[3]` is byte 3 of a buffer at the end, `data[0:4]` bytes 0 to 3, little-endian.
    """
    a_text("want", text)
    if len(text) > LONGEST:
        raise InputError(f"want: {len(text)} characters are more than {LONGEST}")
    try:
        # (The tree may hang off a line: what is typed may begin with spaces.)
        body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as e:
        raise InputError(f"want {text!r}: not a condition such as 'x0 == 0': {getattr(e, 'msg', e)}") from None
    wanted = Wanted(text, body, dict(start.symbols), {b.name: b for b in start.buffers})
    wanted(_Anything(start))
    return wanted


class _Anything:
    """A final state of which nothing is known: a text that reads it has no mistake of names and widths."""

    def __init__(self, start: Start) -> None:
        self._start = start

    def __getattr__(self, name: str) -> Bits | Prop:
        if name in _FLAGS:
            return Prop._of(variable(name, 1, secret=False).value)
        found: Bits = getattr(self._start, name)
        return found

    def read(self, buffer: Buffer, offset: int | Bits, width: int) -> Bits:
        """Anything, if the offset may lie in the buffer."""
        at = offset.value if isinstance(offset, Bits) else offset
        if isinstance(at, int) and buffer.size.is_concrete and at + width // 8 > buffer.size.uint:
            raise InputError(f"{width // 8} bytes at {buffer.name}[{at}] end after its {buffer.size.uint}")
        return variable("?", width, secret=False)


class _Reader:
    """A text, and the state it is about."""

    def __init__(self, wanted: Wanted, state: Ended) -> None:
        self.wanted, self.state, self.depth = wanted, state, 0

    def refused(self, why: str) -> InputError:
        return InputError(f"want {self.wanted.text!r}: {why}")

    def shown(self, e: ast.AST) -> str:
        found = ast.get_source_segment(self.wanted.text.strip(), e) or type(e).__name__
        return found if len(found) <= 40 else found[:37] + "..."

    def value(self, e: ast.expr) -> _Value:
        """A vector, a condition or a plain number."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.refused(f"more than {DEEPEST} levels of parentheses and operators")
        try:
            return self._value(e)
        finally:
            self.depth -= 1

    def condition(self, e: ast.expr) -> Prop:
        """A condition; a vector is none."""
        v = self.value(e)
        if not isinstance(v, Prop):
            raise self.refused(f"{self.shown(e)} is no condition: compare it, as in {self.shown(e)} == 0")
        return v

    def vector(self, e: ast.expr) -> Bits | int:
        """A vector or a plain number; a flag is one bit."""
        v = self.value(e)
        return v.bit if isinstance(v, Prop) else v

    def bits(self, e: ast.expr) -> Bits:
        """A vector."""
        v = self.vector(e)
        if isinstance(v, int):
            raise self.refused(f"{self.shown(e)} is a number without a width: a register or buffer has one")
        return v

    def number(self, e: ast.expr, what: str, high: int) -> int:
        """A plain number from 0 to `high`."""
        v = self.value(e)
        if not isinstance(v, int) or not 0 <= v <= high:
            raise self.refused(f"{what} is a number from 0 to {high}, not {self.shown(e)}")
        return v

    def _value(self, e: ast.expr) -> _Value:
        match e:
            case ast.Constant(value=int(n)) if not isinstance(n, bool):
                if n.bit_length() > WIDEST:
                    raise self.refused(f"the number {self.shown(e)} has more than {WIDEST} bits")
                return n
            case ast.Name(id=name):
                return self._named(name)
            case ast.BoolOp(op=op, values=parts):
                found = [self.condition(p) for p in parts]
                result = found[0]
                for p in found[1:]:
                    result = result & p if isinstance(op, ast.And) else result | p
                return result
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return ~self.condition(inner)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -self.vector(inner)
            case ast.UnaryOp(op=ast.Invert(), operand=inner):
                return ~self.bits(inner)
            case ast.BinOp(left=left, op=ast.LShift() | ast.RShift() as op, right=right):
                n = self.number(right, "a shift amount", WIDEST)
                v = self.bits(left)
                return v << n if isinstance(op, ast.LShift) else v >> n
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                sign, do = _BINARY[type(op)]
                a, b = self._pair(left, right, sign)
                return do(a, b) if isinstance(a, Bits) else do(Bits(b.width, 0) + a, b)  # type: ignore[union-attr]
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARED:
                a, b = self._pair(left, right, "a comparison")
                if isinstance(a, int):
                    assert isinstance(b, Bits)
                    a = Bits(b.width, 0) + a
                return _COMPARED[type(op)](a, b)
            case ast.Compare(ops=[_, _, *_]):
                raise self.refused(f"{self.shown(e)} has several comparisons: write 'and' between two")
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                return self._content(name, index)
            case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
                return self._function(e, name, given)
        raise self.refused(f"{self.shown(e)} is not understood")

    def _pair(self, left: ast.expr, right: ast.expr, sign: str) -> tuple[Bits | int, Bits | int]:
        a, b = self.vector(left), self.vector(right)
        if isinstance(a, int) and isinstance(b, int):
            raise self.refused(f"{sign} of two plain numbers says nothing of the end")
        return a, b

    def _named(self, name: str) -> Bits | Prop:
        if name in self.wanted.symbols:
            return self.wanted.symbols[name]
        if name in self.wanted.buffers and name != "stack":
            return self.wanted.buffers[name].address
        if name in _FLAGS or _REGISTER.fullmatch(name):
            found: Bits | Prop = getattr(self.state, name)
            return found
        known = ", ".join((*self.wanted.symbols, *self.wanted.buffers))
        raise self.refused(f"nothing is called {name} (known: {known}, and registers x0, w0, v0, q0, d0, s0, sp, NZCV)")

    def _content(self, name: str, index: ast.expr) -> Bits:
        buffer = self.wanted.buffers.get(name)
        if buffer is None:
            known = ", ".join(self.wanted.buffers)
            raise self.refused(f"{name} is no buffer (known: {known}); bits 7 to 0 of x0 are bits(x0, 7, 0)")
        if isinstance(index, ast.Slice):
            if index.lower is None or index.upper is None or index.step is not None:
                raise self.refused(f"bytes of a buffer are {name}[FIRST:END], END not included")
            first, end = (self.number(e, "the offset of a byte", 1 << 62) for e in (index.lower, index.upper))
            if not 0 < end - first <= WIDEST // 8:
                raise self.refused(f"{name}[{first}:{end}] are not 1 to {WIDEST // 8} bytes")
            return self.state.read(buffer, first, 8 * (end - first))
        at = self.vector(index)
        if isinstance(at, int):
            at = self.number(index, "the offset of a byte", 1 << 62)
        elif at.width != 64:
            raise self.refused(f"an offset has 64 bits, {self.shown(index)} has {at.width}: write zext(..., 64)")
        return self.state.read(buffer, at, 8)

    def _function(self, e: ast.expr, name: str, given: list[ast.expr]) -> _Value:
        match name, given:
            case (("zext" | "sext"), [what, width]):
                v, n = self.bits(what), self.number(width, "a width", WIDEST)
                return v.zero_extend(n) if name == "zext" else v.sign_extend(n)
            case "bits", [what, high, low]:
                v = self.bits(what)
                hi, lo = (self.number(k, "the number of a bit", v.width - 1) for k in (high, low))
                if lo > hi:
                    raise self.refused(f"bits {hi} to {lo} are none: the higher one comes first")
                return v[hi:lo]
            case "slt", [left, right]:
                a, b = self._pair(left, right, "slt")
                if isinstance(a, int):
                    assert isinstance(b, Bits)
                    a = Bits(b.width, 0) + a
                return a.slt(b)
        raise self.refused(f"{self.shown(e)}: there are zext(a, width), sext(a, width), bits(a, hi, lo) and slt(a, b)")
