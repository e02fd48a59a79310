"""Under which names a file has what is asked for by others: a build's prefix, another symbol, an address."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from armsym.errors import InputError

__all__ = ["Names", "address_of"]

_ADDRESS = re.compile(r"(0x[0-9a-fA-F]{1,16})(?:\+(0x[0-9a-fA-F]{1,8}))?")


@dataclass(frozen=True)
class Names:
    """`pairs` are of a name that is asked for and the file's own symbol, or an address in it (`0x1234`, `0x1234+0x40`).

    A name that is in none is the file's with the `prefix` before it, if the file has that, else as it is.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    prefix: str = ""

    @staticmethod
    def of(pairs: Sequence[str], prefix: str = "") -> Names:
        """From `ASKED=IN_FILE` each; raises `InputError` for another form, or one name twice."""
        meant: dict[str, str] = {}
        for pair in pairs:
            asked, mark, there = pair.partition("=")
            if not (asked and mark and there):
                raise InputError(f"{pair!r} names no routine: the form is PROVED=IN_FILE")
            if there[:2].lower() == "0x" and address_of(there) is None:
                raise InputError(
                    f"{pair}: {there} is no hexadecimal address of up to 64 bits, nor one with a size (0x1234+0x40)"
                )
            if meant.setdefault(asked, there) != there:
                raise InputError(f"{asked} cannot be both {meant[asked]} and {there}")
        return Names(tuple(meant.items()), prefix)

    def __bool__(self) -> bool:
        return bool(self.pairs or self.prefix)

    def meant(self, asked: str) -> str | None:
        """What a pair says of this name."""
        return next((there for name, there in self.pairs if name == asked), None)

    def in_file(self, asked: str, known: Container[str]) -> str:
        """What the file calls it: a symbol's name, or an address; `known` are the file's names."""
        there = self.meant(asked)
        if there is not None:
            return there
        prefixed = self.prefix + asked
        return prefixed if self.prefix and prefixed in known else asked


def address_of(name: str) -> tuple[int, int] | None:
    """(address, size in bytes) written instead of a name, `0x1234+0x40`; of `0x1234` the size is 0; None for a name."""
    match = _ADDRESS.fullmatch(name)
    return (int(match[1], 16), int(match[2] or "0", 16)) if match else None
