"""`armsym suggest`: shipped proofs without their invariants are closed again by what it proposes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from calls import run_python
from shipped import image_of

import armsym.cli
from armsym.elf import Image, load
from armsym.proof.declare import Proof
from armsym.proof.loops import Routine
from armsym.proof.registry import ProofDefinition
from armsym.proof.result import Status
from armsym.proof.run import prove
from armsym.suggest import search
from armsym.suggest.match import Found, candidates
from armsym.suggest.scope import captured
from armsym.suggest.search import suggest
from armsym.suggest.trying import extended, first_case, together
from armsym.wheels import Wheel
from crypto_examples.aws_lc.gcm import gcm_ghash_neon
from crypto_examples.openssl.aes_modes import aes_v8_ctr32_encrypt_blocks
from crypto_examples.openssl.md5 import ossl_md5_block_asm_data_order
from crypto_examples.openssl.sha1 import sha1_block_armv8
from crypto_examples.openssl.sha512 import sha512_block_armv8
from crypto_examples.openssl.sm3 import ossl_hwsm3_block_data_order
from crypto_examples.own_memcmp.proof import armsym_ct_memcmp
from crypto_examples.own_sha512.proof import armsym_sha512_blocks
from semantics import A64

OWN = Path(__file__).parents[2] / "crypto_examples" / "own_sha512"


def without_invariants(d: ProofDefinition) -> Callable[[Proof], None]:
    """The proof, its invariants not said."""

    def fn(p: Proof) -> None:
        d(p)
        p._d.invariants = []

    return fn


def the_image(d: ProofDefinition) -> Image:
    return image_of(d.of) if isinstance(d.of, Wheel) else load(d.object_spec())


@pytest.mark.parametrize("d", [armsym_sha512_blocks, armsym_ct_memcmp], ids=lambda d: d.name)
def test_our_own_loops_are_closed_again(d: ProofDefinition) -> None:
    closes_again(d, [])


@pytest.mark.wheels
@pytest.mark.parametrize(
    ("d", "wanted"),
    [
        (sha512_block_armv8, ["s.v[0:4] == lanes(H(i))", "s.v[16:24] == lanes(M(i))"]),
        (sha1_block_armv8, ["s.v0 == lanes(H(i)[0:4])[0]"]),
        (ossl_hwsm3_block_data_order, ["s.v5 == concat(*H(i)[0:4])"]),
        (ossl_md5_block_asm_data_order, []),
        (gcm_ghash_neon, []),
        (aes_v8_ctr32_encrypt_blocks, ["s.v18 == lanes(c.counters.T(i + 2))[0]"]),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_shipped_loops_are_closed_again(d: ProofDefinition, wanted: Sequence[str]) -> None:
    closes_again(d, wanted)


def closes_again(d: ProofDefinition, wanted: Sequence[str]) -> None:
    routine = Routine(the_image(d), A64, d.symbol)
    fn = without_invariants(d)
    found = suggest(fn, routine, minimise=False, seconds=60)
    texts = [t for x in found.loops for t in x.added.claims.values()]
    assert found.closes, (found.open, found.why)
    assert set(wanted) <= set(texts)
    # Without them it does not close, so the claims are what closes it; the command proves the whole (below).
    assert found.loops


def test_a_proof_with_the_lines_pasted_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (OWN / "proof.py").read_text(encoding="utf-8")
    begin, end = text.index("    # The loop is tested"), text.index("    p.modifies(state)")
    (tmp_path / "sha512.o").write_bytes((OWN / "sha512.o").read_bytes())
    bare = tmp_path / "bare.py"
    bare.write_text(text[:begin] + text[end:], encoding="utf-8")
    assert armsym.cli.run(["suggest", str(bare), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["proved"] is True
    assert answer["minimal"] is True
    (loop,) = answer["loops"]
    assert loop["claims"] == {"H(i) in V24-V27": "s.v[24:28] == lanes(H(i))"}
    pasted = tmp_path / "pasted.py"
    lines = "".join(f"    {line}\n" for line in loop["lines"])
    pasted.write_text(text[:begin] + lines + text[end:], encoding="utf-8")
    assert armsym.cli.run(["prove", str(pasted)]) == 0
    capsys.readouterr()
    # Nothing is to be added to it now.
    assert armsym.cli.run(["suggest", str(pasted)]) == 0
    out = capsys.readouterr().out
    assert "nothing to add" in out
    assert "the proof is proved as it stands" in out


def test_of_a_wrong_routine_nothing_closes() -> None:
    """A word of the message taken from another register: runs give what the standard does not say."""
    image = load(str(OWN / "sha512.o"))
    routine = Routine(image, A64, armsym_sha512_blocks.symbol)
    words = [at for at in sorted(routine.successors) if A64.decode(image.word(at)).assembly(at).startswith("rev64 v17")]
    wrong = image.patched({words[0]: (image.word(words[0]) ^ 1).to_bytes(4, "little")})
    routine = Routine(wrong, A64, armsym_sha512_blocks.symbol)
    found = suggest(without_invariants(armsym_sha512_blocks), routine, minimise=False, seconds=2)
    assert not found.closes
    assert not any("H(i)" in t for x in found.loops for t in x.added.claims.values())


def test_what_runs_bear_out_and_is_not_so_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """That n is small is true of all runs: the engine does not show it, so it is not proposed."""
    propose: Any = candidates

    def with_more(*arguments: Any) -> list[Found]:
        return [*propose(*arguments), Found("few", "n - i <= 100000", frozenset({"few"}))]

    monkeypatch.setattr(search, "candidates", with_more)
    routine = Routine(the_image(armsym_sha512_blocks), A64, armsym_sha512_blocks.symbol)
    found = suggest(without_invariants(armsym_sha512_blocks), routine, minimise=False, seconds=10)
    (x,) = found.loops
    assert found.closes
    assert "n - i <= 100000" in x.not_shown
    assert "few" not in x.added.claims
    # Were claims kept that are not shown, nothing would close: the engine has the last word.
    monkeypatch.setattr(search, "_without", lambda a, _answer, _routine: dict(a.claims))
    assert not suggest(without_invariants(armsym_sha512_blocks), routine, minimise=False, seconds=1).closes


def test_the_names_are_those_of_the_proof_function() -> None:
    from armsym.proof.concrete import ConcreteProof

    d = armsym_sha512_blocks
    routine = Routine(the_image(d), A64, d.symbol)
    p = ConcreteProof(routine, 1, 1, 2)
    scope = captured(d, p)
    assert {"n", "state", "data", "M", "H"} <= set(scope.names)
    assert not {"n", "H"} & set(scope.places)
    assert all(c.value is True for c in scope.value("H.over(1) == M(1)"))
    assert scope.name_of(scope.names["H"]) == "H"


def test_what_is_said_of_a_loop_is_claimed_in_a_proof_of_the_whole() -> None:
    d = armsym_ct_memcmp
    image = the_image(d)
    routine = Routine(image, A64, d.symbol)
    fn = without_invariants(d)
    found = suggest(fn, routine, seconds=20)
    whole = extended(fn, [x.added for x in found.loops])
    assert prove(whole, name=d.name, image=image, symbol=d.symbol, isa=A64).status is Status.PROVED
    assert first_case(fn, routine).values == {}


def test_bad_use_is_one_line(tmp_path: Path) -> None:
    missing = run_python("-m", "armsym", "suggest", tmp_path / "no.py")
    assert missing.code == 2
    missing.one_line_error()
    several = run_python("-m", "armsym", "suggest", OWN.parent / "own_sha256" / "proof.py", "-k", "nothing*")
    assert several.code == 2
    assert "name one" in several.one_line_error()


def test_what_is_added_hides_no_claim_of_the_proof() -> None:
    assert list(together({"a": True, "b": False}, {"a": True})) == ["a", "b", "a'"]


def test_a_proof_that_claims_what_is_false_is_not_helped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = OWN.parent / "own_memcmp"
    text = (own / "proof.py").read_text(encoding="utf-8")
    (tmp_path / "memcmp.o").write_bytes((own / "memcmp.o").read_bytes())
    false = tmp_path / "false.py"
    wrong = text.replace("Bits(32, 0), Bits(32, 1)", "Bits(32, 1), Bits(32, 0)")
    assert wrong != text
    false.write_text(wrong, encoding="utf-8")
    assert armsym.cli.run(["suggest", str(false), "--timeout", "5"]) == 3
    answer = capsys.readouterr()
    assert "result" in answer.out
    assert "is proved" not in answer.out
    assert answer.err.startswith("armsym: error: armsym_ct_memcmp is not proved")
