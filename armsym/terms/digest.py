"""A digest of what a term is, the same in every process: ids, which tell terms apart in one, are not.

What a sum or a polynomial consists of has no order; the operands of an operation have the one that they stand in,
which for operands that may be swapped goes by age.  So equal terms that were made in another order may differ in
their digests, and equal digests are of equal terms.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from armsym.terms.node import App, Op, Poly, Sum, Term, Value, Var, intern
from armsym.terms.walk import complete

__all__ = ["TermDigests", "digest_of", "key_of"]


def digest_of(parts: Iterable[object]) -> bytes:
    """The digest of texts, numbers, digests, truth values, None, and tuples of those; raises `TypeError` for others."""
    return sha256(_written(tuple(parts))).digest()


def key_of(parts: tuple[Any, ...]) -> bytes:
    """A digest to look such parts up by in this process, made in a tenth of the time; raises `ValueError` for others.

    Python's own format tells each kind of object by a letter and each length, too, and is read back as what was
    written.  (From version 3 on it also says which objects are one, which parts that are equal need not agree in.)
    """
    return sha256(marshal.dumps(parts, 2)).digest()


def _written(part: object) -> bytes:
    """Each kind by a letter and each text by its length: nothing is written as anything else is."""
    match part:
        case bool() | None:
            return b"c%s;" % str(part).encode()
        case int():
            return b"i%x;" % part
        case str():
            text = part.encode("utf-8", "surrogatepass")
            return b"s%x:%s" % (len(text), text)
        case bytes():
            return b"b%x:%s" % (len(part), part)
        case tuple():
            return b"t%x:%s" % (len(part), b"".join(map(_written, part)))
    raise TypeError(f"no digest of a {type(part).__name__}")


class TermDigests:
    """The digests of terms, each made once; `meaning` tells what the function of an application stands for."""

    def __init__(self, meaning: Callable[[App], tuple[object, ...]] = lambda _: ()) -> None:
        self._known: dict[int, bytes] = {}
        self._meaning = meaning
        self._variables: dict[tuple[object, ...], Term] = {}

    def of(self, value: Value) -> bytes:
        """The digest of a constant or a term; raises `ValueError` for two variables of all one description."""
        if isinstance(value, int):
            return digest_of(("constant", value))
        return complete(intern(value), self._known, self._made)

    def _made(self, t: Term) -> bytes:
        match t:
            case Var():
                parts: tuple[object, ...] = ("var", t.width, t.name, t.pb, t.secret)
                if self._variables.setdefault(parts, t) is not t:
                    raise ValueError(f"two variables of the name {t.name}")
            case App():
                parts = ("app", t.width, t.name, t.widths, t.secret, tuple(map(self.of, t.args)), self._meaning(t))
            case Op():
                parts = ("op", t.width, t.kind, t.arg_width, tuple(map(self.of, t.args)))
            case Sum():
                parts = ("sum", t.width, t.const, tuple(sorted((self.of(x), k) for x, k in t.terms.items())))
            case Poly():
                monos = ((tuple(sorted((self.of(x), s) for x, s in m.factors)), k) for m, k in t.entries.items())
                parts = ("poly", t.width, t.const, tuple(sorted(monos)))
            case _:
                raise AssertionError(f"a term of the kind {type(t).__name__}")
        return digest_of(parts)
