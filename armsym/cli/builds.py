"""`armsym prove --object`: the build that is proved instead of the proofs' own files, and what it calls things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from armsym.cli.common import print_note
from armsym.cli.naming import file_named
from armsym.cli.selection import Selection
from armsym.cli.work import image_of
from armsym.elf import Collection, Names, collection
from armsym.elf.names import address_of
from armsym.errors import InputError

__all__ = ["Build", "unused"]


@dataclass(frozen=True)
class Build:
    """`file` is what the user named, `path` the file itself; `within` if that is an archive or a folder."""

    file: str
    path: str
    names: Names
    within: Collection | None

    @staticmethod
    def of(
        file: str,
        symbols: Sequence[str],
        at: str | None,
        prefix: str,
        selected: Sequence[str],
        *,
        find: Sequence[str] | None,
    ) -> Build:
        """From the options; `selected` are the symbols of the selected proofs.

        With `find`, the proofs' places, the code of their routines is looked for where the file has no such symbol.
        Raises `InputError`.
        """
        pairs = list(symbols)
        if at is not None:
            distinct = sorted(set(selected))
            if address_of(at) is None:
                raise InputError(f"--at {at}: an address is hexadecimal, 0x1234, or 0x1234+0x40 with its size")
            if len(distinct) != 1:
                many = f"{len(distinct)} symbols are selected" if distinct else "no proof is selected"
                raise InputError(f"--at {at} is for one routine, {many}: use --symbol NAME={at}, or -k")
            pairs.append(f"{distinct[0]}={at}")
        names = Names.of(pairs, prefix)
        path = file_named(file)
        within = collection(path)
        if within is None:
            image_of(path)  # a file that cannot be used is one error, not one for each proof
        elif not within.specs():
            raise InputError(f"{file}: holds no file of AArch64 code")
        if find is not None:
            if within is not None:
                raise InputError(f"--find looks into one file: {file} holds several")
            names = _found(path, names, find)
        return Build(file, path, names, within)

    def spec_for(self, symbol: str) -> str:
        """The file, or the member, in which the routine is; raises `InputError`."""
        return self.path if self.within is None else self.within.defining(symbol, self.names)


def unused(symbols: Sequence[str], selection: Selection) -> list[str]:
    """Notes about names, `PROVED=IN_FILE` each, that no selected proof is of, and that no proof file writes."""
    asked = [s.partition("=")[0] for s in symbols]
    others = [a for a in asked if a not in {d.symbol for d in selection.proofs}]
    texts = [Path(f).read_text(encoding="utf-8", errors="replace") for f in _files(selection)] if others else []
    return [
        f"--symbol {a}=...: no selected proof is of {a}, nor does its file name that: it changes nothing"
        for a in others
        if not any(a in text for text in texts)
    ]


def _files(selection: Selection) -> set[Path]:
    """The files of proofs, and those beside them, which may make them."""
    folders = {Path(d.file).parent for d in selection.proofs}
    return {f for folder in folders for f in (*folder.glob("*.py"), *folder.parent.glob("*.py"))}


def _found(path: str, names: Names, find: Sequence[str]) -> Names:
    """With names for what the file has no symbol for, by code that is the same, or of the same shape."""
    from armsym.cli.known import found_names, known_routines

    pairs, notes = found_names(known_routines(find), image_of(path).named(names))
    for note in notes:
        print_note(note)
    return Names.of([*(f"{asked}={there}" for asked, there in names.pairs), *pairs], names.prefix)
