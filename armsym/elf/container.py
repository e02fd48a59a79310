"""From the name a user gives to the bytes of one file: paths, compressed files, and members of `ar` archives."""

from __future__ import annotations

import lzma
import os
import re
import stat
import zlib
from collections import Counter
from pathlib import Path

from armsym.elf.text import bad, near
from armsym.errors import InputError

__all__ = ["is_archive", "member_of", "members_of", "read_file", "read_spec"]

_MAX_FILE = 1 << 30  # bytes; more is a mistake (a core file, a disk image), not a library
_SPEC = re.compile(r"(?P<archive>.+)\((?P<member>[^()]+)\)", re.DOTALL)
_MAGIC, _THIN = b"!<arch>\n", b"!<thin>\n"
_XZ, _GZIP, _ZSTD = b"\xfd7zXZ\0", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def read_spec(spec: str | Path) -> tuple[str, bytes]:
    """The display name and the bytes of `path` or `library.a(member.o)`; raises `InputError`."""
    text = str(spec)
    match = None if os.path.lexists(text) else _SPEC.fullmatch(text)
    if match is None:
        data = read_file(text)
        if is_archive(data):
            raise bad(text, f"is an archive: name a member, {text}(MEMBER.o){_listing(text, data)}")
        return text, data
    data = read_file(match["archive"])
    if not is_archive(data):
        raise bad(text, f"{match['archive']} is not an ar archive: it begins with {_head(data)}")
    return text, member_of(data, match["archive"], match["member"])


def is_archive(data: bytes) -> bool:
    """Whether the bytes are an `ar` archive (a thin one included)."""
    return data[:8] in (_MAGIC, _THIN)


def _head(data: bytes) -> str:
    return data[:4].hex(" ") if data else "nothing (0 bytes)"


def read_file(path: str) -> bytes:
    """The bytes of a file; of one compressed with xz or gzip (`.ko.xz`), what it holds.  Raises `InputError`."""
    return _unpacked(path, _raw(path))


def _unpacked(path: str, data: bytes) -> bytes:
    if data.startswith(_ZSTD):
        raise bad(path, "is compressed with zstd, which is not read: decompress it first (zstd -d)")
    if not data.startswith((_XZ, _GZIP)):
        return data
    what = "xz" if data.startswith(_XZ) else "gzip"
    found = b""
    try:
        while data and len(found) <= _MAX_FILE:  # a file may hold several streams
            packed = lzma.LZMADecompressor() if what == "xz" else zlib.decompressobj(wbits=31)
            found += packed.decompress(data, _MAX_FILE + 1 - len(found))
            if not packed.eof and len(found) <= _MAX_FILE:
                raise bad(path, f"is truncated: its {what} data do not end")
            data = packed.unused_data.lstrip(b"\0") if packed.eof else b""
    except (lzma.LZMAError, zlib.error, EOFError) as e:
        raise bad(path, f"is not readable {what} data: {e}") from None
    if len(found) > _MAX_FILE:
        raise bad(path, f"holds more than the {_MAX_FILE} bytes that are read, compressed with {what}")
    return found


def _raw(path: str) -> bytes:
    try:
        info = os.stat(path)
        if stat.S_ISDIR(info.st_mode):
            raise bad(path, "is a directory, not a file")
        if not stat.S_ISREG(info.st_mode):
            raise bad(path, f"is not a regular file (mode {info.st_mode:#o})")
        if info.st_size > _MAX_FILE:
            raise bad(path, f"has {info.st_size} bytes, more than the {_MAX_FILE} that are read")
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        raise _missing(path) from None
    except OSError as e:
        raise bad(path, f"cannot be read: {e.strerror or e}") from None
    except ValueError as e:  # a NUL in the path
        raise bad(path, f"is not a path: {e}") from None


def _missing(path: str) -> InputError:
    folder = os.path.dirname(path) or "."
    try:
        names = os.listdir(folder)
    except OSError:
        return bad(path, f"does not exist, nor can its folder {folder} be listed")
    return bad(path, f"does not exist{near(os.path.basename(path), names)}")


def member_of(data: bytes, archive: str, wanted: str) -> bytes:
    """The bytes of one member.  `name#2` is the second of several members with one name."""
    members = _members(data, archive)
    name, mark, nth = wanted.rpartition("#")
    if mark and nth.isascii() and nth.isdigit():
        found = [content for n, content in members if n == name]
        if not 1 <= int(nth) <= len(found):
            raise bad(f"{archive}({wanted})", f"the archive holds {len(found)} members named {name}")
        return found[int(nth) - 1]
    found = [content for n, content in members if n == wanted]
    if not found:
        raise bad(
            f"{archive}({wanted})",
            f"the archive has no such member among its {len(members)}{near(wanted, (n for n, _ in members))}",
        )
    if len(found) > 1:
        raise bad(
            f"{archive}({wanted})",
            f"the archive holds {len(found)} members of this name: choose with {wanted}#1 to #{len(found)}",
        )
    return found[0]


def members_of(data: bytes, archive: str) -> list[tuple[str, bytes]]:
    """Name and bytes of each member; of several of one name `name#1`, `name#2`.  Raises `InputError`."""
    members = _members(data, archive)
    count = Counter(name for name, _ in members)
    seen = Counter[str]()
    found = []
    for name, content in members:
        seen[name] += 1
        found.append((f"{name}#{seen[name]}" if count[name] > 1 else name, content))
    return found


def _listing(archive: str, data: bytes) -> str:
    names = [n for n, _ in _members(data, archive)]
    more = ", ..." if len(names) > 6 else ""
    return f"; it holds {', '.join(names[:6])}{more}" if names else "; it is empty"


def _members(data: bytes, archive: str) -> list[tuple[str, bytes]]:
    """All members but the indexes; GNU (`//` long names, `name/`) and BSD (`#1/length`) archives."""
    if data[:8] == _THIN:
        raise bad(archive, "is a thin archive, which only names its members: give the object file itself")
    members: list[tuple[str, bytes]] = []
    long_names = b""
    at = 8
    while at < len(data):
        header = data[at : at + 60]
        if len(header) < 60 or header[58:60] != b"`\n":
            raise bad(archive, f"has no member header at {at:#x}: {header[-2:].hex(' ')} ends it, not 60 0a")
        raw, digits = header[:16].rstrip(b" "), header[48:58].strip()
        if not digits.isdigit():
            raise bad(archive, f"member header at {at:#x} has the size {digits!r}, not a decimal number")
        start, size = at + 60, int(digits)
        content = data[start : start + size]
        if len(content) < size:
            raise bad(archive, f"is truncated: the member at {at:#x} has {len(content)} of {size} bytes")
        at = start + size + (size & 1)
        if raw in (b"/", b"/SYM64/"):
            continue
        if raw == b"//":
            long_names = content
            continue
        if raw[:1] == b"/" and raw[1:].isdigit():
            offset = int(raw[1:])
            if offset >= len(long_names):
                raise bad(archive, f"long name at {offset} lies outside the table of {len(long_names)} bytes")
            name = long_names[offset:].partition(b"\n")[0].removesuffix(b"/")
        elif raw[:3] == b"#1/" and raw[3:].isdigit():
            length = int(raw[3:])
            if length > size:
                raise bad(archive, f"a name of {length} bytes does not fit its member of {size} bytes")
            name, content = content[:length].rstrip(b"\0"), content[length:]
        else:
            name = raw.removesuffix(b"/")
        if not name.startswith(b"__.SYMDEF"):
            members.append((name.decode("utf-8", "backslashreplace"), content))
    return members
