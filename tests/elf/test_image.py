"""What an image tells: symbols, extents, words, bytes; on small objects of our own."""

from __future__ import annotations

import hashlib
import struct

import pytest
from elf_data import DATA

from armsym.elf import PAGE, Image, Symbol, load, load_bytes
from armsym.elf.symbols import SymbolIndex
from armsym.errors import BranchError, InputError


@pytest.fixture(scope="module")
def relocs() -> Image:
    return load(DATA / "relocs.o")


@pytest.fixture(scope="module")
def nosize() -> Image:
    return load(DATA / "nosize.o")


@pytest.fixture(scope="module")
def lib() -> Image:
    return load(DATA / "lib.so")


def test_each_section_begins_on_a_page_of_its_own(relocs: Image) -> None:
    assert [s.offset % PAGE for s in relocs.segments] == [0] * len(relocs.segments)
    assert {s.name: s.access for s in relocs.segments if s.known} == {
        ".text": "rx",
        ".text.other": "rx",
        ".rodata": "r",
        ".rodata.end": "r",
        ".data": "rw",
        ".bss": "rw",
    }


def test_symbol(relocs: Image) -> None:
    s = relocs.symbol("entry")
    assert (s.name, s.offset, s.size, s.kind, s.binding, s.section, s.state) == (
        "entry", 0, 0xAC, "func", "global", ".text", "defined",
    )  # fmt: skip
    assert relocs.symbol("zeroed").kind == "object"
    assert relocs.symbols["other"].binding == "local"
    assert "$x" not in relocs.symbols
    assert relocs.lookup("missing_function").state == "undefined"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tabel", r"has no symbol 'tabel'; near: table"),
        ("zzz", r"has no symbol 'zzz'$"),
        ("two\nlines", r"has no symbol 'two\\nlines'"),
        ("missing_function", r"symbol missing_function is undefined: another file defines it"),
        ("SMALL", r"symbol SMALL is a mere number \(st_value 0x7654\)"),
    ],
)
def test_symbol_that_is_no_place(relocs: Image, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as e:
        relocs.symbol(name)
    assert str(e.value).startswith(str(DATA / "relocs.o") + ": ")
    assert "\n" not in str(e.value)


def test_thread_local_symbol_is_no_place(lib: Image) -> None:
    with pytest.raises(InputError, match="per_thread is thread-local"):
        lib.symbol("per_thread")


def test_equal_local_names(nosize: Image) -> None:
    # `twice: ret` follows `fifth: ret` in .text.second, and a nop in .text.third.
    second = next(s.offset for s in nosize.sections if s.name == ".text.second")
    third = next(s.offset for s in nosize.sections if s.name == ".text.third")
    with pytest.raises(InputError, match=rf"has 2 symbols 'twice'.*twice@{second + 4:#x}, twice@{third + 4:#x}"):
        nosize.symbol("twice")
    assert "twice" not in nosize.symbols
    assert [s.offset for s in nosize.all_symbols if s.name == "twice"] == [second + 4, third + 4]
    assert nosize.symbol(f"twice@{third + 4:#x}").section == ".text.third"
    # A global symbol is meant rather than a local one of the same name.
    assert nosize.symbol("first").binding == "global"
    assert nosize.symbol(f"first@{third + 8:#x}").binding == "local"
    with pytest.raises(InputError, match="no symbol 'twice@0x77'"):
        nosize.symbol("twice@0x77")


def test_extent_without_size(nosize: Image) -> None:
    """Sizes counted in nosize.s: the next function or global symbol, or the section, ends a routine."""
    assert nosize.function_extent("first") == (0, 4 * 4)  # the local label loop2 is inside
    start, size = nosize.function_extent("second")
    assert (start, size) == (16, 3 * 4 + 4 + 8)  # three instructions, padding, the literal pool
    assert nosize.function_extent("third") == (40, 8)
    assert nosize.function_extent("fourth") == (48, 8)  # to the section's end
    fifth, size = nosize.function_extent("fifth")
    assert size == 8  # `twice` is a local label
    assert nosize.symbol("fifth").size == 0
    assert [s.name for s in nosize.functions()] == ["first", "second", "third", "fourth", "fifth"]
    assert fifth % PAGE == 0


def test_extent_of_what_is_no_code(nosize: Image) -> None:
    with pytest.raises(InputError, match=r"constants at 0x\w+ lies in .*, which is not code"):
        nosize.function_extent("constants")


def test_code_bytes(relocs: Image) -> None:
    assert len(relocs.code_bytes("entry")) == 0xAC
    assert relocs.code_bytes("entry")[-4:] == (0xD65F03C0).to_bytes(4, "little")  # ret


def test_literal_pool_is_not_code(nosize: Image) -> None:
    """ldr x0, =constants: eight bytes of the code section are an address."""
    start, size = nosize.function_extent("second")
    pool = start + 16
    assert nosize.pointers == {pool: nosize.symbol("constants").offset}
    assert nosize.word(start + 8) == 0xD65F03C0  # ret
    for word in (pool, pool + 4):
        with pytest.raises(BranchError, match="it is an address that the loader writes"):
            nosize.word(word)
    with pytest.raises(InputError, match=r"hold an address, at 0x20, which loading decides"):
        nosize.code_bytes("second")
    assert nosize.slots_in(start, size) == [pool]
    assert nosize.slots_in(pool + 7, 1) == [pool]
    assert nosize.slots_in(pool + 8, 8) == []
    assert nosize.bytes_at(pool + 8, 4) == nosize.code_bytes("third")[:4]


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        (2, "it is not a multiple of 4"),
        (0xAC, "it lies outside the image"),
        (-4, "it lies outside the image"),
        (0x3000, r"it lies in \.rodata .*, which is not executable"),
        (0x6000, r"it lies in \.bss .*, which is not executable"),
        (0x8000, r"\(OPENSSL_armcap_P\): it lies in global OPENSSL_armcap_P .*, which is not executable"),
        (0xA010, "it is the function missing_function, which this file does not define"),
        (0xA014, "which is not executable"),
        (1 << 64, "it lies outside the image"),
    ],
)
def test_no_instruction(relocs: Image, offset: int, message: str) -> None:
    with pytest.raises(BranchError, match=message) as e:
        relocs.word(offset)
    assert e.value.address == offset


def test_words(relocs: Image) -> None:
    assert relocs.word(0xA8) == 0xD65F03C0
    assert relocs.word(0x2020) == 0xD65F03C0  # another code segment
    assert relocs.word(0xA8) == 0xD65F03C0
    assert relocs.is_code(0xA8)
    assert not relocs.is_code(0xAA)
    assert not relocs.is_code(0x3000)


@pytest.mark.parametrize(
    ("offset", "size", "message"),
    [
        (0xA8, 8, r"8 bytes at 0xa8 do not lie in one segment \.text"),
        (0x1000, 1, "1 bytes at 0x1000 do not lie in one segment"),
        (0, -1, "do not lie in one segment"),
        (0x8000, 4, r"4 bytes at 0x8000 \(OPENSSL_armcap_P\) are defined by another file"),
        (0x37F0 + 23, 1, r"\(table\+0x17\) hold an address, at 0x3800, which loading decides"),
    ],
)
def test_bytes_that_are_not_known(relocs: Image, offset: int, size: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        relocs.bytes_at(offset, size)


def test_bytes(relocs: Image) -> None:
    assert relocs.bytes_at(0x37F0, 8) == (0x0011223344556677).to_bytes(8, "little")
    assert relocs.bytes_at(0x6000, 5000) == bytes(5000)


def test_find_bytes(relocs: Image) -> None:
    word = (0x8899AABBCCDDEEFF).to_bytes(8, "little")
    assert relocs.find_bytes(word) == [0x37F8]
    assert relocs.find_bytes(word, "r") == [0x37F8]
    assert relocs.find_bytes(word, "rw") == []
    assert relocs.find_bytes(b"\x5a" * 0x7F0) == [0x3000]
    assert relocs.find_bytes((0xD65F03C0).to_bytes(4, "little"), "x") == [0xA8, 0x2020]
    # A slot's bytes depend on the load address, so they are never found.
    assert relocs.find_bytes((0x5000).to_bytes(8, "little")) == []
    assert relocs.find_bytes(b"\x5a\x5a") == list(range(0x3000, 0x37EF))
    with pytest.raises(InputError, match="at least one byte"):
        relocs.find_bytes(b"")
    with pytest.raises(InputError, match="letters r, w, x, not 'read'"):
        relocs.find_bytes(b"a", "read")


def test_symbolize(relocs: Image, nosize: Image) -> None:
    assert relocs.symbolize(0) == "entry"
    assert relocs.symbolize(0x10) == "entry+0x10"
    assert relocs.symbolize(0x37F4) == "table+0x4"
    assert relocs.symbolize(0x3000) == ".rodata"
    assert relocs.symbolize(0x3004) == ".rodata+0x4"
    assert relocs.symbolize(0x8004) == "OPENSSL_armcap_P+0x4"
    assert relocs.symbolize(0x9000) == "shared_counter"
    assert relocs.symbolize(0xA010) == "missing_function"
    assert relocs.symbolize(0x123456) == "0x123456"
    assert nosize.symbolize(12) == "first+0xc"  # inside the local label loop2


def test_loaded_at_a_base(relocs: Image, lib: Image) -> None:
    data = relocs.segment_at(0x5000)
    assert data is not None
    assert relocs.loaded(data, 0x7F0000000000) == (0x7F0000000000).to_bytes(8, "little")
    with pytest.raises(InputError, match="base 0x10 must be a multiple of 4096"):
        relocs.loaded(data, 0x10)
    fixed = load(DATA / "prog.exe")
    with pytest.raises(InputError, match="base 0x1000 must be 0: the file is linked to a fixed address"):
        fixed.loaded(fixed.segments[0], 0x1000)


def test_patched(relocs: Image) -> None:
    nop, brk = bytes.fromhex("1f2003d5"), bytes.fromhex("000020d4")
    copy = relocs.patched({0: nop, 0x2020: brk, 0x37F0: b"\x01"})
    assert (copy.word(0), copy.word(0x2020)) == (0xD503201F, 0xD4200000)
    assert copy.bytes_at(0x37F0, 2) == b"\x01\x66"
    assert relocs.word(0x2020) == 0xD65F03C0
    assert relocs.bytes_at(0x37F0, 1) == b"\x77"
    assert copy.symbol("entry") == relocs.symbol("entry")
    assert copy.undefined_functions == relocs.undefined_functions
    assert copy.path.endswith("relocs.o (patched)")
    # No file has the copy's hash, and other patches give another.
    assert relocs.sha256 == hashlib.sha256((DATA / "relocs.o").read_bytes()).hexdigest()
    assert len({relocs.sha256, copy.sha256, relocs.patched({0: nop}).sha256, copy.patched({4: nop}).sha256}) == 4
    assert relocs.patched({0: nop}).sha256 == relocs.patched({0: nop}).sha256


@pytest.mark.parametrize("offset", [0xAA, 0x1000, 0x3800, 0x8000])
def test_patch_of_nothing_or_of_an_address(relocs: Image, offset: int) -> None:
    with pytest.raises(InputError):
        relocs.patched({offset: b"\0\0\0\0"})


def test_assumptions(relocs: Image, lib: Image) -> None:
    assert any("OPENSSL_armcap_P, shared_counter" in a for a in relocs.assumptions)
    assert any("linker" in a for a in relocs.assumptions)
    assert any("no other library takes over any of the 3 exported symbols" in a for a in lib.assumptions)
    assert load(DATA / "prog.exe").assumptions == ()


def test_alignment_beyond_a_page() -> None:
    data = bytearray((DATA / "relocs.o").read_bytes())
    shoff = struct.unpack_from("<Q", data, 40)[0]
    place = 0x3000  # .rodata, section 6
    segment = load_bytes(bytes(data), "x.o").segment_at(place)
    assert segment is not None
    assert segment.name == ".rodata"
    struct.pack_into("<Q", data, shoff + 64 * 6 + 48, 0x4000)
    rodata = next(s for s in load_bytes(bytes(data), "x.o").segments if s.name == ".rodata")
    assert rodata.offset == 0x4000
    struct.pack_into("<Q", data, shoff + 64 * 6 + 48, 24)
    with pytest.raises(InputError, match=r"section \.rodata has the alignment 24, not a power of two"):
        load_bytes(bytes(data), "x.o")


def symbol(name: str, offset: int, size: int = 0, kind: str = "func", binding: str = "global") -> Symbol:
    return Symbol(name, offset, size, kind, binding, ".text")


def test_versioned_names() -> None:
    """GNU ld writes name@@VERSION for the default version of an exported symbol, name@OLD for others."""
    symbols = [symbol("f@OLD", 4), symbol("f@@NEW", 8), symbol("g@@NEW", 12), symbol("g", 16)]
    index = SymbolIndex("x.so", lambda: symbols)
    assert index.lookup("f").offset == 8
    assert index.lookup("f@@NEW").offset == 8
    assert index.lookup("f@OLD").offset == 4
    assert index.lookup("g").offset == 16


def test_several_symbols_of_one_name_and_place() -> None:
    symbols = [
        symbol("f", 8, binding="local"),
        symbol("f", 8, 16, binding="local"),
        symbol("f", 8, 4, binding="local"),
    ]
    index = SymbolIndex("x.so", lambda: symbols)
    assert index.lookup("f").size == 16
    symbols.append(symbol("f", 32, binding="local"))
    index = SymbolIndex("x.so", lambda: symbols)
    assert index.lookup("f@0x8").size == 16
    with pytest.raises(InputError, match="has 4 symbols 'f', none of them global"):
        index.lookup("f")
