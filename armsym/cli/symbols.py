"""`armsym symbols`: the routines of a file, and which proofs there are for them."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armsym.cli.common import JsonOption, load_isa, print_json, print_note, printer
from armsym.cli.naming import FILES_HELP, file_named
from armsym.errors import ArmsymError, InputError

if TYPE_CHECKING:
    from armsym.cli.known import Known, Match
    from armsym.elf import Image
    from armsym.isa import InstructionSet

__all__ = ["symbols"]

_SHOWN = 3  # proofs named in a line


def symbols(
    file: Annotated[str, typer.Argument(metavar="FILE", help=FILES_HELP)],
    *,
    pattern: Annotated[str, typer.Option("--symbol", metavar="GLOB", help="Only routines of these names.")] = "*",
    proofs: Annotated[
        list[str] | None,
        typer.Option("--proofs", metavar="PATH", help="Proofs to look for; default: crypto_examples."),
    ] = None,
    proved: Annotated[bool, typer.Option("--known", help="Only routines like one that a proof is about.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the routines of a file: address, size, how much is modelled, and proofs of routines like it.

    A proof is named where its own file has the same bytes (=), or the same but for where things lie (~): run it with
    `armsym prove PROOF --object FILE`, and --symbol if the name is another.
    """
    from armsym.cli.known import known_routines
    from armsym.elf import collection, load

    path = file_named(file)
    within = collection(path)
    images: Iterator[tuple[str, Image]] = within.images() if within is not None else iter([(path, load(path))])
    known = known_routines(proofs or [])
    isa, show = load_isa(), printer()
    rows: list[dict[str, Any]] = []
    found = named = 0
    for spec, image in images:
        heading = spec if within is not None else ""
        for name, offset, size in _routines(image, pattern, known, named_only=pattern != "*"):
            named += 1
            matches = known.at(image, offset, size)
            if proved and not matches:
                continue
            found += 1
            count, modelled = _modelled(image, isa, offset, size)
            if as_json:
                rows.append(_row(spec if within is not None else "", name, offset, size, count, modelled, matches))
                continue
            part = f"{modelled}/{count}"
            style = "green" if modelled == count else "yellow"
            if heading:
                show([(heading, "bold")])
                heading = ""
            line = [(f"{offset:10x} {size:8}  ", "dim"), (f"{part:>13}  ", style), (name, "bold")]
            show([*line, (_proofs(matches), "cyan")])
    for reason in within.unusable.values() if within is not None else ():
        print_note(f"passed over: {reason}")
    if known.absent:
        print_note(f"{known.absent} proofs are of files that are not in the cache: not looked for")
    if not named:
        nothing = "has no code symbols, and no code that a proof is about"
        raise InputError(f"{file}: {nothing if pattern == '*' else f'no routine is called {pattern!r}'}")
    if as_json:
        print_json({"file": file, "symbols": rows})
    elif proved and not found:
        print_note(f"no proof is about code like that of the {named} routines")


def _routines(image: Image, pattern: str, known: Known, *, named_only: bool) -> Iterator[tuple[str, int, int]]:
    """(name, offset, size) of each routine; of a file without symbols those like a routine that is known."""
    seen: set[int] = set()
    matches = re.compile(fnmatch.translate(pattern)).match
    for s in image.functions(matches if pattern != "*" else None):
        if s.offset in seen:
            continue
        plain = image.choose(s.name)
        name = s.name if plain is not None and plain.offset == s.offset else f"{s.name}@{s.offset:#x}"
        try:
            size = image.function_extent(name)[1]
        except InputError:
            continue  # a function symbol that is no run of whole instructions in code
        seen.add(s.offset)
        yield s.name, s.offset, size
    if named_only or not image.stripped:
        return
    for offset, size in sorted(known.places(image).items()):
        if offset not in seen:
            yield f"{offset:#x}+{size:#x}", offset, size


def _modelled(image: Image, isa: InstructionSet, offset: int, size: int) -> tuple[int, int]:
    """(instructions, how many of them are modelled); data between them, where it is known as such, not counted."""
    count = modelled = 0
    for at in range(offset, offset + size - 3, 4):
        if not image.is_code(at):
            continue
        count += 1
        try:
            isa.decode(image.word(at))
        except ArmsymError:
            continue
        modelled += 1
    return count, modelled


def _proofs(matches: list[Match]) -> str:
    signs = {"bytes": "=", "shape": "~"}
    texts = list(dict.fromkeys(f"{signs[m.how]} {m.routine.proof} ({m.routine.source})" for m in matches))
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return "".join(f"  {t}" for t in texts[:_SHOWN]) + more


def _row(
    spec: str, name: str, offset: int, size: int, count: int, modelled: int, matches: list[Match]
) -> dict[str, Any]:
    row: dict[str, Any] = {"member": spec} if spec else {}
    row |= {"name": name, "offset": offset, "size": size, "instructions": count, "modelled": modelled}
    row["proofs"] = [
        {"proof": m.routine.proof, "symbol": m.routine.symbol, "source": m.routine.source, "match": m.how}
        for m in matches
    ]
    return row
