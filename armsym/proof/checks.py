"""What a proof file hands to the DSL is what it has to be; else `InputError` names the rule and shows the value.

Each function is given what the value is for ("nat n: high"), and returns the value.
"""

from __future__ import annotations

import inspect
import os
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

from armsym.bits import Bits, Prop
from armsym.errors import InputError
from armsym.integers.expression import Relation

__all__ = [
    "Assumed",
    "a_condition",
    "a_function",
    "a_number",
    "a_pair_list",
    "a_text",
    "a_vector",
    "an_assumption",
    "an_order",
    "numbers",
    "place_of",
    "shown",
    "told_by",
    "vectors",
    "whole_bytes",
]

_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
#: The folders of the packages that a proof rests on, and of Python's own library.
_NOT_A_PROOF = (
    *(os.path.join(_HOME, p, "") for p in ("armsym", "semantics", "specs")),
    os.path.join(os.path.dirname(os.path.abspath(os.__file__)), ""),
)

F = TypeVar("F", bound=Callable[..., Any])


def shown(value: object) -> str:
    """A value as a message shows it, with its type."""
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


def a_number(what: str, value: object, low: int = 0, high: int | None = None) -> int:
    """A Python int (no bool) in [low, high]."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{what} is a whole number (a Python int), not {shown(value)}")
    if value < low or (high is not None and value > high):
        within = (
            f"at least {low}" if high is None else f"from {low} to {high:#x}" if high > 9999 else f"{low} to {high}"
        )
        raise InputError(f"{what} is {within}, not {value}")
    return value


def numbers(what: str, values: object, low: int, high: int | None = None) -> list[int]:
    """Several of them."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InputError(f"{what} are numbers in a list, not {shown(values)}")
    return [a_number(what, v, low, high) for v in values]


def a_text(what: str, value: object) -> str:
    """A str."""
    if not isinstance(value, str):
        raise InputError(f"{what} is a text (str), not {shown(value)}")
    return value


def a_vector(what: str, value: object, width: int | None = None) -> Bits:
    """A bit vector, of `width` bits if that is given."""
    if not isinstance(value, Bits):
        hint = (
            f" (write Bits({width or 64}, {value}))" if isinstance(value, int) and not isinstance(value, bool) else ""
        )
        raise InputError(f"{what} is a bit vector (Bits), not {shown(value)}{hint}")
    if width is not None and value.width != width:
        raise InputError(f"{what} has {width} bits, not {value.width}")
    return value


def vectors(what: str, values: object, widths: Sequence[int] | None = None) -> list[Bits]:
    """A list of bit vectors, of these widths if they are given."""
    if isinstance(values, (str, bytes, Bits)) or not isinstance(values, Iterable):
        raise InputError(f"{what} are bit vectors in a list, not {shown(values)}")
    found = [a_vector(f"each of {what}", v) for v in values]
    if widths is not None and [v.width for v in found] != list(widths):
        raise InputError(f"{what} have {list(widths)} bits, not {[v.width for v in found]}")
    return found


def a_condition(what: str, value: object) -> Prop:
    """A condition, or a bool."""
    if isinstance(value, bool):
        return Prop(value)
    if not isinstance(value, Prop):
        raise InputError(f"{what} is a condition, as in x == 0, not {shown(value)}")
    return value


#: What may be assumed of the inputs.
Assumed: TypeAlias = "Prop | bool | Relation | Sequence[Assumed]"


def an_assumption(what: str, value: object) -> list[Prop | Relation]:
    """Conditions and claims about integers: one, or a non-empty list."""
    if isinstance(value, (list, tuple)):
        if not value:
            raise InputError(f"{what} is an empty list: it would say nothing")
        return [p for v in value for p in an_assumption(what, v)]
    return [value] if isinstance(value, Relation) else [a_condition(what, value)]


def an_order(what: str, value: object) -> str:
    """A byte order."""
    if not isinstance(value, str) or value not in {"little", "big"}:
        raise InputError(f"{what}: a byte order is 'little' or 'big', not {value!r}")
    return value


def whole_bytes(what: str, width: object) -> int:
    """A positive number of bits that are whole bytes."""
    w = a_number(what, width, 1)
    if w % 8:
        raise InputError(f"{what} is a number of whole bytes, not of {w} bits")
    return w


def a_function(what: str, fn: F, *arguments: str) -> F:
    """A function that can be called with so many arguments; their names are for the message."""
    if not callable(fn):
        raise InputError(f"{what} is a function of {', '.join(arguments)}, not {shown(fn)}")
    try:
        inspect.signature(fn).bind(*arguments)
    except TypeError as e:
        raise InputError(f"{what} is called as fn({', '.join(arguments)}), and {_place(fn)} cannot be: {e}") from None
    except ValueError:
        pass  # of a function that does not tell
    return fn


def told_by(fn: Callable[..., object], what: str) -> str:
    """What a function of the proof file is asked for, with its place: `file:line: what`."""
    code = getattr(fn, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}: {what}" if code is not None else what


def place_of(error: BaseException) -> str:
    """`file:line` of the innermost code that raised it and is neither ours nor Python's own; "" if there is none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if os.path.isfile(frame.filename) and not frame.filename.startswith(_NOT_A_PROOF):
            return f"{frame.filename}:{frame.lineno}"
    return ""


def _place(fn: Callable[..., object]) -> str:
    code = getattr(fn, "__code__", None)
    name = getattr(fn, "__name__", repr(fn))
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code is not None else name


def a_pair_list(what: str, pairs: object, first: type) -> Any:
    """A list of (fold, number)."""
    if isinstance(pairs, (str, bytes)) or not isinstance(pairs, Iterable):
        raise InputError(f"{what} is a list such as [(A, 3)], not {shown(pairs)}")
    found = list(pairs)
    for p in found:
        if not isinstance(p, tuple) or len(p) != 2 or not isinstance(p[0], first):
            raise InputError(f"{what} is a list such as [(A, 3)], of a fold and a number; not of {shown(p)}")
        a_number(f"{what}: the number of a fold value", p[1])
    return found
