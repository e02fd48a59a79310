"""Archives and folders: which of the files in them define a symbol."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from armsym.elf.container import is_archive, members_of, read_file
from armsym.elf.image import Image
from armsym.elf.names import Names, address_of
from armsym.elf.reader import load_bytes, may_hold_code
from armsym.elf.text import bad
from armsym.errors import InputError

__all__ = ["Collection", "collection"]

_SUFFIXES = (".xz", ".gz")  # that may hold a kernel module


class Collection:
    """The files of a folder, archives among them, or the members of one archive.

    Files that hold no AArch64 code are passed over; in a folder so are those that cannot be used, which
    `unusable` then has with the reason.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.unusable: dict[str, str] = {}
        self._images: dict[str, Image] = {}

    @cached_property
    def _contents(self) -> list[tuple[str, bytes]]:
        """(spec, bytes) of each file that may hold code; raises `InputError` for an archive that is not one."""
        found: list[tuple[str, bytes]] = []
        for path in self._paths():
            try:
                data = read_file(path)
                if is_archive(data):
                    found += [(f"{path}({name})", member) for name, member in members_of(data, path)]
                else:
                    found.append((path, data))
            except InputError as e:
                if path == self.path:
                    raise
                self.unusable[path] = str(e)
        return [(spec, data) for spec, data in found if may_hold_code(data)]

    def _paths(self) -> Iterator[str]:
        if not os.path.isdir(self.path):
            yield self.path
            return
        for path in sorted(Path(self.path).rglob("*")):
            if path.is_file() and not path.is_symlink() and _worth_reading(path):
                yield str(path)

    def specs(self) -> list[str]:
        """What `armsym.elf.load` calls the files and members that may hold AArch64 code."""
        return [spec for spec, _ in self._contents]

    def images(self) -> Iterator[tuple[str, Image]]:
        """(spec, image) of each that can be used."""
        for spec, data in self._contents:
            image = self._image(spec, data)
            if image is not None:
                yield spec, image

    def _image(self, spec: str, data: bytes) -> Image | None:
        if spec not in self._images and spec not in self.unusable:
            try:
                self._images[spec] = load_bytes(data, spec)
            except InputError as e:
                self.unusable[spec] = str(e)
        return self._images.get(spec)

    def defining(self, symbol: str, names: Names) -> str:
        """The one file or member that defines a function of this name; raises `InputError`.

        Of several of one name, none is chosen, not even where a linker would take the first.
        """
        wanted = {names.meant(symbol) or symbol, names.prefix + symbol}
        if any(address_of(w) is not None for w in wanted):
            raise bad(self.path, f"{symbol} has an address: name the file or member that it is an address of")
        strings = [w.encode() for w in wanted]
        found, why = [], ""
        for spec, data in self._contents:
            # Most members do not have the name anywhere in them.
            if any(s in data for s in strings):
                image = self._image(spec, data)
                if image is None:
                    why = f"; {self.unusable[spec]}"
                elif _defines(image.named(names), symbol):
                    found.append(spec)
        if len(found) > 1:
            more = ", ..." if len(found) > 8 else ""
            raise bad(self.path, f"{len(found)} files in it define {symbol}: name one, {', '.join(found[:8])}{more}")
        if not found:
            raise bad(
                self.path, f"none of the {len(self._contents)} files with AArch64 code in it defines {symbol}{why}"
            )
        return found[0]


def _worth_reading(path: Path) -> bool:
    """Whether a file of a folder begins as files with code do, or may hold such a file."""
    try:
        with path.open("rb") as f:
            head = f.read(32)
    except OSError:
        return False
    packed = path.suffix in _SUFFIXES and path.stem.endswith((".ko", ".o", ".so"))
    return packed or is_archive(head) or may_hold_code(head)


def _defines(image: Image, symbol: str) -> bool:
    try:
        s = image.symbol(symbol)
    except InputError:
        return False
    return image.is_code(s.offset)


def collection(path: str) -> Collection | None:
    """What a folder or an archive holds; None for another file, and for `library.a(member.o)`."""
    if os.path.isdir(path):
        return Collection(path)
    try:
        with open(path, "rb") as f:
            return Collection(path) if is_archive(f.read(8)) else None
    except OSError:
        return None  # whoever reads it says why
