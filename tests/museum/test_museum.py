"""The museum: every exhibit is as it says, and an exhibit that is not is noticed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import museum
import pytest
from assembling import assemble_file, contents
from calling import emulate
from evidence import leaks_at, loses, reaches_past
from exhibits import EXHIBITS, OWN, Exhibit
from museum import main, problem_of_fixed, visit
from refusing import symbolically
from shipped import fetching, image_of

from armsym.dsl import Proof
from armsym.elf import load
from armsym.proof.result import ProofResult, Status
from armsym.wheels import Wheel, WheelUnavailable
from crypto_examples.wheels import AWS_LC
from specs.sp800_186 import P256

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "museum.md"

OF_OUR_OWN = [e for e in EXHIBITS if e.faulty.of == OWN]
SHIPPED = [e for e in EXHIBITS if isinstance(e.faulty.of, Wheel)]


def named(name: str) -> Exhibit:
    """The exhibit of this name."""
    (e,) = (e for e in EXHIBITS if e.name == name)
    return e


@pytest.mark.parametrize("e", OF_OUR_OWN, ids=lambda e: e.name)
def test_exhibit_of_our_own(e: Exhibit) -> None:
    seen = visit(e)
    assert seen.problem == ""
    assert seen.counterexample


@pytest.mark.wheels
@pytest.mark.parametrize("e", SHIPPED, ids=lambda e: e.name)
def test_shipped_exhibit(e: Exhibit) -> None:
    with fetching():
        seen = visit(e)
    assert seen.problem == ""
    assert seen.counterexample


@pytest.mark.parametrize("e", OF_OUR_OWN, ids=lambda e: e.name)
def test_symbolic_proof_alone_refuses_it(e: Exhibit) -> None:
    """The runs that refute it are not what keeps it from being proved."""
    assert e.kind in symbolically(e.faulty.states, load(OWN), e.faulty.symbol)


def test_all_kinds_that_were_asked_for() -> None:
    assert len({e.name for e in EXHIBITS}) == len(EXHIBITS)
    assert {e.kind for e in EXHIBITS} == {"memory", "abi", "ensures", "constant-time"}
    for e in EXHIBITS:
        # What a hash pins is a build: the mended one is another.
        assert (e.faulty.of, e.faulty.symbol) != (e.fixed.of, e.fixed.symbol)


def test_object_is_that_of_the_source(tmp_path: Path) -> None:
    assemble_file(HERE / "routines.s", tmp_path / "routines.o")
    assert contents(tmp_path / "routines.o") == contents(OWN)


def test_every_routine_is_shown() -> None:
    shown = {b.symbol for e in OF_OUR_OWN for b in (e.faulty, e.fixed)}
    assert {s.name for s in load(OWN).functions()} == shown


@pytest.mark.parametrize("e", EXHIBITS, ids=lambda e: e.name)
def test_page_tells_of_it(e: Exhibit) -> None:
    (row,) = (line for line in PAGE.read_text().splitlines() if line.startswith(f"| {e.name} |"))
    for text in (e.fault, e.public, e.faulty.file, e.faulty.symbol, e.fixed.file, f"{e.kind}: {e.claim}", e.only):
        assert text in row


# -- exhibits that are not as they say --------------------------------------------------------------


def test_faulty_routine_that_is_right() -> None:
    e = named("tag-too-long")
    assert visit(replace(e, faulty=e.fixed)).problem.startswith("the faulty routine is proved")


def test_mended_routine_that_is_faulty() -> None:
    e = named("tag-too-long")
    assert visit(replace(e, fixed=e.faulty)).problem.startswith("the mended routine is refuted: memory")


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.PROVED])
def test_mended_routine_that_is_not_proved(status: Status) -> None:
    told = problem_of_fixed(ProofResult("proof", "file", "symbol", status=status, message="why"))
    assert told == f"the mended routine is {status.value}: why"


def test_another_obligation() -> None:
    e = named("v15-as-scratch")
    assert "not by abi: d14" in visit(replace(e, claim="d14 is preserved")).problem
    assert "not by ensures" in visit(replace(e, kind="ensures")).problem


def test_another_place_or_input() -> None:
    tag, branch, lanes = named("tag-too-long"), named("branch-on-a-secret"), named("v15-as-scratch")
    store, place = "put_tag_faulty+0x4", "add_if_faulty+0x4"
    secrets = {"bit", "r", "a", "b"}
    for e, shows in (
        (tag, reaches_past("load", "tag", place=store, when=lambda _: True)),
        (tag, reaches_past("store", "full", place=store, when=lambda _: True)),
        (tag, reaches_past("store", "tag", place="put_tag_faulty+0x8", when=lambda _: True)),
        (tag, reaches_past("store", "tag", place=store, when=lambda _: False)),
        (branch, leaks_at("load address", place, secrets)),
        (branch, leaks_at("branch condition", "add_if_faulty+0x8", secrets)),
        (branch, leaks_at("branch condition", place, {"bit"})),
        (lanes, loses("d14")),
    ):
        assert "the counterexample is of something else" in visit(replace(e, shows=shows)).problem


def test_replay_that_disagrees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(museum, "replay", lambda *_: "MISMATCH after 3 instructions")
    assert "the replay: MISMATCH" in visit(named("tag-too-long")).problem


def test_proof_that_claims_nothing_about_results() -> None:
    """Another proof of the mended routine, which says no more than the ABI does."""
    e = named("x29-as-scratch")

    def states(p: Proof) -> None:
        r, a = p.region("r", 32, access="w"), p.region("a", 32, access="r")
        p.call(x0=r, x1=a)
        p.modifies(r)
        p.ensures(lambda s: {"the frame pointer": s.x29 == p.entry.x29})

    assert "claims nothing about results" in visit(replace(e, fixed=replace(e.fixed, states=states))).problem


def test_exit_codes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    good, shipped = named("v15-as-scratch"), named("aes-ctr-loses-d15")
    bad = replace(good, faulty=good.fixed)

    def unavailable(_: Wheel) -> Path:
        raise WheelUnavailable("no network")

    monkeypatch.setattr(Wheel, "path", unavailable)
    museum._image.cache_clear()
    for exhibits, code, told in (
        ([good], 0, "1 exhibits refuted and their mended builds proved, 0 not as said, 0 left out"),
        ([good, bad], 1, "v15-as-scratch: NOT AS SAID: the faulty routine is proved"),
        ([good, shipped], 3, "aes-ctr-loses-d15: left out: no network"),
        ([bad, shipped], 1, "0 exhibits refuted and their mended builds proved, 1 not as said, 1 left out"),
    ):
        assert main(exhibits) == code
        assert told in capsys.readouterr().out


# -- what a single input leaves out -----------------------------------------------------------------


#: Exponents at which the low word, or another, becomes zero.
EDGES = (64, 65, 127, 128, 191, 192, 255)


@pytest.mark.wheels
def test_mended_inverse_of_other_numbers() -> None:
    """2**k and n - 2**k on Unicorn, for 36 values of k: the exhibit speaks of some powers only."""
    image = image_of(AWS_LC)
    n = P256.n
    for number in (f for k in (*range(0, 256, 9), *EDGES) for f in (2**k, n - 2**k)):
        out = bytearray(32)
        arguments = [(bytearray(x.to_bytes(32, "little")), "r") for x in (number, n)]
        assert emulate(image, "beeu_mod_inverse_vartime", [(out, "rw"), *arguments]) == 1
        assert int.from_bytes(out, "little") == pow(number, -1, n)
