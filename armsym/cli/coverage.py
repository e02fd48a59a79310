"""`armsym coverage`: how much of a file's code is modelled."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armsym.cli.common import JsonOption, load_isa, print_json, print_note, printer
from armsym.cli.naming import FILES_HELP, file_named
from armsym.errors import ArmsymError, InputError

if TYPE_CHECKING:
    from armsym.elf import Image

__all__ = ["coverage", "mnemonics"]


def coverage(
    file: Annotated[str, typer.Argument(metavar="FILE", help=FILES_HELP)],
    *,
    symbol: Annotated[str, typer.Option("--symbol", metavar="GLOB", help="Only functions of these names.")] = "*",
    everything: Annotated[
        bool, typer.Option("--all", help="All code sections, not only what function symbols cover.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Count the instructions of a file's functions that are modelled, and the others by mnemonic."""
    if everything and symbol != "*":
        raise InputError("coverage: --all counts whole sections, so it does not go with --symbol")
    isa, path = load_isa(), file_named(file)
    words = Counter[int]()
    first: dict[int, tuple[Image, int]] = {}
    for image, at in _instructions(path, symbol, everything):
        word = image.word(at)
        words[word] += 1
        first.setdefault(word, (image, at))
    total = words.total()
    if not total:
        raise InputError(f"{file}: holds no instructions{'' if symbol == '*' else f' in functions {symbol}'}")
    missing = []
    for word in words:
        try:
            isa.decode(word)
        except ArmsymError:
            missing.append(word)
    names = mnemonics(missing)
    groups: dict[str, dict[str, Any]] = {}
    for word in missing:  # in the order of the first occurrence in the file
        image, at = first[word]
        example: dict[str, Any] = {"address": at, "word": f"{word:#010x}"}
        if image.path != path:
            example["member"] = image.path
        group = groups.setdefault(names[word], {"mnemonic": names[word], "count": 0, "example": example})
        group["count"] += words[word]
    unmodelled = sorted(groups.values(), key=lambda g: (-g["count"], g["mnemonic"]))
    modelled = total - sum(g["count"] for g in unmodelled)
    if as_json:
        print_json({"instructions": total, "modelled": modelled, "unmodelled": unmodelled})
        return
    show = printer()
    distinct = len(words) - len(missing)
    show(
        [
            (f"{modelled} of {total} instructions modelled", "bold"),
            (f" ({_percent(modelled, total)})", ""),
        ]
    )
    show([(f"{distinct} of {len(words)} distinct words ({_percent(distinct, len(words))})", "")])
    if unmodelled:
        width = max(len(g["mnemonic"]) for g in unmodelled)
        show([("not modelled:", "")])
        for g in unmodelled:
            at = g["example"]["address"]
            image = first[int(g["example"]["word"], 16)][0]
            where = f"{g['example']['word']} at {at:#x} <{image.symbolize(at)}>"
            where += f" of {image.path}" if image.path != path else ""
            show([(f"  {g['mnemonic']:<{width}} {g['count']:>8}", "yellow"), (f"  {where}", "dim")])


def _instructions(path: str, symbol: str, everything: bool) -> Iterator[tuple[Image, int]]:
    """(image, offset) of each instruction of a file, or of all that an archive or a folder holds."""
    from armsym.cli.codemap import CodeMap
    from armsym.elf import collection, load

    within = collection(path)
    images: Iterable[tuple[str, Image]] = [(path, load(path))] if within is None else within.images()
    near, found = "", False
    for spec, image in images:
        code = CodeMap(image, spec)
        try:
            extents = _extents(image, symbol, everything)
        except InputError as e:  # no such function in this one
            near = near or str(e)
            continue
        found = True
        yield from ((image, at) for at in sorted({at for e in extents for at in code.instructions(*e)}))
    for reason in within.unusable.values() if within is not None else ():
        print_note(f"passed over: {reason}")
    if not found:
        raise InputError(near or f"{path}: holds no file of AArch64 code")


def _percent(part: int, whole: int) -> str:
    # Rounded down: 100.0 % means all of them.
    return f"{part * 1000 // whole / 10:.1f} %"


def _extents(image: Image, pattern: str, everything: bool) -> Iterable[tuple[int, int]]:
    from armsym.cli.codemap import code_sections

    if everything:
        return code_sections(image)
    from armsym.elf.text import near

    matches = re.compile(fnmatch.translate(pattern)).match if pattern != "*" else None
    names = {s.offset: s for s in image.functions(matches)}
    if not names:
        hint = near(pattern, (s.name for s in image.functions()))
        raise InputError(f"{image.path}: no function symbol matches {pattern!r}{hint}")
    # Names that mean several places are asked for by their place.
    found = []
    for offset, s in names.items():
        plain = image.choose(s.name)
        name = s.name if plain is not None and plain.offset == offset else f"{s.name}@{offset:#x}"
        try:
            found.append(image.function_extent(name))
        except InputError:  # a function symbol that is no run of whole instructions in code
            continue
    return found


def mnemonics(words: list[int]) -> dict[int, str]:
    """A name for each word that is not modelled; Capstone's if it is installed and knows the word."""
    names = {w: f"bits 31:21 = {w >> 21:011b}" for w in words}
    try:
        import capstone
    except ImportError:
        return names
    reader = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
    for w in words:
        for _, _, mnemonic, _ in reader.disasm_lite(w.to_bytes(4, "little"), 0):
            names[w] = str(mnemonic)
    return names
