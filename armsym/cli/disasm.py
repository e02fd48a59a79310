"""`armsym disasm`: a routine as armsym decodes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armsym.cli.common import JsonOption, load_isa, print_json, printer
from armsym.cli.naming import FILE_HELP, file_named
from armsym.errors import ArmsymError, InputError

if TYPE_CHECKING:
    from armsym.elf import Image

__all__ = ["disasm", "target_of"]

_TO_ADDRESS = re.compile(r"(?:b|bl|b\.\w+|bc\.\w+|cbn?z|tbn?z|adr)\s(?:.*,\s*)?#(?P<target>0x[0-9a-f]+)")


def target_of(image: Image, text: str) -> str:
    """The name of where an instruction branches to (or what ADR computes), or nothing."""
    match = _TO_ADDRESS.fullmatch(text)
    return image.symbolize(int(match["target"], 16)) if match else ""


def disasm(
    file: Annotated[str, typer.Argument(metavar="FILE", help=FILE_HELP)],
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="The routine.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Disassemble a routine as armsym decodes it; words that are not modelled are shown as such."""
    from armsym.cli.codemap import CodeMap
    from armsym.elf import load
    from armsym.elf.shape import Pages

    isa = load_isa()
    path = file_named(file)
    image = load(path)
    start, size = image.function_extent(symbol)
    code = CodeMap(image, path)
    show = printer()
    rows: list[dict[str, Any]] = []
    if not as_json:
        named = image.lookup(symbol)
        ends = " (its end is found from its branches)" if named.kind == "address" and not named.size else ""
        show([(f"{symbol}: {size} bytes at {start:#x} of {file}{ends}", "bold")])
    pages = Pages()
    for at in range(start, start + size - 3, 4):
        word, why = _word(image, at)
        text, kind = None, "data"
        if word is not None and not code.is_data(at):
            try:
                text, kind = isa.decode(word).assembly(at), "instruction"
            except ArmsymError:
                kind = "not modelled"
        target = target_of(image, text) if text else ""
        if text and word is not None:
            target = _named(image, pages.after(at, word)) or target
        link = image.links.get(at)
        relocation = link.text.partition(", ")[2] if link is not None else ""
        if as_json:
            hexed = None if word is None else f"{word:#010x}"
            row = {"address": at, "word": hexed, "kind": kind, "assembly": text}
            row |= {"target": target} if target else {}
            rows.append(row | ({"relocation": relocation} if relocation else {}))
            continue
        number = "????????" if word is None else f"{word:08x}"
        if text is None:
            body = [(f".word {'?' if word is None else f'{word:#010x}'}", "yellow"), (f"  ; {why or kind}", "dim")]
        else:
            # Where a linker has yet to choose, its symbol says more than where it lies in this layout.
            body = [(text, ""), (f"  <{target}>" if target and not relocation else "", "cyan")]
            body.append((f"  ; {relocation}" if relocation else "", "cyan"))
        show([(f"{at:8x} ", "dim"), (f"{f'+{at - start:#x}':>8}  ", "dim"), (f"{number}  ", "dim"), *body])
    if as_json:
        print_json({"file": file, "symbol": symbol, "offset": start, "size": size, "instructions": rows})


def _word(image: Image, at: int) -> tuple[int | None, str]:
    """The word at an offset; None, and why, where the file does not have what will be there."""
    if image.slots_in(at, 4):
        return None, "an address that loading decides"
    try:
        return int.from_bytes(image.bytes_at(at, 4), "little"), ""
    except InputError as e:
        return None, str(e).removeprefix(f"{image.path}: ")


def _named(image: Image, to: int | None) -> str:
    """The name of an address, or of what the slot there is for."""
    if to is None:
        return ""
    names = image.external_pointers
    return f"slot of {names[to]}" if to in names else image.symbolize(to)
