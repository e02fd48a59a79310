"""The specifications run unchanged on symbols, and mean there what they mean on numbers."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import specs
from armsym.bits import Bits
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import Var
from specs import aes, chacha20, fips203_bytes, gcm, md5, modes, packing, poly1305, sha1, sha3, sha256, sha512, sm3, sm4

OPAQUE = {"aes_sbox": aes.sbox, "aes_inv_sbox": aes.inv_sbox, "sm4_sbox": sm4.sbox}

FILES = sorted(Path(specs.__file__).parent.glob("*.py"))
BELONG_TO_NO_DOCUMENT = {"__init__", "rings", "strings", "words"}


def apply(name: str, width: int, widths: tuple[int, ...], args: tuple[int, ...]) -> int:
    """The definition behind an opaque function."""
    result = OPAQUE[name](*(Bits(w, a) for w, a in zip(widths, args, strict=True)))
    assert result.width == width
    return result.uint


def agree(function: Callable[[list[Bits]], list[Bits]], widths: list[int], runs: int = 2) -> None:
    """Run the function once on variables of these widths, and compare with runs on random numbers."""
    variables = [Var(f"v{k}", w) for k, w in enumerate(widths)]
    symbolic = function([Bits(v.width, v) for v in variables])
    assert not any(word.is_concrete for word in symbolic)
    rng = random.Random(1)
    for _ in range(runs):
        numbers = [rng.getrandbits(w) for w in widths]
        evaluate = Evaluator(dict(zip(variables, numbers, strict=True)), apply)
        concrete = function([Bits(w, n) for w, n in zip(widths, numbers, strict=True)])
        assert [(s.width, evaluate(s.value)) for s in symbolic] == [(c.width, c.uint) for c in concrete]


@pytest.mark.parametrize(
    ("compress", "chaining", "width"),
    [
        (sha256.compress, 8, 32),
        (sha512.compress, 8, 64),
        (sha1.compress, 5, 32),
        (md5.compress, 4, 32),
        (sm3.CF, 8, 32),
    ],
    ids=["sha256", "sha512", "sha1", "md5", "sm3"],
)
def test_compression(compress: Callable[[list[Bits], list[Bits]], list[Bits]], chaining: int, width: int) -> None:
    agree(lambda v: compress(v[:chaining], v[chaining:]), [width] * (chaining + 16))


def test_keccak_round() -> None:
    """One round: cut points belong between rounds."""
    agree(lambda v: sha3.lanes_of(sha3.Rnd(sha3.state_of(v), 5)), [64] * 25)


def test_aes_cipher_and_key_expansion() -> None:
    agree(lambda v: aes.aes(v[:16], v[16:]), [8] * 32)
    agree(aes.KeyExpansion, [8] * 32)


def test_aes_inverse_ciphers() -> None:
    agree(lambda v: aes.InvCipher(v[:16], 10, v[16:]), [8] * 16 + [32] * 44)
    agree(lambda v: aes.EqInvCipher(v[:16], 10, v[16:]), [8] * 16 + [32] * 44)


def test_aes_key_expansion_of_the_equivalent_inverse_cipher() -> None:
    agree(aes.KeyExpansionEIC, [8] * 16)


def test_chacha20_block() -> None:
    agree(lambda v: chacha20.chacha20_block(v[:8], v[8], v[9:]), [32] * 12)


def test_poly1305_block() -> None:
    agree(lambda v: [poly1305.add_block(v[0], poly1305.clamp(v[1]), v[2])], [130, 128, 128])


def test_packing_and_encodings_of_fips_203() -> None:
    agree(packing.pack, [3, 5, 12, 12, 20, 4])
    agree(lambda v: packing.unpack(v, 18), [8] * 9)
    agree(lambda v: fips203_bytes.ByteEncode(12, v), [12] * 256)
    agree(lambda v: fips203_bytes.ByteDecode(12, v), [8] * 384)
    agree(lambda v: fips203_bytes.ByteDecode(5, v), [8] * 160)


def test_gcm_multiplication_by_a_known_hash_key() -> None:
    """Linear in X; the definition itself, which stands for itself on symbols."""
    H = Bits(128, 0x66E94BD4EF8A2C3B884CFA59CA342B2E)
    agree(lambda v: [gcm.multiply.definition(v[0], H)], [128])


def test_sm4() -> None:
    agree(lambda v: sm4.encrypt(v[:4], v[4:]), [32] * 36)
    agree(sm4.key_expansion, [32] * 4)


def test_modes() -> None:
    def ciph(X: Bits) -> Bits:
        return X.ror(3) ^ 0xFF  # any function: the modes do not look inside

    agree(lambda v: modes.cbc_encrypt(ciph, v[0], v[1:]), [128] * 4)
    agree(lambda v: modes.cbc_decrypt(ciph, v[0], v[1:]), [128] * 4)
    agree(lambda v: modes.ctr(ciph, modes.counter_blocks(v[0], 3, 32), v[1:]), [128, 128, 128, 40])
    agree(lambda v: gcm.GCTR(ciph, v[0], v[1:]), [128, 128, 8])


# -- how the specifications are written -----------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_specifications_import_only_bits(path: Path) -> None:
    """What instruction semantics share with a specification could cancel an error out of a proof."""
    allowed = {"__future__", "collections.abc", "typing", "armsym.bits"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            raise AssertionError(f"{path.name} imports {node.names[0].name}")
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            assert node.level == 0
            assert module in allowed or module.startswith("specs."), f"{path.name} imports {module}"


@pytest.mark.parametrize("path", [p for p in FILES if p.stem not in BELONG_TO_NO_DOCUMENT], ids=lambda p: p.stem)
def test_every_function_cites_its_source(path: Path) -> None:
    module = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in module.body if isinstance(n, ast.FunctionDef)]
    # A file of constants names it for all of them.
    documented: list[ast.FunctionDef | ast.Module] = [*functions] or [module]
    for function in documented:
        text = ast.get_docstring(function) or ""
        wrapper = "on bytes" in text
        assert wrapper or re.search(r"[Ss]ections? \d|[Ee]quations? \(|[Aa]lgorithm \d|[Aa]ppendix", text), (
            f"{path.name}: {getattr(function, 'name', 'the file')} names no section, equation or algorithm"
        )
