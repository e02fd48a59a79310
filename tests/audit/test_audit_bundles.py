"""Bundles from a proof to the audit: what is right is audited, and nothing that is wrong."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from exporting import exported
from typer.testing import CliRunner

from armsym.audit import text
from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Bundle, Case, Cut, Ensured, Fact
from armsym.audit.elf import Elf
from armsym.audit.evaluate import evaluate, made_of
from armsym.audit.raw import Program
from armsym.audit.text import BundleError, read, write
from armsym.audit.wording import contract_lines
from armsym.certify.export import Exporter
from armsym.cli import build
from armsym.cli.work import Job, run_here
from armsym.proof.registry import discover
from armsym.proof.result import Status

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "crypto_examples" / "own_memcmp"
SHA1 = ROOT / "crypto_examples" / "openssl" / "sha1.py"


@pytest.fixture(scope="module")
def memcmp() -> tuple[Bundle, Path]:
    return exported(OWN, "armsym_ct_memcmp")


@pytest.fixture(scope="module")
def sha1() -> tuple[Bundle, Path]:
    return exported(SHA1, "sha1_block_armv8")


def _verdict(bundle: Bundle, data: bytes) -> Verdict:
    elf = Elf.parse(data)
    return audit(bundle, elf, elf.symbol(bundle.symbol)[0])


def test_a_bundle_is_audited_from_its_text_and_the_file(sha1: tuple[Bundle, Path]) -> None:
    bundle, path = sha1
    again = read(write(bundle))
    verdict = _verdict(again, path.read_bytes())
    assert verdict.audited, verdict.refused
    assert verdict.counts["returns"] == 1
    assert verdict.counts["loops' indices below their bounds"] == 2  # on entry, and at the back edge
    assert verdict.counts["equalities shown by the checker"] > 5


def test_the_standard_in_a_bundle_is_the_standard(sha1: tuple[Bundle, Path]) -> None:
    """The step of the fold, on numbers, hashes as hashlib does: it is not believed to be SHA-1 because it says so."""
    case = sha1[0].cases[0]
    fold = case.folds["H"]
    block = b"abc" + b"\x80" + bytes(52) + (24).to_bytes(8, "big")
    start = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
    inputs = {f"H.state.{k}": v for k, v in enumerate(start)}
    inputs |= {f"H.block.{k}": int.from_bytes(block[4 * k : 4 * k + 4], "big") for k in range(16)}
    values = evaluate(_only(case.table, fold.step), lambda name, _: inputs.get(name, 0))
    digest = b"".join(values[_place(case.table, fold.step, n)].to_bytes(4, "big") for n in fold.step)
    assert digest == hashlib.sha1(b"abc").digest()


def _cone(table: Program, roots: tuple[int, ...]) -> list[int]:
    return sorted(made_of(table, roots))


def _only(table: Program, roots: tuple[int, ...]) -> Program:
    """What the roots are made of, alone."""
    made, new = Program(), {0: 0}
    for n in _cone(table, roots):
        i = table[n]
        match i[0]:
            case "Const" | "Var":
                changed = i
            case "App":
                changed = (i[0], i[1], tuple(new[a] for a in i[2]), i[3])
            case "Xor" | "And":
                changed = (i[0], new[i[1]], new[i[2]])
            case "Shl" | "Shr" | "Mask":
                changed = (i[0], new[i[1]], i[2])
            case "Add":
                changed = (i[0], i[1], new[i[2]], new[i[3]])
            case _:
                changed = (i[0], i[1], new[i[2]], i[3])
        new[n] = made._make(*changed)
    return made


def _place(table: Program, roots: tuple[int, ...], node: int) -> int:
    return _only(table, roots)._make(*_renumbered(table, roots, node))


def _renumbered(table: Program, roots: tuple[int, ...], node: int) -> tuple[object, ...]:
    small = _only(table, roots)
    return small[1 + _cone(table, roots).index(node)]


def test_the_contract_is_told_in_words(memcmp: tuple[Bundle, Path]) -> None:
    said = "\n".join(contract_lines(memcmp[0].cases[0]))
    assert "for every number len from 0 to 2^50" in said
    assert "a: 1 * len bytes, only read, secret" in said
    assert "nothing is written but registers" in said
    assert "x18-x29, d8-d15" in said
    assert "D(0) = 0" in said


#: Contracts that say more than is true, by the line that is changed: each is refused.
STRONGER = {
    "a loop over fewer bytes": ("region b r 1 little secret 1 0 len 1", "region b r 1 little public 1 -1 len 1"),
    "a region that may not be read": ("region a r 1 little", "region a w 1 little"),
    "x4 is preserved": ("preserves 18,", "preserves 4,18,"),
    "a region that cannot be": ("region b r 1 little secret 1 0 len 1", "region b r 1 little secret 1 0 len 4194304"),
    "the length is another register's": ("argument x2 ", "argument x5 "),
}


@pytest.mark.parametrize("name", STRONGER)
def test_a_contract_that_says_more_is_refused(name: str, memcmp: tuple[Bundle, Path]) -> None:
    old, new = STRONGER[name]
    text = write(memcmp[0])
    assert old in text
    verdict = _verdict(read(text.replace(old, new)), memcmp[1].read_bytes())
    assert not verdict.audited


def _a_fact(cut: Cut, case: Case) -> None:
    cut.facts.append(Fact(-5, ((case.table.var(cut.index.name, cut.index.bits), 1),)))


def _a_register(cut: Cut, case: Case) -> None:
    cut.x = (*cut.x[:7], case.table.const(0), *cut.x[8:])


def _a_vector(cut: Cut, case: Case) -> None:
    cut.v = (*cut.v[:7], case.table.const(0), *cut.v[8:])


def _a_flag(cut: Cut, case: Case) -> None:
    cut.flags = (case.table.const(1), *cut.flags[1:])


def _a_public_unknown(cut: Cut, case: Case) -> None:
    cut.unknowns = [replace(u, secret=False) for u in cut.unknowns]


def _a_step_of_nothing(cut: Cut, case: Case) -> None:
    cut.index = replace(cut.index, step=0)


def _a_bound(cut: Cut, case: Case) -> None:
    cut.index = replace(cut.index, upto=case.table.const(3))


def _fewer_bits(cut: Cut, case: Case) -> None:
    small = case.table.var(cut.index.name, 7)
    case.table.instructions[:] = [("Const", 0) if i == case.table[small] else i for i in case.table.instructions]
    cut.index = replace(cut.index, bits=7)


def _what_was_saved(cut: Cut, case: Case) -> None:
    cut.stores[0] = replace(cut.stores[0], value=case.table.const(0))


def _what_was_not_stored(cut: Cut, case: Case) -> None:
    del cut.stores[0]


#: What an exporter that does its best to have it accepted is told.
SAID: dict[Callable[[Cut, Case], None], str] = {
    _a_fact: "fact -5",
    _a_register: "x7, at cut 1",
    _a_vector: "v7, at cut 1",
    _a_flag: "n, at cut 1",
    _a_public_unknown: "depends on a secret",
    _a_step_of_nothing: "a loop that no cut stops",
    _a_bound: "index, at cut 1",
    _fewer_bits: "has the bits",
    _what_was_saved: "stack at",
    _what_was_not_stored: "stack at",
}


@pytest.mark.parametrize("change", SAID)
def test_a_cut_that_says_what_is_not_so_is_refused(
    change: Callable[[Cut, Case], None], memcmp: tuple[Bundle, Path], sha1: tuple[Bundle, Path]
) -> None:
    """With hints and multipliers made for it, as good as they can be."""
    of, path = sha1 if change in (_what_was_saved, _what_was_not_stored) else memcmp
    bundle = read(write(of))
    case = bundle.cases[0]
    change(case.cuts[1], case)
    assert not _verdict(bundle, path.read_bytes()).audited
    exporter = Exporter(bundle.symbol, str(path), [case])
    case.steps, case.certificates = [], {}
    open_ = exporter.finish(Bundle(bundle.proof, bundle.symbol))
    assert any(SAID[change] in o for o in open_), open_


def test_a_table_that_gives_less_than_its_bytes_is_refused(memcmp: tuple[Bundle, Path]) -> None:
    """What a function of the table gives is not what a bundle says of it: a claim of 4 bits of an S-box is none."""
    bundle = read(write(memcmp[0]))
    case = bundle.cases[0]
    node = case.table.app("aes.sbox", (case.ensures[0].left,), 0x0F)
    case.ensures.append(Ensured("four bits", node, node))
    verdict = _verdict(bundle, memcmp[1].read_bytes())
    assert any("gives bytes" in r for r in verdict.refused)


def test_a_loop_whose_bound_grows_with_it_is_refused(memcmp: tuple[Bundle, Path]) -> None:
    """The bound of an index may not be made of the index."""
    bundle = read(write(memcmp[0]))
    case = bundle.cases[0]
    cut = case.cuts[1]
    own = case.table.var(cut.index.name, cut.index.bits)
    cut.index = replace(cut.index, upto=case.table.add(64, own, cut.index.upto))
    verdict = _verdict(bundle, memcmp[1].read_bytes())
    assert any("the bound of the index" in r for r in verdict.refused)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("armsym-bundle 1", "armsym-bundle 2"),
        ("\nend\n", "\n"),
        ("\nend\n", "\nend\nend\n"),
        ("\nsteps ", "\nsteps 0"),
        ("inclusive", "sometimes"),
        ("region a r", "region a x"),
        ("index s1 ", "index n "),
        ("x ", "x  "),
        ("number len 0 ", "number len 00 "),
        ("cut 1 0 ", "cut 1 1 "),
        ("cut 1 0 ", "cut 2 0 "),
    ],
)
def test_text_that_is_no_bundle_is_refused(old: str, new: str, memcmp: tuple[Bundle, Path]) -> None:
    text = write(memcmp[0])
    assert old in text
    with pytest.raises(BundleError):
        read(text.replace(old, new, 1))


def test_what_is_left_out_is_refused(memcmp: tuple[Bundle, Path]) -> None:
    lines = write(memcmp[0]).splitlines()
    for start in ("fact", "certificate", "steps"):
        kept = [line for line in lines if not line.startswith(start)]
        try:
            bundle = read("\n".join(kept) + "\n")
        except BundleError:
            continue
        assert not _verdict(bundle, memcmp[1].read_bytes()).audited, start


def _mutated(text: str, rng: random.Random) -> str:
    """A number of some line changed; the lines of the contract stay."""
    lines = text.splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("cut "))
    at = rng.randrange(first, len(lines))
    words = lines[at].split(" ")
    places = [k for k, w in enumerate(words) if any(c.isdigit() for c in w)]
    if places:
        k = rng.choice(places)
        digits = [j for j, c in enumerate(words[k]) if c.isdigit()]
        j = rng.choice(digits)
        words[k] = words[k][:j] + rng.choice("0123456789") + words[k][j + 1 :]
    lines[at] = " ".join(words)
    return "\n".join(lines) + "\n"


def test_no_mutated_bundle_shows_another_contract_or_breaks_the_audit(memcmp: tuple[Bundle, Path]) -> None:
    """Whatever the cuts and hints say, what is audited is the contract; a damaged bundle is refused in words."""
    bundle, path = memcmp
    text, data, rng = write(bundle), path.read_bytes(), random.Random(12)
    contract = list(contract_lines(bundle.cases[0]))
    refused = 0
    for _ in range(150):
        changed = _mutated(text, rng)
        if changed == text:
            continue
        try:
            other = read(changed)
        except BundleError:
            refused += 1
            continue
        verdict = _verdict(other, data)
        assert list(contract_lines(other.cases[0])) == contract
        refused += not verdict.audited
    assert refused > 60


def _code(path: Path, bundle: Bundle) -> tuple[int, int]:
    """Where the routine's bytes lie in the file, and how many."""
    elf, data = Elf.read(path), path.read_bytes()
    address, size = elf.symbol(bundle.symbol)
    first = b"".join(elf.word(address + 4 * k).to_bytes(4, "little") for k in range(size // 4))
    assert data.count(first) == 1
    return data.index(first), size


#: (word, bits) whose flip leaves the routine what it is, and why.
HARMLESS = {
    0: ({10, 11, 12, 13, 14, 22, 23, 29, 31}, "of 0 OR 0: a shift of 0, AND, or all 64 bits"),
    4: ({22, 23}, "a shift by 0, the other way"),
    5: ({22, 23, 31}, "a shift by 0, the other way; all 64 bits of words whose upper halves are 0"),
    8: ({4, 22}, "a comparison that also writes W15, which nobody reads; 0 shifted"),
}


def test_no_flipped_bit_in_code_is_audited(memcmp: tuple[Bundle, Path]) -> None:
    """All bits of our own comparison."""
    bundle, path = memcmp
    start, size = _code(path, bundle)
    data = path.read_bytes()
    accepted = []
    for bit in range(8 * size):
        changed = bytearray(data)
        changed[start + bit // 8] ^= 1 << bit % 8
        if _verdict(bundle, bytes(changed)).audited:
            accepted.append((bit // 32, bit % 32))
    assert accepted == [(k, bit) for k, (bits, _) in HARMLESS.items() for bit in sorted(bits)]


def test_flipped_bits_in_a_shipped_routine_are_refused(sha1: tuple[Bundle, Path]) -> None:
    bundle, path = sha1
    start, size = _code(path, bundle)
    data, rng = path.read_bytes(), random.Random(3)
    accepted = []
    for _ in range(8):
        bit = rng.randrange(8 * size)
        changed = bytearray(data)
        changed[start + bit // 8] ^= 1 << bit % 8
        if _verdict(bundle, bytes(changed)).audited:
            accepted.append((bit // 32, bit % 32))
    assert accepted == []


def test_the_command_writes_and_audits(tmp_path: Path) -> None:
    runner = CliRunner()
    app = build(conform=False)
    folder = tmp_path / "bundles"
    made = runner.invoke(app, ["prove", str(OWN), "--export", str(folder)])
    assert made.exit_code == 0, made.output
    (bundle,) = folder.glob("*.bundle")
    assert bundle.name == "own_memcmp.armsym_ct_memcmp.bundle"
    done = runner.invoke(app, ["audit", str(bundle)])
    assert done.exit_code == 0, done.output
    assert "audited     armsym_ct_memcmp" in done.output
    assert "for every number len" in done.output
    as_json = json.loads(runner.invoke(app, ["audit", "--json", str(folder)]).output)
    assert [(a["proof"], a["status"]) for a in as_json["audits"]] == [("armsym_ct_memcmp", "audited")]
    bundle.write_text(bundle.read_text().replace("preserves 18,", "preserves 4,18,"))
    refused = runner.invoke(app, ["audit", str(bundle)])
    assert refused.exit_code == 3
    assert "not audited armsym_ct_memcmp" in refused.output
    assert "refused: " in refused.output
    assert runner.invoke(app, ["audit", str(tmp_path)]).exit_code == 5


def test_a_bundle_that_no_reader_takes_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (d,) = discover(OWN)
    written = text.write
    monkeypatch.setattr(text, "write", lambda b: written(b).replace(" rw 1 ", " rw 3 ").replace(" r 1 ", " r 3 "))
    outcome = run_here(Job.of(d, d.object_spec(), None, export=str(tmp_path)))
    assert outcome.result.status is Status.PROVED
    assert outcome.bundle.startswith("no bundle: no words yet for what the contract says: line ")
    assert "or no cell of 1, 2, 4, 8 or 16 bytes" in outcome.bundle
    assert list(tmp_path.iterdir()) == []
