"""Bundles with numbers and products as large as a text may have: true statements are shown, lies are refused, and each
is told in words at once, without an internal error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_audit_call_integers import _before, _call, _is, _within
from test_audit_calls import CALLER, _after, _Call, _ensure, _refused

from armsym.audit import formulas
from armsym.audit.audit import Verdict, audit
from armsym.audit.bundle import Case
from armsym.audit.elf import Elf
from armsym.audit.hints import MOST_BITS
from armsym.audit.raw import ones
from armsym.audit.relations import MOST_FACTORS
from armsym.audit.text import BundleError, read, write
from armsym.audit.wording import contract_lines

#: Of as many digits as a bundle's words may have.
WIDE = ones(MOST_BITS - 100)


def _nine() -> _Call:
    call = _call(9)
    _is(call.own, _after(call.own, "r", 0), 10)
    return call


def _changed(folder: Path, change: Callable[[Case, Case], None]) -> tuple[Verdict, list[str]]:
    """The verdict on a bundle whose contracts, its own and the used one, were changed; and its own in words."""
    call = _nine()
    bundle = call.verdict(folder).bundle
    ((used,),) = bundle.uses.values()
    change(bundle.cases[0], used)
    elf = Elf.parse(call.data())
    made = read(write(bundle))
    return audit(made, elf, elf.symbol(CALLER)[0]), list(contract_lines(made.cases[0]))


_WIDE: dict[str, Callable[[Case], int]] = {
    "number": lambda c: c.table.const(WIDE),
    "multiple": lambda c: c.table.mulc(MOST_BITS, _before(c, 2), WIDE),
    "bits": lambda c: c.table.mask(_before(c, 2), WIDE),
    "function": lambda c: c.table.app("f.any", (_before(c, 2),), WIDE),
}


@pytest.mark.parametrize("kind", _WIDE)
@pytest.mark.parametrize("holds", [True, False])
def test_words_of_many_digits_are_told_and_digested(kind: str, holds: bool, tmp_path: Path) -> None:
    def ensure(own: Case, _: Case) -> None:
        wide = _WIDE[kind](own)
        _ensure(own, wide, wide if holds else own.table.const(WIDE - 1))

    verdict, words = _changed(tmp_path, ensure)
    assert words
    if holds:
        assert verdict.shown, verdict.refused
        assert len(verdict.contracts) == 1
    else:
        _refused(verdict, "the certificate of cut 0")  # (there is none: nothing was to be shown)


@pytest.mark.parametrize("kind", _WIDE)
def test_words_of_many_digits_in_a_relation_are_told(kind: str, tmp_path: Path) -> None:
    verdict, words = _changed(tmp_path, lambda own, _: own.relations.append(_within(0, 1, (1, (_WIDE[kind](own),)))))
    assert any("of integers" in line for line in words)
    _refused(verdict, "the relation of integers is not shown")


@pytest.mark.parametrize("kind", _WIDE)
def test_a_used_contract_may_speak_of_words_of_many_digits(kind: str, tmp_path: Path) -> None:
    """That they are at least 0 is told; as a precondition nothing shows it here: the bundle has no argument for it."""
    told, _ = _changed(tmp_path, lambda _, used: used.relations.append(_within(0, None, (1, (_WIDE[kind](used),)))))
    assert told.shown, told.refused
    asked, _ = _changed(tmp_path, lambda _, used: used.known.append(_within(0, None, (1, (_WIDE[kind](used),)))))
    _refused(asked, "the precondition 'said'")


def test_the_limit_of_digits_fits_the_widest_words() -> None:
    assert sys.get_int_max_str_digits() == 0 or len(str(ones(MOST_BITS))) <= sys.get_int_max_str_digits()


@pytest.mark.parametrize(("factors", "whole"), [(2, True), (18, True), (19, False), (MOST_FACTORS, False)])
def test_a_power_of_a_number_of_several_words_is_told_at_once(factors: int, whole: bool, tmp_path: Path) -> None:
    """Multiplied out, a power of two words has as many products as there are ways to choose one for each factor."""

    def power(own: Case, _: Case) -> None:
        low, high = _after(own, "r", 0), _after(own, "r", 8)
        terms = [(1 << 64 * k, (low,) * (2 - k) + (high,) * k) for k in range(3)]
        square = tuple((k * (1 + (len({*n}) > 1)), n) for k, n in terms)
        own.relations.append(_within(0, None, *square, *([] if factors == 2 else [(1, (low,) * factors)])))

    began = time.process_time()
    verdict, words = _changed(tmp_path, power)
    _refused(verdict, "the relation of integers is not shown")
    assert any("r[0:16] on return" in line for line in words)
    assert any("r[0:16] on return * r[0:16] on return" in line for line in words) == (factors == 2)
    assert time.process_time() - began < 30
    assert whole == (2**factors <= formulas.MOST_PRODUCTS)


def test_a_product_has_no_more_factors_than_are_computed(tmp_path: Path) -> None:
    for more in (0, 1):
        nodes = MOST_FACTORS + more

        def power(own: Case, _: Case, nodes: int = nodes) -> None:
            own.relations.append(_within(0, None, (1, (_after(own, "r", 0),) * nodes)))

        if more:
            with pytest.raises(BundleError, match="a product of 65 words; the most is 64"):
                _changed(tmp_path, power)
        else:
            _refused(_changed(tmp_path, power)[0], "the relation of integers is not shown")
