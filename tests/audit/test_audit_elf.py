"""The audit's reader of ELF files: compared with armsym's on the shipped files, and on files that are broken."""

from __future__ import annotations

import random
import struct
from functools import cache
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from shipped import fetching, image_of

from armsym.audit.elf import Elf, ElfError
from armsym.audit.elf_parts import Link
from armsym.elf import load
from armsym.wheels import Wheel
from crypto_examples.wheels import AWS_LC, BORINGSSL, OPENSSL_4_0

OWN = Path(__file__).parents[2] / "crypto_examples"
ROUTINES = {
    OPENSSL_4_0: ["sha512_block_armv8", "aes_v8_encrypt", "ChaCha20_ctr32", "CRYPTO_memcmp", "vpaes_encrypt"],
    AWS_LC: ["sha256_block_data_order_hw", "KeccakF1600_int", "gcm_ghash_v8", "aes_hw_ctr32_encrypt_blocks"],
    BORINGSSL: ["sha1_block_data_order_hw", "gcm_ghash_v8"],
}


@cache
def _elf(wheel: Wheel) -> Elf:
    with fetching():
        return Elf.read(wheel.path())


def _of_the_loader(wheel: Wheel) -> list[range]:
    """The dynamic section, and what it says that loaders have of the GOT, by pyelftools."""
    with fetching(), wheel.path().open("rb") as file:
        (dynamic,) = (s for s in ELFFile(file).iter_segments() if isinstance(s, DynamicSegment))
        own = [range(dynamic["p_vaddr"], dynamic["p_vaddr"] + dynamic["p_filesz"])]
        return own + [range(t["d_ptr"], t["d_ptr"] + 24) for t in dynamic.iter_tags("DT_PLTGOT")]


@pytest.mark.wheels
@pytest.mark.parametrize("wheel", ROUTINES, ids=lambda w: w.package)
def test_shipped_files_are_read_as_armsym_does(wheel: Wheel) -> None:
    ours, image = _elf(wheel), image_of(wheel)
    assert ours.sha256 == image.sha256
    assert ours.kind == "shared"
    assert ours.guarded == image.guarded
    for name in ROUTINES[wheel]:
        at, size = ours.symbol(name)
        assert (at, size) == (image.symbol(name).offset, image.symbol(name).size)
        for address in range(at, at + size, 4):
            assert ours.word(address) == image.word(address)
    rng = random.Random(0)
    compared = refused = 0
    own = _of_the_loader(wheel)

    def near(at: int) -> list[int]:
        return [a for a in range(at - 15, at + 8) if a in ours.slots]

    for s in ours.segments:
        for _ in range(300):
            at = rng.randrange(s.address, s.end - 8)
            try:
                data = ours.read_only(at, 8)
            except ElfError:
                refused += 1
                filled_in = any(at < a + ours.slots[a].size for a in near(at))
                assert s.writable or filled_in or any(at < r.stop and r.start < at + 8 for r in own)
                continue
            compared += 1
            assert not any(at < r.stop and r.start < at + 8 for r in own)
            assert data == image.bytes_at(at, 8)
    assert compared >= 300 <= refused


@pytest.mark.wheels
def test_what_the_loader_fills_in_is_not_read() -> None:
    ours, image = _elf(OPENSSL_4_0), image_of(OPENSSL_4_0)
    relative = {at: s.addend for at, s in ours.slots.items() if s.kind == "RELATIVE"}
    assert len(relative) > 30_000
    for at, target in relative.items():
        assert image.pointers.get(at, target) == target
    assert {s.kind for s in ours.slots.values()} == {"RELATIVE", "JUMP_SLOT", "GLOB_DAT", "TLSDESC"}
    named = {s.symbol for s in ours.slots.values() if s.kind == "JUMP_SLOT"}
    assert {"memcpy", "malloc"} <= named
    for at in list(ours.slots)[:50]:
        with pytest.raises(ElfError, match=r"written at run time|filled in after linking"):
            ours.read_only(at, 8)
    told = {at: ours.relative(at, 8) for at in relative}
    assert {at: v for at, v in told.items() if v is not None} == {
        at: v for at, v in relative.items() if not ours.segment(at, 8).writable
    }
    assert sum(v is not None for v in told.values()) > 10_000


def test_a_slot_in_a_read_only_segment_is_not_read_either() -> None:
    data = _linked(slot=0x10018)
    elf = Elf.parse(data)
    assert elf.slots[0x10018].kind == "RELATIVE"
    assert elf.slots[0x10018].addend == 0x10008
    assert elf.read_only(0x10010, 8) == b"ABCDEFGH"
    for at, size in ((0x10018, 8), (0x10011, 8), (0x1001F, 1)):
        with pytest.raises(ElfError, match=r"0x1001[8f]"):
            elf.read_only(at, size)
    with pytest.raises(ElfError, match="not in one segment"):
        elf.read_only(0x10000 + 0x1000 - 7, 8)
    assert elf.read_only(0x101F8, 8) == bytes(8)
    for at in (0x101F9, 0x10200, 0x10FF8):
        with pytest.raises(ElfError, match="not in the file"):
            elf.read_only(at, 8)


def _linked(slot: int, *, second: tuple[int, int] = (0x20000, 4), machine: int = 183, kind: int = 3) -> bytes:
    """A shared library: a segment that is only read, with the dynamic section and a relocation; and another."""
    dynamic = struct.pack("<8Q", 7, 0x10100, 8, 24, 9, 24, 0, 0)
    body = bytearray(0x200)
    body[0x10:0x18] = b"ABCDEFGH"
    body[0x80 : 0x80 + len(dynamic)] = dynamic
    body[0x100:0x118] = struct.pack("<QQq", slot, 1027, 0x10008)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, 0, 64, 0, 0, 64, 56, 3, 64, 0, 0)
    address, flags = second
    programs = struct.pack("<IIQQQQQQ", 1, 4, 0x1000, 0x10000, 0x10000, 0x200, 0x1000, 0x1000)
    programs += struct.pack("<IIQQQQQQ", 1, flags, 0x1000 + address % 0x1000, address, address, 0x10, 0x10, 0x1000)
    programs += struct.pack("<IIQQQQQQ", 2, 4, 0x1080, 0x10080, 0x10080, 0x40, 0x40, 8)
    return (header + programs).ljust(0x1000, b"\0") + bytes(body).ljust(0x1010, b"\0")


def test_a_file_is_of_its_kind() -> None:
    assert Elf.parse(_linked(0x10018)).kind == "shared"
    assert not Elf.parse(_linked(0x10018)).guarded
    for data, rule in (
        (b"", "no ELF file"),
        (b"\x7fELF\x01\x01".ljust(64, b"\0"), "64 bits"),
        (_linked(0x10018, machine=62), "machine 62"),
        (_linked(0x10018, kind=4), "type 4"),
        (_linked(0x10018, second=(0x10800, 4)), "overlap"),
        (_linked(0x10018, second=(0x11000 - 8, 4)), "overlap"),
        (_linked(0x30000), "in no segment"),
        (_linked(0x10018)[:0x300], "cannot be"),
    ):
        with pytest.raises(ElfError, match=rule):
            Elf.parse(data)


def test_relocations_that_cannot_be_read_refuse_the_file() -> None:
    sound = bytearray(_linked(0x10018))
    at = 0x1000 + 0x80  # DT_RELA, its address, DT_RELASZ, its size, DT_RELAENT, 24
    for offset, tag, rule in (
        (0, 17, "without addends"),
        (0, 0x60000011, "Android"),
        (0, 21, "do not tell a table"),
        (16, 21, "do not tell a table"),
        (24, 23, "do not tell a table"),
        (40, 16, "24 .RELA."),
        (8, 0x30000, "not in the file"),
    ):
        data = bytearray(sound)
        struct.pack_into("<Q", data, at + offset, tag)
        with pytest.raises(ElfError, match=rule):
            Elf.parse(bytes(data))
    struct.pack_into("<Q", sound, 0x1100 + 8, 1033)
    with pytest.raises(ElfError, match="type 1033"):
        Elf.parse(bytes(sound))


def test_packed_relocations_are_found() -> None:
    data = bytearray(_linked(0x10018))
    struct.pack_into("<4Q", data, 0x1080, 36, 0x10100, 35, 16)
    struct.pack_into("<2Q", data, 0x1100, 0x10018, 0b1011)
    struct.pack_into("<2Q", data, 0x1080 + 32, 37, 8)
    elf = Elf.parse(bytes(data))
    assert sorted(elf.slots) == [0x10018, 0x10020, 0x10030]
    assert elf.read_only(0x10028, 8) == bytes(8)


@pytest.mark.parametrize(("features", "guarded"), [(1, True), (2, False), (3, True)])
def test_a_file_says_whether_its_code_is_guarded(features: int, guarded: bool) -> None:
    data = bytearray(_linked(0x10018))
    # An unknown property before it, of 3 bytes and padding.
    note = struct.pack("<III4sII8sIIII", 4, 32, 5, b"GNU\0", 0xC0000001, 3, b"", 0xC0000000, 4, features, 0)
    data[0x380 : 0x380 + len(note)] = note
    struct.pack_into("<H", data, 56, 4)
    struct.pack_into("<IIQQQQQQ", data, 64 + 3 * 56, 0x6474E553, 4, 0x380, 0, 0, len(note), len(note), 8)
    assert Elf.parse(bytes(data)).guarded == guarded
    struct.pack_into("<Q", data, 64 + 3 * 56 + 32, 40)
    with pytest.raises(ElfError, match="note of properties"):
        Elf.parse(bytes(data))


@pytest.mark.wheels
def test_a_name_with_its_address() -> None:
    elf = _elf(OPENSSL_4_0)
    with pytest.raises(ElfError, match="'poly1305_init' is defined at"):
        elf.symbol("poly1305_init")
    places = sorted(s.address for s in elf.symbols if s.name == "poly1305_init")
    assert len(set(places)) > 1
    for at in places:
        assert elf.symbol(f"poly1305_init@{at:#x}")[0] == at
    with pytest.raises(ElfError, match="not defined"):
        elf.symbol(f"poly1305_init@{places[0] + 4:#x}")


def test_two_segments_do_not_share_a_page() -> None:
    short = bytearray(_linked(0x10018, second=(0x10800, 6)))
    struct.pack_into("<QQ", short, 64 + 32, 0x200, 0x200)
    with pytest.raises(ElfError, match="share a page"):
        Elf.parse(bytes(short))
    # Of equal permission, too: what is mapped last is what both have there.
    struct.pack_into("<I", short, 64 + 56 + 4, 4)
    with pytest.raises(ElfError, match="share a page"):
        Elf.parse(bytes(short))
    struct.pack_into("<QQ", short, 64 + 56 + 8, 0x1000, 0x11000)
    assert len(Elf.parse(bytes(short)).segments) == 2


@pytest.mark.parametrize("offset", [0xFFF, 0x1001, 0x800, 0])
def test_a_segment_lies_in_its_page_as_in_the_file(offset: int) -> None:
    """Else one loader refuses the file, and another maps the page that the offset is in."""
    data = bytearray(_linked(0x10018))
    struct.pack_into("<Q", data, 64 + 56 + 8, offset)
    if offset % 0x1000:
        with pytest.raises(ElfError, match="not so in its page"):
            Elf.parse(bytes(data))
    else:
        assert len(Elf.parse(bytes(data)).segments) == 2


def test_our_own_objects_have_the_address_of_their_table_completed() -> None:
    for name, table in (("own_sha512/sha512.o", "K512"), ("own_sha256/sha256.o", "K256")):
        elf, image = Elf.read(OWN / name), load(OWN / name)
        assert elf.kind == "relocatable"
        at, size = elf.symbol(table)
        symbol = image.symbol(table)
        assert elf.read_only(at, size) == image.bytes_at(symbol.offset, size)
        start, _ = elf.symbol(f"armsym_{name[4:10]}_blocks")
        page = next(a for a in range(start, start + 64, 4) if elf.word(a) & 0x9F000000 == 0x90000000)
        number = next(k for k, p in elf.pieces.items() if p.name == ".rodata")
        assert elf.links == {page: Link("page", number, 0), page + 4: Link("low", number, 0)}
        assert elf.pieces[number].address == at
        with pytest.raises(ElfError, match="completed by the linker"):
            elf.read_only(page + 3, 1)


def test_code_is_executable_and_aligned() -> None:
    elf = Elf.read(OWN / "own_sha512/sha512.o")
    table, _ = elf.symbol("K512")
    with pytest.raises(ElfError, match="not executable"):
        elf.word(table)
    with pytest.raises(ElfError, match="multiple of 4"):
        elf.word(elf.symbol("armsym_sha512_blocks")[0] + 2)
    with pytest.raises(ElfError, match="'nothing' is not defined"):
        elf.symbol("nothing")


def test_a_relocation_that_is_not_known_hides_its_field() -> None:
    data = bytearray((OWN / "own_sha512/sha512.o").read_bytes())
    image = load(OWN / "own_sha512/sha512.o")
    assert image
    # R_AARCH64_ADD_ABS_LO12_NC (277) becomes R_AARCH64_LDST64_ABS_LO12_NC (286).
    at = data.find(struct.pack("<II", 277, 6))
    data[at : at + 4] = struct.pack("<I", 286)
    elf = Elf.parse(bytes(data))
    assert elf.word(4)
    with pytest.raises(ElfError, match="filled in after linking"):
        elf.word(8)
    assert elf.word(12)


@pytest.mark.parametrize("name", ["linked", "own_sha512/sha512.o"])
def test_a_broken_file_is_refused_or_read_but_never_crashes(name: str) -> None:
    original = _linked(0x10018) if name == "linked" else (OWN / name).read_bytes()
    rng = random.Random(name)
    refused = 0
    for turn in range(1500):
        data = bytearray(original)
        if turn % 3 == 0:
            data = data[: rng.randrange(len(data))]
        else:
            for _ in range(rng.randint(1, 3)):
                where = rng.randrange(len(data)) if turn % 2 else rng.randrange(min(len(data), 0x300))
                data[where] = rng.choice((0, 0xFF, 0x80, rng.randrange(256)))
        try:
            elf = Elf.parse(bytes(data))
            for s in elf.segments[:3]:
                elf.read_only(s.address, min(s.size, 8))
        except ElfError:
            refused += 1
    assert refused > 300
