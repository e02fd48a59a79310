"""`armsym simulate`: a routine on symbols, path by path (docs/simulator.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armsym.cli.common import JsonOption, Style, print_error, print_json, printer
from armsym.cli.naming import file_named
from armsym.cli.registers import Words, is_register, number, read_words, region
from armsym.errors import InputError, Undetermined

if TYPE_CHECKING:
    from armsym.bits import Bits, Prop
    from armsym.simulator import Buffer, Simulation, Start, State, Step

__all__ = ["simulate"]

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_BUFFER = re.compile(rf"({_NAME}):(\w+)(?::(r|w|rw))?")
_ADDRESS = re.compile(rf"({_NAME})\+(\w+)")
_ASSUMED = re.compile(rf"\s*({_NAME})\s*(==|!=|<=|>=|<|>)\s*(\w+)\s*")
_SHOWN = {"depth": 8, "limit": 12}


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


def _start(request: Words, mem: Sequence[str], assumed: Sequence[str], stack: int) -> Start:
    """The start that the command line describes; raises `InputError`."""
    from armsym.simulator import Start

    start = Start(stack=stack)
    names = _Names(start)
    for text in mem:
        name, content = region(text)
        if name in names.buffers:
            raise InputError(f"--mem {name} is given twice")
        if "=@" not in text and "=hex:" not in text:
            raise InputError(f"--mem {text}: write --xN {name}:{len(content)} for a buffer that holds anything")
        names.buffers[name] = start.buffer(name, len(content), data=content)
    for register, text in request.registers.items():
        width = 64 if register[0] == "x" else 128
        start.set(**{register: names.value(text, width, f"--{register}")})
    start.assume(*(names.condition(a) for a in assumed))
    return start


def simulate(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE SYMBOL[+OFFSET] [--xN VALUE] [--vN VALUE]",
            help="Where to begin, and registers, x0 to x30 and v0 to v31. VALUE is a number, a NAME for any value, "
            "NAME:SIZE[:r|w|rw] for the address of a buffer of SIZE bytes (a number or a NAME) that holds anything, or "
            "NAME+OFFSET for an address in it; what is not given is any value.",
        ),
    ],
    *,
    mem: Annotated[
        list[str] | None,
        typer.Option("--mem", metavar="NAME=@FILE|hex:DIGITS", help="A buffer of known content, for a register."),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option("--assume", metavar="'NAME <= NUMBER'", help="What holds at the start (unsigned)."),
    ] = None,
    until: Annotated[
        list[str] | None,
        typer.Option("--until", metavar="PLACE", help="SYMBOL, SYMBOL+OFFSET or an offset, where paths end."),
    ] = None,
    stack: Annotated[int, typer.Option(help="Bytes of stack.")] = 65536,
    max_steps: Annotated[int, typer.Option(min=1, help="Instructions on one path.")] = 100_000,
    max_paths: Annotated[int, typer.Option(min=1, help="Paths.")] = 64,
    fork: Annotated[str, typer.Option(help="Follow both ways at: branches, choices (CSEL too), never.")] = "branches",
    calls: Annotated[str, typer.Option(help="What to do with calls: follow or stop.")] = "follow",
    trace: Annotated[bool, typer.Option("--trace", help="Print each instruction as it is executed.")] = False,
    smt2: Annotated[bool, typer.Option("--smt2", help="Print a script in SMT-LIB for each path.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Follow all paths of a routine on symbols; prints, for each, its condition and what it changed.

    Exit code 0 if every path returned or ended where it was to end, 3 if one stopped before.
    """
    from armsym.elf import load
    from armsym.simulator import Simulation

    if as_json and (smt2 or trace):
        raise InputError("simulate: --json goes with neither --smt2 nor --trace")
    request = read_words("simulate", words)
    image = load(file_named(request.file))
    simulation = Simulation(
        image,
        _place(request.place),
        state=_start(request, mem or [], assume or [], stack),
        until=[_place(p) for p in until or []],
        max_steps=max_steps,
        max_paths=max_paths,
        fork=fork,
        calls=calls,
    )
    show = printer()
    if trace:
        for step in simulation:
            for line in _trace(simulation, step, as_comment=smt2):
                show(line)
    states = simulation.run()
    if as_json:
        paths = [_as_dict(s) for s in states]
        assumed = [_condition(c) for c in states[0].assumptions]
        print_json({"file": request.file, "symbol": request.place, "assumptions": assumed, "paths": paths})
    for k, state in enumerate(states):
        if smt2:
            typer.echo(_script(k, len(states), state), nl=False)
        elif not as_json:
            for line in _lines(k, len(states), state):
                show(line)
    stopped = [s for s in states if s.stop is not None and not (s.stop.complete or s.stop.kind == "call")]
    if stopped:
        print_error(f"{len(stopped)} of {len(states)} paths stopped before their end: {_reason(stopped[0])}")
        raise typer.Exit(Undetermined.exit_code)


def _place(text: str) -> str | int:
    """A place as the library takes it: a text of digits is an offset."""
    return number(text, 63, "the place") if text[:1].isdigit() else text


# -- text -----------------------------------------------------------------------------------------


def _text(b: Bits) -> str:
    from armsym.terms import show

    return hex(b.value) if isinstance(b.value, int) else show(b.value, **_SHOWN)


def _condition(c: Prop) -> str:
    """A condition, or `not` its opposite where that is shorter."""
    from armsym.terms import show

    if isinstance(c.value, bool):
        return str(c.value).lower()
    plain = show(c.value, **_SHOWN)
    other = ~c
    if isinstance(other.value, bool):
        return plain
    inner = show(other.value, **_SHOWN)
    opposite = f"not {inner if _closed(inner) else f'({inner})'}"
    return opposite if len(opposite) < len(plain) else plain


def _closed(text: str) -> bool:
    """Whether a text is one word, or one pair of parentheses with all that is in it."""
    depth = 0
    for k, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0 and (c == " " or (c == ")" and k < len(text) - 1)):
            return False
    return True


def _reason(state: State) -> str:
    return state.stop.text if state.stop is not None else ""


def _lines(k: int, count: int, state: State) -> Iterator[Style]:
    """One path as text."""
    yield [(f"path {k + 1} of {count}: ", "bold"), (_reason(state), "")]
    for c in state.conditions:
        yield [("  where  ", "dim"), (_condition(c), "cyan")]
    for name, _, new in state.changed():
        yield [(f"  {name:<5}  ", "bold"), (_text(new), "")]
    for a in state.writes:
        yield [(f"  {a}", "")]


def _trace(simulation: Simulation, step: Step, *, as_comment: bool) -> Iterator[Style]:
    start = "; " if as_comment else ""
    named = simulation.image.symbolize(step.at)
    yield [(f"{start}{step.at:8x} ", "dim"), (f"<{named}>  ", "dim"), (step.assembly, "")]
    for a in step.accesses:
        yield [(f"{start}{'':10}{a}", "cyan")]
    for other in step.others:
        yield [(f"{start}{'':10}parts: another path goes on at {other.at:#x}", "yellow")]


def _script(k: int, count: int, state: State) -> str:
    reason = " ".join(_reason(state).split())
    return f"{'(reset)' + chr(10) if k else ''}; path {k + 1} of {count}: {reason}\n{state.smt2()}"


def _as_dict(state: State) -> dict[str, Any]:
    """One path as docs/json.md describes it."""
    stop = state.stop
    assert stop is not None
    accesses = [
        {
            "at": a.at,
            "store": a.store,
            "region": a.region,
            "offset": _text(a.offset),
            "bytes": a.size,
            "value": _text(a.value),
        }
        for a in state.accesses
    ]
    return {
        "kind": stop.kind.value,
        "reason": stop.text,
        "at": None if state.at < 0 else state.at,
        "instructions": state.steps,
        "conditions": [_condition(c) for c in state.conditions],
        "changed": {name: _text(new) for name, _, new in state.changed()},
        "accesses": accesses,
    }
