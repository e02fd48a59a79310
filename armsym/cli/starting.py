"""Where `armsym simulate` and `armsym solve` begin: a place, and what registers and buffers hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from armsym.cli.registers import Words, is_register, number, region
from armsym.errors import InputError

if TYPE_CHECKING:
    from armsym.bits import Bits, Prop
    from armsym.simulator import Buffer, Start

__all__ = [
    "VALUE_HELP",
    "AssumeOption",
    "ForkOption",
    "MemOption",
    "PathsOption",
    "StackOption",
    "StepsOption",
    "UntilOption",
    "place",
    "start_of",
]

MemOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--mem", metavar="NAME=@FILE|hex:DIGITS", help="A buffer of known content, for a register."),
]
AssumeOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--assume", metavar="'NAME <= NUMBER'", help="What holds at the start (unsigned)."),
]
UntilOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--until", metavar="PLACE", help="SYMBOL, SYMBOL+OFFSET or an offset, where paths end."),
]
StackOption: TypeAlias = Annotated[int, typer.Option(help="Bytes of stack.")]
StepsOption: TypeAlias = Annotated[int, typer.Option(min=1, help="Instructions on one path.")]
PathsOption: TypeAlias = Annotated[int, typer.Option(min=1, help="Paths.")]
ForkOption: TypeAlias = Annotated[str, typer.Option(help="Follow both ways at: branches, choices (CSEL too), never.")]

VALUE_HELP = (
    "Where to begin, and registers, x0 to x30 and v0 to v31. VALUE is a number, a NAME for any value, "
    "NAME:SIZE[:r|w|rw] for the address of a buffer of SIZE bytes (a number or a NAME) that holds anything, or "
    "NAME+OFFSET for an address in it; what is not given is any value."
)
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_BUFFER = re.compile(rf"({_NAME}):(\w+)(?::(r|w|rw))?")
_ADDRESS = re.compile(rf"({_NAME})\+(\w+)")
_ASSUMED = re.compile(rf"\s*({_NAME})\s*(==|!=|<=|>=|<|>)\s*(\w+)\s*")


class _Names:
    """What the names on the command line stand for: buffers, and symbols of 64 or 128 bits."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.buffers: dict[str, Buffer] = {}
        self.symbols: dict[str, Bits] = {}

    def symbol(self, name: str, width: int, option: str) -> Bits:
        """The variable of a name, made when it is first met."""
        if name in self.buffers:
            raise InputError(f"{option}: {name} is a buffer")
        found = self.symbols.get(name)
        if found is None:
            found = self.symbols[name] = self.start.symbol(name, width)
        if found.width != width:
            raise InputError(f"{option}: {name} has {found.width} bits, {width} are wanted")
        return found

    def buffer(self, name: str, size: str, access: str, option: str) -> Buffer:
        """A new buffer; its size is a number, or a symbol."""
        if name in self.buffers:
            raise InputError(f"{option}: the buffer {name} has its size already: write {name}, or {name}+OFFSET")
        length = self.symbol(size, 64, option) if re.fullmatch(_NAME, size) else number(size, 64, option)
        found = self.buffers[name] = self.start.buffer(name, length, access=access)
        return found

    def value(self, text: str, width: int, option: str) -> Bits | Buffer | int:
        """What a register is given; raises `InputError`."""
        match = _BUFFER.fullmatch(text)
        if match is not None:
            if width != 64:
                raise InputError(f"{option}: an address has 64 bits")
            return self.buffer(match[1], match[2], match[3] or "rw", option)
        match = _ADDRESS.fullmatch(text)
        if match is not None:
            if match[1] not in self.buffers or width != 64:
                known = ", ".join(self.buffers) or "none"
                raise InputError(f"{option}: {match[1]} is no buffer (known here: {known})")
            return self.buffers[match[1]].address + number(match[2], 64, option)
        if re.fullmatch(_NAME, text):
            return self.buffers[text] if width == 64 and text in self.buffers else self.symbol(text, width, option)
        return number(text, width, option)

    def condition(self, text: str) -> Prop:
        """What `--assume` says: NAME, a comparison of unsigned numbers, NUMBER or NAME."""
        option = f"--assume {text!r}"
        match = _ASSUMED.fullmatch(text)
        if match is None:
            raise InputError(f"{option} is not 'NAME <= NUMBER' (==, !=, <, <=, >, >=; unsigned)")
        left = self._known(match[1], option)
        right = self._known(match[3], option) if re.fullmatch(_NAME, match[3]) else number(match[3], left.width, option)
        if not isinstance(right, int) and right.width != left.width:
            raise InputError(f"{option}: {left.width} bits are compared with {right.width}")
        return {
            "==": left.__eq__,
            "!=": left.__ne__,
            "<": left.__lt__,
            "<=": left.__le__,
            ">": left.__gt__,
            ">=": left.__ge__,
        }[match[2]](right)

    def _known(self, name: str, option: str) -> Bits:
        if name in self.buffers:
            return self.buffers[name].address
        if name in self.symbols:
            return self.symbols[name]
        if is_register(name):
            found: Bits = getattr(self.start, name)
            return found
        known = ", ".join((*self.symbols, *self.buffers)) or "none"
        raise InputError(f"{option}: nothing is called {name} (known: {known}, and the registers)")


def start_of(request: Words, mem: Sequence[str], assumed: Sequence[str], stack: int) -> Start:
    """The start that the command line describes; raises `InputError`."""
    from armsym.simulator import Start

    start = Start(stack=stack)
    names = _Names(start)
    for text in mem:
        name, given = region(text)
        if name in names.buffers:
            raise InputError(f"--mem {name} is given twice")
        if "=@" not in text and "=hex:" not in text:
            raise InputError(f"--mem {text}: write --xN {name}:{len(given.data)} for a buffer that holds anything")
        names.buffers[name] = start.buffer(name, len(given.data), access=given.access, data=given.data)
    for register, text in request.registers.items():
        width = 64 if register[0] == "x" else 128
        start.set(**{register: names.value(text, width, f"--{register}")})
    start.assume(*(names.condition(a) for a in assumed))
    return start


def place(text: str) -> str | int:
    """A place as the library takes it: a text of digits is an offset."""
    return number(text, 63, "the place") if text[:1].isdigit() else text
