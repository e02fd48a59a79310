"""`armsym disasm`: a routine as armsym decodes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armsym.cli.common import JsonOption, load_isa, print_json, printer
from armsym.cli.naming import FILE_HELP, file_named
from armsym.errors import ArmsymError

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

    isa = load_isa()
    path = file_named(file)
    image = load(path)
    start, size = image.function_extent(symbol)
    code = CodeMap(image, path)
    show = printer()
    rows: list[dict[str, Any]] = []
    if not as_json:
        show([(f"{symbol}: {size} bytes at {start:#x} of {file}", "bold")])
    for at in range(start, start + size - 3, 4):
        word = int.from_bytes(image.bytes_at(at, 4), "little") if not image.slots_in(at, 4) else None
        text, kind = None, "data"
        if word is not None and not code.is_data(at):
            try:
                text, kind = isa.decode(word).assembly(at), "instruction"
            except ArmsymError:
                kind = "not modelled"
        target = target_of(image, text) if text else ""
        if as_json:
            hexed = None if word is None else f"{word:#010x}"
            row = {"address": at, "word": hexed, "kind": kind, "assembly": text}
            rows.append({**row, "target": target} if target else row)
            continue
        number = "????????" if word is None else f"{word:08x}"
        if text is None:
            note = "an address that loading decides" if word is None else kind
            body = [(f".word {'?' if word is None else f'{word:#010x}'}", "yellow"), (f"  ; {note}", "dim")]
        else:
            body = [(text, ""), (f"  <{target}>" if target else "", "cyan")]
        show([(f"{at:8x} ", "dim"), (f"{f'+{at - start:#x}':>8}  ", "dim"), (f"{number}  ", "dim"), *body])
    if as_json:
        print_json({"file": file, "symbol": symbol, "offset": start, "size": size, "instructions": rows})
