"""Buffers of any length, claimed block by block: audited where they are right, and refused where anything is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Blocks, Bundle
from armsym.audit.elf import Elf
from armsym.audit.text import BundleError, read, write
from armsym.audit.wording import contract_lines
from armsym.certify.export import Exporter
from armsym.dsl import Bits, Claims, Proof, Region, State
from armsym.elf import load
from armsym.proof.result import Status
from armsym.proof.run import prove
from semantics import A64

OBJECT = Path(__file__).resolve().parents[2] / "crypto_examples" / "own_memcmp" / "memcmp.o"
SYMBOL = "armsym_ct_memcmp"
LDRB, MVN, STRB, SUBS, BACK, RET = 0x38401423, 0x2A2303E3, 0x38001403, 0xF1000442, 0x54FFFF81, 0xD65F03C0
#: mvn of each byte of [x1] to [x0], x2 of them: ldrb w3, [x1], #1; mvn w3, w3; strb w3, [x0], #1; subs; b.ne; ret
WORDS = (LDRB, MVN, STRB, SUBS, BACK, RET)


def _file(folder: Path, words: tuple[int, ...] = WORDS) -> Path:
    data, code = bytearray(OBJECT.read_bytes()), Elf.read(OBJECT)
    start = data.index(code.word(code.symbol(SYMBOL)[0]).to_bytes(4, "little"))
    for k, word in enumerate(words):
        data[start + 4 * k : start + 4 * k + 4] = word.to_bytes(4, "little")
    path = folder / "inverts.o"
    path.write_bytes(data)
    return path


def _inverts(p: Proof, *, in_place: bool = False) -> None:
    n = p.nat("n", low=1, high=2**50)
    out = p.region("out", n, access="rw", cell=1)
    source = out if in_place else p.region("source", n, access="r", cell=1)
    p.call(x0=out, x1=source, x2=n)
    p.modifies(out)

    def block(j: Bits) -> list[Bits]:
        return [~source.byte(j)]

    def done(s: State, upto: Bits, region: Region = out) -> Claims:
        return {"out": region.holds(block, upto=upto, at=s, words=1, width=8)}

    @p.invariant(p.routine.back_edge(), upto=n)
    def _(s: State, i: Bits) -> Claims:
        return done(s, i)

    p.ensures(lambda s: done(s, n))


def _in_place(p: Proof) -> None:
    _inverts(p, in_place=True)


def _bundle(path: Path, fn: object) -> Bundle:
    exporter = Exporter(SYMBOL, str(path))
    result = prove(fn, name="f", image=load(str(path)), symbol=SYMBOL, isa=A64, observe=exporter.observe)  # type: ignore[arg-type]
    assert result.status is Status.PROVED
    bundle = Bundle("f", SYMBOL, str(path), result.file_sha256, "a test", "a test")
    assert exporter.finish(bundle) == []
    return bundle


@pytest.fixture(scope="module", params=[_inverts, _in_place], ids=["apart", "in place"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    path = _file(tmp_path_factory.mktemp("buffers"))
    return write(_bundle(path, request.param)), path


def _audited(bundle: Bundle, path: Path) -> Verdict:
    elf = Elf.read(path)
    return audit(bundle, elf, elf.symbol(SYMBOL)[0])


def test_a_buffer_is_shown_for_any_block_and_the_new_one(made: tuple[str, Path]) -> None:
    verdict = _audited(read(made[0]), made[1])
    assert verdict.audited, verdict.refused
    assert verdict.counts["buffers shown for any block"] == 2  # at the back edge, and on return
    assert verdict.counts["new blocks of buffers"] == 2
    assert any("for all block < n" in line and "as on entry" in line for line in contract_lines(read(made[0]).cases[0]))


def _constant(bundle: Bundle, value: int) -> int:
    return bundle.cases[0].table.const(value)


def _changed(bundle: Bundle, what: str) -> None:
    """Make a bundle say something that is not so."""
    case = bundle.cases[0]
    (claim,), (held,) = case.holds, case.cuts[1].blocks
    table = case.table

    def more(node: int, k: int) -> int:
        return table.add(64, node, table.const(k))

    def put(cut: Blocks, end: Blocks) -> None:
        case.cuts[1].blocks[:] = [cut]
        case.holds[:] = [end]

    match what:
        case "one block more on return":
            put(held, replace(claim, upto=more(claim.upto, 1)))
        case "one block fewer on return, and the last as on entry":
            put(held, replace(claim, upto=more(claim.upto, 2**64 - 1)))
        case "one block more at the loop's head":
            put(replace(held, upto=more(held.upto, 1)), claim)
        case "another content on return":
            put(held, replace(claim, words=(_constant(bundle, 7),)))
        case "another content throughout":
            seven = (_constant(bundle, 7),)
            put(replace(held, words=seven), replace(claim, words=seven))
        case "the newest block's content throughout":
            name = "mem.source" if "source" in case.regions else "mem.out"

            def newest(upto: int) -> tuple[int, ...]:
                return (table.xor(table.app(name, (more(upto, 2**64 - 1),), 255), table.const(255)),)

            put(replace(held, words=newest(held.upto)), replace(claim, words=newest(claim.upto)))
        case "nothing known at the loop's head":
            case.cuts[1].blocks.clear()
        case "no block at the loop's head":
            put(replace(held, upto=_constant(bundle, 0)), claim)
        case "blocks of two words":
            put(held, replace(claim, words=claim.words * 2))
        case "so many blocks that their bytes wrap around":
            put(replace(held, upto=_constant(bundle, 2**64 - 1)), claim)
        case _:
            raise AssertionError(what)


@pytest.mark.parametrize(
    "what",
    [
        "one block more on return",
        "one block fewer on return, and the last as on entry",
        "one block more at the loop's head",
        "another content on return",
        "another content throughout",
        "the newest block's content throughout",
        "nothing known at the loop's head",
        "no block at the loop's head",
        "blocks of two words",
        "so many blocks that their bytes wrap around",
    ],
)
def test_what_is_not_so_of_a_buffer_has_no_certificate(made: tuple[str, Path], what: str) -> None:
    """Not even with multipliers and hints searched for anew."""
    bundle = read(made[0])
    _changed(bundle, what)
    case = bundle.cases[0]
    case.certificates.clear()
    exporter = Exporter(SYMBOL, str(made[1]), cases=[case])
    again = Bundle("f", SYMBOL, str(made[1]), bundle.file_sha256, "a test", "a test")
    assert exporter.finish(again), what
    assert not _audited(again, made[1]).audited


#: Other routines, that do not what the bundle says: (place, word).
WRONG = {
    "not inverted": (1, 0xD503201F),
    "every second byte is stored": (2, 0x38002403),
    "stored one byte too far": (2, 0x39000403),
    "stored to the same place": (2, 0x39000003),
    "stored before the place": (2, 0x381FFC03),
    "two at a time": (3, 0xF1000842),
    "once only": (4, 0xD503201F),
    "read from the same place": (0, 0x39400023),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_bundle_does_not_check_on_a_routine_that_does_something_else(
    made: tuple[str, Path], tmp_path: Path, wrong: str
) -> None:
    place, word = WRONG[wrong]
    path = _file(tmp_path, (*WORDS[:place], word, *WORDS[place + 1 :]))
    assert not _audited(read(made[0]), path).audited
    case = read(made[0]).cases[0]
    case.certificates.clear()
    assert Exporter(SYMBOL, str(path), cases=[case]).finish(Bundle("f", SYMBOL, str(path)))


@pytest.mark.parametrize(
    ("line", "by"),
    [
        ("blocks out", "blocks none"),
        ("holds out", "holds none"),
        (" 1 little ", " 3 little "),
        (" 1 little ", " 1 middle "),
    ],
)
def test_malformed_lines_are_refused(made: tuple[str, Path], line: str, by: str) -> None:
    assert line in made[0]
    with pytest.raises(BundleError):
        read(made[0].replace(line, by, 1))


def test_a_region_is_not_stated_twice(made: tuple[str, Path]) -> None:
    text = made[0]
    (line,) = (one for one in text.splitlines() if one.startswith("blocks "))
    with pytest.raises(BundleError, match="said twice"):
        read(text.replace(line, f"{line}\n{line}"))


STRH = 0x78001403  # strh w3, [x0], #1


@pytest.mark.parametrize(("store", "true"), [(STRB, True), (STRH, False)])
def test_a_byte_after_the_blocks_that_is_stored_to(
    made: tuple[str, Path], tmp_path: Path, store: int, true: bool
) -> None:
    """The regions have a byte more than there are blocks; STRH stores over it, and each block is what it is to be."""
    path = _file(tmp_path, (*WORDS[:2], store, *WORDS[3:]))
    case = read(made[0]).cases[0]
    case.regions = {name: replace(r, constant=r.constant + 1) for name, r in case.regions.items()}
    case.certificates.clear()
    again = Bundle("f", SYMBOL, str(path), "", "a test", "a test")
    exporter = Exporter(SYMBOL, str(path), cases=[case])
    exporter.finish(again)
    again.missing = []
    verdict = _audited(again, path)
    assert verdict.audited is true
    assert true or "nothing after the blocks" in str(verdict.refused)


@pytest.mark.parametrize(
    ("known", "claimed"),
    [(2, 1), (1, 2), (2, 3)],
    ids=["half of each known block", "two known ones", "a block and a half"],
)
def test_blocks_of_another_size_than_those_that_are_known(made: tuple[str, Path], known: int, claimed: int) -> None:
    """At the loop's head blocks of so many bytes are known, n or i of them; on return others are claimed."""
    bundle = read(made[0])
    case = bundle.cases[0]
    (held,), (claim,) = case.cuts[1].blocks, case.holds
    case.cuts[1].blocks[:] = [replace(held, words=held.words * known)]
    case.holds[:] = [replace(claim, words=claim.words * claimed)]
    case.certificates.clear()
    Exporter(SYMBOL, str(made[1]), cases=[case], as_they_stand=True).finish(Bundle("f", SYMBOL, str(made[1])))
    bundle.missing = []
    assert not _audited(bundle, made[1]).audited


def test_a_loops_head_that_leaves_out_a_buffer_which_is_known(made: tuple[str, Path]) -> None:
    """Nothing is said of the blocks at the head, and nothing claimed on return: yet the region is not as on entry."""
    bundle = read(made[0])
    case = bundle.cases[0]
    case.cuts[1].blocks.clear()
    case.holds[:] = [replace(case.holds[0], upto=_constant(bundle, 0))]
    case.certificates.clear()
    Exporter(SYMBOL, str(made[1]), cases=[case], as_they_stand=True).finish(Bundle("f", SYMBOL, str(made[1])))
    bundle.missing = []
    assert not _audited(bundle, made[1]).audited


def test_a_block_is_read_before_it_is_written(made: tuple[str, Path], tmp_path: Path) -> None:
    """STRB WZR, [X0] before the load: where source and result are the same bytes, each is 255 and no inverse."""
    path = _file(tmp_path, (0x3900001F, *WORDS[:4], 0x54FFFF61, RET))
    bundle = read(made[0])
    case = bundle.cases[0]
    case.certificates.clear()
    again = Bundle("f", SYMBOL, str(path), "", "a test", "a test")
    Exporter(SYMBOL, str(path), cases=[case]).finish(again)
    again.missing = []
    assert _audited(again, path).audited is ("source" in case.regions)
