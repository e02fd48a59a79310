"""`armsym prove --object`: the build that is proved instead of the proofs' own files, and what it calls things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from armsym.cli.naming import file_named
from armsym.cli.work import image_of
from armsym.elf import Collection, Names, collection
from armsym.elf.names import address_of
from armsym.errors import InputError

__all__ = ["Build"]


@dataclass(frozen=True)
class Build:
    """`file` is what the user named, `path` the file itself; `within` if that is an archive or a folder."""

    file: str
    path: str
    names: Names
    within: Collection | None

    @staticmethod
    def of(file: str, symbols: Sequence[str], at: str | None, prefix: str, selected: Sequence[str]) -> Build:
        """From the options; `selected` are the symbols of the selected proofs.  Raises `InputError`."""
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
        return Build(file, path, names, within)

    def spec_for(self, symbol: str) -> str:
        """The file, or the member, in which the routine is; raises `InputError`."""
        return self.path if self.within is None else self.within.defining(symbol, self.names)
