"""Relocatable files in the audit: what is true wherever a linker puts sections is shown, and nothing else is."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from assembling import assembled
from exporting import exported

from armsym.audit.audit import PYTHON, audit, show_equal, walks
from armsym.audit.bundle import Bundle, Case, Cut, Ensured, Index
from armsym.audit.elf import Elf, ElfError
from armsym.audit.elf_parts import Link
from armsym.audit.ground import Refused
from armsym.audit.hints import write as write_certificate
from armsym.audit.link import Sections
from armsym.audit.raw import ones
from armsym.audit.text import read, write
from armsym.audit.words import Words
from armsym.certify.elaborate import elaborate
from armsym.certify.multipliers import Search

CRYPTO = Path(__file__).resolve().parents[2] / "crypto_examples"
DATA = '.section .rodata.o,"a",@progbits\n.balign 16\na: .quad 17\nb: .quad 34\n'
FAR = '.section .rodata.p,"a",@progbits\n.balign 16\nfar: .quad 51\n'


def _object(body: str, data: str = DATA, after: str = "") -> bytes:
    return assembled(f"{data}\n.text\n.globl f\n.type f,%function\nf:\n{body}\nret\n{after}\n.size f,.-f\n")


def _address(register: str, symbol: str) -> str:
    return f"adrp {register},{symbol}\nadd {register},{register},:lo12:{symbol}\n"


def _case(*terms: tuple[str, int], total: int) -> Case:
    """On return the sum of factor * register is `total`, modulo 2^64."""
    c = Case()
    c.cuts[0] = Cut(0, 0, 0, Index("", 0, 0, 0, inclusive=False))
    sum_ = c.table.const(0)
    for register, factor in terms:
        x = c.table.var(f"{register}_out", ones(64))
        sum_ = c.table.add(64, sum_, c.table.mulc(64, x, factor & ones(64)))
    c.ensures.append(Ensured("sum", sum_, c.table.const(total & ones(64))))
    return c


def _check(data: bytes, case: Case, name: str = "f") -> None:
    """Raises `Refused` unless the case holds of a routine."""
    elf = Elf.parse(data)
    entry, _ = elf.symbol(name)
    (found,), (walk,) = (walks(case, elf, entry, Search()) for _ in range(2))
    certificate, _ = elaborate(found.words.program, {}, found.claims)
    show_equal(walk, write_certificate(certificate).splitlines(), PYTHON)


def _refused(data: bytes, case: Case, why: str, name: str = "f") -> None:
    with pytest.raises(Refused, match=why):
        _check(data, case, name)


def _several(bodies: list[str]) -> str:
    """Routines f0, f1, ..."""
    return "".join(
        f".globl f{k}\n.type f{k},%function\nf{k}:\n{b}\nret\n.size f{k},.-f{k}\n" for k, b in enumerate(bodies)
    )


ONE = _case(("x0", 1), total=17)


@pytest.mark.parametrize("name", ["sha512", "sha256"])
def test_a_routine_with_its_table_in_another_section_is_audited(name: str) -> None:
    bundle, path = exported(CRYPTO / f"own_{name}", f"armsym_{name}_blocks")
    text = write(bundle)
    elf = Elf.read(path)
    verdict = audit(read(text), elf, elf.symbol(bundle.symbol)[0])
    assert verdict.audited, verdict.refused
    assert verdict.counts["instructions that a linker completes"] == 2
    # The table is read: with any bit of it changed the bundle is refused.
    data = path.read_bytes()
    at, size = elf.symbol(f"K{name[3:]}")
    start = data.index(elf.read_only(at, size))
    for bit in (0, 8 * size // 2 + 3, 8 * size - 1):
        changed = bytearray(data)
        changed[start + bit // 8] ^= 1 << bit % 8
        assert not _audited(read(text), bytes(changed))
    # Another place of the table than the pointer at the cut says, and a page that is another's.
    assert "section.5" in text
    assert not _audited(read(text.replace("section.5", "section.3")), data)


def _audited(bundle: Bundle, data: bytes) -> bool:
    elf = Elf.parse(data)
    return audit(bundle, elf, elf.symbol(bundle.symbol)[0]).audited


READS = [
    (_address("x1", "a") + "ldr x0,[x1]", 17),
    (_address("x1", "b") + "ldr x0,[x1]", 34),
    (_address("x1", "b") + "ldr x0,[x1,#-8]", 17),
    (_address("x9", "a") + "ldp x2,x0,[x9]", 34),
    ("adrp x1,b\nldr x0,[x1,:lo12:b]", 34),
    ("adrp x0,b\nldr x0,[x0,:lo12:b]", 34),
    ("adrp x1,b\nldrb w0,[x1,:lo12:b]", 34),
    ("adrp x1,b\nldrh w0,[x1,:lo12:b]", 34),
    ("adrp x1,b\nldr w0,[x1,:lo12:b]", 34),
    ("adrp x1,a\nldr q0,[x1,:lo12:a]\nfmov x0,d0", 17),
]


def test_constants_of_another_section_are_read() -> None:
    data = assembled(f"{DATA}\n.text\n{_several([body for body, _ in READS])}")
    for k, (_, value) in enumerate(READS):
        _check(data, _case(("x0", 1), total=value), f"f{k}")
        _refused(data, _case(("x0", 1), total=value + 1), "not shown equal", f"f{k}")


def test_distances_within_a_section_are_known_and_others_are_not() -> None:
    data = _object(_address("x0", "a") + _address("x1", "b"))
    _check(data, _case(("x1", 1), ("x0", -1), total=8))
    data = _object(_address("x0", "a") + _address("x1", "far"), DATA + FAR)
    elf = Elf.parse(data)
    here = elf.symbol("far")[0] - elf.symbol("a")[0]
    _refused(data, _case(("x1", 1), ("x0", -1), total=here), "not shown equal")
    for body in ("adrp x0,a", _address("x0", "a")):
        for place in (0, 4096, elf.symbol("a")[0]):
            _refused(_object(body), _case(("x0", 1), total=place), "not shown equal")
    # Nor the distance of the code from its data, nor where in a page anything lies.
    data = _object("adr x0,.\n" + _address("x1", "a"))
    here = Elf.parse(data).symbol("a")[0] - Elf.parse(data).symbol("f")[0]
    _refused(data, _case(("x1", 1), ("x0", -1), total=here), "not shown equal")
    data = _object("adrp x0,a\n" + _address("x1", "a"))
    _refused(data, _case(("x1", 1), ("x0", -1), total=0), "not shown equal")


def test_the_rest_of_an_address_completes_its_own_page_only() -> None:
    _refused(_object("adrp x1,far\nadd x1,x1,:lo12:a\nldr x0,[x1]", DATA + FAR), ONE, "page|no number|bases")
    _refused(_object("adrp x1,b\nadd x1,x1,:lo12:a\nldr x0,[x1]"), ONE, "of which no instruction has the page")
    _refused(_object("mov x1,#0\nadd x1,x1,:lo12:a\nldr x0,[x1]"), ONE, "of which no instruction has the page")
    _refused(_object("adrp x1,a\nldr x0,[x1]"), ONE, "0 bases")


FILLED = "filled in after linking"
READABLE = ".balign 8\na{0}: .quad 17\n"
OTHERS = [
    ('.section .rodata.m,"aM",@progbits,8\n' + READABLE, FILLED),
    ('.section .rodata.s,"aMS",@progbits,1\na{0}: .asciz "a string"\n', FILLED),
    ('.weak a{0}\n.section .rodata,"a",@progbits\n' + READABLE, FILLED),
    ('.globl a{0}\n.section .rodata,"a",@progbits\n' + READABLE, FILLED),
    ('.section .rodata.g,"aG",@progbits,a{0},comdat\n' + READABLE, FILLED),
    ('.section .eh_frame,"a",@progbits\n' + READABLE, FILLED),
    ('.section .rodata.b,"a",@progbits\n.quad 17\n.set a{0},.+16\n', FILLED),
    (".comm a{0},8\n", FILLED),
    ("", FILLED),  # not defined
    (".data\n" + READABLE, "may be written"),
    ('.section .rodata.w,"a",@progbits\n.balign 8\na{0}: .word 17\n', "do not lie in its"),
    ('.section .rodata.f,"a",@progbits\n.balign 8\na{0}: .quad f0\n', FILLED),
    # Hidden, a definition is the file's own; weak, it is not.
    ('.globl a{0}\n.hidden a{0}\n.section .rodata,"a",@progbits\n' + READABLE, ""),
    ('.weak a{0}\n.hidden a{0}\n.section .rodata,"a",@progbits\n' + READABLE, FILLED),
]


def test_what_another_file_or_the_linker_may_change_is_not_read() -> None:
    bodies = [_address("x1", f"a{k}") + "ldr x0,[x1]" for k in range(len(OTHERS))]
    data = assembled("".join(d.format(k) for k, (d, _) in enumerate(OTHERS)) + ".text\n" + _several(bodies))
    for k, (_, why) in enumerate(OTHERS):
        if why:
            _refused(data, ONE, why, f"f{k}")
        else:
            _check(data, ONE, f"f{k}")


def test_a_scaled_rest_has_to_be_a_multiple() -> None:
    head = '.section .rodata.{},"a",@progbits\n.balign {}\n{}a{}: .quad 17\n'
    data = head.format("x", 8, "", 0) + head.format("y", 4, "", 1) + head.format("z", 8, ".word 0\n", 2)
    bodies = [f"adrp x1,a{k}\nldr x0,[x1,:lo12:a{k}]" for k in range(3)]
    built = assembled(f"{data}.text\n{_several(bodies)}")
    _check(built, ONE, "f0")
    _refused(built, ONE, FILLED, "f1")
    _refused(built, ONE, FILLED, "f2")


def test_nothing_passes_from_a_section_into_the_next() -> None:
    # In the auditor's layout sections are 1 MiB apart: what is reached without a relocation is reached only there.
    ahead = 1 << 20
    text = '.text\n.globl f\n.type f,%function\nf:\n{}\nret\n.size f,.-f\n.section .text.z,"ax",@progbits\n'
    for body in (f"b .+{ahead}", f"adr x1,.+{ahead - 4}\nldr x0,[x1]", f"adr x0,.+{ahead - 4}"):
        data = assembled(text.format(body) + "mov x0,#17\nret\nnop\nnop\nnop\n.data\n.word 1\n")
        elf = Elf.parse(data)
        assert any(p.name == ".text.z" and p.address for p in elf.pieces.values())
        _refused(data, ONE, "beyond the section|filled in after linking")
    _refused(
        _object("b .+8\nnop", after="nop").replace(b"\xc0\x03\x5f\xd6", b"\x1f\x20\x03\xd5"), ONE, "beyond the section"
    )
    with pytest.raises(Refused, match="lies in no section"):
        walks(ONE, Elf.parse(_object("nop")), 1 << 40, Search())


def test_code_that_a_linker_completes_is_no_data() -> None:
    _refused(
        _object("adr x1,g\nldr w0,[x1]\ng: adrp x2,a"), _case(("x0", 1), total=0x90000002), "completed by the linker"
    )
    _refused(
        _object("adr x1,g\nldrb w0,[x1,#3]\ng: adrp x2,a"), _case(("x0", 1), total=0x90), "completed by the linker"
    )
    _check(_object("adr x1,g\nldrb w0,[x1,#4]\ng: adrp x2,a\n.byte 17,0,0,0".replace("g: ", "b 9f\ng: ") + "\n9:"), ONE)


def test_a_relocation_is_for_its_own_form_of_instruction_and_alone() -> None:
    true = _object("adrp x1,a\nldr x0,[x1,:lo12:a]")
    _check(true, ONE)
    elf = Elf.parse(true)
    links = sorted(elf.links.items())
    assert [link.kind for _, link in links] == ["page", "low"]
    assert links[1][1] == Link("low", links[0][1].section, 0, 8)
    first = true.index(struct.pack("<I", 275)) - 8
    entry = true[first : first + 24]
    second = true[first + 24 : first + 48]
    for at, kind in ((24, 277), (24, 285), (24, 299), (24, 275), (0, 277), (0, 276), (0, 274), (24, 312), (24, 0)):
        changed = bytearray(true)
        struct.pack_into("<I", changed, first + at + 8, kind)
        if kind:
            _refused(bytes(changed), ONE, "filled in after linking")
        else:  # R_AARCH64_NONE: then it loads from the page
            _refused(bytes(changed), ONE, "0 bases")
    # Both relocations on the first word.
    double = true.replace(entry + second, entry + entry)
    assert double != true
    _refused(double, ONE, "filled in after linking")
    assert not Elf.parse(double).links
    # An ADRP that no relocation completes.
    alone = bytearray(true)
    struct.pack_into("<I", alone, first + 8, 0)
    _refused(bytes(alone), ONE, "without a relocation")


@pytest.mark.parametrize("kind", [9, 19, 0x40000014, 0x60000001, 0x60000002, 0x6FFFFF00])
def test_relocations_in_another_form_are_not_passed_over(kind: int) -> None:
    data = bytearray(_object(_address("x1", "a") + "ldr x0,[x1]"))
    headers, count = struct.unpack_from("<Q", data, 0x28)[0], struct.unpack_from("<H", data, 0x3C)[0]
    (at,) = (headers + 64 * k + 4 for k in range(count) if struct.unpack_from("<I", data, headers + 64 * k + 4)[0] == 4)
    struct.pack_into("<I", data, at, kind)
    with pytest.raises(ElfError, match="relocations"):
        Elf.parse(bytes(data))


def test_the_checks_of_places_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the defects planted that the tests above are for, what is false is accepted: they are what refuses it."""
    data = _object(_address("x0", "a") + _address("x1", "far"), DATA + FAR)
    elf = Elf.parse(data)
    case = _case(("x1", 1), ("x0", -1), total=elf.symbol("far")[0] - elf.symbol("a")[0])

    def as_laid_out(self: Sections, words: Words, image: int, link: Link) -> int:
        return words.add(64, image, words.const(self.file.pieces[link.section].address + link.offset))

    monkeypatch.setattr(Sections, "address", as_laid_out)
    _check(data, case)
    monkeypatch.undo()
    _refused(data, case, "not shown equal")
