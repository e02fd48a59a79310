"""Files that cannot be used: one line that names the file and the rule, never a traceback."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from elf_data import DATA

from armsym.elf import Image, load, load_bytes
from armsym.errors import ArmsymError, InputError

LIB = (DATA / "lib.so").read_bytes()


def header(*, bits: int = 2, order: int = 1, kind: int = 3, machine: int = 183) -> bytes:
    """An ELF header with these EI_CLASS, EI_DATA, e_type and e_machine, and no tables."""
    e = "<" if order == 1 else ">"
    start = b"\x7fELF" + bytes([bits, order, 1]).ljust(12, b"\0")
    return (start + struct.pack(e + "HHI", kind, machine, 1)).ljust(52, b"\0").ljust(64, b"\0")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty (0 bytes), not an ELF file"),
        (b"\x7fEL", "is not an ELF file: it begins with 7f 45 4c, not 7f 45 4c 46"),
        (b"#!/bin/sh\n", "is not an ELF file: it begins with 23 21 2f 62, not 7f 45 4c 46"),
        (b"PK\x03\x04....", "it is a zip archive or wheel: unpack it and name the file inside"),
        (b"\xcf\xfa\xed\xfe....", "is truncated: a Mach-O header has 32 bytes, the file 8"),
        (b"\xca\xfe\xba\xbe\0\0\0\x3d", "it is a Java class file, or no universal Mach-O file"),
        (LIB[:19], "is truncated: an ELF header has 64 bytes, the file 19"),
        (LIB[:63], "is truncated: an ELF header has 64 bytes, the file 63"),
        (header(machine=62), "holds 64-bit code for x86-64 (EM_X86_64), not 64-bit code for AArch64"),
        (
            header(bits=1, machine=40),
            "holds 32-bit code for 32-bit Arm (EM_ARM), not 64-bit code for AArch64",
        ),
        (header(bits=1), "holds 32-bit code for AArch64"),
        (header(order=2), "holds big-endian AArch64 code: only little-endian is read"),
        (header(order=2, machine=43), "holds 64-bit code for EM_SPARCV9"),
        (header(machine=0xABCD), "holds 64-bit code for machine 43981"),
        (header(kind=4), "is a core dump (ET_CORE), not an object file, library or executable"),
        (header(kind=0xFE00), "has ELF type 0xfe00, which is none of ET_REL (1), ET_EXEC (2), ET_DYN (3)"),
        (header(bits=7), "has EI_CLASS 7 and EI_DATA 1: each must be 1 or 2"),
        (header(order=0), "has EI_CLASS 2 and EI_DATA 0: each must be 1 or 2"),
        (header(), "has no PT_LOAD segment"),
        (LIB[:6] + b"\2" + LIB[7:], "has ELF version 2 and 1: both must be 1"),
        (b"!<arch>\n", "is an archive: give load() its path and a member"),
    ],
)
def test_not_our_kind_of_file(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as e:
        load_bytes(data, "given.so")
    assert str(e.value).startswith("given.so: ")
    assert message in str(e.value)
    assert "\n" not in str(e.value)


def test_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "_rust.abi3.so").write_bytes(b"")
    (tmp_path / "other").write_bytes(b"")
    with pytest.raises(InputError, match=r"_rust\.abi\.so: does not exist; near: _rust\.abi3\.so$"):
        load(tmp_path / "_rust.abi.so")
    with pytest.raises(InputError, match=r"does not exist, nor can its folder .*/nowhere be listed"):
        load(tmp_path / "nowhere" / "x.so")


def test_no_regular_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory, not a file"):
        load(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="is not a regular file"):
        load(pipe)
    with pytest.raises(InputError, match=r"is not a path: .*null"):
        load("a\0b")
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        load("x" * 5000)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.so"
    path.write_bytes(LIB)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Not by chmod: these tests may run as root.
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match=r"secret\.so: cannot be read: Permission denied"):
        load(path)


def test_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "core"
    with path.open("wb") as f:
        f.truncate(1 << 31)
    with pytest.raises(InputError, match="has 2147483648 bytes, more than the 1073741824 that are read"):
        load(path)


def use(image: Image) -> None:
    """Ask the image everything; each answer is one or is an `ArmsymError` of one line."""

    def questions() -> Iterator[Callable[[], object]]:
        names = list(image.symbols)[:100]
        yield from (partial(image.symbol, name) for name in names)
        yield from (partial(image.code_bytes, name) for name in names)
        for s in image.segments:
            for offset in (s.offset, s.offset + 1, s.end - 4, s.end):
                yield partial(image.word, offset)
                yield partial(image.symbolize, offset)
                yield partial(image.bytes_at, offset, 4)
            yield partial(image.loaded, s, 0)
        yield partial(image.find_bytes, b"\xc0\x03\x5f\xd6")

    complaints = []
    for question in questions():
        try:
            question()
        except ArmsymError as e:
            complaints.append(str(e))
    assert [c for c in complaints if "\n" in c or not c.startswith("damaged: ")] == []
    list(image.functions())
    assert len(image.sha256) == 64


def load_damaged(data: bytes) -> bool:
    """Whether the image could be loaded; anything but an `ArmsymError` of one line escapes."""
    complaint = "damaged: "
    try:
        use(load_bytes(data, "damaged"))
        return True
    except ArmsymError as e:
        complaint = str(e)
    assert "\n" not in complaint
    assert complaint.startswith("damaged: ")
    return False


FILES = ["relocs.o", "outside.o", "lib.so", "prog.exe", "static.exe"]


@pytest.mark.parametrize("name", FILES)
def test_truncated_anywhere(name: str) -> None:
    data = (DATA / name).read_bytes()
    assert load_damaged(data)
    # Section headers stand last, and each of them is needed.
    for size in [*range(0, 64, 3), *range(64, len(data), max(1, len(data) // 60)), len(data) - 1]:
        assert not load_damaged(data[:size])


@pytest.mark.parametrize("name", FILES)
def test_damaged_headers_and_tables(name: str) -> None:
    original = (DATA / name).read_bytes()
    choose = random.Random(name)
    (phoff, shoff), (phnum,), (shnum,) = (
        struct.unpack_from("<QQ", original, 32),
        struct.unpack_from("<H", original, 56),
        struct.unpack_from("<H", original, 60),
    )
    headers = [*range(64), *range(phoff, phoff + 56 * phnum), *range(shoff, shoff + 64 * shnum)]
    refused = 0
    for k in range(160):
        data = bytearray(original)
        for _ in range(1 + k % 3):
            at = choose.choice(headers) if k % 2 else choose.randrange(len(data))
            data[at] = choose.choice([0, 0xFF, data[at] ^ 1, data[at] ^ 0x80])
        refused += not load_damaged(bytes(data))
    assert refused > 20


def test_huge_sizes_take_no_memory() -> None:
    data = bytearray((DATA / "relocs.o").read_bytes())
    shoff = struct.unpack_from("<Q", data, 40)[0]
    bss = next(k for k in range(15) if struct.unpack_from("<I", data, shoff + 64 * k + 4)[0] == 8)
    struct.pack_into("<Q", data, shoff + 64 * bss + 32, 1 << 60)
    with pytest.raises(InputError, match=r"section \.bss of 0x1000000000000000 bytes makes the image larger"):
        load_bytes(bytes(data), "x.o")
    data = bytearray(LIB)
    struct.pack_into("<Q", data, 64 + 56 + 40, 1 << 60)
    with pytest.raises(InputError, match=r"segment 1 .* makes the image exceed 0x20000000 bytes"):
        load_bytes(bytes(data), "x.so")


def test_overlapping_segments() -> None:
    data = bytearray((DATA / "prog.exe").read_bytes())
    first, second = 64 + 2 * 56, 64 + 3 * 56  # after PT_PHDR and PT_INTERP
    starts = [struct.unpack_from("<Q", data, at + 16)[0] for at in (first, second)]
    # p_memsz: the first segment grows by 16 bytes into the second.
    struct.pack_into("<Q", data, first + 40, starts[1] + 16 - starts[0])
    with pytest.raises(InputError, match=r"x\.exe: has overlapping segments LOAD2 .* and LOAD3"):
        load_bytes(bytes(data), "x.exe")


def test_names_with_line_ends_are_shown_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines.so"
    path.write_bytes(b"no")
    with pytest.raises(InputError, match=r"two\\nlines\.so: is not an ELF file"):
        load(path)
