"""Walks of a new user: stripped library, static library, macOS wheel, kernel module; by name, prefix or address."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from assembling import assembled, run_tool
from calls import Call
from refusing import run
from shipped import fetching
from stripping import without_sections, without_symbols

from armsym.dsl import Proof
from armsym.elf import load
from armsym.proof.result import Status
from crypto_examples.wheels import AWS_LC_MACOS, OPENSSL_4_0, OPENSSL_4_0_MACOS

EXAMPLES = Path("crypto_examples")
SHA512 = EXAMPLES / "own_sha512" / "sha512.s"
OWN = "armsym_sha512_blocks"


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests have armsym keep of proved routines is not the user's; the wheels are."""
    monkeypatch.setattr("armsym.cli.known.cache_folder", lambda: tmp_path / "cache")


def renamed(prefix: str) -> bytes:
    """Our SHA-512 under another name."""
    return assembled(SHA512.read_text().replace(OWN, prefix + OWN))


# -- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ["--prefix", "build_7_"],
        ["--symbol", f"{OWN}=build_7_{OWN}"],
        ["--symbol", f"{OWN}=0x0"],
        ["--symbol", f"{OWN}=0x0+0x40", "--prefix", "build_7_"],
        ["--at", "0x0"],
    ],
)
def test_a_build_with_other_names(armsym_here: Call, tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "sha.o").write_bytes(renamed("build_7_"))
    command = ("prove", SHA512.parent, "--object", tmp_path / "sha.o")
    assert armsym_here(*command).code == 2
    answer = armsym_here(*command, *options, "-v")
    assert answer.code == 0, answer
    # Which routine that was is in the report.
    assert re.search("is what the file has|without their prefix build_7_", answer.out)


def test_a_name_says_which_code_is_meant_and_nothing_of_what_it_does(armsym_here: Call, tmp_path: Path) -> None:
    text = SHA512.read_text()
    broken = text.replace("add     v7.2d, v28.2d", "sub     v7.2d, v28.2d").replace(OWN, "broken")
    assert "sub     v7" in broken
    (tmp_path / "broken.o").write_bytes(assembled(broken))
    run_tool(tmp_path, "ld", "-r", "broken.o", str(SHA512.with_suffix(".o").resolve()), "-o", "two.o")
    command = ("prove", SHA512.parent, "--object", tmp_path / "two.o")
    assert armsym_here(*command).code == 0
    assert armsym_here(*command, "--symbol", f"{OWN}=broken").code == 1  # though it has one of that name, too
    assert armsym_here(*command, "--prefix", "bro").code == 0  # no name begins so: they are as they are


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--symbol", OWN], "the form is PROVED=IN_FILE"),
        (["--symbol", f"{OWN}="], "the form is PROVED=IN_FILE"),
        (["--symbol", f"{OWN}=0xzz"], "is no hexadecimal address"),
        (["--symbol", f"{OWN}=0x12345678901234567"], "is no hexadecimal address"),
        (["--symbol", f"{OWN}=a", "--symbol", f"{OWN}=b"], "cannot be both a and b"),
        (["--at", "64"], "an address is hexadecimal"),
        (["--at", "0x2"], "not made of whole instructions"),
        (["--at", "0x100000"], "lies outside every segment"),
        (["--symbol", f"{OWN}=nowhere"], "has no symbol 'nowhere'"),
    ],
)
def test_names_that_name_nothing(armsym_here: Call, options: list[str], message: str) -> None:
    answer = armsym_here("prove", SHA512.parent, "--object", SHA512.with_suffix(".o"), *options)
    assert answer.code == 2
    assert message in answer.out + answer.err
    assert "Traceback" not in answer.out + answer.err


def test_code_that_is_found_twice_is_not_chosen(armsym_here: Call, tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / f"{name}.o").write_bytes(assembled(SHA512.read_text().replace(OWN, name)))
    run_tool(tmp_path, "ld", "-r", "first.o", "second.o", "-o", "two.o")
    command = ("prove", SHA512.parent, "--find", "--object")
    assert armsym_here(*command, tmp_path / "first.o").code == 0
    answer = armsym_here(*command, tmp_path / "two.o")
    assert answer.code == 2
    assert re.search(rf"{OWN} may be 0x\w+\+0x\w+, 0x\w+\+0x\w+: --symbol says which", answer.err)
    assert "--find looks into one file" in armsym_here(*command, tmp_path).err
    # What the file has a symbol for is not looked for.
    (tmp_path / "three.o").write_bytes(assembled(f".globl {OWN}\n{OWN}: ret\n"))
    run_tool(tmp_path, "ld", "-r", "first.o", "three.o", "-o", "other.o")
    assert armsym_here(*command, tmp_path / "other.o").code != 0


def test_names_are_of_a_build_that_is_given(armsym_here: Call) -> None:
    answer = armsym_here("prove", SHA512.parent, "--prefix", "x_")
    assert (answer.code, "give it with --object" in answer.err) == (2, True)
    answer = armsym_here("prove", EXAMPLES / "own_sha512", EXAMPLES / "own_sha256", "--object", "x.o", "--at", "0x0")
    assert (answer.code, "is for one routine, 2 symbols are selected" in answer.err) == (2, True)


# -- archives and folders ---------------------------------------------------------------------


def static_library(folder: Path) -> Path:
    """Our routines as a static library: two members of one name among them, and a text."""
    for name in ("sha256", "sha512", "memcmp"):
        (folder / f"{name}.o").write_bytes((EXAMPLES / f"own_{name}" / f"{name}.o").read_bytes())
    (folder / "notes.txt").write_text("armsym_sha512_blocks\0")
    run_tool(folder, "ar", "rcs", "libown.a", "sha256.o", "sha512.o", "memcmp.o", "notes.txt")
    return folder / "libown.a"


def test_a_static_library(armsym_here: Call, tmp_path: Path) -> None:
    library = static_library(tmp_path)
    answer = armsym_here("prove", EXAMPLES / "own_sha512", EXAMPLES / "own_sha256", "--object", library)
    assert answer.code == 0, answer
    assert "libown.a(sha512.o)" in answer.out
    assert "libown.a(sha256.o)" in answer.out
    whole = json.loads(armsym_here("coverage", library, "--json").out)
    parts = [
        json.loads(armsym_here("coverage", f"{library}({m}.o)", "--json").out) for m in ("sha256", "sha512", "memcmp")
    ]
    assert whole["instructions"] == sum(p["instructions"] for p in parts) > 100
    assert whole["modelled"] == whole["instructions"]
    listed = json.loads(armsym_here("symbols", library, "--proofs", EXAMPLES / "own_sha512", "--json").out)
    assert {s["member"] for s in listed["symbols"]} == {f"{library}({m}.o)" for m in ("sha256", "sha512", "memcmp")}
    (found,) = (s for s in listed["symbols"] if s["proofs"])
    assert (found["name"], found["proofs"][0]["match"]) == (OWN, "bytes")
    assert found["modelled"] == found["instructions"] > 50


@pytest.mark.parametrize("got", [False, True])
def test_a_variable_that_the_member_lacks_is_a_global(tmp_path: Path, got: bool) -> None:
    reach = "adrp x1, :got:guard\nldr x1, [x1, :got_lo12:guard]\nldr x0, [x1]\n"
    if not got:
        reach = "adrp x1, guard\nldr x0, [x1, :lo12:guard]\n"
    (tmp_path / "f.o").write_bytes(assembled(f".globl f\nf:\n{reach}ret\n"))
    run_tool(tmp_path, "ar", "rcs", "lib.a", "f.o")
    image = load(f"{tmp_path / 'lib.a'}(f.o)")

    def declared(p: Proof) -> None:
        guard = p.global_("guard", 64)
        p.call()
        p.ensures(lambda s: {"X0": s.x0 == guard})

    def undeclared(p: Proof) -> None:
        p.call()
        p.ensures(lambda s: {"X0": s.x0 == 0})

    assert run(declared, image, "f").status is Status.PROVED
    r = run(undeclared, image, "f")
    assert r.status is Status.UNDECIDED  # which value it has no run can tell
    assert "guard is defined by another file; p.global_ declares it" in " ".join(o.detail for o in r.obligations)


def test_a_folder_in_which_two_files_define_the_routine(armsym_here: Call, tmp_path: Path) -> None:
    library = static_library(tmp_path)
    answer = armsym_here("prove", EXAMPLES / "own_sha512", "--object", tmp_path)
    assert answer.code == 2
    assert f"2 files in it define {OWN}: name one, {library}(sha512.o), {tmp_path / 'sha512.o'}" in answer.out
    library.unlink()
    assert armsym_here("prove", EXAMPLES / "own_sha512", "--object", tmp_path).code == 0
    (tmp_path / "sha512.o").unlink()
    answer = armsym_here("prove", EXAMPLES / "own_sha512", "--object", tmp_path)
    assert answer.code == 2
    assert f"none of the 2 files with AArch64 code in it defines {OWN}" in answer.out


def test_a_member_that_cannot_be_used_is_said_to_be(armsym_here: Call, tmp_path: Path) -> None:
    data = bytearray((EXAMPLES / "own_sha512" / "sha512.o").read_bytes())
    data[40:48] = (1 << 40).to_bytes(8, "little")  # e_shoff
    header = b"sha512.o/".ljust(48) + str(len(data)).encode().ljust(10) + b"`\n"
    (tmp_path / "lib.a").write_bytes(b"!<arch>\n" + header + data + b"\n" * (len(data) & 1))
    answer = armsym_here("prove", EXAMPLES / "own_sha512", "--object", tmp_path / "lib.a")
    assert answer.code == 2
    assert "headers" in answer.out
    answer = armsym_here("coverage", tmp_path / "lib.a")
    assert answer.code == 2
    assert "passed over" in answer.err


def test_nothing_in_a_folder(armsym_here: Call, tmp_path: Path) -> None:
    answer = armsym_here("prove", EXAMPLES / "own_sha512", "--object", tmp_path)
    assert (answer.code, "holds no file of AArch64 code" in answer.err) == (2, True)
    assert armsym_here("coverage", tmp_path).code == 2


# -- kernel modules ---------------------------------------------------------------------------


def test_a_kernel_module_compressed(armsym_here: Call, tmp_path: Path) -> None:
    module = tmp_path / "sha512.ko.xz"
    object_ = (EXAMPLES / "own_sha512" / "sha512.o").read_bytes()
    module.write_bytes(lzma.compress(object_))
    assert armsym_here("prove", EXAMPLES / "own_sha512", "--object", module).code == 0
    assert armsym_here("prove", EXAMPLES / "own_sha512", "--object", tmp_path).code == 0  # found in the folder
    assert json.loads(armsym_here("coverage", module, "--json").out)["modelled"] > 50
    # Two streams in a row are one file; half a file is none.
    module.write_bytes(lzma.compress(object_[:100]) + lzma.compress(object_[100:]))
    assert armsym_here("disasm", module, OWN).code == 0
    for damaged, why in ((lzma.compress(object_)[:-20], "do not end"), (b"\xfd7zXZ\0...", "xz data")):
        module.write_bytes(damaged)
        answer = armsym_here("disasm", module, OWN)
        assert (answer.code, why in answer.err) == (2, True), answer
    module.write_bytes(b"\x28\xb5\x2f\xfd...")
    assert "compressed with zstd, which is not read" in armsym_here("disasm", module, OWN).err


# -- stripped files ---------------------------------------------------------------------------


@pytest.mark.wheels
@pytest.mark.parametrize("strip", [without_symbols, without_sections])
def test_a_stripped_library(armsym_here: Call, tmp_path: Path, strip: Callable[[bytes], bytes]) -> None:
    proofs = EXAMPLES / "openssl" / "sha256.py"
    with fetching():
        shipped = OPENSSL_4_0.path().read_bytes()
    (tmp_path / "lib.so").write_bytes(strip(shipped))
    listed = json.loads(armsym_here("symbols", tmp_path / "lib.so", "--known", "--proofs", proofs, "--json").out)
    found = {s["proofs"][0]["proof"]: s for s in listed["symbols"]}
    assert set(found) == {"sha256_block_armv8", "sha256_block_neon", "sha256_block_data_order"}
    assert {s["proofs"][0]["match"] for s in found.values()} == {"bytes"}
    neon = found["sha256_block_neon"]
    assert neon["name"] == f"{neon['offset']:#x}+{neon['size']:#x}"
    command = ("prove", f"{proofs}::sha256_block_neon", "--object", tmp_path / "lib.so")
    assert armsym_here(*command).code == 2
    assert armsym_here(*command, "--at", hex(neon["offset"])).code == 0
    # With what they name, which the file has no symbols for either.
    command = ("prove", f"{proofs}::sha256_block_data_order", "--object", tmp_path / "lib.so")
    answer = armsym_here(*command, "--find", "-v")
    assert answer.code == 0, answer
    assert re.search(r"OPENSSL_armcap_P is what the file has at 0x[0-9a-f]+\n", answer.out)
    # Where it ends its branches tell: as the symbol did, here.
    answer = armsym_here("disasm", tmp_path / "lib.so", hex(neon["offset"]))
    assert answer.out.startswith(f"{neon['offset']:#x}: {neon['size']} bytes at ")
    assert "(its end is found from its branches)" in answer.out.partition("\n")[0]


# -- macOS ------------------------------------------------------------------------------------


@pytest.mark.wheels
def test_the_wheels_of_macos(armsym_here: Call) -> None:
    with fetching():
        files = [OPENSSL_4_0_MACOS.path(), AWS_LC_MACOS.path()]
    proofs = EXAMPLES / "openssl" / "sha256.py", EXAMPLES / "aws_lc" / "sha2.py"
    for file, proof, name in zip(files, proofs, ("sha256_block_armv8", "sha256_block_data_order_hw"), strict=True):
        answer = armsym_here("prove", f"{proof}::{name}", "--object", file, "-v")
        assert answer.code == 0, answer
        assert "Apple's rules for arm64 hold too" in answer.out
    one = EXAMPLES / "wheels.py"
    answer = armsym_here("disasm", f"{one}::OPENSSL_4_0_MACOS", "_sha256_block_data_order")
    assert "ldr w16, [x16, #0x900]  <OPENSSL_armcap_P>" in answer.out
    listed = json.loads(
        armsym_here("symbols", files[0], "--symbol", "sha256_block_*", "--proofs", proofs[0], "--json").out
    )
    assert {s["name"]: [p["match"] for p in s["proofs"]] for s in listed["symbols"]} == {
        "sha256_block_armv8": ["shape"],
        "sha256_block_neon": ["shape"],
        "sha256_block_data_order": ["shape"],
    }


# -- listings ---------------------------------------------------------------------------------


def test_disasm_shows_what_a_linker_fills_in(armsym_here: Call, tmp_path: Path) -> None:
    text = """.text
.globl f
.type f,%function
f:
adrp x0, :got:__stack_chk_guard
ldr x0, [x0, :got_lo12:__stack_chk_guard]
bl g
mrs x1, tpidr_el0
add x1, x1, :tprel_hi12:local
ret
.size f,.-f
.section .tbss,"awT",%nobits
local: .word 0
"""
    (tmp_path / "f.o").write_bytes(assembled(text))
    answer = armsym_here("disasm", tmp_path / "f.o", "f")
    for line in ("; R_AARCH64_ADR_GOT_PAGE of __stack_chk_guard", "; R_AARCH64_CALL26 of g"):
        assert line in answer.out
    assert "????????  .word ?  ; section .text at 0x10, R_AARCH64_TLSLE_ADD_TPREL_HI12 of local" in answer.out
    rows = json.loads(armsym_here("disasm", tmp_path / "f.o", "f", "--json").out)["instructions"]
    assert rows[1]["relocation"] == "R_AARCH64_LD64_GOT_LO12_NC of __stack_chk_guard"
    assert [r["kind"] for r in rows].count("instruction") == 4  # MRS of TPIDR_EL0 is not modelled
