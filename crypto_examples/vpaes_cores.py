"""The inner routines of the vector-permutation AES, one or two blocks in registers: proofs that are contracts.

They follow no calling convention: X2 is the key structure, V7 the block (or V14 and V15), V17 on the constants that
the caller loaded before; the result is in V0 (and V1).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce
from operator import and_

from armsym.dsl import Bits, Claims, Iterated, Proof, ProofDefinition, Prop, State, Words, lanes, proof
from armsym.wheels import Wheel
from crypto_examples.aes import KEY_BYTES, ROUNDS_AT, block_arguments
from crypto_examples.vpaes import DECRYPTION, ENCRYPTION, Direction
from specs.aes import AddRoundKey, block_of, rounds, state_of

__all__ = ["SIZES", "Cores", "cipher", "decrypts", "encrypts"]

#: Bits of a key.
SIZES = (128, 192, 256)


class Cores:
    """The proofs of the routines of a wheel, each for the three sizes of keys: made where this is called."""

    def __init__(self, of: Wheel, directions: Sequence[Direction] = (ENCRYPTION, DECRYPTION)) -> None:
        self._proofs = {
            (d.verb, two, bits): _core(of, d, two, bits) for d in directions for two in (0, 1) for bits in SIZES
        }

    def uses(self, p: Proof, d: Direction, bits: int, *blocks: int) -> None:
        """Let those of so many blocks, 1 or 2, stand for their routines."""
        p.uses(*(self._proofs[d.verb, n - 1, bits] for n in blocks))


def _core(of: Wheel, d: Direction, two: int, bits: int) -> ProofDefinition:
    symbol = f"_vpaes_{d.verb}_{'2x' if two else 'core'}"

    def contract(p: Proof) -> None:
        _states(p, d, (14, 15) if two else (7,), rounds(bits // 32), symbol)

    return proof(symbol, of=of, name=f"{symbol}_{bits}")(contract)


def _states(p: Proof, d: Direction, registers: Sequence[int], Nr: int, symbol: str) -> None:
    """V0 (and V1) become the standard's cipher of the blocks in `registers`, the structure holding any vectors."""
    key = p.region("key", KEY_BYTES, access="r")
    found = [p.word(f"block{r}", 128) for r in registers]
    loaded = {f"v{n}": v for n, v in enumerate(d.constants(p), start=17)}
    p.call(x2=key, **loaded, **{f"v{r}": block for r, block in zip(registers, found, strict=True)})
    p.given(key, ROUNDS_AT, Bits(32, Nr - 1))
    p.clobbers(x=range(8, 12), v=[*range(6), 16] + (list(range(8, 14)) if len(registers) == 2 else []))

    f, w = cipher(d, Nr), d.keys(key.words(128))(Nr)
    starts = [Words([*block.elems(8), *w]) for block in found]
    folds = [p.unfold(f, start, name=name) for start, name in zip(starts, "AB", strict=False)]
    for k, start in enumerate(starts):
        p.lemma(f"the steps are the standard's cipher, block {k}", _is_cipher(d, f, start))

    @p.cut_each(
        p.image.symbol(symbol).offset + d.heads[len(found) - 1],
        forget=lambda r: [(A, r + 1) for A in folds] if r < Nr else [],
    )
    def _(s: State, r: int) -> Claims:
        if r >= Nr:
            return {"no round after the last": False}
        return {
            f"state in v{v}": s.v[v] == lanes(d.kept(r, A(r + 1)[:16]))[0] for v, A in zip((0, 8), folds, strict=False)
        }

    p.ensures(lambda s: {f"block in v{v}": s.v[v] == lanes(A(f.times)[:16])[0] for v, A in enumerate(folds)})


@cache
def cipher(d: Direction, Nr: int) -> Iterated:
    """The standard's cipher, or its inverse, round by round, of the bytes of a block and the words w, which stay."""

    def step(S: Words, r: int) -> list[Bits]:
        A, w = Words(S[:16]), Words(S[16:])
        k = Words(w[4 * r : 4 * r + 4])
        if r == 0:
            return [*block_of(AddRoundKey(state_of(A), k)), *w]
        return [*(d.round(A, k) if r < Nr else d.last_round(A, k)), *w]

    return Iterated(step, times=Nr + 1, name=f"aes_{d.verb}_{Nr}")


# -- one block ------------------------------------------------------------------------------------


def encrypts(p: Proof, cores: Cores, *, in_place: bool = False) -> None:
    """out = CIPHER(in, Nr, w) for the words w that the key structure stands for."""
    _one_block(p, cores, ENCRYPTION, in_place)


def decrypts(p: Proof, cores: Cores, *, in_place: bool = False) -> None:
    """out = EQINVCIPHER(in, Nr, dw) for the words dw that the key structure stands for, the last round key first."""
    _one_block(p, cores, DECRYPTION, in_place)


def _one_block(p: Proof, cores: Cores, d: Direction, in_place: bool) -> None:
    """`void f(const uint8_t *in, uint8_t *out, const AES_KEY *key)`; `in` and `out` lie apart, or are the same bytes.

    The structure may hold anything; it says Nr - 1 where others say Nr.
    """
    bits = p.choice("bits", SIZES)
    Nr = rounds(bits // 32)
    in_, out, key = block_arguments(p, in_place)
    p.given(key, ROUNDS_AT, Bits(32, Nr - 1))
    p.modifies(out, p.stack(16))
    cores.uses(p, d, bits, 1)

    f, w, block = cipher(d, Nr), d.keys(key.words(128))(Nr), in_.words(8)
    p.lemma("the steps are the standard's cipher", _is_cipher(d, f, Words([*block, *w])))
    p.ensures(lambda s: {"block": out.words(8, at=s) == f([*block, *w])[:16]})


def _is_cipher(d: Direction, f: Iterated, start: Words) -> Prop:
    """That f, taken step by step of a block and the words w, is the standard's cipher of them."""
    after = start
    for r in range(f.times):
        after = Words(f.step(after, r))
    return reduce(and_, after[:16] == d.cipher(Words(start[:16]), f.times - 1, Words(start[16:])))
