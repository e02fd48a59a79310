"""False statements about relocatable files that hold in one layout and not in another, each beside a true twin.

What a linker may choose is unknown: where it puts each section, each string or constant that it may merge, each
slot of the GOT; which definition it takes of a weak symbol, or of one in a COMDAT group; what code of its own leads
from one section to another.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from assembling import assembled
from elftools.elf.elffile import ELFFile
from refusing import run, symbolically

from armsym.bits import Prop
from armsym.dsl import Claims, Proof, State
from armsym.elf import Image, load_bytes
from armsym.errors import InputError
from armsym.proof.result import Status

MASK = (1 << 64) - 1

ProofFn = Callable[[Proof], None]


def code(body: str, data: str = "", head: str = ".text") -> Image:
    """The image of an object file with the routine `f`, and other sections."""
    text = f"{data}\n{head}\n.globl f\n.type f,%function\nf:\n{body}\nret\n.size f,.-f\n"
    return load_bytes(assembled(text), "t.o")


def address(register: str, symbol: str) -> str:
    """The two instructions that compute an address."""
    return f"adrp {register},{symbol}\nadd {register},{register},:lo12:{symbol}\n"


def returns(claim: Callable[[State], object]) -> ProofFn:
    """The proof that a routine without arguments returns in a state of which this holds."""

    def fn(p: Proof) -> None:
        p.call()

        def claims(s: State) -> Claims:
            return {"claim": claim(s)}  # type: ignore[dict-item]

        p.ensures(claims)

    return fn


def refused(image: Image, fn: ProofFn, kind: str = "ensures") -> str:
    """The detail of the obligation of this kind that is left undecided; no run may refute it."""
    r = run(fn, image, "f")
    assert r.status is Status.UNDECIDED, (r.status, r.obligations)
    (found,) = (o for o in r.obligations if o.kind == kind and o.status is Status.UNDECIDED)
    return found.detail


def proved(image: Image, fn: ProofFn) -> None:
    """Assert that all is proved."""
    r = run(fn, image, "f")
    assert r.status is Status.PROVED, [o for o in r.obligations if o.status is not Status.PROVED]


def distance(n: int) -> ProofFn:
    return returns(lambda s: s.x1 - s.x0 == n)


# -- pieces that may be merged ------------------------------------------------------------------

STRINGS = '.section .rodata.s,"aMS",@progbits,1\na: .asciz "some"\nb: .asciz "others"\n'
CONSTANTS = '.section .rodata.c,"aM",@progbits,8\na: .quad 17\nb: .quad 34\n'
ORDINARY = '.section .rodata.o,"a",@progbits\na: .quad 17\nb: .quad 34\n'
BOTH = address("x0", "a") + address("x1", "b")


@pytest.mark.parametrize("data", [STRINGS, CONSTANTS])
def test_the_distance_of_pieces_that_may_be_merged(data: str) -> None:
    """Hole f: the claim holds as the file has laid them out, so that no run on numbers breaks it."""
    image = code(BOTH, data)
    n = image.symbol("b").offset - image.symbol("a").offset & MASK
    assert n in (8, 5, -7 & MASK)  # the tool that writes the file sorts strings, as a linker does
    refused(image, distance(n))
    assert symbolically(distance(n), image, "f") == {"ensures": ["claim"]}


def test_the_distance_within_an_ordinary_section() -> None:
    proved(code(BOTH, ORDINARY), distance(8))


@pytest.mark.parametrize("data", [STRINGS, CONSTANTS, ORDINARY])
def test_whether_two_pieces_are_one(data: str) -> None:
    """A linker makes one of equal pieces, and these have other contents; but that is not looked into."""
    image, differ = code(BOTH, data), returns(lambda s: s.x0 != s.x1)
    if data is ORDINARY:
        proved(image, differ)
    else:
        refused(image, differ)


@pytest.mark.parametrize(
    ("data", "load", "value"),
    [
        (STRINGS, "ldrb w0,[x1,#6]", 0),
        (STRINGS, "ldrb w0,[x0,#1]", ord("o")),
        (CONSTANTS, "ldr x0,[x1]", 34),
        (ORDINARY, "ldr x0,[x0,#8]", 34),
    ],
)
def test_the_content_of_a_piece_stays(data: str, load: str, value: int) -> None:
    proved(code(BOTH + load, data), returns(lambda s: s.x0 == value))


@pytest.mark.parametrize(
    ("data", "load"), [(STRINGS, "ldrb w0,[x0,#5]"), (CONSTANTS, "ldr x0,[x0,#8]"), (CONSTANTS, "ldr w0,[x1,#-4]")]
)
def test_what_lies_beyond_a_piece(data: str, load: str) -> None:
    """It is one past the end, or one before: the next piece here, anything elsewhere."""
    assert "memory" in symbolically(returns(lambda s: s.sp == s.sp), code(BOTH + load, data), "f")


def test_a_string_ends_with_its_terminator() -> None:
    """Pieces of two-byte units: a zero byte, or two that are no unit, end none."""
    data = '.section .rodata.s,"aMS",@progbits,2\na: .short 0x0100, 0x0001, 0\nb: .short 7, 0\n'
    image = code(BOTH, data)
    assert [(p.offset - image.symbol("a").offset, p.size) for p in image.pieces if ".rodata.s" in p.name] == [
        (0, 6),
        (6, 4),
    ]
    proved(code(BOTH + "ldrh w0,[x0,#4]", data), returns(lambda s: s.x0 == 0))


def test_a_section_symbol_means_the_piece_at_its_addend() -> None:
    body = "adrp x0,.rodata.c+8\nldr x0,[x0,:lo12:.rodata.c+8]"
    proved(code(body, CONSTANTS), returns(lambda s: s.x0 == 34))


def header(data: bytes, name: str) -> int:
    """Where in the file the header of a section lies."""
    elf = ELFFile(BytesIO(data))
    (k,) = (k for k, s in enumerate(elf.iter_sections()) if s.name == name)
    return int(elf["e_shoff"]) + 64 * k


def with_fields(name: str, data: str, **fields: int) -> Image:
    """An object file with this data, after fields of its section's header were changed."""
    places = {"flags": 8, "size": 32, "addralign": 48, "entsize": 56}
    raw = bytearray(assembled(f"{data}\n.text\n.globl f\nf: {BOTH}\nret\n"))
    for field, value in fields.items():
        raw[(at := header(bytes(raw), name) + places[field]) : at + 8] = value.to_bytes(8, "little")
    return load_bytes(bytes(raw), "t.o")


def test_an_entry_keeps_the_alignment_that_it_has() -> None:
    """At 8 in a section of alignment 16: a multiple of 8 anywhere, of 16 perhaps."""
    image = with_fields(".rodata.c", CONSTANTS, addralign=16)
    assert image.symbol("b").offset % 16 == 8
    proved(image, returns(lambda s: s.x1 & 7 == 0))
    proved(image, returns(lambda s: s.x0 & 15 == 0))
    assert symbolically(returns(lambda s: s.x1 & 8 == 8), image, "f") == {"ensures": ["claim"]}
    assert symbolically(returns(lambda s: s.x1 & 8 == 0), image, "f") == {"ensures": ["claim"]}


@pytest.mark.parametrize(
    ("data", "fields", "rule"),
    [
        (CONSTANTS, {"size": 15}, "of 0xf bytes may be merged .* has entries of 8 bytes"),
        (CONSTANTS, {"entsize": 0}, "has entries of 0 bytes"),
        (CONSTANTS, {"entsize": 32}, "has entries of 32 bytes"),
        (CONSTANTS, {"flags": 0x16}, "holds code"),
        (STRINGS, {"size": 11}, "its last one does not end"),
        (STRINGS, {"size": 7}, "0x7 lies outside the mergeable section .rodata.s, so no piece is meant"),
        (CONSTANTS, {"size": 8}, "0x8 lies outside the mergeable section .rodata.c, so no piece is meant"),
    ],
)
def test_entries_that_no_rule_tells_apart(data: str, fields: dict[str, int], rule: str) -> None:
    name = ".rodata.s" if data is STRINGS else ".rodata.c"
    with pytest.raises(InputError, match=rule):
        with_fields(name, data, **fields)


def test_an_excluded_section_is_not_there() -> None:
    with pytest.raises(InputError, match=r"the symbol's section \d+ occupies no memory"):
        with_fields(".rodata.o", ORDINARY, flags=0x8000_0002)


# -- sections -----------------------------------------------------------------------------------

TWO = '.section .rodata.a,"a"\n.balign 16\na: .quad 17\n.section .rodata.b,"a"\n.balign 16\nb: .quad 34\n'


def test_the_distance_of_two_sections() -> None:
    image = code(BOTH, TWO)
    n = image.symbol("b").offset - image.symbol("a").offset
    refused(image, distance(n))
    refused(image, returns(lambda s: s.x0 < s.x1))
    proved(code(BOTH + "ldr x0,[x0]\nldr x1,[x1]", TWO), distance(17))


def test_the_distance_of_code_from_data() -> None:
    image = code("adr x0,f\n" + address("x1", "b"), TWO)
    refused(image, distance(image.symbol("b").offset - image.symbol("f").offset))
    proved(code("adr x0,f\nadr x1,1f\n1: nop"), distance(8))


def test_the_place_in_a_page() -> None:
    """A section begins where its alignment allows, here on a page."""
    image = code(address("x1", "b"), TWO)
    refused(image, returns(lambda s: s.x1 & 0xFFF == 0))
    refused(image, returns(lambda s: s.x1 & 16 == 0))
    proved(image, returns(lambda s: s.x1 & 15 == 0))
    page = code(address("x1", "b"), '.section .rodata.b,"a"\n.balign 4096\n.quad 1\nb: .quad 2')
    proved(page, returns(lambda s: s.x1 & 0xFFF == 8))


def test_a_page_is_not_the_page_of_what_lies_beside() -> None:
    """Between the two words a page may begin, unless the section is aligned so that none can."""
    table = '.section .rodata.o,"a"\n.balign {}\na: .quad 17\nb: .quad 34\n'
    body = "adrp x1,a\nldr x0,[x1,:lo12:b]"
    assert "memory" in symbolically(returns(lambda s: s.x0 == 34), code(body, table.format(8)), "f")
    proved(code(body, table.format(4096)), returns(lambda s: s.x0 == 34))
    proved(code(body.replace("x1,a", "x1,b"), table.format(8)), returns(lambda s: s.x0 == 34))


def test_a_constant_table_as_compilers_read_it() -> None:
    """The twin of all: pages, low parts in ADD and in a load of each size, at any layout."""
    table = '.section .rodata.o,"a"\n.balign 16\na: .quad 17\nb: .quad 34\n.quad 51\n.quad 68\n'
    body = "adrp x9,a\nadd x10,x9,:lo12:a\nldr x0,[x10,#8]\nadrp x11,b+8\nldr q1,[x11,:lo12:b+8]\nfmov x1,d1"
    proved(code(body, table), returns(lambda s: (s.x0 == 34) & (s.x1 == 51)))


def test_a_store_or_load_of_its_own_base() -> None:
    proved(code("adrp x0,a\nldr x0,[x0,:lo12:a]", ORDINARY), returns(lambda s: s.x0 == 17))
    proved(code("adrp x1,a\nldr x0,[x1,:lo12:a]", ORDINARY), returns(lambda s: s.x0 == 17))


def test_control_does_not_fall_into_the_next_section() -> None:
    """A section of a whole page, without a return, before another."""
    filled = '.section .text.a,"ax"\n.globl f\n.type f,%function\nf: .rept 1024\nnop\n.endr\n.section .text.b,"ax"\nret'
    image = load_bytes(assembled(filled), "t.o")
    assert "decode" in symbolically(returns(lambda s: s.sp == s.sp), image, "f")


# -- slots and numbers --------------------------------------------------------------------------


def test_slots_of_the_got() -> None:
    body = "adrp x0,:got:a\nldr x0,[x0,:got_lo12:a]\nldr x0,[x0]\nadrp x1,:got:b\nldr x1,[x1,:got_lo12:b]\nldr x1,[x1]"
    proved(code(body, TWO), distance(17))


def test_a_table_of_distances() -> None:
    """What `.word target - table` holds is the linker's; between places of one section the assembler's."""
    table = '.section .rodata.o,"a"\na: .word {} - a\n.word 5\nb: .word 6\n'
    read = address("x9", "a") + "ldrsw x0,[x9]"
    image = code(read, table.format("f"))
    n = image.symbol("f").offset - image.symbol("a").offset
    assert "memory" in symbolically(returns(lambda s: s.x0 == n & (1 << 64) - 1), image, "f")
    proved(code(read, table.format("b")), returns(lambda s: s.x0 == 8))
    proved(code(read.replace("[x9]", "[x9,#4]"), table.format("f")), returns(lambda s: s.x0 == 5))


def test_a_distance_in_a_register() -> None:
    image = code("movz x0,#:prel_g0:b", '.section .rodata.b,"a"\nb: .quad 1')
    r = run(returns(lambda s: s.sp == s.sp), image, "f")
    assert r.status is Status.UNDECIDED
    assert any("MOVW_PREL_G0" in o.detail for o in r.obligations)


# -- which definition ---------------------------------------------------------------------------

WEAK = ".{} g\n.type g,%function\ng: mov x0,#1\nret\n"
CALL = "stp x29,x30,[sp,#-16]!\nbl g\nldp x29,x30,[sp],#16"


def calls(p: Proof) -> None:
    p.call()
    p.modifies(p.stack(16))
    p.ensures(lambda s: {"claim": s.x0 == 1})


def test_a_weak_definition_may_not_be_the_one() -> None:
    image = code(CALL, ".text\n" + WEAK.format("weak"))
    assert "another g" in refused(image, calls, "decode")
    proved(code(CALL, ".text\n" + WEAK.format("hidden")), calls)
    proved(code(CALL, ".text\n" + WEAK.format("local")), calls)


def test_an_exported_definition_is_listed() -> None:
    image = code(CALL, ".text\n" + WEAK.format("globl"))
    r = run(calls, image, "f")
    assert r.status is Status.PROVED
    assert "no other definition takes the place of this file's of g" in r.assumptions
    local = run(calls, code(CALL, ".text\n" + WEAK.format("local")), "f")
    assert not any("takes the place" in a for a in local.assumptions)


def test_a_weak_table_may_not_be_the_one() -> None:
    for binding in ("weak", "globl"):
        image = code(address("x0", "a") + "ldr x0,[x0]", f".{binding} a\n{ORDINARY}")
        fn = returns(lambda s: s.x0 == 17)
        if binding == "globl":
            proved(image, fn)
        else:
            assert "memory" in symbolically(fn, image, "f")


GROUP = '.section .{}.g,"a{},%progbits,key,comdat\n'


def test_a_comdat_group_may_be_discarded() -> None:
    """From outside, a symbol of the group is whichever copy is kept; from inside, its own."""
    data = '.section .rodata.g,"aG",%progbits,key,comdat\n.weak a\n.hidden b\nb: a: .quad 17\n'
    read = "adrp x0,{0}\nldr x0,[x0,:lo12:{0}]"
    fn = returns(lambda s: s.x0 == 17)
    assert "memory" in symbolically(fn, code(read.format("b"), data + ".globl b\n"), "f")
    proved(code(read.format("b"), data + ".globl b\n", '.section .text.g,"axG",%progbits,key,comdat'), fn)
    assert "memory" in symbolically(
        fn, code(read.format("b"), data + ".globl b\n", '.section .text.h,"axG",%progbits,other,comdat'), "f"
    )


def kept(p: Proof) -> None:
    p.call()
    p.modifies(p.stack(16))
    p.ensures(lambda s: {"claim": s.x0 == 5})


@pytest.mark.parametrize("binding", ["globl", "hidden", "local"])
@pytest.mark.parametrize("section", ['.section .text.g,"ax"\n', ".text\n"])
def test_the_linkers_own_code_may_change_x16_and_x17(section: str, binding: str) -> None:
    """A branch that has a relocation may be led over a veneer; one that the assembler has resolved never is."""
    body = "mov x{0},#5\n" + CALL + "\nmov x0,x{0}"
    other = section + WEAK.format(binding)
    for n in (16, 17):
        image = code(body.format(n), other)
        if image.links:
            assert symbolically(kept, image, "f") == {"ensures": ["claim"]}
        else:
            proved(image, kept)
            assert section == ".text\n"
            assert binding != "globl"  # hidden is not global by itself
    for n in (15, 9):
        proved(code(body.format(n), other), kept)


def test_the_linkers_own_code_may_change_flags() -> None:
    body = "cmp xzr,xzr\n" + CALL + "\ncset x0,eq\nmov x9,#5\nmul x0,x0,x9"
    image = code(body, '.section .text.g,"ax"\n' + WEAK.format("local"))
    assert symbolically(kept, image, "f") == {"ensures": ["claim"]}
    proved(code(body, ".text\n" + WEAK.format("local")), kept)


def test_a_jump_may_pass_a_veneer_too() -> None:
    body = "mov x16,#5\nb g"
    g = "{}.local g\n.type g,%function\ng: mov x0,x16\nret\n"
    assert symbolically(kept, code(body, g.format('.section .text.g,"ax"\n')), "f") == {"ensures": ["claim"]}
    proved(code(body, g.format(".text\n")), kept)


def test_a_veneer_changes_them_anew_each_time() -> None:
    body = CALL.replace("bl g", "bl g\nmov x9,x16\nbl g\nmov x10,x16")
    image = code(body, '.section .text.g,"ax"\n' + WEAK.format("local"))

    def fn(p: Proof) -> None:
        p.call()
        p.modifies(p.stack(16))
        p.ensures(lambda s: {"claim": s.x9 == s.x10})

    assert symbolically(fn, image, "f") == {"ensures": ["claim"]}


# -- what no relocation fits --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "bits"),
    [
        (4, 1 << 30),  # ADD becomes SUB
        (4, 1 << 29),  # ADDS
        (4, 1 << 31),  # 32 bits
        (4, 1 << 22),  # LSL #12
        (0, 1 << 31),  # ADRP becomes ADR
    ],
)
def test_a_word_that_the_relocation_is_not_for(at: int, bits: int) -> None:
    image = code(address("x0", "a"), ORDINARY)
    at += image.symbol("f").offset
    word = image.word(at) ^ bits
    r = run(returns(lambda s: s.sp == s.sp), image.patched({at: word.to_bytes(4, "little")}), "f")
    assert r.status is Status.UNDECIDED
    assert any("what the linker makes of the word" in o.detail for o in r.obligations)


@pytest.mark.parametrize("bits", [1 << 30, 1 << 31, 1 << 24])
def test_an_access_of_another_size_than_the_relocation_is_for(bits: int) -> None:
    """The field counts in units of the size: elsewhere the same field is another distance."""
    image = code("adrp x0,a\nldr x0,[x0,:lo12:a]", ORDINARY)
    at = image.symbol("f").offset + 4
    copy = image.patched({at: (image.word(at) ^ bits).to_bytes(4, "little")})
    assert symbolically(returns(lambda s: s.sp == s.sp), copy, "f").keys() & {"decode", "memory"}


@pytest.mark.parametrize("size", [1, 2, 4, 8, 16])
def test_a_load_of_each_size(size: int) -> None:
    """Twins of the above: integer and vector registers, each with its own relocation."""
    symbol, value = ("a", 17) if size == 16 else ("b", 34)
    for register in {1: "w1 b1", 2: "w1 h1", 4: "w1 s1", 8: "x1 d1", 16: "q1"}[size].split():
        load = {"w11": "ldrb", "w12": "ldrh"}.get(f"{register}{size}", "ldr")
        image = code(f"adrp x0,{symbol}\n{load} {register},[x0,:lo12:{symbol}]\numov x2,v1.d[0]", ORDINARY)

        def holds(s: State, r: str = register) -> Prop:
            return (s.x1 if r[0] in "wx" else s.x2) == value

        proved(image, returns(holds))


def test_a_changed_field_is_a_changed_address() -> None:
    """A mutant of the immediate is followed, for the bits of the field are added to."""
    image = code(address("x0", "a") + "ldr x0,[x0]", ORDINARY)
    at = image.symbol("f").offset + 4
    copy = image.patched({at: (image.word(at) + (8 << 10)).to_bytes(4, "little")})
    proved(copy, returns(lambda s: s.x0 == 34))
