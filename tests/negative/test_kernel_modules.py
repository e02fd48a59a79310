"""Kernel modules: code that the kernel rewrites is not what the file has, and SP_EL0 is any public value."""

from __future__ import annotations

from pathlib import Path

import pytest
from assembling import assembled, run_tool
from refusing import run

from armsym.dsl import Proof
from armsym.elf import Image, load, load_bytes
from armsym.errors import InputError, UndeterminedTarget
from armsym.proof.result import ProofResult, Status

#: As the kernel's macros write them: places are distances from the field that holds them.
ALTERNATIVE = """
.section .altinstructions,"a"
.word place - .
.word 3f - .
.hword 7
.byte 4 * {words}, 4 * {words}

.section .altinstr_replacement,"ax"
3: .rept {words}
mov x0, #2
.endr
"""
JUMP = """
.section __jump_table,"aw"
.p2align 3
.word place - .
.word away - .
.quad key - .
.data
.p2align 3
key: .quad 0
"""
TRACED = """
.section __patchable_function_entries,"aw"
.p2align 3
.quad place
"""
SCS = """
.section .modinfo,"a"
.asciz "license=GPL"
.section .init.eh_frame,"a"
.word 0
"""
KSYMTAB = """
.section ___ksymtab+f,"a"
.word f - .
.word name_of_f - .
.section __ksymtab_strings,"aMS",%progbits,1
name_of_f: .asciz "f"
"""


def module(body: str, tables: str = "") -> Image:
    text = f".text\n.globl f\n.type f,%function\nf:\n{body}\nret\naway: ret\n.size f,.-f\n{tables}{KSYMTAB}"
    return load_bytes(assembled(text), "f.ko")


def returns_one(image: Image) -> ProofResult:
    def fn(p: Proof) -> None:
        p.call()
        p.ensures(lambda s: {"X0": s.x0 == 1})

    return run(fn, image, "f")


def test_a_module_is_an_object_file() -> None:
    assert returns_one(module("mov x0, #1")).status is Status.PROVED


@pytest.mark.parametrize(
    ("body", "tables", "message"),
    [
        ("place: mov x0, #1", ALTERNATIVE.format(words=1), "an alternative for this core"),
        ("mov x0, #1\nplace: nop", JUMP, "a branch or a NOP of it"),
        ("place: nop\nnop\nmov x0, #1", TRACED, "may trace the function"),
        ("nop\nplace: nop\nnop\nmov x0, #1", TRACED, "may trace the function"),
        ("place: bl away\nmov x0, #1", TRACED.replace("__patchable_function_entries", "__mcount_loc"), "may trace"),
        ("paciasp\nautiasp\nmov x0, #1", SCS, "a shadow call stack"),
    ],
)
def test_code_that_the_kernel_rewrites_is_not_known(body: str, tables: str, message: str) -> None:
    """The file's own words would give the result claimed."""
    if "bl" not in body:
        assert returns_one(module(body)).status is Status.PROVED
    r = returns_one(module(body, tables))
    assert r.status is Status.UNDECIDED
    assert message in " ".join(o.detail for o in r.obligations)


def test_exactly_the_words_that_are_listed() -> None:
    image = module("mov x1, #1\nplace: mov x0, #1\nmov x2, #1\nmov x3, #1", ALTERNATIVE.format(words=2))
    start = image.symbol("f").offset
    assert [image.is_code(start + 4 * k) for k in range(5)] == [True, False, False, True, True]
    with pytest.raises(UndeterminedTarget, match="an alternative"):
        image.word(start + 8)
    with pytest.raises(InputError, match="an alternative"):
        image.bytes_at(start, 8)
    # Two NOPs at least are the tracer's, and those that follow; what is no NOP is not.
    image = module("place: nop\nnop\nnop\nmov x0, #1", TRACED)
    assert [image.is_code(start + 4 * k) for k in range(4)] == [False, False, False, True]
    # Of -fpatchable-function-entry=4,2 with landing pads: NOPs before the function, its BTI, and the tracer's NOPs.
    for pad in ("bti c", "bti j", "bti jc", "bti"):
        image = module(f"place: nop\nnop\n{pad}\nnop\nnop\nmov x0, #1\nnop", TRACED)
        assert [image.is_code(start + 4 * k) for k in range(7)] == [False] * 5 + [True] * 2
    # A routine beside them may be proved.
    away = module("mov x0, #1\nret\nplace: nop\nnop", TRACED + JUMP)
    assert returns_one(away).status is Status.PROVED


def test_a_linked_kernel_lists_them_too(tmp_path: Path) -> None:
    text = f".text\n.globl f\nf: mov x1, #1\nplace: mov x0, #1\nret\n{ALTERNATIVE.format(words=1)}"
    (tmp_path / "f.o").write_bytes(assembled(text))
    run_tool(tmp_path, "ld", "-shared", "f.o", "-o", "vmlinux")
    image = load(tmp_path / "vmlinux")
    start = image.symbol("f").offset
    assert [image.is_code(start + 4 * k) for k in range(3)] == [True, False, True]


def test_a_table_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"section .altinstructions of 13 bytes is not made of entries of 12 bytes"):
        module(
            "place: nop", ALTERNATIVE.format(words=1).replace(".section .altinstr_r", ".byte 0\n.section .altinstr_r")
        )


#: As kernels ask whether they should yield: the task's word of flags, at 8.
YIELDS = "mrs x5, sp_el0\nldr x5, [x5, #8]\nand x0, x5, #1\ncbz x0, 1f\n1:"


def test_sp_el0_is_any_public_value() -> None:
    def gives(p: Proof) -> None:
        task = p.region("task", 64, access="r", public=True)
        p.call(sp_el0=task)
        p.ensures(lambda s: {"a bit of the task": s.x0 == task.words(64)[1] & 1})

    r = run(gives, module(YIELDS), "f")
    assert r.status is Status.PROVED
    assert any("SP_EL0 may be read" in a for a in r.assumptions)
    assert "SP_EL0 holds what the proof says" in r.assumptions

    def any_value(p: Proof) -> None:
        p.call()
        p.ensures(lambda s: {"X0": s.x0 == 0})

    # Not given, it is no address of anything that may be read; and it is not 0.
    assert run(any_value, module(YIELDS), "f").status is not Status.PROVED
    assert run(any_value, module("mrs x0, sp_el0"), "f").status is Status.REFUTED
    assert run(any_value, module("mrs x0, sp_el0\nmrs x1, sp_el0\nsub x0, x0, x1"), "f").status is Status.PROVED


def test_a_secret_in_sp_el0_is_refused() -> None:
    def secret(p: Proof) -> None:
        p.call(sp_el0=p.word("secret", 64))
        p.ensures(lambda s: {"X0": s.x0 == s.x0})

    with pytest.raises(InputError, match="sp_el0 is public, the argument is secret"):
        run(secret, module("mrs x0, sp_el0"), "f")


def test_a_secret_flag_of_the_task_is_not_branched_on() -> None:
    def fn(p: Proof) -> None:
        task = p.region("task", 64, access="r")
        p.call(sp_el0=task)
        p.ensures(lambda s: {"X0": s.x0 == task.words(64)[1] & 1})

    r = run(fn, module(YIELDS), "f")
    assert r.status is not Status.PROVED
    assert [o.kind for o in r.obligations if o.status is not Status.PROVED] == ["constant-time"]
