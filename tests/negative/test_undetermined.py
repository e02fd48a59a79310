"""What a file does not say refutes nothing: slots that loading fills, code of other files, writable data.

Each is undecided, with the symbol and the rule named, as a relocatable file and as a shared library; and proved where
the claims do not depend on it, or the proof declares it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from assembling import assembled, run_tool
from refusing import run

from armsym.dsl import Proof
from armsym.elf import Image, load, load_bytes
from armsym.proof.result import ProofResult, Status

ProofFn = Callable[[Proof], None]
Make = Callable[[str], Image]


@pytest.fixture(params=["o", "so", "relro"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """From assembly text to an image: of the object, or of a shared library of it (GOT writable, or not)."""

    def of(text: str) -> Image:
        data = assembled(text)
        if request.param == "o":
            return load_bytes(data, "t.o")
        (tmp_path / "t.o").write_bytes(data)
        now = ["-z", "now", "-z", "relro"] if request.param == "relro" else ["-z", "norelro", "-z", "lazy"]
        run_tool(tmp_path, "ld", "-shared", *now, "t.o", "-o", "t.so")
        return load(tmp_path / "t.so")

    return of


def code(body: str, data: str = "") -> str:
    return f"{data}\n.text\n.globl f\n.type f,%function\nf:\n{body}\nret\n.size f,.-f\n"


def gives(number: int, *declared: str) -> ProofFn:
    """The proof that x0 is a number on return; globals may be declared."""

    def fn(p: Proof) -> None:
        for name in declared:
            p.global_(name, 64)
        p.call()
        p.modifies(p.stack(16))
        p.ensures(lambda s: {"x0": s.x0 == number})

    return fn


def left_open(r: ProofResult) -> str:
    """What is said of the obligations that are open; nothing is refuted, and there is no error."""
    assert r.status is Status.UNDECIDED, r.obligations
    assert r.counterexample is None
    assert {o.status for o in r.obligations} <= {Status.PROVED, Status.UNDECIDED}
    return "; ".join(o.detail for o in r.obligations if o.status is Status.UNDECIDED)


SLOT = "adrp x1,:got:guard\nldr x1,[x1,:got_lo12:guard]\n"
#: A stack protector: the guard is stored, and compared with what is then on the stack.
PROTECTED = (
    "sub sp,sp,#16\n"
    + SLOT
    + "ldr x2,[x1]\nstr x2,[sp,#8]\nldr x3,[sp,#8]\nldr x2,[x1]\nsubs x3,x3,x2\nb.ne 1f\n"
    + "mov x0,#1\nadd sp,sp,#16\nret\n1: bl fail"
)


def test_data_of_another_file(make: Make) -> None:
    image = make(code(SLOT + "ldr x0,[x1]"))
    assert "guard" in left_open(run(gives(0), image, "f"))


def test_data_of_another_file_where_the_claim_does_not_depend_on_it(make: Make) -> None:
    """To read it, a proof must declare it: else the load is not shown to be permitted."""
    image = make(code(PROTECTED))
    assert "guard" in left_open(run(gives(1), image, "f"))
    if image.kind == "relocatable" or "relro" in {s.name.rpartition(" ")[2] for s in image.segments}:
        r = run(gives(1, "guard"), image, "f")
        assert r.status is Status.PROVED, r.obligations
        assert any("guard" in a and "memory of its own" in a for a in r.assumptions)


def test_a_false_claim_beside_a_declared_guard_is_refuted(make: Make) -> None:
    image = make(code(PROTECTED))
    if image.kind == "relocatable" or "relro" in {s.name.rpartition(" ")[2] for s in image.segments}:
        assert run(gives(2, "guard"), image, "f").status is Status.REFUTED


def test_the_address_of_what_another_file_defines(make: Make) -> None:
    """A slot that stays as it is after loading holds any value: a claim on it is open, any other is not touched."""
    image = make(code(SLOT + "mov x0,x1"))
    for number in (0, 0x6100_0000_0000):
        if image.kind != "relocatable":
            left_open(run(gives(number), image, "f"))
        else:  # here this file's linker has chosen, and another may choose so
            assert run(gives(number), image, "f").status is Status.REFUTED
    if image.kind == "relocatable" or "relro" in {s.name.rpartition(" ")[2] for s in image.segments}:
        assert run(gives(7), make(code(SLOT + "mov x0,#7")), "f").status is Status.PROVED
        # The same slot, read twice, is the same.
        twice = SLOT + SLOT.replace("x1", "x2") + "sub x0,x1,x2"
        assert run(gives(0), make(code(twice)), "f").status is Status.PROVED


def test_a_weak_reference_may_be_null_or_not(make: Make) -> None:
    """Whether its slot holds 0 nobody knows before the file is loaded: both ways are followed."""
    text = code(SLOT + "mov x0,#{0}\ncbz x1,1f\nmov x0,#{1}\n1:", ".weak guard")
    left_open(run(gives(1), make(text.format(0, 1)), "f"))
    left_open(run(gives(0), make(text.format(0, 1)), "f"))
    image = make(text.format(5, 5))
    if image.kind == "relocatable" or "relro" in {s.name.rpartition(" ")[2] for s in image.segments}:
        assert run(gives(5), image, "f").status is Status.PROVED


def test_a_call_of_another_file(make: Make) -> None:
    call = "stp x29,x30,[sp,#-16]!\nbl outside\nldp x29,x30,[sp],#16"
    assert "outside" in left_open(run(gives(0), make(code(call)), "f"))


def test_a_jump_to_another_file(make: Make) -> None:
    assert "outside" in left_open(run(gives(0), make(code("b outside")), "f"))


def test_a_call_of_an_ifunc(make: Make) -> None:
    chosen = ".text\n.type chosen,%gnu_indirect_function\n.globl chosen\n1: ret\nchosen: adr x0,1b\nret\n"
    call = "stp x29,x30,[sp,#-16]!\nbl chosen\nldp x29,x30,[sp],#16"
    said = left_open(run(gives(0), make(code(call, chosen)), "f"))
    assert "chosen" in said or "IRELATIVE" in said


def test_a_call_on_a_path_that_is_not_taken(make: Make) -> None:
    call = "mov x0,#5\ncbz x0,1f\nret\n1: b outside"
    assert run(gives(5), make(code(call)), "f").status is Status.PROVED


VALUE = ".data\n.globl value\n.hidden value\n.balign 8\nvalue: .quad 17\n.size value,8"
READ = "adrp x0,value\nldr x0,[x0,:lo12:value]"


@pytest.mark.parametrize("number", [17, 18])
def test_the_initial_value_of_writable_data(make: Make, number: int) -> None:
    """True of the first call alone, or of none: neither is known of a call at any time."""
    image = make(code(READ, VALUE))
    said = left_open(run(gives(number), image, "f"))
    assert "value lies in .data, which is writable: since the file was loaded it may have changed" in said


def test_writable_data_that_the_proof_declares(make: Make) -> None:
    image = make(code(READ + "\neor x0,x0,x0", VALUE))
    assert run(gives(0, "value"), image, "f").status is Status.PROVED
    assert run(gives(17, "value"), make(code(READ, VALUE)), "f").status is Status.REFUTED
    assert run(gives(17), make(code(READ, VALUE.replace(".data", ".section .rodata"))), "f").status is Status.PROVED


def test_a_store_to_writable_data_is_refuted(make: Make) -> None:
    """That is a run of the routine's own: no proof may declare it, and it is not among what may change."""
    r = run(gives(17), make(code(READ.replace("ldr", "str"), VALUE)), "f")
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind == "memory"


def test_a_load_at_the_edge_of_what_is_known(make: Make) -> None:
    """Eight bytes of which the last are a declared global's neighbours: partly known is not known."""
    image = make(code("adrp x0,value\nadd x0,x0,:lo12:value\nldur x0,[x0,#4]", VALUE + "\n.quad 0"))
    left_open(run(gives(0, "value"), image, "f"))


def test_common_and_bss(make: Make) -> None:
    for data in (".comm value,8,8", ".bss\n.balign 8\n.hidden value\n.globl value\nvalue: .zero 8"):
        body = "adrp x0,value\nldr x0,[x0,:lo12:value]" if "comm" not in data else SLOT.replace("guard", "value")
        said = left_open(run(gives(0), make(code(body + ("\nldr x0,[x1]" if "comm" in data else ""), data)), "f"))
        assert "value" in said


def test_a_real_fault_is_still_refuted(make: Make) -> None:
    """An undetermined path beside one that is wrong: the wrong one is an actual run."""
    body = "tbz x1,#0,1f\nb outside\n1: mov x0,#3"

    def public(p: Proof) -> None:
        n = p.word("n", public=True)
        p.call(x1=n)
        p.ensures(lambda s: {"x0": s.x0 == 4})

    r = run(public, make(code(body)), "f")
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert r.counterexample.kind == "ensures"


CAPABILITIES = "adrp x1,cap\nldr w0,[x1,:lo12:cap]\nadd x0,x0,#1"


def test_a_global_that_another_object_defines() -> None:
    """As in a member of a static library, whose features of the core another member finds out."""
    image = load_bytes(assembled(code(CAPABILITIES, ".hidden cap")), "t.o")

    def fn(p: Proof) -> None:
        v = p.global_("cap", 32)
        p.call()
        p.ensures(lambda s: {"more": s.x0 == v.zero_extend(64) + 1})

    r = run(fn, image, "f")
    assert r.status is Status.PROVED, r.obligations
    assert "each of cap has memory of its own" in r.assumptions
    assert run(gives(1), image, "f").status is Status.UNDECIDED
    wrong = load_bytes(assembled(code(CAPABILITIES.replace("#1", "#2"), ".hidden cap")), "t.o")
    assert run(fn, wrong, "f").status is Status.REFUTED
