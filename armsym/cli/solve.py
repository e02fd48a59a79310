"""`armsym solve`: an input that makes a routine end as is wanted (docs/simulator.md)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armsym.cli.common import JsonOption, Style, print_error, print_json, printer
from armsym.cli.naming import file_named
from armsym.cli.registers import read_words
from armsym.cli.starting import (
    VALUE_HELP,
    AssumeOption,
    ForkOption,
    MemOption,
    PathsOption,
    StackOption,
    StepsOption,
    UntilOption,
    place,
    start_of,
)
from armsym.errors import Undetermined

if TYPE_CHECKING:
    from armsym.questions import Answer
    from armsym.simulator import Start

__all__ = ["solve"]

_SHOWN = 256  # bytes of a buffer that the text shows


class _Code(IntEnum):
    FOUND = 0
    NONE = 1
    UNDECIDED = Undetermined.exit_code


def solve(
    words: Annotated[
        list[str],
        typer.Argument(metavar="FILE SYMBOL[+OFFSET] [--xN VALUE] [--vN VALUE]", help=VALUE_HELP),
    ],
    *,
    want: Annotated[
        str,
        typer.Option(
            "--want",
            metavar="CONDITION",
            help="What is to hold at the end, such as 'x0 == 0 and out[0] == 0x7f' (armsym docs cli).",
        ),
    ],
    mem: MemOption = None,
    assume: AssumeOption = None,
    until: UntilOption = None,
    stack: StackOption = 65536,
    max_steps: StepsOption = 100_000,
    max_paths: PathsOption = 256,
    fork: ForkOption = "branches",
    seconds: Annotated[int, typer.Option(min=1, help="About how long Z3 may think about one path.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Find an input that makes a routine end as is wanted, and run it; or tell that there is none.

    Exit code 0 if one is found, 1 if none exists (all paths were followed to their ends), 3 if neither is known.
    """
    from armsym.elf import load
    from armsym.questions import solve as question

    request = read_words("solve", words)
    image = load(file_named(request.file))
    start = start_of(request, mem or [], assume or [], stack)
    answer = question(
        image,
        place(request.place),
        want,
        state=start,
        until=[place(p) for p in until or []],
        max_steps=max_steps,
        max_paths=max_paths,
        answer_ms=1000 * seconds,
        fork=fork,
    )
    if as_json:
        print_json({"file": request.file, "symbol": request.place, "want": want, **_as_dict(answer)})
    else:
        show = printer()
        for line in _lines(answer, start, want):
            show(line)
    if answer.reasons:
        more = f" (and {len(answer.reasons) - 1} more)" if len(answer.reasons) > 1 else ""
        print_error(f"solve: undecided: {answer.reasons[0]}{more}")
    code = _Code[answer.verdict.name]
    if code:
        raise typer.Exit(code)


def _paths(n: int) -> str:
    return f"{n} path{'' if n == 1 else 's'}"


def _lines(answer: Answer, start: Start, want: str) -> Iterator[Style]:
    if answer.verdict == "none":
        yield [
            ("none: ", "bold"),
            (f"no input ends with {want} ({_paths(answer.paths)}, each followed to its end)", ""),
        ]
        return
    if answer.verdict == "undecided":
        yield [("undecided: ", "bold"), (f"{want} ({_paths(answer.paths)})", "")]
        return
    yield [("found: ", "bold"), (f"ends with {want} after {answer.steps} instructions", "")]
    for name, n in {**answer.symbols, **answer.registers}.items():
        yield [(f"  {name:<8}  ", "bold"), (f"{n:#x}", "")]
    entry = answer.entry
    addresses = {p.name: p.address for p in entry.memory} if entry is not None else {}
    for name, data in answer.buffers.items():
        # Of a large one from where it holds something.
        first = len(data) - len(data.lstrip(b"\0")) if len(data) > _SHOWN else 0
        first = min(first, max(len(data) - _SHOWN, 0))
        part = data[first : first + _SHOWN]
        at = f" at {addresses[name]:#x}" if name in addresses else ""
        yield [(f"  {name:<8}  ", "bold"), (f"{len(data)} bytes{at}", "dim")]
        for k in range(0, len(part), 32):
            row = part[k : k + 32]
            text = "".join(chr(c) if 32 <= c < 127 else "." for c in row)
            yield [(f"  {f'+{first + k:#x}':>8}  ", "dim"), (row.hex(" ", 4), ""), (f"  {text}", "dim")]
        if first or len(part) < len(data):
            yield [(f"  {'':<8}  the rest is in --json", "dim")]
    yield [(f"  {'replay':<8}  ", "bold"), (answer.replay, "")]


def _as_dict(answer: Answer) -> dict[str, Any]:
    """As docs/json.md describes it."""
    from armsym.proof.entry import EntryState

    found: dict[str, Any] = {
        "verdict": answer.verdict.value,
        "paths": answer.paths,
        "assumptions": [
            str(c.value).lower() if isinstance(c.value, bool) else str(c.value) for c in answer.assumptions
        ],
    }
    if answer.reasons:
        found["reasons"] = list(answer.reasons)
    if answer.entry is not None and answer.end is not None:
        found |= {
            "instructions": answer.steps,
            "symbols": {n: f"{v:#x}" for n, v in answer.symbols.items()},
            "registers": {n: f"{v:#x}" for n, v in answer.registers.items()},
            "buffers": {n: data.hex() for n, data in answer.buffers.items()},
            "entry": answer.entry.as_dict(),
            "end": EntryState.of(answer.end, answer.entry.base).as_dict(),
            "replay": answer.replay,
        }
    return found
