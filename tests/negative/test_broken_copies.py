"""Damaged copies of our own routines, and false statements about them: none may be proved."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from calling import emulate
from refusing import assembly, change, fix_loops, refute, run, symbolically, without_search

import armsym.proof.run
import armsym.proof.trials
import crypto_examples
from armsym.dsl import Bits, Claims, Proof, State, lanes
from armsym.elf import load
from armsym.errors import ArmsymError, InputError
from armsym.proof.loops import Routine
from armsym.proof.result import Status
from crypto_examples.own_memcmp.proof import armsym_ct_memcmp
from crypto_examples.own_sha256.proof import armsym_sha256_blocks
from crypto_examples.own_sha512.proof import armsym_sha512_blocks
from semantics import A64
from specs import sha512

ROOT = Path(crypto_examples.__file__).parent
SHA256, SHA512, MEMCMP = "armsym_sha256_blocks", "armsym_sha512_blocks", "armsym_ct_memcmp"

sha256_object = load(str(ROOT / "own_sha256/sha256.o"))
sha512_object = load(str(ROOT / "own_sha512/sha512.o"))
memcmp_object = load(str(ROOT / "own_memcmp/memcmp.o"))


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    # Enough for what is shown here, and quick.
    monkeypatch.setattr(armsym.proof.trials, "MAX_STEPS", 20_000)
    monkeypatch.setattr(armsym.proof.run, "TRIALS", armsym.proof.run.TRIALS[:3])
    without_search(monkeypatch)


# -- damaged code -----------------------------------------------------------------------------------

STEP = "invariant at armsym_sha512_blocks+0x10, step: hash value so far"


@pytest.mark.parametrize(("t", "bit"), [(0, 0), (37, 31), (79, 63)])
def test_wrong_round_constant(t: int, bit: int) -> None:
    at = sha512_object.symbol("K512").offset + 8 * t + bit // 8
    (byte,) = sha512_object.bytes_at(at, 1)
    image = sha512_object.patched({at: bytes([byte ^ 1 << bit % 8])})
    assert refute(armsym_sha512_blocks, image, SHA512) == ("ensures", "hash value[0]")
    assert symbolically(armsym_sha512_blocks, image, SHA512) == {"invariant": [STEP], "ensures": ["hash value"]}


CHANGES = {
    # proof, routine, instruction, word in its place, its text, kinds that refuse: by runs, by terms
    "stores the wrong registers": (
        armsym_sha512_blocks, sha512_object, SHA512,
        "st1 {v24.2d, v25.2d, v26.2d, v27.2d}, [x0]", 0x4C002C19, "st1 {v25.2d, v26.2d, v27.2d, v28.2d}, [x0]",
        "ensures", {"ensures"},
    ),
    "stores half of the words": (
        armsym_sha512_blocks, sha512_object, SHA512,
        "st1 {v24.2d, v25.2d, v26.2d, v27.2d}, [x0]", 0x4C00AC18, "st1 {v24.2d, v25.2d}, [x0]",
        "ensures", {"ensures"},
    ),
    "stores to the message": (
        armsym_sha512_blocks, sha512_object, SHA512,
        "st1 {v24.2d, v25.2d, v26.2d, v27.2d}, [x0]", 0x4C002C38, "st1 {v24.2d, v25.2d, v26.2d, v27.2d}, [x1]",
        "memory", {"memory"},
    ),
    "one block too many": (
        armsym_sha512_blocks, sha512_object, SHA512,
        "b.ne #0x10", 0x54FFC485, "b.pl #0x10",
        "memory", {"termination"},
    ),
    "every other block": (
        armsym_sha512_blocks, sha512_object, SHA512,
        "subs x2, x2, #1", 0xF1000842, "subs x2, x2, #2",
        "ensures", {"ensures", "termination"},
    ),
    "no question whether there is a block": (
        armsym_sha512_blocks, sha512_object, SHA512,
        "cbz x2, #0x788", 0xD503201F, "nop",
        "memory", {"termination"},
    ),
    "bytes in the wrong order": (
        armsym_sha512_blocks, sha512_object, SHA512,
        "rev64 v19.16b, v19.16b", 0x6E200A73, "rev32 v19.16b, v19.16b",
        "ensures", {"invariant", "ensures"},
    ),
    "last round without schedule": (
        armsym_sha512_blocks, sha512_object, SHA512,
        "sha512su1 v23.2d, v22.2d, v5.2d", 0xD503201F, "nop",
        "ensures", {"invariant", "ensures"},
    ),
    "the message is read twice": (
        armsym_sha256_blocks, sha256_object, SHA256,
        "ld1 {v4.16b, v5.16b, v6.16b, v7.16b}, [x1], #64", 0x4C402024, "ld1 {v4.16b, v5.16b, v6.16b, v7.16b}, [x1]",
        "ensures", {"invariant"},
    ),
    "the next byte is read": (
        armsym_ct_memcmp, memcmp_object, MEMCMP,
        "ldrb w5, [x1], #1", 0x38401C25, "ldrb w5, [x1, #1]!",
        "memory", {"memory", "invariant"},
    ),
    "differences cancel": (
        armsym_ct_memcmp, memcmp_object, MEMCMP,
        "orr w3, w3, w4", 0x4A040063, "eor w3, w3, w4",
        "invariant", {"invariant"},
    ),
    "the answer is turned around": (
        armsym_ct_memcmp, memcmp_object, MEMCMP,
        "cset w0, ne", 0x1A9F17E0, "cset w0, eq",
        "ensures", {"ensures"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_changed_instruction(name: str) -> None:
    fn, image, symbol, old, word, new, by_runs, by_terms = CHANGES[name]
    broken = change(image, symbol, old, word, new)
    assert refute(fn, broken, symbol)[0] == by_runs
    assert set(symbolically(fn, broken, symbol)) == by_terms


def test_one_block_too_many_is_read_outside_of_the_message() -> None:
    image = change(sha512_object, SHA512, "b.ne #0x10", 0x54FFC485, "b.pl #0x10")
    # Claims that the damage makes right, but for the bounds of the message.
    fn = Sha512Claims(upto=lambda n: n + 1, result=lambda H, n: H(n))
    assert refute(fn, image, SHA512) == ("memory", "every access is permitted")
    assert symbolically(fn, image, SHA512)["memory"] == ["accesses to data are in bounds"]


def test_one_flipped_bit_is_shown_with_an_input_that_breaks_it() -> None:
    # Bit 29 of one instruction: the words of an eighth of the message come in the wrong order.
    image = change(sha512_object, SHA512, "rev64 v19.16b, v19.16b", 0x4E200A73 ^ 1 << 29, "rev32 v19.16b, v19.16b")
    r = run(armsym_sha512_blocks, image, SHA512)
    assert r.status is Status.REFUTED
    c = r.counterexample
    assert c is not None
    # The values shown are those of the standard, and of the damaged code as Unicorn runs it.
    blocks = int(c.inputs["n"])
    state, data = (bytes.fromhex(c.inputs[name].split()[0].rstrip(".")) for name in ("state", "data"))
    assert 1 <= blocks <= 3  # more are not shown in full
    H = [Bits.from_bytes(state[k : k + 8], "little") for k in range(0, 64, 8)]
    M = [Bits.from_bytes(data[k : k + 8], "big") for k in range(0, len(data), 8)]
    for k in range(blocks):
        H = list(sha512.compress(H, M[16 * k : 16 * k + 16]))
    got = bytearray(state)
    emulate(image, SHA512, [(got, "rw"), (bytearray(data), "r"), blocks])
    assert (c.kind, c.claim) == ("ensures", "hash value[0]")
    assert int(c.expected, 16) == H[0].uint
    assert int(c.got, 16) == int.from_bytes(got[:8], "little")
    assert c.expected != c.got


# Only strings of 2**32 bytes or blocks show these: no run of a test ever gets there.
IN_32_BITS = {
    "memcmp, cbz": (armsym_ct_memcmp, memcmp_object, MEMCMP, "cbz x2, #0x20", 0x340000E2, "cbz w2, #0x20"),
    "memcmp, sub": (armsym_ct_memcmp, memcmp_object, MEMCMP, "sub x2, x2, #1", 0x51000442, "sub w2, w2, #1"),
    "sha256, cbz": (armsym_sha256_blocks, sha256_object, SHA256, "cbz x2, #0x1b0", 0x34000D22, "cbz w2, #0x1b0"),
    "sha512, cbz": (armsym_sha512_blocks, sha512_object, SHA512, "cbz x2, #0x788", 0x34003C42, "cbz w2, #0x788"),
    "sha512, subs": (armsym_sha512_blocks, sha512_object, SHA512, "subs x2, x2, #1", 0x71000442, "subs w2, w2, #1"),
}


@pytest.mark.parametrize("name", IN_32_BITS)
def test_length_counted_in_32_bits(name: str) -> None:
    fn, image, symbol, old, word, new = IN_32_BITS[name]
    r = run(fn, change(image, symbol, old, word, new), symbol)
    assert r.status is Status.UNDECIDED
    assert r.counterexample is None
    assert "ensures" in {o.kind for o in r.obligations if o.status is Status.UNDECIDED}


def test_every_single_bit_of_the_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    # CBZ, EOR, ORR and SUB.  The bits that make no difference: LSR and ASR by 0 are no shift, in 64
    # bits the upper halves are 0, and nobody reads the flags that SUBS sets.
    harmless = {(4, 22), (4, 23), (4, 31), (5, 22), (5, 23), (5, 31), (6, 29)}
    fix_loops(monkeypatch, memcmp_object, MEMCMP)
    start, _ = memcmp_object.function_extent(MEMCMP)
    proved = set()
    for k in (1, 4, 5, 6):
        for bit in range(32):
            word = memcmp_object.word(start + 4 * k) ^ 1 << bit
            image = memcmp_object.patched({start + 4 * k: word.to_bytes(4, "little")})
            if run(armsym_ct_memcmp, image, MEMCMP).status is Status.PROVED:
                proved.add((k, bit))
    assert proved == harmless


def test_random_bits_of_sha512(monkeypatch: pytest.MonkeyPatch) -> None:
    fix_loops(monkeypatch, sha512_object, SHA512)
    start, size = sha512_object.function_extent(SHA512)
    rng = random.Random(512)
    refused = 0
    for _ in range(40):
        at, bit = start + 4 * rng.randrange(size // 4), rng.randrange(32)
        image = sha512_object.patched({at: (sha512_object.word(at) ^ 1 << bit).to_bytes(4, "little")})
        r = run(armsym_sha512_blocks, image, SHA512)
        refused += r.status is not Status.PROVED
        if r.status is Status.PROVED:
            # A vector copied or loaded in lanes of another size is the same vector.
            old, new = assembly(sha512_object, at), assembly(image, at)
            assert _without_lanes(old) == _without_lanes(new), (old, new)
    assert refused > 30


def _without_lanes(text: str) -> str:
    for lane in (".16b", ".8h", ".4s", ".2d"):
        text = text.replace(lane, "")
    return text


# -- false statements about right code --------------------------------------------------------------


class Sha512Claims:
    """The proof of our SHA-512 with parts that can be replaced by false ones."""

    def __init__(
        self,
        *,
        low: int = 1,
        high: int = 2**50,
        compress: Callable[[Sequence[Bits], Sequence[Bits]], Sequence[Bits]] | None = None,
        size: Callable[[Bits], Bits] = lambda n: 128 * n,
        state: str = "rw",
        order: str = "big",
        invariant: Callable[[State, Bits, Callable[[Bits], list[Bits]]], Claims] | None = None,
        upto: Callable[[Bits], Bits] = lambda n: n,
        result: Callable[[Callable[[Bits], list[Bits]], Bits], list[Bits]] = lambda H, n: H(n),
        modifies: bool = True,
        assume: Callable[[Proof, Bits], None] = lambda p, n: None,
    ) -> None:
        self.low, self.high, self.compress, self.size = low, high, compress, size
        self.state, self.order, self.invariant, self.upto = state, order, invariant, upto
        self.result, self.modifies, self.assume = result, modifies, assume

    def __call__(self, p: Proof) -> None:
        n = p.nat("n", low=self.low, high=self.high)
        state = p.region("state", 64, access=self.state)
        data = p.region("data", self.size(n), access="r")
        p.call(x0=state, x1=data, x2=n)
        self.assume(p, n)
        M = data.blocks(words=16, width=64, order=self.order)
        H = p.fold(self.compress or sha512.compress, start=state.words(width=64), over=M)

        @p.invariant(p.routine.back_edge(), upto=self.upto(n))
        def _(s: State, i: Bits) -> Claims:
            return self.invariant(s, i, H) if self.invariant else {"hash value so far": s.v[24:28] == lanes(H(i))}

        if self.modifies:
            p.modifies(state)
        p.ensures(lambda s: {"hash value": state.words(width=64, at=s) == self.result(H, n)})


def _kinds(fn: Callable[[Proof], None]) -> set[str]:
    return set(symbolically(fn, sha512_object, SHA512))


def test_the_same_claims_unchanged_are_proved() -> None:
    assert run(Sha512Claims(), sha512_object, SHA512).status is Status.PROVED
    assert _kinds(Sha512Claims()) == set()


def _wrong_compress(H: Sequence[Bits], M: Sequence[Bits]) -> list[Bits]:
    # K_t is added to W_t and nowhere else, so one wrong K is one wrong word of the schedule.
    K = sha512.K
    try:
        sha512.K = [*K[:40], K[40] ^ 1, *K[41:]]
        return sha512.compress(list(H), list(M))
    finally:
        sha512.K = K


def _swapped(H: Callable[[Bits], list[Bits]], n: Bits) -> list[Bits]:
    h = H(n)
    return [h[1], h[0], *h[2:]]


FALSE = {
    # claims, kind that a run refutes (None: no run can), kinds that the terms refuse
    "one constant of the standard wrong": (
        Sha512Claims(compress=_wrong_compress),
        "ensures",
        {"invariant", "ensures"},
    ),
    "message little-endian": (Sha512Claims(order="little"), "ensures", {"invariant", "ensures"}),
    "two words of the result swapped": (Sha512Claims(result=_swapped), "ensures", {"ensures"}),
    "one block less": (Sha512Claims(result=lambda H, n: H(n - 1)), "ensures", {"ensures"}),
    "state unchanged": (Sha512Claims(result=lambda H, n: H(n - n)), "ensures", {"ensures"}),
    "invariant one block ahead": (
        Sha512Claims(invariant=lambda s, i, H: {"hash value so far": s.v[24:28] == lanes(H(i + 1))}),
        "invariant",
        {"invariant", "ensures"},
    ),
    "invariant of the wrong registers": (
        Sha512Claims(invariant=lambda s, i, H: {"hash value so far": s.v[23:27] == lanes(H(i))}),
        "invariant",
        {"invariant", "ensures"},
    ),
    "invariant true at first only": (
        Sha512Claims(invariant=lambda s, i, H: {"hash value so far": s.v[24:28] == lanes(H(i - i))}),
        "invariant",
        {"invariant", "ensures"},
    ),
    "invariant false": (
        Sha512Claims(invariant=lambda s, i, H: {"contradiction": (s.x2 == 0) & (s.x2 == 1)}),
        "invariant",
        {"invariant"},
    ),
    # Right, but not enough: the code does what is claimed, so there is no counterexample either.
    "invariant too weak": (
        Sha512Claims(invariant=lambda s, i, H: {"first words": s.v[24:25] == lanes(H(i))[0:1]}),
        None,
        {"invariant", "ensures"},
    ),
    "one iteration less": (Sha512Claims(upto=lambda n: n - 1), "termination", {"termination"}),
    "a message two bytes short, unless of one block": (Sha512Claims(size=lambda n: 126 * n + 2), "memory", {"memory"}),
    "a message of 127 bytes for each block": (Sha512Claims(size=lambda n: 127 * n), "memory", {"memory"}),
    "state read-only": (Sha512Claims(state="r"), "memory", {"memory"}),
    "state write-only": (Sha512Claims(state="w"), "memory", {"memory"}),
    "nothing modified": (Sha512Claims(modifies=False), "frame", {"frame"}),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_statement(name: str) -> None:
    fn, by_runs, by_terms = FALSE[name]
    if by_runs is None:
        r = run(fn, sha512_object, SHA512)
        assert r.status is Status.UNDECIDED
        assert r.counterexample is None
    else:
        assert refute(fn, sha512_object, SHA512)[0] == by_runs
    # A false claim may take others with it, but those that are about something else stay.
    assert by_terms <= _kinds(fn) <= by_terms | {"invariant", "ensures"}


def test_impossible_precondition_is_no_proof() -> None:
    def assume(p: Proof, n: Bits) -> None:
        p.assume("n is 3 and n is 4", (n == 3) & (n == 4))

    r = run(Sha512Claims(assume=assume), sha512_object, SHA512)
    assert r.status is not Status.PROVED
    assert "non-vacuous" in {o.kind for o in r.obligations if o.status is not Status.PROVED}


def test_nothing_claimed_is_no_proof() -> None:
    def silent(p: Proof) -> None:
        n = p.nat("n", high=2**50)
        a, b = p.region("a", n, access="r", cell=1), p.region("b", n, access="r", cell=1)
        p.call(x0=a, x1=b, x2=n)

        @p.invariant(p.routine.back_edge(), upto=n, inclusive=True)
        def _(s: State, i: Bits) -> Claims:
            return {"left": s.x2 == n - i}

    r = run(silent, memcmp_object, MEMCMP)
    assert r.status is Status.UNDECIDED
    assert [o.kind for o in r.obligations if o.status is not Status.PROVED] == ["ensures"]


def test_length_that_may_wrap_is_rejected() -> None:
    with pytest.raises(InputError, match="smaller high"):
        run(Sha512Claims(high=2**60), sha512_object, SHA512)


def test_constants_the_file_does_not_hold() -> None:
    def wrong(p: Proof) -> None:
        p.rodata([*sha512.K[:-1], sha512.K[-1] ^ 1])

    with pytest.raises(InputError, match="no read-only data holds"):
        run(wrong, sha512_object, SHA512)


def test_damaged_branch_leaves_no_loop_to_speak_of() -> None:
    image = change(memcmp_object, MEMCMP, "b #4", 0xD503201F, "nop")
    with pytest.raises(ArmsymError, match="0 outermost loops"):
        Routine(image, A64, MEMCMP).back_edge()
    with pytest.raises(InputError, match="0 outermost loops"):
        run(armsym_ct_memcmp, image, MEMCMP)
