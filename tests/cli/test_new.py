"""`armsym new`: what a skeleton says of a routine, against C prototypes and the disassembly; and that it runs.

The prototypes are those of OpenSSL's and AWS-LC's sources: `*` a pointer, `n` a number, w for int.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from calls import Call
from cli_data import OBJECT

import armsym.cli
from armsym.elf import load
from armsym.proof.concrete import ConcreteProof
from armsym.proof.loops import Routine
from armsym.proof.registry import discover
from armsym.proof.symbolic import SymbolicProof
from armsym.proof.trials import concrete_stepper, run_trial
from armsym.wheels import Wheel
from crypto_examples.wheels import AWS_LC, OPENSSL_4_0
from semantics import A64

EXAMPLES = Path(__file__).parents[2] / "crypto_examples"

OWN = {
    # symbol: (file, arguments, length register and its unit, region sizes in bytes)
    "armsym_sha256_blocks": ("own_sha256/sha256.o", "x0* x1* x2n", ("x2", 1), {"x0": "32", "x1": "64 * n"}),
    "armsym_sha512_blocks": ("own_sha512/sha512.o", "x0* x1* x2n", ("x2", 1), {"x0": "64", "x1": "128 * n"}),
    "armsym_ct_memcmp": ("own_memcmp/memcmp.o", "x0* x1* x2n", ("x2", 1), {"x0": "n", "x1": "n"}),
}

#: (library, symbol, arguments, sizes of some regions, length and unit)
SHIPPED: list[tuple[Wheel, str, str, dict[str, str], tuple[str, int] | None]] = [
    (OPENSSL_4_0, "sha1_block_armv8", "x0* x1* x2n", {"x0": "20", "x1": "64 * n"}, ("x2", 1)),
    (OPENSSL_4_0, "sha256_block_armv8", "x0* x1* x2n", {"x0": "32", "x1": "64 * n"}, ("x2", 1)),
    (OPENSSL_4_0, "sha512_block_armv8", "x0* x1* x2n", {"x0": "64", "x1": "128 * n"}, ("x2", 1)),
    (OPENSSL_4_0, "sha256_block_data_order", "x0* x1* x2n", {"x0": "32", "x1": "64 * n"}, ("x2", 1)),
    (OPENSSL_4_0, "ossl_md5_block_asm_data_order", "x0* x1* x2n", {"x0": "16", "x1": "64 * n"}, ("x2", 1)),
    (OPENSSL_4_0, "KeccakF1600", "x0*", {"x0": "200"}, None),
    (OPENSSL_4_0, "SHA3_absorb", "x0* x1* x2n x3n", {"x0": "200"}, None),
    (OPENSSL_4_0, "aes_v8_set_encrypt_key", "x0* w1n x2*", {}, None),
    (OPENSSL_4_0, "aes_v8_encrypt", "x0* x1* x2*", {"x0": "16", "x1": "16", "x2": "244"}, None),
    (OPENSSL_4_0, "aes_v8_decrypt", "x0* x1* x2*", {"x0": "16", "x1": "16", "x2": "244"}, None),
    (OPENSSL_4_0, "vpaes_encrypt", "x0* x1* x2*", {"x0": "16", "x1": "16", "x2": "244"}, None),
    (OPENSSL_4_0, "aes_v8_ecb_encrypt", "x0* x1* x2n x3* w4n", {"x0": "16 * n", "x1": "16 * n"}, ("x2", 16)),
    (OPENSSL_4_0, "aes_v8_cbc_encrypt", "x0* x1* x2n x3* x4* w5n", {"x0": "16 * n", "x4": "16"}, ("x2", 16)),
    (OPENSSL_4_0, "aes_v8_ctr32_encrypt_blocks", "x0* x1* x2n x3* x4*", {"x1": "16 * n", "x4": "16"}, ("x2", 1)),
    (OPENSSL_4_0, "ChaCha20_ctr32_dflt", "x0* x1* x2n x3* x4*", {"x0": "n", "x1": "n", "x3": "32", "x4": "16"}, None),
    (OPENSSL_4_0, "gcm_init_v8", "x0* x1*", {"x0": "192", "x1": "16"}, None),
    (OPENSSL_4_0, "gcm_gmult_v8", "x0* x1*", {"x0": "16", "x1": "32"}, None),
    (OPENSSL_4_0, "gcm_ghash_v8", "x0* x1* x2* x3n", {"x0": "16", "x2": "16 * n"}, ("x3", 16)),
    (OPENSSL_4_0, "poly1305_blocks", "x0* x1* x2n w3n", {"x1": "16 * n"}, ("x2", 16)),
    (OPENSSL_4_0, "CRYPTO_memcmp", "x0* x1* x2n", {"x0": "n", "x1": "n"}, ("x2", 1)),
    (OPENSSL_4_0, "OPENSSL_cleanse", "x0* x1n", {"x0": "n"}, ("x1", 1)),
    (AWS_LC, "sha1_block_data_order_nohw", "x0* x1* x2n", {"x0": "20", "x1": "64 * n"}, ("x2", 1)),
    (AWS_LC, "sha256_block_data_order_hw", "x0* x1* x2n", {"x0": "32", "x1": "64 * n"}, ("x2", 1)),
    (AWS_LC, "sha512_block_data_order_nohw", "x0* x1* x2n", {"x0": "64", "x1": "128 * n"}, ("x2", 1)),
    (AWS_LC, "KeccakF1600_hw", "x0*", {"x0": "200"}, None),
    (AWS_LC, "aes_hw_encrypt", "x0* x1* x2*", {"x0": "16", "x1": "16", "x2": "244"}, None),
    (AWS_LC, "aes_hw_ctr32_encrypt_blocks", "x0* x1* x2n x3* x4*", {"x0": "16 * n", "x4": "16"}, ("x2", 1)),
    (AWS_LC, "gcm_ghash_v8", "x0* x1* x2* x3n", {"x0": "16", "x2": "16 * n"}, ("x3", 16)),
    (AWS_LC, "ChaCha20_ctr32_nohw", "x0* x1* x2n x3* x4*", {"x0": "n", "x1": "n"}, ("x2", 1)),
]
#: A number that is an `int` in C but of which the code reads all 64 bits, and the like: what is told is wider.
WIDER = {"ossl_md5_block_asm_data_order": {"x2": "w2"}, "poly1305_blocks": {"w3": "x3"}}


def run(*arguments: object) -> int:
    return armsym.cli.run([str(a) for a in arguments])


@cache
def skeleton_of(wheel: Wheel, symbol: str) -> dict[str, Any]:
    """The facts and the text; each routine is followed once in all these tests."""
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert run("new", wheel.path(), symbol, "--json") == 0
    return dict(json.loads(out.getvalue()))


def arguments_of(facts: dict[str, Any]) -> str:
    marks = {"pointer": "*", "length": "n", "number": "n"}
    return " ".join(a["register"] + marks[a["kind"]] for a in facts["arguments"] if int(a["register"][1:]) < 8)


# -- our own objects ----------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", OWN)
def test_a_skeleton_of_our_own_routines_is_proved_as_it_is(armsym_here: Call, tmp_path: Path, symbol: str) -> None:
    file, arguments, length, sizes = OWN[symbol]
    proof = tmp_path / "skeleton.py"
    written = armsym_here("new", EXAMPLES / file, symbol, "-o", proof)
    assert written.code == 0
    assert f"armsym prove {proof}" in written.out
    text = proof.read_text()
    assert "NOTHING IS CLAIMED YET" in text
    assert "TODO" in text
    answer = armsym_here("prove", proof, "--timeout", "20")
    assert (answer.code, answer.out.split()[:2]) == (0, ["proved", symbol])

    facts = json.loads(armsym_here("new", EXAMPLES / file, symbol, "--json").out)
    assert facts["schema_version"] == 1
    assert facts["skeleton"].count("@proof") == 1
    assert arguments_of(facts) == arguments
    rows = {a["register"]: a for a in facts["arguments"]}
    assert (rows[length[0]]["kind"], rows[length[0]]["unit"]) == ("length", length[1])
    assert {r: rows[r]["size"] for r in sizes} == sizes
    assert facts["stack"] == 0  # none of the three touches memory below SP, by their sources
    assert facts["saved"] == []


def test_a_loop_and_what_it_changes(armsym_here: Call) -> None:
    facts = json.loads(armsym_here("new", OBJECT, "sum64", "--json").out)
    # By routines.s: the loop begins at the second of seven instructions after the two of add64.
    (loop,) = facts["loops"]
    assert (loop["head"], loop["end"]) == (8 + 4, 8 + 16)
    assert loop["changes"] == {"x0": 8, "x1": -1, "x2": None, "x3": None}
    assert loop["upto"] == "n"
    assert "Loop +0x4 to +0x10: x0 += 8, x1 -= 1, x2-3 change." in facts["skeleton"]
    assert '"x1 counts down": s.x1 == n - i' in facts["skeleton"]


def test_a_routine_without_loops_or_memory(armsym_here: Call) -> None:
    facts = json.loads(armsym_here("new", OBJECT, "add64", "--json").out)
    assert [(a["register"], a["kind"]) for a in facts["arguments"]] == [("x0", "number"), ("x1", "number")]
    assert (facts["loops"], facts["calls"], facts["stack"]) == ([], [], 0)


def test_a_constant_result_is_claimed(armsym_here: Call, tmp_path: Path) -> None:
    # `mov x0, #1; ret` is the end of `root`, whose first instruction is not modelled.
    text = armsym_here("new", OBJECT, "root").out
    assert '"returns 0x1": s.w0 == 0x1' in text
    assert "NOTHING IS CLAIMED YET" not in text


def test_an_unmodelled_instruction_is_told_first(armsym_here: Call, tmp_path: Path) -> None:
    proof = tmp_path / "root.py"
    written = armsym_here("new", OBJECT, "root", "-o", proof)
    assert "1 instruction not modelled" in written.out
    assert re.search(r"# NOT MODELLED: 0x1e61c000 fsqrt at 0x38 \(\+0x0\)", proof.read_text())
    answer = armsym_here("prove", proof)
    assert answer.code == 2
    assert "0x1e61c000" in answer.out


@pytest.mark.parametrize(("symbol", "status"), [("trap", "refuted"), ("vxor", "undecided"), ("pool", "proved")])
def test_an_honest_answer(armsym_here: Call, tmp_path: Path, symbol: str, status: str) -> None:
    # `trap` ends in BRK; `vxor` changes a global, of which nobody knows what it holds: neither is proved.
    proof = tmp_path / "it.py"
    assert armsym_here("new", OBJECT, symbol, "-o", proof).code == 0
    answer = armsym_here("prove", proof)
    assert (answer.code, answer.out.split()[0]) == ({"refuted": 1, "proved": 0, "undecided": 3}[status], status)


def test_the_file_is_found_from_the_proof(armsym_here: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib.o").write_bytes(OBJECT.read_bytes())
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    assert armsym_here("new", "lib.o", "add64", "-o", "p.py").code == 0
    assert 'of="lib.o"' in Path("p.py").read_text()
    monkeypatch.chdir("here")
    assert armsym_here("prove", "../p.py").code == 0
    assert armsym_here("new", "../lib.o", "add64", "-o", "q.py").code == 0
    assert armsym_here("prove", "q.py").code == 0


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((OBJECT, "sum46"), "near: sum64"),
        ((OBJECT, "counter"), "counter"),
        (("no/such.o", "f"), "no/such.o"),
        ((OBJECT, "add64", "-o", "proof.txt"), "NAME.py"),
        ((OBJECT, "add64", "-o", "no/such/folder/proof.py"), "no/such/folder"),
        ((OBJECT, "add64", "-o", __file__), "--force"),
    ],
)
def test_bad_input_is_one_line(armsym_here: Call, arguments: tuple[object, ...], part: str) -> None:
    answer = armsym_here("new", *arguments)
    assert answer.code == 2
    assert part in answer.one_line_error()
    assert answer.out == ""


def test_force_overwrites(armsym_here: Call, tmp_path: Path) -> None:
    target = tmp_path / "p.py"
    target.write_text("old")
    assert armsym_here("new", OBJECT, "add64", "-o", target, "--force").code == 0
    assert "def add64" in target.read_text()


# -- shipped libraries --------------------------------------------------------------------------

shipped = pytest.mark.parametrize(
    ("wheel", "symbol", "arguments", "sizes", "length"), SHIPPED, ids=[f"{w.package}-{s}" for w, s, *_ in SHIPPED]
)


def disassembly(wheel: Wheel, symbol: str) -> tuple[int, int, list[tuple[int, str]]]:
    """Offset, size and (offset, assembly) of a routine."""
    image = load(wheel.path())
    start, size = image.function_extent(symbol)
    places = range(start, start + size, 4)
    return start, size, [(at, A64.decode(image.word(at)).assembly(at)) for at in places]


@pytest.mark.wheels
@shipped
def test_shipped_routine(
    tmp_path: Path, wheel: Wheel, symbol: str, arguments: str, sizes: dict[str, str], length: tuple[str, int] | None
) -> None:
    """One test for all that is checked of a routine: following it takes the time."""
    facts = skeleton_of(wheel, symbol)
    check_arguments(facts, symbol, arguments, sizes, length)
    check_loop_heads(facts, wheel, symbol)
    check_that_it_can_be_set_up(facts, tmp_path, symbol)


def check_arguments(
    facts: dict[str, Any], symbol: str, arguments: str, sizes: dict[str, str], length: tuple[str, int] | None
) -> None:
    """Arguments are those of the prototype."""
    for there, here in WIDER.get(symbol, {}).items():
        arguments = arguments.replace(there, here)
    assert arguments_of(facts) == arguments
    rows = {a["register"]: a for a in facts["arguments"]}
    assert {r: rows[r]["size"] for r in sizes} == sizes
    if length is not None:
        row = rows[WIDER.get(symbol, {}).get(length[0], length[0])]
        assert (row["kind"], row["unit"]) == ("length", length[1])
    assert facts["unmodelled"] == []


def check_loop_heads(facts: dict[str, Any], wheel: Wheel, symbol: str) -> None:
    """Loop heads are the targets of branches backwards."""
    start, size, code = disassembly(wheel, symbol)
    targets: set[int] = set()
    maybe: set[int] = set()
    for at, text in code:
        match = re.fullmatch(r"(b|b\.\w+|cbn?z|tbn?z)\s(?:.*, )?#(0x[0-9a-f]+)", text)
        if match and start <= int(match[2], 16) <= at:
            # An unconditional branch backwards may as well lead to a tail that several paths share.
            (maybe if match[1] == "b" else targets).add(int(match[2], 16))
    heads = {x["head"] for x in facts["loops"] if start <= x["head"] < start + size}
    assert targets <= heads <= targets | maybe


def check_that_it_can_be_set_up(facts: dict[str, Any], folder: Path, symbol: str) -> None:
    """It imports, its declarations are accepted, and concrete runs end in an answer."""
    file = folder / "skeleton.py"
    file.write_text(facts["skeleton"])
    (definition,) = discover(file)
    assert definition.symbol == symbol
    routine = Routine(load(definition.object_spec()), A64, symbol)
    for hint in range(3):
        p = ConcreteProof(routine, hint, hint, hint)
        definition(p)
        t = run_trial(p, concrete_stepper)
        assert t.final is not None or t.violation is not None
    symbolic = SymbolicProof(routine)
    definition(symbolic)
    symbolic.start()


@pytest.mark.wheels
@pytest.mark.parametrize(
    ("wheel", "symbol", "depth"),
    [
        # By the disassembly: `stp x29, x30, [sp, #-0x10]!` is all.
        (OPENSSL_4_0, "sha512_block_armv8", 16),
        # `stp x29, x30, [sp, #-0x80]!`, then `sub sp, sp, #0x30`; KeccakF1600_int stays within that.
        (OPENSSL_4_0, "KeccakF1600", 0x80 + 0x30),
        # No instruction names sp.
        (OPENSSL_4_0, "aes_v8_encrypt", 0),
        (OPENSSL_4_0, "CRYPTO_memcmp", 0),
        # `stp x29, x30, [sp, #-0x60]!`, then `sub sp, sp, #0x40`.
        (AWS_LC, "ChaCha20_ctr32_nohw", 0x60 + 0x40),
    ],
)
def test_stack_depth(wheel: Wheel, symbol: str, depth: int) -> None:
    _, _, code = disassembly(wheel, symbol)
    told = 0
    for _, text in code:
        match = re.search(r"\[sp, #-(0x[0-9a-f]+)\]!|sub sp, sp, #(0x[0-9a-f]+)", text)
        told += int(match[1] or match[2], 16) if match else 0
    assert told == depth
    assert skeleton_of(wheel, symbol)["stack"] == depth


@pytest.mark.wheels
def test_what_else_is_told_of_a_dispatching_routine() -> None:
    facts = skeleton_of(OPENSSL_4_0, "sha256_block_data_order")
    assert facts["globals"] == ["OPENSSL_armcap_P"]
    assert 'p.global_("OPENSSL_armcap_P", 32)' in facts["skeleton"]
    assert facts["saved"] == [f"x{n}" for n in range(19, 30)]
    followed = skeleton_of(OPENSSL_4_0, "KeccakF1600")["calls"]
    assert [(c["target"], c["followed"]) for c in followed] == [("KeccakF1600_int", True)]
    # The table of rounds constants has 24 words of 64 bits (FIPS 202, 3.2.5).
    assert "Reads 192 bytes of constants" in skeleton_of(OPENSSL_4_0, "KeccakF1600")["skeleton"]


@pytest.mark.wheels
@pytest.mark.parametrize(
    ("wheel", "symbol", "code"),
    [
        (OPENSSL_4_0, "sha512_block_armv8", 0),
        (OPENSSL_4_0, "gcm_init_v8", 0),
        (OPENSSL_4_0, "CRYPTO_memcmp", 0),
        (OPENSSL_4_0, "OPENSSL_cleanse", None),
        (OPENSSL_4_0, "aes_v8_encrypt", 1),  # the number of rounds is read from a structure: not yet declared public
        (OPENSSL_4_0, "aes_v8_cbc_encrypt", 1),
        (OPENSSL_4_0, "gcm_ghash_v8", None),
        (AWS_LC, "sha256_block_data_order_hw", 0),
    ],
)
def test_the_skeleton_is_proved_refuted_or_undecided(
    armsym_here: Call, tmp_path: Path, wheel: Wheel, symbol: str, code: int | None
) -> None:
    file = tmp_path / "skeleton.py"
    file.write_text(skeleton_of(wheel, symbol)["skeleton"])
    answer = armsym_here("prove", file, "--timeout", "10")
    assert answer.code in (0, 1, 3)
    assert "internal" not in answer.out
    if code is not None:
        assert answer.code == code
