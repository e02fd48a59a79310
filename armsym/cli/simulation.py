"""`armsym run`: a routine on numbers, with the registers and the memory it is given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armsym.cli.common import JsonOption, Style, load_isa, print_error, print_json, print_note, printer
from armsym.cli.naming import file_named
from armsym.cli.registers import number, read_words, region
from armsym.errors import ArmsymError, InputError, MachineStop, Undetermined
from armsym.proof.plain import IMAGE_BASE, NAME, Content, Request

if TYPE_CHECKING:
    from armsym.machine import Machine
    from armsym.memory import ConcreteRegion
    from armsym.proof.entry import EntryState

__all__ = ["Request", "parse", "run"]

_SHOWN = 512  # bytes of a region that the text shows


def parse(words: Sequence[str], mem: Sequence[str]) -> Request:
    """Read FILE, SYMBOL and the register options; raises `InputError`."""
    given = read_words("run", words)
    request = Request(given.file, given.place)
    for text in mem:
        name, content = region(text)
        if name in request.regions:
            raise InputError(f"--mem {name} is given twice")
        request.regions[name] = content
    for name, value in given.registers.items():
        n = int(name[1:])
        if name[0] == "v":
            request.v[n] = number(value, 128, f"--{name}", base=16)
        else:
            request.x[n] = _x_value(value, f"--{name}", request.regions)
    return request


def _x_value(text: str, option: str, regions: dict[str, Content]) -> int | tuple[str, int]:
    match = re.fullmatch(rf"({NAME.pattern})(?:\+(\w+))?", text)
    if match is None:
        return number(text, 64, option)
    name, offset = match.groups()
    if name not in regions:
        known = ", ".join(regions) or "nothing"
        raise InputError(f"{option}: {name!r} is neither a number nor a --mem (which names {known})")
    return name, number(offset, 64, option) if offset else 0


def run(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE SYMBOL [--xN VALUE] [--vN HEX]",
            help="The routine and its registers, x0 to x30 and v0 to v31. VALUE is a number, or NAME or "
            "NAME+OFFSET for the address of a --mem; what is not given is 0.",
        ),
    ],
    *,
    mem: Annotated[
        list[str] | None,
        typer.Option("--mem", metavar="NAME[:r|w|rw]=SIZE|@FILE|hex:DIGITS", help="A region of memory; rw else."),
    ] = None,
    entry: Annotated[
        str | None,
        typer.Option(
            "--entry",
            metavar="ANSWER.json[::PROOF]",
            help="All registers and memory of the counterexample in this answer of armsym prove --json.",
        ),
    ] = None,
    max_steps: Annotated[int, typer.Option(min=1, help="Instructions until the run is given up.")] = 10_000_000,
    as_json: JsonOption = False,
) -> None:
    """Run a routine on numbers until it returns; prints registers, memory and the instruction count.

    It gets a stack of 64 KiB, writable data of the file as it is loaded, and nothing else but what --mem names.
    """
    from armsym.bits import Bits
    from armsym.elf import load
    from armsym.stepper import Fork, Stepper, describe_stop, run_concrete

    request = parse(words, mem or [])
    isa = load_isa()
    image = load(file_named(request.file))
    start = image.function_extent(request.symbol)[0]
    if entry is not None:
        if request.x or request.v or request.regions:
            raise InputError("run: --entry gives all registers and memory: no --mem, --xN or --vN beside it")
        state = _counterexample_state(entry, request.symbol)
        base = state.base
        machine, regions = state.machine(image, start)
    else:
        base = 0 if image.fixed_base else IMAGE_BASE
        machine, regions = request.machine(image, base)
    back = machine.x[30]

    class Counting(Stepper):
        count = 0

        def step(self, m: Machine, offset: int) -> int | Fork:
            to = super().step(m, offset)
            self.count += 1
            return to

    stepper = Counting(isa, image, Bits(64, base), back)
    stop: ArmsymError | None = None
    try:
        run_concrete(stepper, machine, start, max_steps=max_steps)
    except ArmsymError as e:
        stop = e
    reason = describe_stop(stop, image, isa) if stop else ""
    doubts = list(dict.fromkeys(getattr(machine.memory, "doubts", ())))
    if as_json:
        print_json(_as_dict(request, machine, regions, stepper.count, reason, doubts))
    else:
        show = printer()
        for line in _lines(machine, regions, stepper.count, bool(stop)):
            show(line)
    for doubt in doubts:
        print_note(f"one run of several: {doubt}")
    if stop is not None:
        print_error(reason)
        # Where it went on with an address that was made up, the file does not say whether it stops.
        made_up = bool(doubts) and isinstance(stop, MachineStop)
        raise typer.Exit(Undetermined.exit_code if made_up else stop.exit_code)


def _counterexample_state(named: str, symbol: str) -> EntryState:
    """The state on entry of the counterexample that `FILE.json[::PROOF]` means; raises `InputError`."""
    from armsym.proof.entry import EntryState

    text, mark, name = named.rpartition("::")
    path = Path(text if mark else named)
    try:
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
        found = {
            r["proof"]: r["counterexample"]["entry"]
            for r in results
            if r["symbol"] == symbol and "counterexample" in r and (not mark or r["proof"] == name)
        }
    except OSError as e:
        raise InputError(f"--entry {path}: cannot be read: {e.strerror or e}") from None
    except (ValueError, KeyError, TypeError) as e:
        raise InputError(f"--entry {path}: not an answer of armsym prove --json ({type(e).__name__}: {e})") from None
    if len(found) != 1:
        which = f"{len(found)} counterexamples of {symbol}" + (f" by the proof {name}" if mark else "")
        more = f": name one as {path}::PROOF, of {', '.join(found)}" if found else ""
        raise InputError(f"--entry {path}: holds {which}{more}")
    return EntryState.from_dict(next(iter(found.values())))


def _as_dict(
    request: Request, m: Machine, regions: Sequence[ConcreteRegion], count: int, reason: str, doubts: list[str]
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "file": request.file,
        "symbol": request.symbol,
        "instructions": count,
        "x": [f"{r.uint:#018x}" for r in m.x],
        "sp": f"{m.sp.uint:#018x}",
        "nzcv": f"{m.nzcv.bits.uint:04b}",
        "v": [f"{r.uint:#034x}" for r in m.v],
        "memory": {r.name: {"address": f"{r.base:#x}", "bytes": r.data.hex()} for r in regions},
    }
    if doubts:
        answer["doubts"] = doubts
    return {**answer, "stopped": reason} if reason else answer


def _lines(m: Machine, regions: Sequence[ConcreteRegion], count: int, stopped: bool) -> Iterator[Style]:
    """The state as text; V registers that are 0 are left out."""
    yield [(f"{'stopped' if stopped else 'returned'} after {count} instructions", "bold")]
    values = [*((f"x{n}", r) for n, r in enumerate(m.x)), ("sp", m.sp)]
    for k in range(0, len(values), 4):
        line = "  ".join(f"{name:>3} {r.uint:016x}" for name, r in values[k : k + 4])
        yield [(line, "")]
    yield [(f"nzcv {m.nzcv.bits.uint:04b}", "")]
    vectors = [f"{f'v{n}':>3} {r.uint:032x}" for n, r in enumerate(m.v) if r.uint]
    for k in range(0, len(vectors), 2):
        yield [("  ".join(vectors[k : k + 2]), "")]
    for r in regions:
        yield [(f"{r.name}", "bold"), (f"  {len(r.data)} bytes at {r.base:#x}", "dim")]
        for k in range(0, min(len(r.data), _SHOWN), 32):
            yield [(f"  {f'+{k:#x}':>6}  ", "dim"), (bytes(r.data[k : k + 32]).hex(" ", 4), "")]
        if len(r.data) > _SHOWN:
            yield [(f"  ... {len(r.data) - _SHOWN} more bytes (--json has all)", "dim")]
