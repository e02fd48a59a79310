"""Functions that stand for themselves on terms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from armsym.bits.value import no_vector
from armsym.bits.vector import Bits, new_bits
from armsym.errors import WidthError
from armsym.terms import ops
from armsym.terms.evaluate import free_terms
from armsym.terms.node import App, Term, Value, definitions

__all__ = ["OpaqueFunction", "applied", "definitions_of", "foreign", "nothing_known", "opaque"]


class OpaqueFunction:
    """What `opaque` makes of a function: it runs on numbers and stands for itself on terms.

    Two definitions of one name must agree where one proof applies both to terms.  Proofs that do not meet
    know nothing of each other's: see `definitions_of`.
    """

    def __init__(self, name: str, width: int, definition: Callable[..., Bits], unfolds: bool = False) -> None:
        if not isinstance(name, str) or not name.isidentifier():
            raise WidthError(f"an opaque function's name is an identifier, not {name!r}")
        if not isinstance(width, int) or width < 1 or not callable(definition):
            raise WidthError(
                f"opaque {name}: a function with a result of at least 1 bit, not {definition!r}, {width!r}"
            )
        self.name, self.width, self.definition, self.unfolds = name, width, definition, unfolds
        self.__doc__ = definition.__doc__
        self.__name__ = getattr(definition, "__name__", name)

    def __call__(self, *args: Bits) -> Bits:
        for a in args:
            if not isinstance(a, Bits):
                raise no_vector(f"each argument of {self.name}", a)
        if all(isinstance(a.value, int) for a in args):
            return self.unfold(*args)
        return applied(self.name, self.width, args, self)

    def unfold(self, *args: Bits) -> Bits:
        """What it is defined to be, of numbers or, where it `unfolds`, of terms."""
        result = self.definition(*args)
        if not isinstance(result, Bits) or result.width != self.width:
            raise WidthError(f"{self.name} was said to give {self.width} bits, it gives {result!r}")
        return new_bits(self.width, result.value)


def applied(name: str, width: int, args: Sequence[Bits], definition: OpaqueFunction | None = None) -> Bits:
    """A function of that name, of `width` bits, that stands for itself on these arguments."""
    arguments = [(a.width, a.value) for a in args]
    return new_bits(width, ops.apply(name, width, arguments, definition=definition))


def definitions_of(t: App) -> list[OpaqueFunction]:
    """The opaque functions that this proof has applied under the name of `t`, the first one first.

    None for what is no opaque function (the content of a region, a fold), and for an application that is not
    of this proof: nothing may be concluded from what its name means here.
    """
    return [d for d in definitions(t) if isinstance(d, OpaqueFunction)]


def nothing_known(t: Term) -> bool:
    """Whether a term is an application of which nothing is known: it may be any value, whatever its arguments are."""
    return isinstance(t, App) and not definitions_of(t)


def foreign(v: Value, variables: Collection[Value]) -> Term | None:
    """What a value speaks of that is no opaque function and none of these variables; None where there is no such thing.

    A function that stands for itself is public, and the same, where its arguments are: it must know nothing else.
    """
    found = [t for t in free_terms(v) if t not in variables and not (isinstance(t, App) and definitions_of(t))]
    return min(found, key=lambda t: t.id, default=None)


def opaque(name: str, width: int, *, unfolds: bool = False) -> Callable[[Callable[..., Bits]], OpaqueFunction]:
    """Make a function of `Bits` an uninterpreted function on symbolic arguments.

    On concrete arguments the function runs; on symbolic ones it stands for itself, so a proof
    that closes holds for every function of that name.  `width` is the result's width.  Several
    definitions of one name (an instruction's S-box and a standard's) are one function in a
    proof, which therefore obliges them to agree on all arguments.

    With `unfolds` the function runs on terms, too, and says the same of them: an equation in which
    it is added is also tried with its definition in its place.
    """

    def wrap(fn: Callable[..., Bits]) -> OpaqueFunction:
        return OpaqueFunction(name, width, fn, unfolds)

    return wrap
