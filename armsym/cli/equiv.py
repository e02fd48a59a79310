"""`armsym equiv`: whether two routines do the same, for every input (docs/equiv.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armsym.cli.common import JsonOption, Style, load_isa, print_json, printer
from armsym.cli.naming import file_named
from armsym.cli.registers import is_register, number
from armsym.errors import InputError

if TYPE_CHECKING:
    from armsym.bits import Bits
    from armsym.equiv import Answer
    from armsym.proof.declare import Proof
    from armsym.proof.handles import Region

__all__ = ["equiv"]

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_BUFFER = re.compile(rf"({_NAME}):(\w+)(?::(r|w|rw))?")
_ASSUMED = re.compile(rf"\s*({_NAME})\s*(==|!=|<=|>=|<|>)\s*(\w+)\s*")
_SHOWN = 64  # bytes of an input that the text shows


@dataclass
class _Request:
    """What the command line asks for: two files and symbols, and (register, text of its value)."""

    files: tuple[str, str] = ("", "")
    symbols: tuple[str, str] = ("", "")
    registers: list[tuple[int, str]] = field(default_factory=list)


def _parse(words: Sequence[str]) -> _Request:
    """Read the files, the symbols and the register options; raises `InputError`."""
    plain: list[str] = []
    registers: dict[int, str] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            plain.append(word)
            continue
        name, mark, value = word[2:].partition("=")
        if not is_register(name) or name[0] != "x":
            raise InputError(f"equiv: there is no option --{name}: registers are --x0 to --x30")
        if int(name[1:]) in registers:
            raise InputError(f"equiv: --{name} is given twice")
        value = value if mark else next(rest, "")
        if not value:
            raise InputError(f"equiv: --{name} needs a value")
        registers[int(name[1:])] = value
    if len(plain) != 4:
        given = f": {' '.join(plain)}" if plain else ""
        raise InputError(f"equiv: takes FILE1 SYMBOL1 FILE2 SYMBOL2, got {len(plain)} arguments{given}")
    return _Request((plain[0], plain[2]), (plain[1], plain[3]), list(registers.items()))


@dataclass(frozen=True)
class _Condition:
    """`NAME OP NUMBER` or `NAME OP NAME`."""

    text: str
    left: str
    op: str
    right: str

    @staticmethod
    def of(text: str) -> _Condition:
        match = _ASSUMED.fullmatch(text)
        if match is None:
            raise InputError(f"--assume {text!r} is not 'NAME <= NUMBER' (==, !=, <, <=, >, >=; unsigned)")
        return _Condition(text, match[1], match[2], match[3])

    @property
    def limit(self) -> int | None:
        """The number on the right, if it is one."""
        return None if re.fullmatch(_NAME, self.right) else number(self.right, 64, f"--assume {self.text!r}")


_OPERATORS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _range(name: str, conditions: Sequence[_Condition]) -> tuple[int, int, bool]:
    """(least, greatest, whether there is an upper bound) of a number, from the conditions that bound it by a number."""
    low, high, bounded = 0, (1 << 64) - 1, False
    for c in conditions:
        limit = c.limit if c.left == name else None
        if limit is None:
            continue
        if c.op in ("<=", "<", "=="):
            high, bounded = min(high, limit - (c.op == "<")), True
        if c.op in (">=", ">", "=="):
            low = max(low, limit + (c.op == ">"))
    if low > high:
        raise InputError(f"--assume: no {name} is from {low} to {high}")
    return low, high, bounded


def _declared(registers: Sequence[tuple[int, str]], assume: Sequence[str]) -> Callable[[Proof], None]:
    """A proof function that declares what the command line says; raises `InputError`."""
    conditions = [_Condition.of(text) for text in assume]
    sizes = {m[2] for _, text in registers if (m := _BUFFER.fullmatch(text)) and re.fullmatch(_NAME, m[2])}
    buffers = {m[1] for _, text in registers if (m := _BUFFER.fullmatch(text))}
    for name in sizes:
        if not _range(name, conditions)[2]:
            raise InputError(f"the size {name} needs a limit: --assume '{name} <= NUMBER'")

    def declare(p: Proof) -> None:
        numbers: dict[str, Bits] = {}
        regions: dict[str, Region] = {}

        def numbered(name: str) -> Bits:
            if name in buffers:
                raise InputError(f"{name} is a buffer")
            if name not in numbers:
                low, high, bounded = _range(name, conditions)
                numbers[name] = p.nat(name, low=low, high=high) if bounded or low else p.word(name, 64, public=True)
            return numbers[name]

        values: dict[str, Region | Bits | int] = {}
        for n, text in registers:
            option = f"--x{n}"
            match = _BUFFER.fullmatch(text)
            if match is not None:
                if match[1] in regions:
                    raise InputError(f"{option}: the buffer {match[1]} is there already: write {match[1]}")
                size = numbered(match[2]) if match[2] in sizes else number(match[2], 64, option)
                regions[match[1]] = p.region(match[1], size, access=match[3] or "rw", public=True, cell=1)
                values[f"x{n}"] = regions[match[1]]
            elif re.fullmatch(_NAME, text):
                if text in buffers and text not in regions:
                    raise InputError(f"{option}: {text} is declared by a later option: give that one first")
                values[f"x{n}"] = regions[text] if text in regions else numbered(text)
            else:
                values[f"x{n}"] = number(text, 64, option)
        p.call(**values)
        for c in conditions:
            if c.left not in numbers and c.left not in sizes:
                known = ", ".join(numbers) or "none"
                raise InputError(f"--assume {c.text!r}: nothing is called {c.left} (known: {known})")
            right = numbered(c.right) if c.limit is None and c.right in numbers else c.limit
            if right is None:
                raise InputError(f"--assume {c.text!r}: nothing is called {c.right}")
            p.assume(c.text.strip(), _OPERATORS[c.op](numbers[c.left], right))
        p.modifies(*(r for r in regions.values() if "w" in r.access), p.stack(1 << 14))

    return declare


def _from_proof(text: str, symbol: str) -> Callable[[Proof], None]:
    """The proof that says what the first routine is given; raises `InputError`."""
    from armsym.cli.selection import select

    selection = select([text], "*")
    if selection.broken:
        raise InputError(str(selection.broken[0][1]))
    found = [d for d in selection.proofs if d.symbol == symbol]
    # A symbol names all proofs of a routine, and may be the name of one.
    found = [d for d in found if d.name == text.rpartition("::")[2]] or found
    if len(found) != 1:
        names = (
            ", ".join(d.name for d in found) or f"none (of {', '.join(sorted({d.symbol for d in selection.proofs}))})"
        )
        raise InputError(
            f"--args {text}: one proof of {symbol} is wanted, as {text.partition('::')[0]}::NAME; there are: {names}"
        )
    return found[0]


def equiv(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE1 SYMBOL1 FILE2 SYMBOL2 [--xN VALUE]",
            help="The two routines, and what both are given in X0 to X30. VALUE is a number, a NAME for any value, or "
            "NAME:SIZE[:r|w|rw] for the address of a buffer of SIZE bytes (a number or a NAME) that holds anything; "
            "what is not given is any value, the same for both.",
        ),
    ],
    *,
    args: Annotated[
        str | None,
        typer.Option("--args", metavar="PROOF.py[::NAME]", help="The proof of SYMBOL1 that says what both are given."),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option("--assume", metavar="'NAME <= NUMBER'", help="What holds on entry (unsigned)."),
    ] = None,
    results: Annotated[
        str | None,
        typer.Option(
            help="The registers that are results, such as x0,v0-v3: all, none, nzcv. Else those that the proof's "
            "ensures speaks of; without a proof x0, x1, v0 to v3."
        ),
    ] = None,
    same_global: Annotated[
        list[str] | None,
        typer.Option("--global", metavar="NAME", help="A variable of both files that is assumed to hold the same."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long paths are followed, each time.")] = 60.0,
    as_json: JsonOption = False,
) -> None:
    """Show that two routines do the same for every input, or an input for which they do not.

    Exit code 0 if they are equivalent, 1 if they differ, 3 if neither is shown.
    """
    from armsym.elf import load
    from armsym.equiv import equivalent
    from armsym.equiv.product import Limits

    request = _parse(words)
    if args is not None and (request.registers or assume):
        raise InputError("equiv: --args says what is given: no --xN or --assume beside it")
    declared: Callable[[Proof], None] | None = None
    if args is not None:
        declared = _from_proof(args, request.symbols[0])
    elif request.registers or assume:
        declared = _declared(request.registers, assume or [])
    images = [load(file_named(f)) for f in request.files]
    answer = equivalent(
        (images[0], request.symbols[0]),
        (images[1], request.symbols[1]),
        load_isa(),
        declared=declared,
        results=results,
        same_globals=same_global or [],
        limits=Limits(seconds=seconds),
    )
    if as_json:
        print_json(_as_dict(request, answer))
    else:
        show = printer()
        for line in _lines(request, answer):
            show(line)
    if answer.verdict.exit_code:
        raise typer.Exit(answer.verdict.exit_code)


def _as_dict(request: _Request, answer: Answer) -> dict[str, Any]:
    d: dict[str, Any] = {
        "first": {"file": request.files[0], "symbol": request.symbols[0]},
        "second": {"file": request.files[1], "symbol": request.symbols[1]},
        **answer.as_dict(),
    }
    if answer.difference is not None:
        # As in an answer of `armsym prove`, so that `armsym run --entry ANSWER.json::first` runs it again.
        d["results"] = [
            {"proof": which, "symbol": symbol, "counterexample": {"entry": entry}}
            for which, symbol, entry in zip(
                ("first", "second"), request.symbols, d["difference"].pop("entries"), strict=True
            )
        ]
    return d


def _lines(request: _Request, answer: Answer) -> Iterator[Style]:
    colour = {"equivalent": "green", "different": "red", "undecided": "yellow"}[answer.verdict.value]
    names = f"{request.symbols[0]} ({request.files[0]}) and {request.symbols[1]} ({request.files[1]})"
    yield [(f"{answer.verdict.value:<11}", colour), (names, ""), (f"  {answer.seconds:.1f} s", "dim")]
    if answer.method == "in step" and answer.verdict.value == "equivalent":
        words = f"{answer.words} instructions"
        how = (
            "identical: the same words" if answer.identical else f"side by side, {answer.differing_words} words differ:"
        )
        yield [(f"    {how}{' in' if answer.identical else ''} {words}", "")]
    elif answer.verdict.value == "equivalent":
        yield [("    all pairs of paths, loops by induction", "")]
    if answer.reason:
        yield [("    ", ""), (answer.reason, "")]
    for note in answer.notes if answer.verdict.value == "undecided" else []:
        yield [("    ", ""), (note, "dim")]
    x = answer.difference
    if x is not None:
        yield [(f"    {x.where} differs on return: the first leaves {x.first}, the second {x.second}", "")]
        for name, text in x.inputs.items():
            yield [(f"      {name:<9} {text}", "")]
        yield [
            ("      the whole state on entry: --json, then armsym run FILE SYMBOL --entry ANSWER.json::first", "dim")
        ]
    yield [(f"    compared: {', '.join(answer.compared)}", "dim")]
    for a in answer.assumptions:
        yield [(f"    assuming: {a}", "dim")]
