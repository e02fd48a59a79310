"""ChaCha20 of a shipped file, of any length, audited; and what is wrong of it is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from exporting import exported

from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Bundle, Case
from armsym.audit.columns import Opaque, run
from armsym.audit.elf import Elf
from armsym.audit.text import read, write
from armsym.audit.wording import contract_lines

pytestmark = pytest.mark.wheels

BORINGSSL = Path(__file__).resolve().parents[2] / "crypto_examples" / "boringssl"

# RFC 8439, 2.4.2: the key is 0 to 31, the block counter 1
NONCE = bytes.fromhex("000000000000004a00000000")
PLAIN = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    b"sunscreen would be it."
)
CIPHER = bytes.fromhex(
    "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b357"
    "1639d624e65152ab8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
    "5af90bbf74a35be6b40b8eedf2785e42874d"
)


@pytest.fixture(scope="module")
def scalar() -> tuple[str, Path]:
    bundle, path = exported(BORINGSSL, "ChaCha20_ctr32_nohw")
    return write(bundle), path


def _verdict(bundle: Bundle, data: bytes) -> Verdict:
    elf = Elf.parse(data)
    return audit(bundle, elf, elf.symbol(bundle.symbol)[0])


def _value(case: Case, node: int, block: int, cell: Opaque) -> int:
    """The value of a node of the table, for the number of a block."""
    return run(case.table.instructions, lambda name, _: block if name == "block" else 0, cell)[node]


def test_chacha20_is_audited(scalar: tuple[str, Path]) -> None:
    verdict = _verdict(read(scalar[0]), scalar[1].read_bytes())
    assert verdict.audited, verdict.refused
    # A whole block of 64 bytes at a time, at the loop's head and on return; the rest byte by byte.
    assert verdict.counts["new blocks of buffers"] == 2 * 64 + 2
    assert verdict.counts["returns"] == 2
    assert any("for all block < length" in line for line in contract_lines(read(scalar[0]).cases[0]))


def test_the_standard_in_the_bundle_is_the_standard(scalar: tuple[str, Path]) -> None:
    """What the bundle says of byte k of the output, on the document's example."""
    case = read(scalar[0]).cases[0]
    (claim,) = case.holds
    memory = {"mem.in_": PLAIN, "mem.key": bytes(range(32)), "mem.counter": (1).to_bytes(4, "little") + NONCE}

    def cell(name: str, arguments: tuple[int, ...]) -> int:
        size = case.regions[name[4:]].cell if name[4:] in case.regions else 8
        return int.from_bytes(memory.get(name, b"")[arguments[0] : arguments[0] + size], "little")

    for k in (0, 1, 3, 31, 63, 64, 65, 113):
        assert _value(case, claim.words[0], k, cell) == CIPHER[k]


@pytest.mark.parametrize(
    ("symbol_offset", "old", "new"),
    [
        (0x2A4, 0x9100079C, 0x91000B9C),  # add x28, x28, #2: the counter of the next block
        (0x2F0, 0x8B2263E4, 0x8B2163E4),  # add x4, sp, x1: where the key stream of the last block is read
        (0x32C, 0x3862688B, 0x3862680B),  # ldrb w11, [x0, x2]: not key stream
    ],
)
def test_code_that_does_something_else_is_refused(
    scalar: tuple[str, Path], symbol_offset: int, old: int, new: int
) -> None:
    data = bytearray(scalar[1].read_bytes())
    bundle = read(scalar[0])
    elf = Elf.parse(bytes(data))
    entry = elf.symbol(bundle.symbol)[0]
    code = b"".join(elf.word(entry + 4 * k).to_bytes(4, "little") for k in range(8))
    at = data.index(code) + symbol_offset
    assert data[at : at + 4] == old.to_bytes(4, "little")
    data[at : at + 4] = new.to_bytes(4, "little")
    assert not _verdict(bundle, bytes(data)).audited


def test_no_byte_more_is_claimed(scalar: tuple[str, Path]) -> None:
    bundle = read(scalar[0])
    case = bundle.cases[0]
    (claim,) = case.holds
    more = case.table.add(64, claim.upto, case.table.const(1))
    case.holds[:] = [replace(claim, upto=more)]
    assert "the blocks lie in out" in _verdict(bundle, scalar[1].read_bytes()).refused[0]
