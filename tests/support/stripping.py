"""ELF files without their symbol tables, as `strip` leaves them; and without section headers, as `sstrip` does."""

from __future__ import annotations

import struct

__all__ = ["without_sections", "without_symbols"]

_SHT_NULL, _SHT_SYMTAB = 0, 2


def without_symbols(data: bytes) -> bytes:
    """The file with .symtab, and the strings that it names, gone; .dynsym stays, which the loader needs."""
    found = bytearray(data)
    (start,) = struct.unpack_from("<Q", found, 40)
    size, count = struct.unpack_from("<HH", found, 58)
    headers = [start + size * k for k in range(count)]
    for at in headers:
        if struct.unpack_from("<I", found, at + 4)[0] == _SHT_SYMTAB:
            (strings,) = struct.unpack_from("<I", found, at + 40)
            for gone in (at, headers[strings]):
                offset, length = struct.unpack_from("<QQ", found, gone + 24)
                found[offset : offset + length] = bytes(length)
                struct.pack_into("<I", found, gone + 4, _SHT_NULL)
    return bytes(found)


def without_sections(data: bytes) -> bytes:
    """Without symbols, and with no section headers at all: what is left is what a loader reads."""
    found = bytearray(without_symbols(data))
    struct.pack_into("<Q", found, 40, 0)
    struct.pack_into("<HH", found, 60, 0, 0)
    return bytes(found)
