"""Shared libraries and executables: segments, and what the dynamic loader writes.

The oracle is pyelftools' reading of the same file, entry by entry, and the kinds that lib.s asks for.
"""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from elf_data import DATA
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

from armsym.elf import Image, load, load_bytes
from armsym.errors import BranchError, InputError

LINKED = ["lib.so", "lib_symbolic.so", "prog.exe", "prog.pie", "static.exe"]
RELATIVE, ABS64, COPY, GLOB_DAT, JUMP_SLOT, TLSDESC, IRELATIVE = 1027, 257, 1024, 1025, 1026, 1031, 1032


def dynamic_relocations(name: str) -> list[tuple[int, int, str, str | int, int, int]]:
    """(place, type, symbol name, st_shndx, st_value, addend) of each entry, by pyelftools."""
    elf = ELFFile(BytesIO((DATA / name).read_bytes()))
    found = []
    for s in elf.iter_sections():
        if isinstance(s, RelocationSection):
            symbols = elf.get_section(s["sh_link"])
            for r in s.iter_relocations():
                index = r["r_info_sym"]
                symbol = symbols.get_symbol(index) if index else None
                what = (symbol.name, symbol["st_shndx"], symbol["st_value"]) if symbol else ("", "none", 0)
                found.append((r["r_offset"], r["r_info_type"], *what, r["r_addend"]))
    return found


@pytest.mark.parametrize("name", LINKED)
def test_slots(name: str) -> None:
    image = load(DATA / name)
    pointers: dict[int, int] = {}
    external: set[int] = set()
    entries = dynamic_relocations(name)
    assert entries
    for place, kind, _, shndx, value, addend in entries:
        if kind == RELATIVE:
            pointers[place] = addend
        elif kind in (ABS64, GLOB_DAT, JUMP_SLOT) and shndx != "SHN_UNDEF":
            pointers[place] = value + addend
        else:
            assert kind in (ABS64, GLOB_DAT, JUMP_SLOT, TLSDESC, IRELATIVE, COPY)
            external |= {place, place + 8} if kind == TLSDESC else {place}
    assert image.pointers == pointers
    assert set(image.external_pointers) == external


@pytest.mark.parametrize("name", LINKED)
def test_segments_and_relro(name: str) -> None:
    image = load(DATA / name)
    data = (DATA / name).read_bytes()
    headers = [p.header for p in ELFFile(BytesIO(data)).iter_segments()]
    relro = [(h.p_vaddr, (h.p_vaddr + h.p_memsz) & -4096) for h in headers if h.p_type == "PT_GNU_RELRO"]
    if data[16] == 2:  # ET_EXEC: its start code may write there before it protects it
        relro = []
    slots = [*image.pointers, *image.external_pointers]
    touched = {a for slot in slots for a in range(slot, slot + 8)}
    for h in headers:
        if h.p_type != "PT_LOAD":
            continue
        memory = data[h.p_offset : h.p_offset + h.p_filesz].ljust(h.p_memsz, b"\0")
        at = h.p_vaddr
        while at < h.p_vaddr + h.p_memsz:
            segment = image.segment_at(at)
            assert segment is not None
            assert segment.offset == at
            protected = any(low <= at < high for low, high in relro)
            access = "".join(c for c, bit in (("r", 4), ("w", 2), ("x", 1)) if h.p_flags & bit)
            assert segment.access == ("r" if protected else access)
            mine = memory[at - h.p_vaddr : at - h.p_vaddr + len(segment.data)]
            assert len(mine) == len(segment.data)
            different = {k for k in range(len(mine)) if mine[k] != segment.data[k]}
            assert {segment.offset + k for k in different} <= touched
            at = segment.end
        assert at == h.p_vaddr + h.p_memsz


def test_relro_splits_the_library() -> None:
    image = load(DATA / "lib.so")
    assert [(s.name, s.access) for s in image.segments] == [
        ("LOAD0", "rx"),
        ("LOAD1 relro", "r"),
        ("LOAD1", "rw"),
    ]
    table = image.symbol("table").offset
    counter = image.symbol("lib_counter").offset
    assert image.segment_at(table) is image.segments[1]
    assert image.segment_at(counter) is image.segments[2]


def test_incomplete_last_page_of_relro_stays_writable() -> None:
    data = bytearray((DATA / "lib.so").read_bytes())
    at = next(64 + 56 * k for k in range(5) if data[64 + 56 * k : 68 + 56 * k] == bytes.fromhex("52e57464"))
    vaddr, size = struct.unpack_from("<Q", data, at + 16)[0], struct.unpack_from("<Q", data, at + 40)[0]
    assert (vaddr + size) % 4096 == 0
    struct.pack_into("<Q", data, at + 40, size - 8)
    image = load_bytes(bytes(data), "lib.so")
    assert [s.access for s in image.segments] == ["rx", "rw"]
    struct.pack_into("<Q", data, at + 40, size + 4095)
    image = load_bytes(bytes(data), "lib.so")
    assert [(s.access, s.end) for s in image.segments][1] == ("r", vaddr + size)


def test_what_loaders_write_without_a_relocation_is_not_known() -> None:
    """The dynamic section and the first three words of the GOT, though PT_GNU_RELRO protects them."""
    image = load(DATA / "lib.so")
    data = (DATA / "lib.so").read_bytes()
    (dynamic,) = (s for s in ELFFile(BytesIO(data)).iter_segments() if isinstance(s, DynamicSegment))
    (got,) = (t.entry.d_ptr for t in dynamic.iter_tags("DT_PLTGOT"))
    start, end = dynamic.header.p_vaddr, dynamic.header.p_vaddr + dynamic.header.p_filesz
    segment = image.segment_at(start)
    assert segment is not None
    assert segment.access == "r"
    for at in (start, start + 8, end - 8, got, got + 16):
        assert "the loader's" in image.doubt(at, 8), hex(at)
        with pytest.raises(InputError, match="the loader's"):
            image.bytes_at(at, 8)


def test_library_slots_by_name() -> None:
    image = load(DATA / "lib.so")
    table = image.symbol("table").offset
    assert image.kind == "shared"
    assert image.pointers[table] == image.symbol("constants").offset + 8
    assert image.pointers[table + 8] == image.symbol("lib_function").offset
    assert image.external_pointers[table + 16] == "outside_function"
    assert image.pointers[table + 24] == image.symbol("lib_protected").offset
    assert image.external_pointers[table + 32] == "perhaps"
    assert sorted(image.preemptible.values()) == ["lib_counter", "lib_function", "lib_other"]
    names = sorted(image.external_pointers.values())
    assert "outside_object" in names
    assert [n for n in names if n.startswith("TLSDESC")] == ["TLSDESC symbol 0"] * 2
    assert [n for n in names if n.startswith("IRELATIVE")] == [f"IRELATIVE {image.lookup('chosen').offset:#x}"]
    with pytest.raises(InputError, match="hold an address"):
        image.bytes_at(table, 8)
    # The library's constants are plain bytes, in the segment that holds code too.
    k512 = (0x428A2F98D728AE22).to_bytes(8, "little")
    assert image.find_bytes(k512, "r") == [image.symbol("constants").offset]


@pytest.mark.parametrize(("tag", "value"), [(16, 0), (30, 2), (0x6FFFFFFB, 0x08000000)])
def test_library_that_says_it_takes_its_own_symbols(tag: int, value: int) -> None:
    """DT_SYMBOLIC, DF_SYMBOLIC or DF_1_PIE (gABI, "Dynamic Section") in the place of DT_SONAME."""
    data = (DATA / "lib.so").read_bytes()
    soname = next(t for t in ELFFile(BytesIO(data)).get_section_by_name(".dynamic").iter_tags("DT_SONAME"))
    old = struct.pack("<QQ", 14, soname.entry.d_val)
    assert data.count(old) == 1
    image = load_bytes(data.replace(old, struct.pack("<QQ", tag, value)), "lib.so")
    assert image.preemptible == {}
    assert image.pointers == load(DATA / "lib.so").pointers


def test_symbolic_library_takes_its_own_symbols() -> None:
    image = load(DATA / "lib_symbolic.so")
    assert image.preemptible == {}
    assert image.assumptions == ()


def test_fixed_executable() -> None:
    image = load(DATA / "prog.exe")
    assert image.fixed_base
    assert image.kind == "executable"
    start = image.symbol("_start").offset
    assert start >= 0x400000
    assert image.bytes_at(image.symbol("where").offset, 8) == start.to_bytes(8, "little")
    counter = image.lookup("lib_counter").offset
    assert image.external_pointers[counter] == "COPY lib_counter"
    with pytest.raises(InputError, match="hold an address"):
        image.bytes_at(counter, 8)


def test_position_independent_executable() -> None:
    image = load(DATA / "prog.pie")
    assert (image.kind, image.fixed_base) == ("executable", False)
    assert image.pointers[image.symbol("where").offset] == image.symbol("_start").offset
    assert image.preemptible == {}


def test_static_executable_without_dynamic_section() -> None:
    image = load(DATA / "static.exe")
    assert list(image.external_pointers.values()) == [f"IRELATIVE {image.lookup('chosen').offset:#x}"]


def test_symbols_of_a_library_without_symtab() -> None:
    """Only .dynsym is left when the section .symtab is renamed to a type that means nothing."""
    data = bytearray((DATA / "lib.so").read_bytes())
    shoff = struct.unpack_from("<Q", data, 40)[0]
    for k in range(struct.unpack_from("<H", data, 60)[0]):
        if struct.unpack_from("<I", data, shoff + 64 * k + 4)[0] == 2:
            struct.pack_into("<I", data, shoff + 64 * k + 4, 1)
    image = load_bytes(bytes(data), "lib.so")
    assert image.symbol("lib_function") == load(DATA / "lib.so").symbol("lib_function")
    with pytest.raises(InputError, match="no symbol 'private_function'"):
        image.symbol("private_function")


# -- a library built by hand: RELR, odd slots, odd segments -------------------------------------

RW, RX, RWX, LOAD, DYNAMIC = 6, 5, 7, 1, 2


def tiny_library(memory: bytes, dynamic: list[tuple[int, int]], *, flags: int = RW, address: int = 0x1000) -> bytes:
    """A library with one segment at `address` that holds `memory`, and a dynamic section."""
    table = b"".join(struct.pack("<QQ", *d) for d in [*dynamic, (0, 0)])
    start = 0x1000 + address % 0x1000  # at the same place of a page
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 3, 183, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    load_header = struct.pack("<IIQQQQQQ", LOAD, flags, start, address, address, len(memory), len(memory), 0x1000)
    at = start + len(memory)
    dynamic_header = struct.pack("<IIQQQQQQ", DYNAMIC, RW, at, 0, 0, len(table), len(table), 8)
    return (header + load_header + dynamic_header).ljust(start, b"\0") + memory + table


def test_relr() -> None:
    """An even entry is a place; the bits of an odd one are the 63 words after the last place.

    The two bitmaps are those of the gABI's description: bit 1 is the word after the place, and a
    second bitmap goes on 63 words later.
    """
    words = 200
    targets = [0x5000 + k for k in range(words)]
    relr = [0x1000, 0b1011, 1 << 63 | 1, 0x1000 + 8 * 150]
    memory = struct.pack(f"<{words}Q", *targets) + struct.pack("<4Q", *relr)
    image = load_bytes(tiny_library(memory, [(36, 0x1000 + 8 * words), (35, 32), (37, 8)]), "relr.so")
    places = [0, 1, 3, 1 + 63 + 62, 150]
    assert image.pointers == {0x1000 + 8 * k: targets[k] for k in places}


def rela(*entries: tuple[int, int, int, int]) -> bytes:
    return b"".join(struct.pack("<QQq", place, symbol << 32 | kind, addend) for place, kind, symbol, addend in entries)


def with_rela(*entries: tuple[int, int, int, int], flags: int = RW) -> Image:
    table = rela(*entries)
    return load_bytes(tiny_library(bytes(64) + table, [(7, 0x1040), (8, len(table))], flags=flags), "tiny.so")


def test_rela_by_hand() -> None:
    image = with_rela((0x1001, RELATIVE, 0, -1), (0x1010, ABS64, 0, 0x1234), (0x1020, 0, 0, 0))
    assert image.pointers == {0x1001: (1 << 64) - 1}
    assert image.bytes_at(0x1010, 8) == (0x1234).to_bytes(8, "little")  # no symbol: a number
    segment = image.segments[0]
    assert image.loaded(segment, 0x10000)[1:9] == (0xFFFF).to_bytes(8, "little")


@pytest.mark.parametrize(
    ("entries", "flags", "message"),
    [
        ([(0x1000, 1040, 0, 0)], RW, "dynamic relocation type 1040 at 0x1000 .* not supported"),
        ([(0x1000, RELATIVE, 0, 0)], RX, "R_AARCH64_RELATIVE at 0x1000 changes LOAD0, which is not writable"),
        ([(0x2000, RELATIVE, 0, 0)], RW, "at 0x2000 lies outside the loaded segments"),
        ([(0x1000, RELATIVE, 0, 0)] * 2, RW, "two dynamic relocations write the place 0x1000"),
        ([(0x1000, RELATIVE, 0, 0), (0x1004, RELATIVE, 0, 0)], RW, "two dynamic relocations write"),
        ([(0x1000, 1030, 0, 0), (0x1000, IRELATIVE, 0, 0)], RW, "two dynamic relocations write"),
        ([(0x1000, GLOB_DAT, 7, 0)], RW, "symbol 7 does not exist"),
    ],
)
def test_refused_dynamic_relocations(entries: list[tuple[int, int, int, int]], flags: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        with_rela(*entries, flags=flags)


@pytest.mark.parametrize(
    ("dynamic", "message"),
    [
        ([(17, 0x1000)], "has a DT_REL table"),
        ([(0x60000011, 0x1000)], "has a DT_ANDROID_RELA table"),
        ([(0x6FFFE000, 0x1000)], "has a DT_ANDROID_RELR table"),
        ([(7, 0x9000), (8, 24)], r"DT_RELA \[0x9000, \+0x18\) lies outside"),
        ([(7, 0x1000), (8, 25)], "DT_RELA of 0x19 bytes is not made of entries of 24 bytes"),
        ([(36, 0x1000), (35, 9)], "DT_RELR of 0x9 bytes"),
        ([(6, 0x9000)], "DT_STRTAB"),
        ([(6, 0x9000), (5, 0x1000), (10, 8)], "DT_SYMTAB 0x9000 lies outside"),
    ],
)
def test_refused_dynamic_sections(dynamic: list[tuple[int, int]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_bytes(tiny_library(bytes(64), dynamic), "tiny.so")


def test_writable_code_is_never_executed() -> None:
    image = load_bytes(tiny_library(bytes.fromhex("c0035fd6"), [], flags=RWX), "tiny.so")
    assert image.segments[0].access == "rwx"
    assert not image.is_code(0x1000)
    with pytest.raises(BranchError, match="code that may be overwritten"):
        image.word(0x1000)


def test_code_at_the_edges_of_a_segment() -> None:
    """Only whole aligned words are instructions."""
    data = b"\xaa\xaa" + bytes.fromhex("c0035fd6") + b"\xbb\xbb\xbb"
    image = load_bytes(tiny_library(data, [], flags=RX, address=0x1002), "tiny.so")
    assert image.word(0x1004) == 0xD65F03C0
    for offset in (0x1000, 0x1002, 0x1008):
        with pytest.raises(BranchError):
            image.word(offset)


def test_a_library_without_symbols() -> None:
    image = load_bytes(tiny_library(bytes(8), []), "tiny.so")
    assert image.symbols == {}
    with pytest.raises(InputError, match="has no symbol 'f': it has no symbols at all"):
        image.symbol("f")


def test_tables_are_read_from_the_file_only() -> None:
    """A table in memory that the file does not fill is a mistake, not a table of zeros."""
    data = bytearray(tiny_library(bytes(64), [(7, 0x1040), (8, 24)]))
    struct.pack_into("<Q", data, 64 + 40, 128)  # p_memsz
    with pytest.raises(InputError, match=r"DT_RELA \[0x1040, \+0x18\) lies outside"):
        load_bytes(bytes(data), "tiny.so")
    struct.pack_into("<Q", data, 64 + 40, 63)
    with pytest.raises(InputError, match="has 0x40 bytes in the file but 0x3f in memory"):
        load_bytes(bytes(data), "tiny.so")


def _two_segments(second: int, at: int) -> bytes:
    """Eight bytes of code at 0x1000, and four of data at `second`, from `at` in the file."""
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 3, 183, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    header += struct.pack("<IIQQQQQQ", LOAD, RX, 0x1000, 0x1000, 0x1000, 8, 8, 0x1000)
    header += struct.pack("<IIQQQQQQ", LOAD, RW, at, second, second, 4, 4, 0x1000)
    return header.ljust(0x5000, b"\x1f")


@pytest.mark.parametrize(("second", "at"), [(0x1008, 0x2008), (0x1FFC, 0x2FFC), (0x1100, 0x1100)])
def test_segments_do_not_share_a_page(second: int, at: int) -> None:
    """What maps the second maps the whole page: of the first nothing is left, nor may it be executed."""
    with pytest.raises(InputError, match=r"has overlapping segments LOAD0 .* and LOAD1 .*, in pages of 4096 bytes"):
        load_bytes(_two_segments(second, at), "f.so")


def test_a_segment_is_at_the_same_place_of_a_page_as_in_the_file() -> None:
    assert len(load_bytes(_two_segments(0x2000, 0x2000), "f.so").segments) == 2
    with pytest.raises(InputError, match=r"segment 1 .* begins at 0x2004 of the file, not at the same place of a page"):
        load_bytes(_two_segments(0x2000, 0x2004), "f.so")


@pytest.mark.parametrize("distance", [0, 4, 7])
def test_a_number_that_a_relocation_writes_is_written_once(distance: int) -> None:
    """R_AARCH64_ABS64 of no symbol, a number, and R_AARCH64_RELATIVE that overlap: the last one would win."""
    entries = struct.pack("<QQq", 0x1000 + distance, 257, 7) + struct.pack("<QQq", 0x1000, 1027, 0x1000)
    memory = bytes(64) + entries + bytes(24) + b"\0"
    dynamic = [(7, 0x1040), (8, len(entries)), (6, 0x1070), (5, 0x1088), (10, 1)]
    with pytest.raises(InputError, match="two dynamic relocations write the place"):
        load_bytes(tiny_library(memory, dynamic), "f.so")
