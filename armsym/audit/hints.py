"""Hints, the parts of a certificate, and their text.

A certificate is a raw program and *parts*.  A part has facts (numbers that instructions have, by the path), hints,
which are steps of the checker, and claims: pairs of instructions that have equal values.  A part may start from where
an earlier one ended, whose facts must then be among its own: work that needs no fact is done once.

Text, a line each; numbers of instructions, widths and shifts are decimal, all other numbers hexadecimal without "0x":

    armsym-certificate 1
    from N                      the instructions below N are the reader's own (1: there are none)
    define NAME HEX             the bytes of a table that does not have them in its name, of all that occur, in order
    c V | v NAME BITS | f NAME BITS A... | x A B | & A B | l A N | r A N | m A BITS | + W A B | * W A K
                                instructions N, N+1, ...: Const, Var, App, Xor, And, Shl, Shr, Mask, Add, Mulc
    part S                      a part begins; it starts from part S (the first is 1), or from nothing: 0
    given I V                   instruction I has the value V
    RULE FIELD...               a hint; lists of instructions are joined by commas ("-": empty)
    claim L R
    end                         the last line: a text that was cut off is refused

`read` is strict: it takes exactly what `write` writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from armsym.audit.functions import SPELLED, definition, entries
from armsym.audit.raw import Instruction, Program

__all__ = [
    "MOST_BITS",
    "SHAPES",
    "Certificate",
    "Hint",
    "Part",
    "TextError",
    "instruction_text",
    "need_name",
    "read",
    "write",
]

#: A rule's name, then its fields.
Hint: TypeAlias = tuple[Any, ...]

#: Widths and shifts are at most this, and no constant has more bits: a hostile text cannot ask for a huge number.
MOST_BITS = 1 << 16

#: rule -> its fields: n an instruction, d a width or shift, x a number, N a list of instructions.  Meaning: rules.py.
SHAPES: dict[str, str] = {
    "poly": "n",
    "polyatom": "n",
    "sum": "nd",
    "sumatom": "nd",
    "tosum": "nd",
    "topoly": "nd",
    "inline": "nnxd",
    "same": "nn",
    "narrow": "nnn",
    "split": "nnnd",
    "not": "nn",
    "choose": "nn",
    "congruent": "nn",
    "idempotent": "n",
    "within": "n",
    "disjoint": "n",
    "quotient": "n",
    "evaluate": "nnNN",
    "bilinear": "nnNNNN",
    "distribute": "nnn",
    "associate": "nnnn",
    "zeros": "nnn",
    "given": "n",
    "solve": "nn",
}

_HEAD = "armsym-certificate 1"
_LETTER = {
    "Const": ("c", "x"),
    "Var": ("v", "sx"),
    "App": ("f", "sN"),
    "Xor": ("x", "nn"),
    "And": ("&", "nn"),
    "Shl": ("l", "nd"),
    "Shr": ("r", "nd"),
    "Mask": ("m", "nx"),
    "Add": ("+", "dnn"),
    "Mulc": ("*", "dnx"),
}
_KIND = {letter: (kind, shape) for kind, (letter, shape) in _LETTER.items()}
_NAME = re.compile(r"[!-~]{1,9000}")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,11}")
_HEXADECIMAL = re.compile(r"0|[1-9a-f][0-9a-f]*")


class TextError(ValueError):
    """A text that is no certificate; the message has the line's number and the line."""


@dataclass
class Part:
    """Facts, hints and claims; `start` is the number of the part it continues, the first being 1, or 0: none."""

    given: dict[int, int] = field(default_factory=dict)
    hints: list[Hint] = field(default_factory=list)
    claims: list[tuple[int, int]] = field(default_factory=list)
    start: int = 0


@dataclass
class Certificate:
    """A program with its parts; from `own` on the instructions are the certificate's, added to what is claimed of."""

    program: Program
    parts: list[Part]
    own: int = 1


def need_name(name: str) -> None:
    """Raises ValueError unless a name can be written: printable ASCII without spaces; and of a table that is none."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no name: printable ASCII without spaces")
    definition(name)


def _show(value: Any, kind: str) -> str:
    if kind == "N":
        return ",".join(map(str, value)) or "-"
    return f"{value:x}" if kind == "x" else str(value)


def instruction_text(x: Instruction) -> str:
    """The line of one instruction; raises ValueError of a function's or an input's name that is none."""
    letter, shape = _LETTER[x[0]]
    if x[0] in ("App", "Var"):
        need_name(x[1])
    if x[0] == "App":
        return " ".join((letter, x[1], f"{x[3]:x}", *map(str, x[2])))
    return " ".join((letter, *(_show(v, k) for v, k in zip(x[1:], shape, strict=True))))


def _tables(instructions: Iterable[Instruction]) -> dict[str, bytes]:
    names = {x[1] for x in instructions if x[0] == "App" and not x[1].startswith(SPELLED)}
    return {name: table for name in names if (table := entries(name)) is not None}


def _lines(certificate: Certificate) -> Iterator[str]:
    yield _HEAD
    yield f"from {certificate.own}"
    for name, table in sorted(_tables(certificate.program.instructions).items()):
        yield f"define {name} {table.hex()}"
    yield from map(instruction_text, certificate.program.instructions[certificate.own :])
    for part in certificate.parts:
        yield f"part {part.start}"
        for node, value in sorted(part.given.items()):
            yield f"given {node} {value:x}"
        for hint in part.hints:
            yield " ".join((hint[0], *(_show(v, k) for v, k in zip(hint[1:], SHAPES[hint[0]], strict=True))))
        for left, right in part.claims:
            yield f"claim {left} {right}"
    yield "end"


def write(certificate: Certificate) -> str:
    """The text of the certificate.  Raises KeyError or ValueError of a hint that has no rule's shape."""
    return "\n".join(_lines(certificate)) + "\n"


def _decimal(word: str, most: int = MOST_BITS) -> int:
    if not _DECIMAL.fullmatch(word):
        raise ValueError(f"{word!r} is no decimal number")
    value = int(word)
    if value > most:
        raise ValueError(f"{word} is more than {most}")
    return value


def _hexadecimal(word: str) -> int:
    if not _HEXADECIMAL.fullmatch(word):
        raise ValueError(f"{word[:80]!r} is no hexadecimal number in lower case")
    if len(word) > MOST_BITS // 4:
        raise ValueError(f"a number of {len(word)} hexadecimal digits; the most is {MOST_BITS // 4}")
    return int(word, 16)


class _Reader:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.own = len(program)
        self.parts: list[Part] = []
        self.tables: dict[str, bytes] = {}

    def node(self, word: str) -> int:
        value = _decimal(word, len(self.program) - 1)
        if value == 0:
            raise ValueError("instructions are counted from 1")
        return value

    def value(self, word: str, kind: str) -> Any:
        match kind:
            case "n":
                return self.node(word)
            case "N":
                return () if word == "-" else tuple(map(self.node, word.split(",")))
            case "x":
                return _hexadecimal(word)
            case "s":
                need_name(word)
                return word
        return _decimal(word)

    def values(self, words: Sequence[str], shape: str) -> tuple[Any, ...]:
        if len(words) != len(shape):
            raise ValueError(f"{len(words)} fields instead of {len(shape)}")
        return tuple(self.value(w, k) for w, k in zip(words, shape, strict=True))

    def instruction(self, words: Sequence[str]) -> None:
        kind, shape = _KIND[words[0]]
        number = len(self.program)
        if kind == "App":
            name, bits = self.values(words[1:3], "sx")
            made = self.program.app(name, map(self.node, words[3:]), bits)
        else:
            make = {"And": "and_"}.get(kind, kind.lower())
            made = getattr(self.program, make)(*self.values(words[1:], shape))
        if made != number:
            raise ValueError(f"equals instruction {made}")

    def define(self, name: str, digits: str) -> None:
        table = None if name.startswith(SPELLED) else entries(name)
        if table is None or table.hex() != digits:
            raise ValueError(f"the function {name} is not of these bytes")
        if self.tables and name <= max(self.tables):
            raise ValueError("tables come in the order of their names")
        self.tables[name] = table

    def line(self, words: Sequence[str]) -> None:
        if not self.parts and words[0] in _KIND:
            self.instruction(words)
            return
        if words[0] == "define" and len(self.program) == self.own and not self.parts:
            self.define(*self.values(words[1:], "ss"))
            return
        if words[0] == "part":
            (start,) = self.values(words[1:], "d")
            if start > len(self.parts):
                raise ValueError(f"part {len(self.parts) + 1} starts from part {start}, which is not an earlier one")
            self.parts.append(Part(start=start))
            return
        if not self.parts:
            raise ValueError("neither an instruction nor a part")
        part = self.parts[-1]
        if words[0] == "claim":
            left, right = self.values(words[1:], "nn")
            part.claims.append((left, right))
        elif part.claims:
            raise ValueError("a part ends with its claims")
        elif words[0] == "given" and len(words) == 3:
            node, value = self.values(words[1:], "nx")
            if part.hints or (part.given and node <= max(part.given)):
                raise ValueError("facts come first, in the order of their instructions")
            part.given[node] = value
        elif words[0] in SHAPES:
            part.hints.append((words[0], *self.values(words[1:], SHAPES[words[0]])))
        else:
            raise ValueError("no such rule")


def read(lines: Iterable[str], program: Program | None = None) -> Certificate:
    """The certificate of these lines, whose instructions are put after `program`'s, which thereby grows.

    Without `program` the text must have all instructions.  Raises TextError.
    """
    program = Program() if program is None else program
    own = len(program)
    reader = _Reader(program)
    ended = False
    number = 0
    for number, line in enumerate(lines, 1):
        text = line.removesuffix("\n")
        try:
            if ended:
                raise ValueError("lines after the end")
            if number <= 2:
                wanted = _HEAD if number == 1 else f"from {own}"
                if text != wanted:
                    raise ValueError(f"not {wanted!r}")
            elif text == "end":
                ended = True
            else:
                reader.line(text.split(" "))
        except ValueError as error:
            raise TextError(f"line {number} of the certificate, {text[:80]!r}: {error}") from None
    if not ended:
        raise TextError(f"line {number + 1} of the certificate: it ends without 'end'")
    if reader.tables != _tables(program.instructions):
        raise TextError(f"the certificate defines other tables than those that occur: {sorted(reader.tables)}")
    return Certificate(program, reader.parts, own)
