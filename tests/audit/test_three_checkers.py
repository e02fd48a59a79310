"""Python's checker, the one that is extracted from Coq, and Coq's kernel say the same, also of what is damaged."""

from __future__ import annotations

import random

import pytest
from audit_cases import INSIDE_CASES, OUTSIDE_CASES, Case, p
from proved_checkers import agreed, with_tools
from raw_programs import some_certificate, values

from armsym.audit import proved
from armsym.audit.check import RefusedError, check_certificate
from armsym.audit.coqtext import theorem
from armsym.audit.hints import Certificate, Part
from armsym.audit.raw import Program


def certified(*cases: Case) -> Certificate:
    """The steps of these cases, each in its part."""
    return Certificate(p, [Part(given, [*before, step], [(step[1], step[1])]) for given, before, step in cases])


def false_claim() -> Certificate:
    """That a word is never 0."""
    program = Program()
    word = program.app("zero", (program.var("x", 255),), 1)
    number = program.const(0)
    return Certificate(program, [Part({}, [("polyatom", word), ("poly", number)], [(word, number)])])


def damaged(c: Certificate, rnd: random.Random) -> Certificate:
    """The certificate with one thing changed: an instruction, a hint, a claim or a fact."""
    program, parts = Program(), [Part(dict(q.given), list(q.hints), list(q.claims), q.start) for q in c.parts]
    program.instructions = list(c.program.instructions)
    part = rnd.choice([q for q in parts if q.hints] or [Part(hints=[("given", 1)])])
    what = rnd.randrange(5)
    if what == 0 and part.claims:
        part.claims[rnd.randrange(len(part.claims))] = rnd.choices(range(1, len(program)), k=2)[0], part.claims[0][1]
    elif what == 1 and part.given:
        node = rnd.choice(list(part.given))
        part.given[node] ^= 1
    elif what <= 3:
        k = rnd.randrange(len(part.hints))
        hint = list(part.hints[k])
        field = rnd.randrange(1, len(hint))
        if type(hint[field]) is int and rnd.random() < 0.8:
            hint[field] = rnd.choice([max(1, hint[field] - 1), min(hint[field] + 1, len(program) - 1)])
            part.hints[k] = tuple(hint)
        else:
            del part.hints[k]
    else:
        i = rnd.randrange(1, len(program))
        x = list(program[i])
        k = rnd.randrange(1, len(x))
        if type(x[k]) is int:
            x[k] = x[k] ^ 1 if x[0] in ("Const", "Var", "Mask") and k == len(x) - 1 else max(1, x[k] - 1)
        program.instructions[i] = tuple(x)
    return Certificate(program, parts)


def holds(c: Certificate, opens: list[list[tuple[int, int]]]) -> bool:
    """Whether what was shown is true in runs that have the facts."""
    for seed in range(12):
        run = values(c.program.instructions, ("holds", seed))
        for part, left in zip(c.parts, opens, strict=True):
            if all(run[i] == v for i, v in part.given.items()):
                for a, b in set(part.claims) - set(left):
                    if run[a] != run[b]:
                        return False
    return True


def test_each_rule_inside_its_conditions() -> None:
    with_tools("coqc", "ocamlfind")
    assert agreed([certified(case) for case in INSIDE_CASES]) == [[[]] for _ in INSIDE_CASES]


def test_each_rule_outside_its_conditions() -> None:
    with_tools("coqc", "ocamlfind")
    assert agreed([certified(case) for case in OUTSIDE_CASES]) == [None for _ in OUTSIDE_CASES]


def test_damaged_certificates() -> None:
    with_tools("coqc", "ocamlfind")
    certificates = [some_certificate(seed) for seed in range(6)]
    assert agreed(certificates) == [[[] for _ in c.parts] for c in certificates]
    assert all(sum(len(part.claims) for part in c.parts) > 5 for c in certificates)
    rnd = random.Random("damaged")
    changed = [damaged(c, rnd) for c in certificates for _ in range(40)]
    verdicts = agreed(changed)
    for c, verdict in zip(changed, verdicts, strict=True):
        assert verdict is None or holds(c, verdict)
    assert verdicts.count(None) > 20
    assert sum(verdict is not None and any(verdict) for verdict in verdicts) > 5


def test_the_kernel_accepts_what_the_others_accept() -> None:
    with_tools("coqc")
    proved.kernel(certified(*INSIDE_CASES))


def test_the_kernel_refuses_a_claim_that_does_not_follow() -> None:
    with_tools("coqc")
    assert check_certificate(false_claim()) == [false_claim().parts[0].claims]
    with pytest.raises(RefusedError, match="Coq does not accept"):
        proved.kernel(false_claim())


def test_the_kernel_refuses_a_theorem_that_rests_on_an_axiom(monkeypatch: pytest.MonkeyPatch) -> None:
    with_tools("coqc")
    text = theorem(false_claim()).splitlines()
    at = next(k for k, line in enumerate(text) if line.startswith("Lemma checked"))
    text[at] = text[at].replace("Lemma checked", "Axiom checked")
    del text[at + 1]
    monkeypatch.setattr(proved, "theorem", lambda certificate: "\n".join(text) + "\n")
    with pytest.raises(RefusedError, match="rests on more"):
        proved.kernel(false_claim())


def test_without_the_tools_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for tool in ("coqc", "ocamlfind"):
        monkeypatch.setattr(proved, "which", lambda name, tool=tool: None if name == tool else name)
        with pytest.raises(proved.CheckerUnavailableError, match="apt-get install"):
            proved.ocaml([false_claim()])
    monkeypatch.setattr(proved, "which", lambda name: None)
    with pytest.raises(proved.CheckerUnavailableError, match="Coq is not installed"):
        proved.kernel(false_claim())
