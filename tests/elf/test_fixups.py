"""What dyld writes: the tables of opcodes and chains, and tables that are none.

The expected places come from Apple's headers, by hand.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

import pytest
from assembling import dylib

from armsym.elf import Names, load_bytes
from armsym.elf.fixups import Fixups, Region, chained_fixups, dyld_info_fixups
from armsym.errors import InputError

BASE = 0x1_0000_0000
SIZE = 0x200


def fail(rule: str) -> InputError:
    return InputError(f"f: {rule}")


def regions(data: bytes = bytes(SIZE), access: str = "rw") -> list[Region]:
    return [Region("__TEXT", 0, bytes(64), "rx", False), Region("__DATA", 0x4000, data, access, False)]


def by_opcodes(rebase: bytes = b"", bind: bytes = b"", weak: bytes = b"", lazy: bytes = b"", **more: str) -> Fixups:
    data = b"".join(struct.pack("<Q", BASE + k) for k in range(SIZE // 8))
    tables = {"rebase": rebase, "bind": bind, "weak_bind": weak, "lazy_bind": lazy}
    return dyld_info_fixups(tables, regions(data, **more), BASE, fail)


IN_DATA = b"\x11\x21\x08"  # REBASE_TYPE_POINTER; segment 1, offset 8


@pytest.mark.parametrize(
    ("opcodes", "slots"),
    [
        (b"\x51", [8]),
        (b"\x53\x00", [8, 16, 24]),
        (b"\x60\x02", [8, 16]),
        (b"\x30\x10\x51", [24]),
        (b"\x42\x51", [24]),
        (b"\x70\x08\x51", [8, 24]),
        (b"\x80\x03\x08", [8, 24, 40]),
        (
            b"\x51\x30\xf8\xff\xff\xff\xff\xff\xff\xff\xff\x01\x30\xf8\xff\xff\xff\xff\xff\xff\xff\xff\x01\x51",
            [8, 0],
        ),  # back
        (b"\x51\x21\x80\x02\x51", [8, 256]),
        (b"\x51\x00\x51", [8]),  # DONE
        (b"", []),
    ],
)
def test_rebases(opcodes: bytes, slots: list[int]) -> None:
    found = by_opcodes(IN_DATA + opcodes)
    # What the file has there is the address that it would have at its own base.
    assert found.pointers == {0x4000 + s: s // 8 for s in slots}
    assert not found.bound


NAMED = b"\x11\x40_sym\0\x51\x71\x08"  # library 1, symbol, pointer, segment 1, offset 8


@pytest.mark.parametrize(
    ("opcodes", "slots"),
    [
        (b"\x90", [8]),
        (b"\x90\x90", [8, 16]),
        (b"\xa0\x08\x90", [8, 24]),
        (b"\xb2\x90", [8, 32]),
        (b"\xc0\x02\x10", [8, 32]),
        (b"\x80\x10\x90", [24]),
    ],
)
def test_binds(opcodes: bytes, slots: list[int]) -> None:
    found = by_opcodes(bind=NAMED + opcodes)
    places = [0x4000 + s for s in slots]
    assert found.bound == dict.fromkeys(places, "sym")
    assert found.imported == {"sym": places}
    assert not found.pointers


def test_only_a_plain_bind_of_one_library_has_the_symbols_address() -> None:
    assert by_opcodes(bind=b"\x11\x40_sym\0\x51\x60\x04\x71\x08\x90").imported == {}  # + 4
    assert by_opcodes(lazy=NAMED + b"\x90").imported == {}  # a stub of the loader's at first
    two = by_opcodes(bind=NAMED + b"\x90\x12\x90")  # of library 1, then of library 2
    assert two.bound == {0x4008: "sym", 0x4010: "sym"}
    assert two.imported == {"sym": [0x4008]}
    # A weak definition that another may replace: the slot is rebased, and bound to whatever wins.
    both = by_opcodes(IN_DATA + b"\x52", weak=NAMED + b"\x90")
    assert both.pointers == {0x4010: 2}
    assert both.bound == {0x4008: "sym"}
    again = by_opcodes(bind=NAMED + b"\x90", weak=NAMED + b"\x90")
    assert again.bound == {0x4008: "sym"}
    assert not any(again.imported.values())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: by_opcodes(b"\x12"), "entries of type 2, not addresses"),
        (lambda: by_opcodes(b"\x11\x51"), "names no segment"),
        (lambda: by_opcodes(b"\x11\x22\x00\x51"), "in segment 2 of 2"),
        (lambda: by_opcodes(b"\x11\x20\x00\x51"), "changes segment __TEXT, which is no writable data"),
        (lambda: by_opcodes(IN_DATA + b"\x51", access="r"), "changes segment __DATA, which is no writable data"),
        (lambda: by_opcodes(IN_DATA + b"\x51", access="rwx"), "no writable data"),
        (lambda: by_opcodes(b"\x11\x21\xf9\x03\x51"), "lies outside segment __DATA"),  # 0x1f9: a byte too far
        (lambda: by_opcodes(b"\x11\x21\xf8\xff\xff\xff\xff\xff\xff\xff\xff\x01\x51"), "lies outside segment"),  # - 8
        (lambda: by_opcodes(IN_DATA + b"\x52" + b"\x21\x08\x51"), "two rebases write the place 0x4008"),
        (lambda: by_opcodes(b"\x11\x21\x08\x51\x21\x0c\x51"), "two fixups write the place 0x400c"),
        (lambda: by_opcodes(IN_DATA + b"\x51", NAMED[:-1] + b"\x01\x90"), "two fixups write the place 0x4008"),
        (lambda: by_opcodes(IN_DATA + b"\x60\x81"), "ends within an opcode"),
        (lambda: by_opcodes(b"\x11\x21" + b"\x80" * 10 + b"\x01\x51"), "more than 64 bits"),
        (lambda: by_opcodes(b"\x90"), "the opcode 0x90, which is not known"),
        (lambda: by_opcodes(IN_DATA + b"\x60\xff\xff\xff\xff\x0f"), "4294967295 entries in a row"),
        (lambda: by_opcodes(bind=b"\xd0"), "the opcode 0xd0, which is not known"),  # threaded: arm64e
        (lambda: by_opcodes(bind=b"\x40_sy"), "ends within a symbol's name"),
        (lambda: by_opcodes(bind=b"\x71\x08\x90"), "no segment or no symbol"),
        (lambda: by_opcodes(bind=b"\x52"), "entries of type 2"),
    ],
)
def test_tables_that_are_none(make: Callable[[], Fixups], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


# -- chains -----------------------------------------------------------------------------------


def chain(
    slots: dict[int, int], *, first: int = 8, kind: int = 6, imports: bytes = b"", form: int = 1, **header: int
) -> Fixups:
    """Of one page in the second segment; names are _a and _b, at 1 and 4 of the strings."""
    strings = b"\0_a\0_b\0"
    starts = struct.pack("<III", 2, 0, 12)
    page = struct.pack("<IHHQIHH", 24, 0x1000, kind, header.get("start", 0x4000), 0, 1, first)
    at = 28 + len(starts) + len(page)
    count = header.get("count", len(imports) // {1: 4, 2: 8, 3: 16}.get(form, 4))
    table = struct.pack(
        "<7I", header.get("version", 0), 28, at, at + len(imports), count, form, header.get("packed", 0)
    )
    data = bytearray(SIZE)
    for offset, raw in slots.items():
        struct.pack_into("<Q", data, offset, raw)
    return chained_fixups(table + starts + page + imports + strings, regions(bytes(data)), BASE, fail)


def rebase(target: int, step: int = 0, tag: int = 0) -> int:
    return target | tag << 36 | step // 4 << 51


def bind(ordinal: int, step: int = 0, addend: int = 0) -> int:
    return ordinal | addend << 24 | step // 4 << 51 | 1 << 63


def imported(library: int, name: int) -> bytes:
    return struct.pack("<I", library & 0xFF | name << 9)


def test_a_chain() -> None:
    found = chain(
        {8: rebase(0x30, 8), 16: bind(0, 16), 32: bind(1, 8, addend=4), 40: bind(1)},
        imports=imported(1, 1) + imported(2, 4),
    )
    assert found.pointers == {0x4008: 0x30}
    assert found.bound == {0x4010: "a", 0x4020: "b", 0x4028: "b"}
    assert found.imported == {"a": [0x4010], "b": [0x4028]}


def test_a_target_is_an_address_or_an_offset() -> None:
    assert chain({8: rebase(BASE + 0x30)}, kind=2).pointers == {0x4008: 0x30}
    assert chain({8: rebase(0x30)}, kind=6).pointers == {0x4008: 0x30}
    tagged = chain({8: rebase(0x30, tag=0x80)})
    assert not tagged.pointers
    assert tagged.bound == {0x4008: "an address with the tag 0x80"}


def test_imports_with_addends_and_weak_ones() -> None:
    assert chain({8: bind(0)}, imports=struct.pack("<Ii", 1 | 1 << 9, 0), form=2).imported == {"a": [0x4008]}
    assert chain({8: bind(0)}, imports=struct.pack("<Ii", 1 | 1 << 9, -8), form=2).imported == {}
    assert chain({8: bind(0)}, imports=struct.pack("<Qq", 1 | 1 << 32, 0), form=3).imported == {"a": [0x4008]}
    weak = chain({8: bind(0)}, imports=imported(-3, 1))
    assert (weak.bound, weak.imported) == ({0x4008: "a"}, {})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: chain({8: rebase(0, 4)}), "two chained fixups write the place 0x400c"),
        (lambda: chain({}, first=0x1FC), "lies outside segment __DATA"),
        (lambda: chain({8: rebase(0, 0x1FC)}), "lies outside segment __DATA"),
        (lambda: chain({8: bind(1)}, imports=imported(1, 1)), "names the import 1 of 1"),
        (lambda: chain({8: 0}, kind=1), "pointers of format 1"),  # arm64e
        (lambda: chain({8: 0}, kind=12), "pointers of format 12"),
        (lambda: chain({8: 0}, first=0x1000), "begin at 0x1000 of a page of 0x1000 bytes"),
        (lambda: chain({8: 0}, start=0x8000), "have segment __DATA at 0x8000, not 0x4000"),
        (lambda: chain({8: 0}, version=1), "version 1"),
        (lambda: chain({8: 0}, packed=1), "symbols of format 1"),
        (lambda: chain({8: 0}, form=4), "imports of format 4"),
        (lambda: chain({8: 0}, imports=imported(1, 99)), "lies outside the table"),
        (lambda: chain({8: 0}, imports=imported(1, 1), count=99), "end within one of their parts|outside the table"),
        (lambda: chained_fixups(b"", regions(), BASE, fail), "end within one of their parts"),
    ],
)
def test_chains_that_are_none(make: Callable[[], Fixups], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_chains_of_two_pages_do_not_overlap() -> None:
    """A slot at the end of a page, and one in the next page that begins in it."""
    strings = b"\0"
    starts = struct.pack("<III", 2, 0, 12)
    pages = struct.pack("<IHHQIHHH", 26, 0x40, 6, 0x4000, 0, 2, 0x3C, 0)
    table = struct.pack("<7I", 0, 28, 28 + len(starts + pages), 28 + len(starts + pages), 0, 1, 0)
    with pytest.raises(InputError, match="two fixups write the place 0x4040"):
        chained_fixups(table + starts + pages + strings, regions(), BASE, fail)


def test_no_fixup_on_a_page() -> None:
    assert chain({}, first=0xFFFF) == Fixups()


# -- files ------------------------------------------------------------------------------------

PLAIN = ".text\n.globl _f\n_f: ret\n.data\n.p2align 3\n_d: .quad _f\n"


@pytest.mark.parametrize("cut", [0, 8, 31, 40, 200, 0x500])
def test_a_truncated_file(cut: int) -> None:
    with pytest.raises(InputError) as e:
        list(load_bytes(dylib(PLAIN)[:cut], "cut.dylib").functions())
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (4, 0x01000007, "for the CPU type 0x1000007, not for arm64"),
        (8, 0x80000002, "arm64e"),
        (12, 1, "of type 1, none of .*: link it"),
        (12, 4, "of type 4"),
        (16, 1 << 20, "load commands"),
        (20, 1 << 30, "is truncated"),
    ],
)
def test_other_headers(at: int, value: int, message: str) -> None:
    data = bytearray(dylib(PLAIN))
    struct.pack_into("<I", data, at, value)
    with pytest.raises(InputError, match=message):
        load_bytes(bytes(data), "f.dylib")


def test_the_part_for_arm_of_a_universal_file() -> None:
    part = dylib(PLAIN)
    parts = [(0x01000007, 3, b"\xcf\xfa\xed\xfe"), (0x0100000C, 2, b"no"), (0x0100000C, 0, part)]
    header, content, at = struct.pack(">II", 0xCAFEBABE, len(parts)), b"", 0x1000
    for cpu, subtype, data in parts:
        header += struct.pack(">IIIII", cpu, subtype, at, len(data), 12)
        content += data
        at += len(data)
    whole = header.ljust(0x1000, b"\0") + content
    image = load_bytes(whole, "f.dylib")
    assert image.code_bytes("f") == b"\xc0\x03\x5f\xd6"
    assert image.sha256 != load_bytes(part, "f.dylib").sha256  # the file's
    (slot,) = image.pointers
    assert image.pointers[slot] == image.symbol("_f").offset == image.symbol("f").offset
    with pytest.raises(InputError, match="without a part for arm64: it has 0x1000007/0x3"):
        load_bytes(struct.pack(">II", 0xCAFEBABE, 1) + header[8:28], "f.dylib")
    with pytest.raises(InputError, match="is truncated: its part for arm64 ends at"):
        load_bytes(whole[:-1], "f.dylib")
    # Of two parts the system takes the one that suits the machine best; what is no Mach-O file is none.
    two = bytearray(whole)
    struct.pack_into(">II", two, 8 + 20, 0x0100000C, 1)
    with pytest.raises(InputError, match="with 2 parts for arm64"):
        load_bytes(bytes(two), "f.dylib")
    other = whole.replace(b"\xcf\xfa\xed\xfe" + part[4:32], b"\xce\xfa\xed\xfe" + part[4:32])
    with pytest.raises(InputError, match="a part for arm64 that is no 64-bit Mach-O file"):
        load_bytes(other, "f.dylib")


TWO = "".join(
    f".globl {name}\n{name}: mov x0, #{k}\nret\n" for k, name in enumerate(("_f", "__f", "_g", "__h"), start=1)
)


def test_a_name_that_means_two_routines() -> None:
    """`_f` is what C calls `__f`, and what the file calls C's `f`."""
    image = load_bytes(dylib(f".text\n{TWO}"), "f.dylib")
    one, two = image.code_bytes("f"), image.code_bytes("__f")
    assert (one[:4].hex(), two[:4].hex()) == ("200080d2", "400080d2")  # MOVZ X0, #1; #2
    with pytest.raises(InputError, match="has a symbol _f and a symbol __f, which C calls _f: name an address"):
        image.symbol("_f")
    with pytest.raises(InputError, match="name an address"):
        image.named(Names.of(["x=_f"])).symbol("x")
    for name, plain in (("_g", "g"), ("g", "g"), ("_h", "_h"), ("__h", "_h")):
        assert image.symbol(name) == image.choose(plain)


def test_load_commands_that_dyld_has_to_know() -> None:
    data = bytearray(dylib(PLAIN))
    at = data.index(struct.pack("<II", 0x2A, 16), 32)  # LC_SOURCE_VERSION, which says nothing of memory
    for number in (0x38, 0x80000040):
        struct.pack_into("<I", data, at, number)
        with pytest.raises(InputError, match=f"has the load command {number:#x}: what dyld writes for it is not known"):
            load_bytes(bytes(data), "f.dylib")
    struct.pack_into("<I", data, at, 0x3A)
    assert load_bytes(bytes(data), "f.dylib").symbol("f")


def test_a_header_at_no_page() -> None:
    data = bytearray(dylib(PLAIN))
    at = data.index(b"__TEXT\0") + 16
    (address,) = struct.unpack_from("<Q", data, at)
    struct.pack_into("<Q", data, at, address + 0x800)
    with pytest.raises(InputError, match="which is no multiple of 0x1000"):
        load_bytes(bytes(data), "f.dylib")


def test_damaged_files_are_refused_or_read() -> None:
    """Whatever the load commands and tables say, the answer is an image or one line that names the file."""
    text = ".text\n.globl _f\n_f: ret\n.section __DATA_CONST,__const\n.p2align 3\n_d: .quad _f\n.quad _outside\n"
    whole, random = dylib(text), Random(7)
    filled = [k for k in range(len(whole)) if k < 0x800 or (k >= 0x8000 and whole[k])]
    read, refused = 0, []
    for _ in range(400):
        data = bytearray(whole)
        for k in random.sample(filled, random.choice([1, 2, 8])):
            data[k] = random.choice([0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)])
        try:
            image = load_bytes(bytes(data), "damaged")
            list(image.functions())
            for segment in image.segments:
                image.loaded(segment, 0)
            read += 1
        except InputError as e:
            refused.append(str(e))
    assert [text for text in refused if not text.startswith("damaged: ") or "\n" in text] == []
    assert read > 50
    assert len(refused) > 10
