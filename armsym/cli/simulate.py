"""`armsym simulate`: a routine on symbols, path by path (docs/simulator.md)."""

from __future__ import annotations

from collections.abc import Iterator
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
from armsym.errors import InputError, Undetermined

if TYPE_CHECKING:
    from armsym.bits import Bits, Prop
    from armsym.simulator import Simulation, State, Step

__all__ = ["simulate"]

_SHOWN: dict[str, Any] = {"depth": 8, "limit": 12}


def simulate(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE SYMBOL[+OFFSET] [--xN VALUE] [--vN VALUE]",
            help=VALUE_HELP,
        ),
    ],
    *,
    mem: MemOption = None,
    assume: AssumeOption = None,
    until: UntilOption = None,
    stack: StackOption = 65536,
    max_steps: StepsOption = 100_000,
    max_paths: PathsOption = 64,
    fork: ForkOption = "branches",
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
        place(request.place),
        state=start_of(request, mem or [], assume or [], stack),
        until=[place(p) for p in until or []],
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
