"""The rules for relations of integers at the edges of their side conditions: arguments, and one step of each wrong."""

from __future__ import annotations

import pytest

from armsym.audit.bundle import Relation
from armsym.audit.integers import HEAD, check_relations
from armsym.audit.raw import Program, ones
from armsym.audit.rules import RefusedError
from armsym.audit.words import Words

Terms = tuple[tuple[int, tuple[int, ...]], ...]


class _Small:
    """A program of words of 4 bits, its nodes by name."""

    def __init__(self) -> None:
        w = Words(Program())
        self.program = w.program
        a, b = w.program.var("a", ones(4)), w.program.var("b", ones(4))
        c = w.program.var("c", 1)
        wide = w.program.var("wide", ones(5))
        mask = w.repeated(4, c)
        product, narrow = w.app("mul", (a, b), ones(8)), w.program.app("mul", (a, b), ones(7))
        self.nodes = {
            "a": a, "b": b, "c": c, "wide": wide, "mask": mask, "product": product, "narrow": narrow,
            "sum": w.add(4, a, b), "carry": w.add(5, a, b), "top": w.shr(w.add(5, a, b), 4),
            "run": w.mask(a, 0b110), "holes": w.mask(a, 0b101), "zero": w.app("zero", (a,), 1),
            "and": w.program.and_(a, mask), "wider": w.program.and_(wide, mask), "both": w.program.and_(a, b),
            "xor": w.program.xor(a, b), "either": w.or_(a, b), "other": w.program.and_(a, wide),
            "choice": w.xor(b, w.and_(mask, w.xor(a, b))), "wide_choice": w.xor(b, w.and_(mask, w.xor(wide, b))),
        }  # fmt: skip
        both, other = self.nodes["both"], self.nodes["other"]
        self.nodes |= {"less": w.program.xor(a, both), "foreign": w.program.xor(b, other)}

    def lines(self, *steps: str) -> list[str]:
        """Steps with the nodes' numbers for their names, which are in brackets."""
        out = [HEAD]
        for step in steps:
            text = step
            for name, n in self.nodes.items():
                text = text.replace(f"[{name}]", str(n))
            out.append(text)
        return out

    def shows(self, r: Relation, *steps: str, known: tuple[Relation, ...] = ()) -> bool:
        return not check_relations(self.program, known, [r], self.lines(*steps))


def _about(small: _Small, name: str, low: int | None, high: int | None, modulus: int = 0) -> Relation:
    return Relation("it", modulus, low, high, ((1, (small.nodes[name],)),))


# Atoms 0, 1, 2, 3: a, b, c, wide.  In each argument one step is replaced: (what it was, what it is, what is said).
ATOMS = ("atom [a]", "atom [b]", "atom [c]", "atom [wide]")
ARGUMENTS = {
    "sum": (
        ("sum", 0, 15),
        (*ATOMS, "derive 1*0,1*1 1 - -", "quotient 0 16", "derive 1*0,1*1,-16*4 1 1:q4 -",
         "value [sum] sum 1*0,1*1,-16*4 1 4", "bits [sum]", "claim 0 2"),
        [
            ("derive 1*0,1*1,-16*4 1 1:q4 -", "derive 1*0,1*1,-16*4 1 - -", "bounds are -0x10 and 0x1e"),
            ("quotient 0 16", "quotient 0 0", "quotient by 0"),
            ("quotient 0 16", "quotient 0 8", "bounds are -0x18 and 0x7"),
            ("value [sum] sum 1*0,1*1,-16*4 1 4", "value [sum] sum 1*0,1*1,-16*4 1 3", "more than 3 bits"),
            ("value [sum] sum 1*0,1*1,-16*4 1 4", "value [sum] sum 1*0,1*1,-16*4 1 5", "is not node|is no sum"),
            ("value [sum] sum 1*0,1*1,-16*4 1 4", "value [sum] sum 1*0 1 4", "another polynomial"),
            ("value [sum] sum 1*0,1*1,-16*4 1 4", "value [carry] sum 1*0,1*1,-16*4 1 5", "is not node"),
            ("bits [sum]", "bits [carry]", "no value yet"),
            ("claim 0 2", "claim 1 2", "no number 1"),
            ("claim 0 2", "claim 0 0", "not about relation 0"),
            ("claim 0 2", "claim 0 3", "no fact 3"),
        ],
    ),
    "carry": (
        ("top", 0, 1),
        (*ATOMS, "derive 1*0,1*1 1 - -", "value [carry] sum 1*0,1*1 0 5", "quotient 0 16",
         "derive 1*0,1*1,-16*4 1 1:q4 -", "value [top] floor 1*4 1", "bits [top]", "claim 0 2"),
        [
            ("derive 1*0,1*1,-16*4 1 1:q4 -", "derive 1*0,1*1,-16*4 1 - -", "bounds are -0x10"),
            ("value [top] floor 1*4 1", "value [top] floor 1*4,1 1", "another polynomial"),
            ("value [carry] sum 1*0,1*1 0 5", "value [carry] sum 1*0,1*1,32 0 5", "another polynomial"),
            ("value [top] floor 1*4 1", "value [carry] floor 1*4 1", "is no Shr"),
        ],
    ),
    "product": (
        ("product", 0, 225),
        (*ATOMS, "value [product] product", "derive 1*0*1 1 - -", "claim 0 0"),
        [
            ("value [product] product", "value [narrow] product", "no room"),
            ("derive 1*0*1 1 - -", "derive 1*0*1 0 - -", "divided by 0"),
            ("derive 1*0*1 1 - -", "derive 1*0 1 - -", "not about relation"),
            ("derive 1*0*1 1 - -", "derive 1*1*0 1 - -", "no term"),
        ],
    ),
    "run": (
        ("run", 0, 6),
        (*ATOMS, "derive 1*0 1 - -", "quotient 0 2", "quotient 0 8", "derive 1*0,-2*4 1 1:q4 -",
         "derive 1*4,-4*5 2 1:q5,-1:q4 -", "value [run] part 2*4,-8*5 1*5 1 2",
         "derive 2*4,-8*5 1 2:f2 -", "claim 0 3"),
        [
            ("value [run] part 2*4,-8*5 1*5 1 2", "value [holes] part 2*4,-8*5 1*5 1 2", "no run of ones"),
            ("value [run] part 2*4,-8*5 1*5 1 2", "value [run] part 2*4,-8*5 - 1 2", "another polynomial"),
            ("value [run] part 2*4,-8*5 1*5 1 2", "value [run] part 2*4 1*5 1 2", "another polynomial"),
            ("derive 1*4,-4*5 2 1:q5,-1:q4 -", "derive 1*4,-4*5 1 - -", "bounds are -0x4 and 0x7"),
            ("derive 1*0,-2*4 1 1:q4 -", "derive 1*0,-2*4 1 - -", "bounds are -0xe"),
        ],
    ),
    "zero": (
        ("zero", 0, 1),
        (*ATOMS, "derive 1*0,-1 1 - -", "quotient 0 16", "derive 1*0,-1,-16*4 1 1:q4 -",
         "value [zero] zero -1*4 1 4", "derive -1*4 1 - -", "claim 0 2"),
        [
            ("value [zero] zero -1*4 1 4", "value [zero] zero -1*4 1 3", "more than 3 bits|another polynomial"),
            ("value [zero] zero -1*4 1 4", "value [zero] zero -1*4 1 5", "another polynomial"),
            ("value [zero] zero -1*4 1 4", "value [zero] zero -1*4,1 1 4", "another polynomial"),
            ("derive 1*0,-1,-16*4 1 1:q4 -", "derive 1*0,-1,-16*4 1 - -", "bounds are -0x1"),
        ],
    ),
    "and": (
        ("and", 0, 15),
        (*ATOMS, "derive 1*2 1 - -", "derive 15*2 1 15:f0 -", "value [mask] sum 15*2 1 4",
         "value [and] and [mask] 0 4", "derive 1*0*2 1 - -", "claim 0 2"),
        [
            ("value [and] and [mask] 0 4", "value [wider] and [mask] 0 4", "no value yet"),
            ("value [and] and [mask] 0 4", "value [and] and [mask] 0 5", "not the fact's polynomial"),
            ("value [and] and [mask] 0 4", "value [and] and [mask] 1 1", "bounds are 0x0 and 0xf"),
            ("value [and] and [mask] 0 4", "value [and] apart", "bits in common"),
            ("value [and] and [mask] 0 4", "value [and] and [b] 0 4", "no operand"),
        ],
    ),
    "less": (
        ("less", 0, 15),
        (*ATOMS, "atom [both]", "value [less] less", "bits [less]", "claim 0 0"),
        [
            ("value [less] less", "value [xor] less", "no XOR of a word and some of its bits"),
            ("value [less] less", "value [foreign] less", "no XOR of a word and some of its bits"),
            ("value [less] less", "value [either] less", "no XOR of a word and some of its bits"),
            ("value [less] less", "value [both] less", "is no Xor"),
            ("value [less] less", "value [less] less 0", "has 0 fields"),
            ("atom [both]", "atom [run]", "no value yet"),
        ],
    ),
    "choice": (
        ("choice", 0, 15),
        (*ATOMS, "derive 1*2 1 - -", "derive 15*2 1 15:f0 -", "value [mask] sum 15*2 1 4",
         "value [choice] choice 0 4", "bits [choice]", "claim 0 2"),
        [
            ("value [choice] choice 0 4", "value [wide_choice] choice 0 4", "more than 4 bits"),
            ("value [choice] choice 0 4", "value [choice] choice 1 1", "more than 1 bits"),
            ("value [choice] choice 0 4", "value [xor] choice 0 4", "no choice"),
            ("value [choice] choice 0 4", "value [xor] xor 0", "bits in common"),
            ("value [choice] choice 0 4", "value [xor] xor [other]", "another And"),
            ("value [choice] choice 0 4", "value [xor] or", "no OR"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_argument_and_its_steps_at_their_edges(name: str) -> None:
    (node, low, high), steps, wrong = ARGUMENTS[name]
    small = _Small()
    assert small.shows(_about(small, node, low, high), *steps)
    assert high is not None
    with pytest.raises(RefusedError, match="has the bounds"):
        small.shows(_about(small, node, low, high - 1), *steps)
    with pytest.raises(RefusedError, match="has the bounds"):
        small.shows(_about(small, node, low + 1, high), *steps)
    for was, now, said in wrong:
        assert was in steps, was
        small = _Small()
        changed = [now if step == was else step for step in steps]
        with pytest.raises(RefusedError, match=said):
            small.shows(_about(small, node, low, high), *changed)


def test_cases_are_all_of_them() -> None:
    small = _Small()
    steps = ("atom [a]", "suppose 1*0 none 6", "suppose 1*0 7 none", "cases 1*0 0 0,1 0,1", "claim 0 2")
    r = _about(small, "a", 0, 15)
    assert small.shows(r, *steps)
    for change, said in (
        (("suppose 1*0 7 none", "suppose 1*0 8 none"), "no case for the value 7"),
        (("suppose 1*0 7 none", "suppose 1*0 7 14"), "no case for the value 15"),
        (("suppose 1*0 none 6", "suppose 1*0 1 6"), "no case for the value 0"),
        (("suppose 1*0 7 none", "suppose 2*0 7 none"), "different polynomials"),
        (("cases 1*0 0 0,1 0,1", "cases 1*0 0 0,1 0,0"), "no case for the value 7"),
        (("cases 1*0 0 0,1 0,1", "cases 2*0 0 0,1 0,1"), "different polynomials"),
        (("cases 1*0 0 0,1 0,1", "cases 1*0 2 0,1 0,1"), "different polynomials or moduli"),
        (("cases 1*0 0 0,1 0,1", "cases 1*0 0 0,1 0"), "no supposition"),
        (("claim 0 2", "claim 0 0"), "does not say"),  # true under a supposition only
    ):
        with pytest.raises(RefusedError, match=said):
            small.shows(r, *(change[1] if step == change[0] else step for step in steps))


def test_multiples() -> None:
    small = _Small()
    a = small.nodes["a"]
    three = Relation("it", 3, None, None, ((6, (a,)), (9, ())))
    assert small.shows(three, "atom [a]", "multiple 6*0,9 3 -", "claim 0 0")
    assert small.shows(three, "atom [a]", "congruent 6*0,9 3", "claim 0 0")
    for step in ("multiple 6*0,9 6 -", "multiple 6*0,9 0 -", "congruent 6*0,9 6", "multiple 6*0 3 -"):
        with pytest.raises(RefusedError):
            small.shows(three, "atom [a]", step, "claim 0 0")
    # A multiple of a multiple, and of what an equation says.
    known = (Relation("k", 6, None, None, ((1, (a,)), (3, ()))), Relation("e", 0, 5, 5, ((1, (a,)),)))
    twice = Relation("it", 6, None, None, ((7, (a,)), (21, ())))
    steps = ("atom [a]", "known 0", "transfer 0 7*0,21 - 6@0", "claim 0 1")
    assert small.shows(twice, *steps, known=known)
    for step in ("transfer 0 7*0,21 - 5@0", "transfer 0 7*0,20 - 6@0", "transfer 0 7*0,21 6@0 -"):
        with pytest.raises(RefusedError):
            small.shows(twice, steps[0], steps[1], step, steps[3], known=known)
    seven = Relation("it", 7, None, None, ((1, (a,)), (2, ())))
    assert small.shows(seven, "atom [a]", "known 1", "multiple 1*0,2 7 1@0", "claim 0 1", known=known)
    with pytest.raises(RefusedError, match="no multiple of 7"):
        small.shows(seven, "atom [a]", "known 1", "multiple 1*0,2 7 2@0", "claim 0 1", known=known)
    # Bounds of what is a multiple, moved inwards.
    near = Relation("it", 0, 3, 15, ((1, (a,)), (3, ())))
    inwards = ("atom [a]", "known 0", "derive 1*0,3 1 - -", "whole 1 0")
    assert small.shows(Relation("it", 0, 6, 18, near.terms), *inwards, "claim 0 2", known=known)
    with pytest.raises(RefusedError, match="has the bounds"):
        small.shows(Relation("it", 0, 7, 18, near.terms), *inwards, "claim 0 2", known=known)


def test_what_is_known_is_of_the_contract() -> None:
    small = _Small()
    r = _about(small, "a", 0, 9)
    steps = ("atom [a]", "known 0", "claim 0 0")
    assert small.shows(r, *steps, known=(_about(small, "a", None, 9),))
    with pytest.raises(RefusedError, match="has the bounds"):
        small.shows(r, *steps, known=(_about(small, "a", None, 10),))
    with pytest.raises(RefusedError, match="there are 0 relations"):
        small.shows(r, *steps)
    # What cannot be says nothing.
    with pytest.raises(RefusedError, match="does not say"):
        small.shows(r, *steps, known=(_about(small, "a", 16, None),))


def test_bounds_of_an_atom_that_a_fact_tells() -> None:
    small = _Small()
    known = (_about(small, "a", None, 9), Relation("k", 0, 0, 18, ((2, (small.nodes["a"],)),)))
    r = _about(small, "a", 0, 9)
    assert small.shows(r, "atom [a]", "known 0", "within 0 0", "derive 1*0 1 - -", "claim 0 1", known=known)
    for steps, said in (
        (("atom [a]", "known 1", "within 0 0"), "not about atom 0 alone"),
        (("atom [a]", "atom [b]", "known 0", "within 1 0"), "not about atom 1 alone"),
        (("atom [a]", "known 0", "within 2 0"), "not about atom 2 alone"),
        (("atom [a]", "suppose 1*0 none 9", "within 0 0"), "no range that always holds"),
        (("atom [a]", "suppose 1*0 16 none", "within 0 0"), "no range that always holds"),
        (("atom [a]", "multiple 3*0 3 -", "within 0 0"), "no range that always holds"),
    ):
        with pytest.raises(RefusedError, match=said):
            small.shows(r, *steps, known=known)


def test_a_mask_of_fewer_bits_leaves_those() -> None:
    """c AND'ed with a word that is wider: the low bits count, and not the word."""
    steps = (*ATOMS, "derive 1*2 1 - -", "derive 15*2 1 15:f0 -", "value [mask] sum 15*2 1 4",
             "derive 1*3 1 - -", "quotient 2 16", "derive 1*3,-16*4 1 1:q4 -")  # fmt: skip
    small = _Small()
    low = small.program.mask(small.nodes["wide"], 15)
    after = (f"mask {low} [wide] 15", f"value {low} sum 1*3,-16*4 3 4", "value [wider] and [mask] 0 4", "bits [wider]")
    r = _about(small, "wider", 0, 15)
    assert small.shows(r, *steps, *after, "claim 0 4")
    with pytest.raises(RefusedError, match="no value yet"):
        small.shows(r, *steps, after[0], *after[2:], "claim 0 4")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("", "no such rule"),
        ("jump 0", "no such rule"),
        ("atom", "has 1 fields"),
        ("atom 0", "no node 0"),
        ("atom 999", "no node 999"),
        ("atom -1", "no node -1"),
        ("atom 0x1", "no integer"),
        ("value [a] guess", "no such rule"),
        ("value [a]", "a node and a rule"),
        ("value [a] const", "no Const"),
        ("value [sum] shifted", "no Shl"),
        ("and 1 [a] [b]", "the new instruction is"),
        ("derive 1*0 1 1:x0 -", "no term|no such|is no term of a polynomial"),
        ("derive 1*7 1 - -", "no term of a polynomial in 0 atoms"),
        ("meet 0", "no fact 0"),
        ("bits [a]", "no value yet"),
    ],
)
def test_what_is_no_step_is_refused(step: str, said: str) -> None:
    small = _Small()
    with pytest.raises(RefusedError, match=said):
        small.shows(_about(small, "a", 0, 15), step)


def test_a_node_has_one_value_and_a_claim_needs_an_argument() -> None:
    small = _Small()
    r = _about(small, "a", 0, 15)
    with pytest.raises(RefusedError, match="has a value already"):
        small.shows(r, "atom [a]", "atom [a]")
    with pytest.raises(RefusedError, match="begins with"):
        check_relations(small.program, [], [r], [])
    assert not small.shows(r, "atom [a]")
