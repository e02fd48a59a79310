"""`armsym explain`: one instruction, its encoding and its effect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armsym.cli.common import JsonOption, Style, load_isa, print_json, printer
from armsym.cli.naming import file_named
from armsym.errors import InputError

if TYPE_CHECKING:
    from armsym.bits import Bits
    from armsym.simulator.explain import Explanation

__all__ = ["explain"]

_WORD = re.compile(r"0x[0-9a-fA-F]{1,8}|[0-9a-fA-F]{8}")


def explain(
    what: Annotated[
        list[str], typer.Argument(metavar="WORD | FILE SYMBOL[+OFFSET]", help="A word such as 0x91000400, or a place.")
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Explain one instruction: fields, encoding class, manual section, and its effect as a formula."""
    from armsym.simulator.explain import explain as explained

    isa = load_isa()
    word, at, note = _word(what)
    found = explained(word, isa, at)
    if as_json:
        print_json(_as_dict(found, note))
        return
    show = printer()
    for line in _lines(found, note):
        show(line)


def _word(what: list[str]) -> tuple[int, int, str]:
    """The word that is meant, its offset, and what is to be said of it; raises `InputError`."""
    if len(what) == 1:
        if not _WORD.fullmatch(what[0]):
            raise InputError(f"explain: {what[0]!r} is no word: 0x and up to 8 digits, or 8 hexadecimal digits")
        return int(what[0], 16), 0, ""
    if len(what) != 2:
        raise InputError(f"explain: takes WORD, or FILE and SYMBOL+OFFSET, got {len(what)} arguments")
    from armsym.elf import load
    from armsym.simulator.simulation import place_in

    image = load(file_named(what[0]))
    at = place_in(image, int(what[1], 0) if re.fullmatch(r"0x[0-9a-fA-F]+|[0-9]+", what[1]) else what[1])
    link = image.links.get(at)
    note = f"the linker completes this word: {link.text}" if link is not None else ""
    return image.word(at), at, note


def _text(b: Bits) -> str:
    from armsym.terms import show

    return hex(b.value) if isinstance(b.value, int) else show(b.value, depth=8, limit=12)


def _lines(e: Explanation, note: str) -> Iterator[Style]:
    yield [(f"{e.word:#010x}  ", "dim"), (e.assembly, "bold")]
    yield [("class    ", "dim"), (e.encoding, "")]
    yield [("manual   ", "dim"), (e.manual, "")]
    fields = "  ".join(f"{n}<{f'{hi}:{lo}' if hi != lo else hi}>={v:#x}" for n, hi, lo, v in e.fields)
    yield [("fields   ", "dim"), (fields or "none", "")]
    if note:
        yield [("note     ", "dim"), (note, "yellow")]
    if e.stops:
        yield [("stops    ", "dim"), (e.stops, "")]
        return
    if e.aligned:
        yield [("note     ", "dim"), ("for addresses that are multiples of 16", "")]
    yield [("depends  ", "dim"), (" ".join(e.depends) or "on nothing", "")]
    for name, address, size in e.loads:
        yield [("reads    ", "dim"), (f"{name} = Mem[{_text(address)}, {size}]", "cyan")]
    for effect in e.effects:
        where = f" where {_text(effect.condition)}, else PC + 4" if effect.condition is not None else ""
        yield [("writes   ", "dim"), (f"{effect.what} = {_text(effect.value)}{where}", "cyan")]
    if not e.effects:
        yield [("writes   ", "dim"), ("nothing", "")]


def _as_dict(e: Explanation, note: str) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "word": f"{e.word:#010x}",
        "assembly": e.assembly,
        "class": e.encoding,
        "manual": e.manual,
        "fields": [{"name": n, "hi": hi, "lo": lo, "value": v} for n, hi, lo, v in e.fields],
        "depends": list(e.depends),
        "loads": [{"name": n, "address": _text(a), "bytes": size} for n, a, size in e.loads],
        "effects": [
            {"what": f.what, "value": _text(f.value), "where": None if f.condition is None else _text(f.condition)}
            for f in e.effects
        ],
        "aligned": e.aligned,
    }
    return answer | ({"stops": e.stops} if e.stops else {}) | ({"note": note} if note else {})
