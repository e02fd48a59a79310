"""Arithmetic modulo P-256's prime and order, of OpenSSL 4.0.3."""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Bits, Claims, Proof, State, concat, proof
from crypto_examples.p256 import OPERATIONS, field, order_squares
from crypto_examples.wheels import OPENSSL_4_0

for _operation in OPERATIONS:
    proof(_symbol := f"ecp_nistz256_{_operation}", of=OPENSSL_4_0, name=f"openssl_{_symbol}")(field(_operation))
proof(_symbol := "ecp_nistz256_ord_sqr_mont", of=OPENSSL_4_0, name=f"openssl_{_symbol}")(order_squares)


def _place(index: int, k: int, unit: int) -> list[int]:
    """Where the bytes of word k of entry `index`, from 1, lie in a table whose rows of 64 bytes hold a `unit` of each.

    One access touches each row at the same place in it: which cache lines are used says nothing of the index, but which
    bytes of them does.  So the index is public here.
    """
    per_row = 64 // unit
    assert 1 <= index <= per_row
    # A word is cut into 8 / unit pieces; with units of 4 bytes the low halves of four words come before the high ones.
    rows = [8 * (k // 4) + k % 4 + 4 * h for h in range(2)] if unit == 4 else [8 * k + h for h in range(8)]
    return [64 * row + unit * (index - 1) + b for row in rows for b in range(unit)]


def _table(words: int, unit: int) -> int:
    """How many bytes a table has: of so many entries as a row of 64 bytes has units."""
    return 64 // unit * 8 * words


def _scatter(p: Proof, words: int, unit: int) -> None:
    """A point of so many words becomes an entry of the table; no other byte of it changes.

    Entries are counted from 1 where units have 4 bytes, and from 0 where they have one.
    """
    first = 1 if unit == 4 else 0
    index = p.choice("index", range(first, 64 // unit + first))
    t = p.region("t", _table(words, unit), access="rw", cell=8)
    a = p.region("a", 8 * words, access="r", cell=8)
    p.call(x0=t, x1=a, x2=index)
    p.modifies(t, p.stack(16))
    mine = {at: (k, b) for k in range(words) for b, at in enumerate(_place(index + 1 - first, k, unit))}
    low, high = 8 * unit * (index - first), 8 * unit * (index - first + 1)

    @p.ensures
    def stored(s: State) -> Claims:
        # By rows of 64 bytes: a unit of each is the entry's, and what lies below it and above it is another's.
        content, here, beside = a.words(8), [], []
        for row, (now, before) in enumerate(zip(t.words(512, at=s), t.words(512), strict=True)):
            for b, byte in enumerate(now[high - 1 : low].elems(8), 64 * row + low // 8):
                k, of_word = mine[b]
                here.append(byte == content[8 * k + of_word])
            beside += [now[low - 1 : 0] == before[low - 1 : 0]] if low else []
            beside += [now[511:high] == before[511:high]] if high < 512 else []
        return {"the entry": here, "the others": beside}


def _gather(p: Proof, words: int, unit: int) -> None:
    """An entry of the table, or zeros for index 0."""
    index = p.choice("index", range(64 // unit + 1))
    r = p.region("r", 8 * words, access="w", cell=8)
    t = p.region("t", _table(words, unit), access="r", cell=1)
    p.call(x0=r, x1=t, x2=index)
    p.modifies(r, p.stack(16))

    @p.ensures
    def read(s: State) -> Claims:
        claims = []
        for k, word in enumerate(r.words(64, at=s)):
            wanted = concat(*reversed([t.byte(at) for at in _place(index, k, unit)])) if index else Bits(64, 0)
            claims.append(word == wanted)
        return {"the entry": claims}


def _window(fn: Callable[[Proof, int, int], None], words: int, unit: int) -> Callable[[Proof], None]:
    return lambda p: fn(p, words, unit)


for _name, _words, _unit in (("w5", 12, 4), ("w7", 8, 1)):
    for _verb, _fn in (("scatter", _scatter), ("gather", _gather)):
        proof(_symbol := f"ecp_nistz256_{_verb}_{_name}", of=OPENSSL_4_0, name=_symbol)(_window(_fn, _words, _unit))
