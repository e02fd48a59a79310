"""A script of SMT-LIB 2 as clauses that have a model iff the script has one.

Of the language it reads what armsym writes: QF_UFBV, declarations, definitions without parameters, assertions, and one
`(check-sat)`, the last.  Everything else is refused, and so is what has no sort.  A function is a new vector at each
application, and clauses say that equal arguments give equal values (Ackermann): that is all there is to know of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from armsym.sat import vectors
from armsym.sat.gates import FALSE, TRUE, Gates
from armsym.sat.vectors import Vector

__all__ = ["Unreadable", "clauses_of"]


class Unreadable(Exception):
    """The script is not of the language that is read here; the text says what is not."""


@dataclass(frozen=True)
class _Truth:
    """A value of the sort Bool."""

    literal: int


@dataclass(frozen=True)
class _Sort:
    width: int


@dataclass(frozen=True)
class _Indexed:
    """`(_ extract 7 0)`, `(_ zero_extend 8)`."""

    name: str
    indices: tuple[int, ...]


#: What stands in a list: a word that was not looked up yet, a list of sorts, or what a list came to.
_Item: TypeAlias = "str | tuple[_Sort, ...] | _Sort | _Indexed | _Truth | _Bits | None"


@dataclass(frozen=True)
class _Bits:
    """A value of the sort (_ BitVec n)."""

    bits: Vector


@dataclass
class _Function:
    arguments: tuple[int, ...]
    width: int
    #: Arguments and value of each application so far.
    made: list[tuple[tuple[Vector, ...], Vector]] = field(default_factory=list)


#: Bits of the widest vector that is read.
WIDEST = 1 << 16
#: No carriage return: in SMT-LIB it ends a comment, and solvers read on as if it did not.  No other control characters.
_TOKEN = re.compile(r"[ \t\n]+|;[ -~\t]*|(\(|\)|\|[ -\[\]-{}~\t\n]*\||[!#-\'*-:<-{}~]+)")
_TWO: dict[str, Callable[[Gates, Vector, Vector], Vector]] = {
    "bvadd": vectors.add,
    "bvmul": vectors.multiply,
    "bvudiv": vectors.quotient,
    "bvand": vectors.and_,
    "bvxor": vectors.xor,
    "bvshl": vectors.shift_left,
    "bvlshr": vectors.shift_right,
    "bvashr": vectors.shift_right_signed,
}
_COMPARED: dict[str, Callable[[Gates, Vector, Vector], int]] = {
    "=": vectors.equal,
    "bvult": vectors.less,
    "bvslt": vectors.less_signed,
    "distinct": lambda g, a, b: -vectors.equal(g, a, b),
}


def clauses_of(text: str, most: int | None = None) -> list[tuple[int, ...]]:
    """The clauses of a script; raises `Unreadable`, and `TooLarge` beyond so many clauses.

    They are always the same for one script.
    """
    reader = _Reader(Gates(most))
    # Lists are worked off as they close: a script may be nested deeper than Python's stack is.
    lists: list[list[_Item]] = []
    at = 0
    while at < len(text):
        m = _TOKEN.match(text, at)
        if m is None:
            raise Unreadable(f"it goes on with {text[at : at + 20]!r}")
        at = m.end()
        token = m[1]
        if token is None:
            continue
        if token == "(":
            lists.append([])
        elif not lists:
            raise Unreadable(f"{token!r} stands outside of all commands")
        elif token != ")":
            lists[-1].append(token)
        else:
            done = lists.pop()
            if lists:
                lists[-1].append(reader.value(done))
            else:
                reader.command(done)
    if lists:
        raise Unreadable("a list does not end")
    if not reader.asked:
        raise Unreadable("it does not ask (check-sat)")
    return reader.gates.clauses


class _Reader:
    """What was declared and defined so far."""

    def __init__(self, gates: Gates) -> None:
        self.gates = gates
        self.asked = False
        self._values: dict[str, _Bits | _Truth] = {}
        self._functions: dict[str, _Function] = {}

    # -- commands ---------------------------------------------------------------------------------

    def command(self, items: list[_Item]) -> None:
        """A whole command."""
        if self.asked:
            raise Unreadable("something follows (check-sat)")
        match items:
            case ["set-logic", "QF_UFBV"]:
                pass
            case ["declare-fun", str(name), tuple(sorts), _Sort(width)]:
                self._new(name)
                if sorts:
                    self._functions[name] = _Function(tuple(s.width for s in sorts), width)
                else:
                    self._values[name] = _Bits(tuple(self.gates.new() for _ in range(width)))
            case ["define-fun", str(name), (), _Sort(width), body]:
                self._new(name)
                self._values[name] = _Bits(self._bits(body, width))
            case ["assert", claim]:
                literal = self._truth(claim)
                # An assertion that is false whatever the variables are is an empty clause.
                self.gates.add(*(() if literal == FALSE else (literal,)))
            case ["check-sat"]:
                self.asked = True
            case _:
                raise Unreadable(f"({items[0] if items else ''} ...) is no command that is read here")

    def _new(self, name: str) -> None:
        if name in self._values or name in self._functions or name in _RESERVED or name.startswith("#"):
            raise Unreadable(f"{name} has a meaning already")

    # -- lists within commands --------------------------------------------------------------------

    def value(self, items: list[_Item]) -> _Item:
        """What a list comes to."""
        match items:
            case []:
                return ()
            case ["_", "BitVec", str(n)]:
                return _Sort(_width(n))
            case ["_", str(name), *indices] if name in ("extract", "zero_extend"):
                return _Indexed(name, tuple(_count(i) for i in indices))
            case ["_", str(name), str(n)] if name.startswith("bv"):
                value, width = _count(name[2:]), _width(n)
                if value >> width:
                    raise Unreadable(f"{value} has no place in {width} bits")
                return _Bits(vectors.constant(value, width))
            case [_Sort(), *rest] if all(isinstance(s, _Sort) for s in rest):
                return tuple(s for s in items if isinstance(s, _Sort))
            case [_Indexed("extract", (high, low)), x]:
                bits = self._bits(x)
                if not low <= high < len(bits):
                    raise Unreadable(f"bits {high} to {low} of {len(bits)}")
                return _Bits(bits[low : high + 1])
            case [_Indexed("zero_extend", (n,)), x]:
                bits = self._bits(x)
                _width(str(len(bits) + n))
                return _Bits(bits + (FALSE,) * n)
            case ["ite", c, a, b]:
                then = self._bits(a)
                return _Bits(vectors.choose(self.gates, self._truth(c), then, self._bits(b, len(then))))
            case [str(name), a, b] if name in _COMPARED:
                first = self._bits(a)
                return _Truth(_COMPARED[name](self.gates, first, self._bits(b, len(first))))
            case [str(name), a, b] if name in _TWO:
                first = self._bits(a)
                return _Bits(_TWO[name](self.gates, first, self._bits(b, len(first))))
            case [str(name), *arguments] if name in self._functions:
                return _Bits(self._applied(self._functions[name], arguments))
        raise Unreadable(f"({items[0]} ...) of {len(items) - 1} is nothing that is read here")

    def _applied(self, f: _Function, items: list[_Item]) -> Vector:
        if len(items) != len(f.arguments):
            raise Unreadable(f"a function of {len(f.arguments)} arguments has {len(items)}")
        arguments = tuple(self._bits(x, w) for x, w in zip(items, f.arguments, strict=True))
        for known, value in f.made:
            if known == arguments:
                return value
        result = tuple(self.gates.new() for _ in range(f.width))
        for known, value in f.made:
            same = TRUE
            for a, b in zip(arguments, known, strict=True):
                same = self.gates.and_(same, vectors.equal(self.gates, a, b))
            for x, y in zip(result, value, strict=True):
                self.gates.add(-same, -x, y)
                self.gates.add(-same, x, -y)
        f.made.append((arguments, result))
        return result

    def _bits(self, item: _Item, width: int | None = None) -> Vector:
        found = item
        if isinstance(item, str):
            if item.startswith("#b") and re.fullmatch("#b[01]+", item):
                found = _Bits(vectors.constant(int(item[2:], 2), len(item) - 2))
            else:
                found = self._values.get(item)
        if not isinstance(found, _Bits):
            raise Unreadable(f"{item if isinstance(item, str) else 'a list'} is no bit vector")
        if width is not None and len(found.bits) != width:
            raise Unreadable(f"{len(found.bits)} bits where {width} are wanted")
        return found.bits

    def _truth(self, item: _Item) -> int:
        if not isinstance(item, _Truth):
            raise Unreadable(f"{item if isinstance(item, str) else 'a list'} is no truth value")
        return item.literal


#: Words that no script may give a meaning of its own.
_RESERVED = {*_TWO, *_COMPARED, "ite", "_", "BitVec", "extract", "zero_extend", "let", "true", "false"}


def _width(item: _Item) -> int:
    width = _count(item)
    if not 0 < width <= WIDEST:
        raise Unreadable(f"a vector has 1 to {WIDEST} bits, not {width}")
    return width


def _count(item: _Item) -> int:
    if not isinstance(item, str) or not re.fullmatch("0|[1-9][0-9]{0,3999}", item):
        raise Unreadable(f"{item if isinstance(item, str) else 'a list'} is no number")
    return int(item)
