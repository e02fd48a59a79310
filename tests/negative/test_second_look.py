"""A claim that fails for some values is not shown, whatever rule would take it for true."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusing import symbolically
from test_contracts import SUCCESSOR, files

import armsym.proof.ledger
from armsym.discharge import algebra
from armsym.dsl import Proof
from armsym.elf import Image


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return files(tmp_path, "eor x0,x0,x1\n ret", SUCCESSOR)


def fn(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {"x0": s.x0 == a + b})


def product(p: Proof) -> None:
    a, b = p.word("a"), p.word("b")
    p.call(x0=a, x1=b)
    p.ensures(lambda s: {"x0": s.x0 == a.clmul(b)[63:0]})


def test_truth_tables_that_show_everything(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(armsym.proof.ledger, "always", lambda _: True)
    assert symbolically(fn, image, "f") == {"ensures": ["x0"]}
    monkeypatch.setattr(armsym.proof.ledger, "fails_somewhere", lambda _: False)
    assert not symbolically(fn, image, "f"), "nothing else stood against it"


def test_algebra_that_shows_everything(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algebra, "equal", lambda *_: (True, None))
    assert symbolically(product, image, "f") == {"ensures": ["x0"]}
    monkeypatch.setattr(armsym.proof.ledger, "fails_somewhere", lambda _: False)
    assert not symbolically(product, image, "f"), "nothing else stood against it"


def test_what_fails_nowhere_is_shown_by_the_rules_alone(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    """No claim is shown because it holds for the values that were tried."""
    monkeypatch.setattr(armsym.proof.ledger, "fails_somewhere", lambda _: False)
    assert symbolically(fn, image, "f") == {"ensures": ["x0"]}
    assert symbolically(product, image, "f") == {"ensures": ["x0"]}
