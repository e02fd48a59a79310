"""Relocation of .o files, against what GNU ld made of the same objects at the same layout."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import capstone
import pytest
from elf_data import DATA
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

from armsym.elf import Image, load, load_bytes
from armsym.elf.relocations import HOWTO, Howto, fits
from armsym.errors import BranchError, InputError, UndeterminedTarget

BASE = 0x400000  # where relocs.ld and got.ld put the image


def linked_bytes(path: Path) -> dict[int, bytes]:
    """Address and bytes of each loaded section of a file that GNU ld made, as pyelftools reads it."""
    elf = ELFFile(BytesIO(path.read_bytes()))
    return {s["sh_addr"]: s.data() for s in elf.iter_sections() if s["sh_flags"] & 2}


@pytest.fixture(scope="module")
def relocs() -> Image:
    return load(DATA / "relocs.o")


@pytest.mark.parametrize(
    ("section", "offset", "size"),
    [
        (".text", 0x0, 0xAC),
        (".text.other", 0x2000, 0x24),
        (".rodata", 0x3000, 0x844),
        (".rodata.end", 0x4000, 1),
        (".data", 0x5000, 8),
        (".bss", 0x6000, 5000),
    ],
)
def test_relocated_sections_are_those_of_gnu_ld(relocs: Image, section: str, offset: int, size: int) -> None:
    segment = relocs.segment_at(offset)
    assert segment is not None
    assert (segment.name, segment.offset, len(segment.data)) == (section, offset, size)
    assert bytes(relocs.loaded(segment, BASE)) == linked_bytes(DATA / "relocs.linked")[BASE + offset]


def test_synthetic_places_are_those_of_the_linker_script(relocs: Image) -> None:
    assert relocs.globals == {"OPENSSL_armcap_P": 0x8000, "shared_counter": 0x9000}
    assert relocs.undefined_functions == {0xA000: "another_missing_function", 0xA010: "missing_function"}
    assert [(s.name, s.access, s.known) for s in relocs.segments if s.offset >= 0x8000] == [
        ("global OPENSSL_armcap_P", "rw", False),
        ("common shared_counter", "rw", False),
        ("undefined functions", "", False),
    ]
    common = relocs.symbol("shared_counter")
    assert (common.offset, common.size, common.section) == (0x9000, 24, "COMMON")
    # .text.empty has an offset, and no segment.
    assert relocs.segment_at(0x1000) is None


def test_slots_of_addresses(relocs: Image) -> None:
    table = 0x3000 + 0x7F0
    assert relocs.pointers == {
        table + 16: 8,  # entry + 8
        table + 24: 0x5000,  # variable
        table + 32: 0x8000,  # OPENSSL_armcap_P
        table + 40: 0xA010,  # missing_function
        0x5000: 0,  # entry
    }
    assert relocs.external_pointers == {}
    # ABS64 of an absolute symbol is a number, the same at every base.
    assert relocs.bytes_at(table + 48, 8) == (0x123456789ABC).to_bytes(8, "little")


def test_got_slots_hold_what_those_of_gnu_ld_hold() -> None:
    """The slots' order is the linker's choice; what each load yields is not."""
    image = load(DATA / "got.o")
    sections = linked_bytes(DATA / "got.linked")

    def slot_contents(code: bytes, memory: dict[int, int]) -> list[int]:
        """The addresses loaded by `take`: its loads' addresses, by Capstone, looked up in memory."""
        found, pages = [], {}
        for i in capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM).disasm_lite(code, BASE):
            _, _, mnemonic, operands = i
            register, _, rest = operands.partition(", ")
            if mnemonic == "adrp":
                pages[register] = int(rest.removeprefix("#"), 16)
            elif rest.startswith("["):
                inner = rest.strip("[]").split(", #")
                found.append(memory[pages[inner[0]] + (int(inner[1], 16) if len(inner) > 1 else 0)])
            elif mnemonic == "ldr":
                found.append(memory[int(rest.removeprefix("#"), 16)])
        return found

    theirs = {BASE + 0x5000 + 8 * k: v for k, (v,) in enumerate(struct.iter_unpack("<Q", sections[BASE + 0x5000]))}
    ours = {BASE + slot: BASE + target for slot, target in image.pointers.items()}
    wanted = [BASE + x for x in (0x3000, 0, 0x3000, 0x4000, 0x3000, 0)]
    assert slot_contents(sections[BASE], theirs) == wanted
    assert slot_contents(image.code_bytes("take"), ours) == wanted
    got = image.segment_at(0x5000)
    assert got is not None
    assert (got.name, got.access, len(got.data)) == ("GOT", "r", 24)  # constant's slot is shared


def relocation_entries(data: bytes) -> list[tuple[str, int, int, int, str, int]]:
    """(section, position of the entry in the file, place, type, symbol name, addend), by pyelftools."""
    elf = ELFFile(BytesIO(data))
    found = []
    for s in elf.iter_sections():
        if isinstance(s, RelocationSection):
            symbols = elf.get_section(s["sh_link"])
            for k, r in enumerate(s.iter_relocations()):
                symbol = symbols.get_symbol(r["r_info_sym"])
                name = symbol.name or elf.get_section(symbol["st_shndx"]).name
                at = s["sh_offset"] + 24 * k
                place, kind = r["r_offset"], r["r_info_type"]
                found.append((elf.get_section(s["sh_info"]).name, at, place, kind, name, r["r_addend"]))
    return found


def test_every_supported_type_was_compared_with_gnu_ld() -> None:
    kinds = {e[3] for name in ("relocs.o", "got.o") for e in relocation_entries((DATA / name).read_bytes())}
    # GNU as 2.40 cannot write PLT32, which is tested below; every other type must be in the objects.
    assert set(HOWTO) - kinds == {314}
    assert kinds <= set(HOWTO)


RELOCS = (DATA / "relocs.o").read_bytes()
ENTRIES = relocation_entries(RELOCS)


def changed(which: int, **change: int) -> tuple[bytes, tuple[str, int, int, int, str, int]]:
    """relocs.o with the first relocation of this type changed (place=, kind= or addend=)."""
    entry = next(e for e in ENTRIES if e[3] == which)
    data = bytearray(RELOCS)
    place, number, symbol, addend = struct.unpack_from("<QIIq", data, entry[1])
    new = change.get("place", place), change.get("kind", number), symbol, change.get("addend", addend)
    struct.pack_into("<QIIq", data, entry[1], *new)
    return bytes(data), entry


#: Offsets of the symbols that relocations name, from the image base (numbers for absolute symbols).
PLACES = {
    "table": 0x37F0, "other_place": 0x2000, ".text.other": 0x2000, "entry": 0, "variable": 0x5000,
    ".rodata.end": 0x4000, "SMALL": 0x7654, "ABS_SMALL": 0x123456789ABC, "ABS_MINUS": -0x1234,
    "missing_function": 0xA010, "near_local": 0x200C, ".rodata": 0x3000, ".text": 0,
}  # fmt: skip
SECTIONS = {".text": 0, ".text.other": 0x2000, ".rodata": 0x3000, ".data": 0x5000}

#: AAELF64's overflow checks: type -> (least, greatest) X that fits, on X's own grid.
LIMITS = {
    258: ("S+A", -(2**31), 2**32 - 1),
    259: ("S+A", -(2**15), 2**16 - 1),
    261: ("S+A-P", -(2**31), 2**31 - 1),
    262: ("S+A-P", -(2**15), 2**15 - 1),
    263: ("S+A", 0, 2**16 - 1),
    265: ("S+A", 0, 2**32 - 1),
    267: ("S+A", 0, 2**48 - 1),
    270: ("S+A", -(2**16), 2**16 - 1),
    271: ("S+A", -(2**32), 2**32 - 1),
    272: ("S+A", -(2**48), 2**48 - 1),
    273: ("S+A-P", -(2**20), 2**20 - 4),
    274: ("S+A-P", -(2**20), 2**20 - 1),
    275: ("page", -(2**32), 2**32 - 4096),
    279: ("S+A-P", -(2**15), 2**15 - 4),
    280: ("S+A-P", -(2**20), 2**20 - 4),
    282: ("S+A-P", -(2**27), 2**27 - 4),
    283: ("S+A-P", -(2**27), 2**27 - 4),
    287: ("S+A-P", -(2**16), 2**16 - 1),
    289: ("S+A-P", -(2**32), 2**32 - 1),
    291: ("S+A-P", -(2**48), 2**48 - 1),
}


@pytest.mark.parametrize("kind", LIMITS)
def test_overflow(kind: int) -> None:
    expression, least, greatest = LIMITS[kind]
    section, _, place, _, symbol, _ = next(e for e in ENTRIES if e[3] == kind)
    s, p = PLACES[symbol], SECTIONS[section] + place

    def addend_for(x: int) -> int:
        if expression == "S+A":
            return x - s
        return x + p - s if expression == "S+A-P" else x + (p & -4096) - s

    step = {273: 4, 279: 4, 280: 4, 282: 4, 283: 4, 275: 4096}.get(kind, 1)
    for x in (least, greatest):
        load_bytes(changed(kind, addend=addend_for(x))[0], "relocs.o")
    for x in (least - step, greatest + step):
        with pytest.raises(InputError) as e:
            load_bytes(changed(kind, addend=addend_for(x))[0], "relocs.o")
        text = str(e.value)
        assert text.startswith(f"relocs.o: section {section} at {place:#x}, R_AARCH64_")
        assert symbol in text
        assert "overflows" in text
        assert "\n" not in text


@pytest.mark.parametrize("kind", [273, 279, 280, 282, 283, 284, 285, 286, 299])
def test_target_off_its_grid(kind: int) -> None:
    entry = next(e for e in ENTRIES if e[3] == kind)
    data, _ = changed(kind, addend=entry[5] + 1)
    with pytest.raises(InputError, match=r"R_AARCH64_\w+ of .* is not a multiple of \d+"):
        load_bytes(data, "relocs.o")


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (283, {"kind": 9999}, r"\.text at 0x30, relocation type 9999 of \.text\.other: .* not supported"),
        (277, {"place": 9}, r"\.text at 0x9, R_AARCH64_ADD_ABS_LO12_NC of table: .* not a multiple of 4"),
        (277, {"place": 0xAC}, r"\.text at 0xac, .* lies outside the section's 0xac bytes"),
        (277, {"place": 1 << 63}, r"at 0x8000000000000000, .* lies outside"),
        (277, {"place": 4}, r"\.text at 0x4, .* another relocation has changed this place"),
    ],
)
def test_refused(kind: int, change: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_bytes(changed(kind, **change)[0], "relocs.o")


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        # An address, or a distance to a number, would change with the load address.
        (261, {"kind": 258}, r"R_AARCH64_ABS32 of \.text\.other: .* depend on the load address"),
        (277, {"kind": 264}, r"R_AARCH64_MOVW_UABS_G0_NC of table: .* depend on the load address"),
        (258, {"kind": 261}, r"R_AARCH64_PREL32 of SMALL: .* depend on the load address"),
        (
            277,
            {"kind": 549},
            r"\.text at 0x8, .*TLSLE_ADD_TPREL_HI12 of table: what the linker makes of it is not known",
        ),
    ],
)
def test_not_known_where_it_is_used(kind: int, change: dict[str, int], message: str) -> None:
    """Such a place is no reason to refuse the file; it holds nothing that is known, and no instruction."""
    data, (section, _, place, _, _, _) = changed(kind, **change)
    image = load_bytes(data, "relocs.o")
    at = SECTIONS[section] + place
    with pytest.raises(InputError, match=message):
        image.bytes_at(at, 4)
    with pytest.raises(InputError):
        image.bytes_at(at + 3, 1)
    assert not image.is_code(at & ~3)
    with pytest.raises(BranchError) as e:
        image.word(at & ~3)
    assert isinstance(e.value, UndeterminedTarget) == section.startswith(".text")


def test_plt32_is_a_distance() -> None:
    data, (section, _, place, _, _, _) = changed(261, kind=314)
    image = load_bytes(data, "relocs.o")
    at = SECTIONS[section] + place
    # The same number as PREL32, which GNU ld has computed, while the code is in reach.
    assert held(image, at) == held(load_bytes(RELOCS, "relocs.o"), at)
    assert int.from_bytes(held(image, at), "little", signed=True) == 0x2000 - at
    with pytest.raises(InputError, match=r"R_AARCH64_PLT32 of .* a distance of two pieces, which the linker decides"):
        image.bytes_at(at, 4)


def held(image: Image, at: int) -> bytes:
    """Four bytes as they are in this layout."""
    segment = image.segment_at(at)
    assert segment is not None
    return segment.data[at - segment.offset : at - segment.offset + 4]


@pytest.mark.parametrize("name", ["relocs.o", "got.o", "outside.o"])
def test_relocations_fit_the_words_that_gnu_as_made_them_for(name: str) -> None:
    """And no other kind's: each type of instruction fits relocations of its own kind alone."""
    image = load(DATA / name)
    assert image.links
    kinds = {link.howto for link in image.links.values()}
    for at, link in image.links.items():
        word = image.word(at)
        assert fits(link.howto, word), link.text
        assert {shape(h) for h in kinds if fits(h, word)} == {shape(link.howto)}, link.text


def shape(h: Howto) -> tuple[int, int, int]:
    """Which bits of X go where; a load or store takes those from some bit up."""
    return h.position, h.lsb, 0 if h.position == 10 else h.width


def test_no_relocation_is_no_change() -> None:
    for none in (0, 256):
        data, _ = changed(277, kind=none)
        # add x1, x1, #0 as assembled: 0x91000021.
        assert load_bytes(data, "relocs.o").word(8) == 0x91000021


def test_functions_and_data_that_the_linker_does_not_fix() -> None:
    image = load(DATA / "outside.o")
    # Weak functions, ifuncs and symbols that are called: no code is there.
    slots = {name: offset for offset, name in image.undefined_functions.items()}
    assert set(slots) == {"perhaps_function", "chosen", "called_and_taken"}
    assert sorted(slots.values())[1] - sorted(slots.values())[0] == 16
    # Slots that may hold 0, or a resolver's choice: known to nobody before run time.
    table = image.symbol("table").offset
    assert image.external_pointers[table] == "perhaps_datum"
    assert image.external_pointers[table + 8] == "chosen"
    assert image.pointers[table + 16] == slots["called_and_taken"]
    got = next(s for s in image.segments if s.name == "GOT")
    assert image.external_pointers[got.offset] == "perhaps_datum"
    assert image.globals == {}
    # bl chosen goes to the slot: imm26 from the instruction at 4.
    distance = image.word(4) & 0x3FFFFFF
    assert 4 + 4 * distance == slots["chosen"]


def test_direct_use_of_a_weak_symbol_is_no_instruction() -> None:
    data = bytearray((DATA / "outside.o").read_bytes())
    # Turn the ADR_GOT_PAGE of perhaps_datum into ADR_PREL_PG_HI21.
    at = next(e[1] for e in relocation_entries(bytes(data)) if e[3] == 311)
    struct.pack_into("<I", data, at + 8, 275)
    (place,) = struct.unpack_from("<Q", data, at)
    image = load_bytes(bytes(data), "outside.o")
    with pytest.raises(UndeterminedTarget, match="weak or ifunc symbol is not known before run time"):
        image.word(image.sections[0].offset + place)


#: The immediate field of the instruction at a relocation of each type (Arm ARM, C6.2).
IMMEDIATES = {
    **dict.fromkeys((277, 278, 284, 285, 286, 299), 0xFFF << 10),
    **dict.fromkeys((274, 275, 276), 3 << 29 | 0x7FFFF << 5),
    **dict.fromkeys((273, 280), 0x7FFFF << 5),
    **dict.fromkeys((282, 283), 0x3FFFFFF),
    279: 0x3FFF << 5,
    **dict.fromkeys((263, 265, 269, 270, 272, 287, 289, 291, 293), 0xFFFF << 5),
}


@pytest.mark.parametrize("kind", IMMEDIATES)
def test_old_immediate_does_not_matter(kind: int) -> None:
    """RELA keeps the addend in the entry: what the field held before is replaced whole."""
    section, _, place, _, _, _ = next(e for e in ENTRIES if e[3] == kind)
    at = next(s["sh_offset"] for s in ELFFile(BytesIO(RELOCS)).iter_sections() if s.name == section) + place
    data = bytearray(RELOCS)
    (old,) = struct.unpack_from("<I", data, at)
    struct.pack_into("<I", data, at, old | IMMEDIATES[kind])
    offset = SECTIONS[section] + place
    (theirs,) = struct.unpack_from("<I", linked_bytes(DATA / "relocs.linked")[BASE + SECTIONS[section]], place)
    assert load_bytes(bytes(data), "relocs.o").word(offset) == theirs
