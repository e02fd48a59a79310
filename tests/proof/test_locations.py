"""Places that code may change: each of its own type, each read and written where it says, always in one order."""

from __future__ import annotations

import pytest
from rooms import machine, region, secret

from armsym.proof.locations import (
    FLAGS,
    REGISTERS,
    SP,
    Cell,
    Flag,
    Location,
    Place,
    V,
    Whole,
    X,
    get,
    in_order,
    put,
    registers,
)
from armsym.terms.node import ones


@pytest.mark.parametrize("n", [-1, 31, 32])
def test_what_is_no_general_register(n: int) -> None:
    with pytest.raises(ValueError, match="X0 to X30"):
        X(n)


@pytest.mark.parametrize("n", [-1, 32])
def test_what_is_no_vector_register(n: int) -> None:
    with pytest.raises(ValueError, match="V0 to V31"):
        V(n)


@pytest.mark.parametrize("name", ["", "c", "NZ", "Q"])
def test_what_is_no_flag(name: str) -> None:
    with pytest.raises(ValueError, match="N, Z, C and V"):
        Flag(name)


def test_none_is_another() -> None:
    """Equal numbers do not make equal places, nor does a region with a register's name."""
    places: list[Location] = [
        X(0),
        V(0),
        SP,
        Flag("V"),
        Flag("C"),
        Cell("C", 0),
        Cell("x", 0),
        Cell("v", 0),
        Cell("x", -1),
        Whole("x"),
        Whole("v"),
    ]
    assert len(set(places)) == len(places)
    assert all((a == b) == (i == k) for i, a in enumerate(places) for k, b in enumerate(places))


@pytest.mark.parametrize("bit", range(32))
def test_masks_of_registers(bit: int) -> None:
    one = registers(1 << bit, 0, flags=False)
    assert one == ({SP} if bit == 31 else {X(bit)})
    assert registers(0, 1 << bit, flags=False) == {V(bit)}
    assert registers(0, 1 << bit, flags=True) == {V(bit), *(Flag(c) for c in "NZCV")}
    assert registers(ones(32) ^ 1 << bit, ones(32), flags=False) == REGISTERS - one


def test_order_does_not_depend_on_how_they_come() -> None:
    places: list[Location] = [
        Flag("Z"),
        Cell("r", 8),
        X(10),
        Flag("N"),
        Whole("r"),
        SP,
        V(3),
        X(9),
        Cell("r", 0),
        Cell("a", 16),
    ]
    ordered = in_order(places)
    assert ordered == in_order(reversed(places)) == in_order(set(places))
    assert sorted(map(str, ordered)) == sorted(map(str, places))
    assert ordered.index(X(9)) < ordered.index(X(10)) < ordered.index(SP)
    assert ordered.index(Cell("r", 0)) < ordered.index(Cell("r", 8))


@pytest.mark.parametrize("where", [X(0), X(30), SP, V(0), V(31), Flag("N"), Flag("V"), Cell("r", 0), Cell("r", 56)])
def test_what_is_put_is_there_and_nowhere_else(where: Place) -> None:
    r = region("r", 64)
    m, regions = machine(r), {"r": r}
    everywhere: list[Place] = [*REGISTERS, *FLAGS, *(Cell("r", k) for k in range(0, 64, 8))]
    was = {w: get(m, regions, w) for w in everywhere}
    new = secret("new", was[where].width)
    put(m, regions, where, new)
    for w in everywhere:
        assert get(m, regions, w).value is (new if w == where else was[w]).value
