"""Arguments about integers as a Coq file: one theorem, that the claimed relations hold in every run of the program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from armsym.audit.bundle import Relation
from armsym.audit.certified import Asked, Step
from armsym.audit.coqtext import instruction_of, list_of, place

__all__ = ["relations_theorem"]

_HEAD = """(* Written by armsym.audit: coqc accepts it only where the claimed relations follow. *)
Require Import ZArith List FMapPositive.
From Armsym Require Import Raw Ranges Polynomials Values Integers IntegersSound Relations.
Import ListNotations.
Open Scope Z_scope.
"""

_TAIL = """Lemma checked : proves the_piece the_first the_known the_claimed the_arguments = true.
Proof. vm_cast_no_check (eq_refl true). Qed.
Theorem certified : forall F env vals, means F -> computed F env the_piece vals ->
  (forall r, In r the_known -> holds vals r) -> forall r, In r the_claimed -> holds vals r.
Proof. exact (proves_sound _ _ _ _ _ checked). Qed.
Theorem about_something : exists F, means F /\\ forall env, exists vals, computed F env the_piece vals.
Proof. exact (runs_exist _ _ _ _ _ checked). Qed.
Print Assumptions certified.
Print Assumptions about_something.
"""

_Polynomial = list[tuple[tuple[int, ...], int]]


def _one(n: int) -> str:
    """What is counted from 0 in the text and from 1 in Coq."""
    return place(n + 1)


def _all(items: Iterable[str]) -> str:
    return f"[{'; '.join(items)}]"


def _z(n: int) -> str:
    return f"({n:#x})"


def _polynomial(p: _Polynomial) -> str:
    return _all(f"({_all(map(_one, m))}, {_z(c)})" for m, c in p)


def _end(v: int | None) -> str:
    return "None" if v is None else f"(Some {_z(v)})"


def _products(pairs: Iterable[tuple[_Polynomial, int]]) -> str:
    return _all(f"({_polynomial(p)}, {_one(f)})" for p, f in pairs)


def _summands(terms: Iterable[tuple[int, str, int]]) -> str:
    return _all(f"({_z(k)}, {'Bounded' if kind == 'f' else 'Remainder'} {_one(n)})" for k, kind, n in terms)


def _rule(step: Step) -> str:
    match step[1:]:
        case ("sum" | "zero" as name, _, p, f, w):
            return f"V{name.capitalize()} {_polynomial(p)} {_one(f)} {w}"
        case ("floor" | "named" as name, _, p, f):
            return f"V{name.capitalize()} {_polynomial(p)} {_one(f)}"
        case ("part", _, p, t, f, g):
            return f"VPart {_polynomial(p)} {_polynomial(t)} {_one(f)} {_one(g)}"
        case ("and", _, m, f, w, low):
            return f"VAnd {place(m)} {place(low)} {_one(f)} {w}"
        case ("xor", _, k):
            return f"VXor {f'(Some {place(k)})' if k else 'None'}"
        case ("choice", _, f, w):
            return f"VChoice {_one(f)} {w}"
        case (name, _):
            return f"V{name.capitalize()}"
    raise ValueError(f"no rule for values: {step!r:.100}")


def _step(step: Step) -> str:
    match step:
        case ("value", _, n, *_):
            return f"SValue {place(n)} ({_rule(step)})"
        case ("and", n, a, b):
            return f"SInstruction {place(n)} (IAnd {place(a)} {place(b)})"
        case ("mask", n, a, k):
            return f"SInstruction {place(n)} (IMask {place(a)} {_z(k)})"
        case ("atom" | "bits" as name, n):
            return f"S{name.capitalize()} {place(n)}"
        case ("known", k):
            return f"SKnown {_one(k)}"
        case ("quotient", f, m):
            return f"SQuotient {_one(f)} {_z(m)}"
        case ("within" | "whole" | "claim" as name, a, f):
            return f"S{name.capitalize()} {_one(a)} {_one(f)}"
        case ("suppose", p, low, high):
            return f"SSuppose {_polynomial(p)} {_end(low)} {_end(high)}"
        case ("derive", p, d, terms, zeros):
            return f"SDerive {_polynomial(p)} {_z(d)} {_summands(terms)} {_products(zeros)}"
        case ("meet", (f, *others)):
            return f"SMeet {_one(f)} {_all(map(_one, others))}"
        case ("multiple", p, n, zeros):
            return f"SMultiple {_polynomial(p)} {_z(n)} {_products(zeros)}"
        case ("congruent", p, n):
            return f"SCongruent {_polynomial(p)} {_z(n)}"
        case ("transfer", f, p, zeros, others):
            return f"STransfer {_one(f)} {_polynomial(p)} {_products(zeros)} {_products(others)}"
        case ("cases", p, n, facts, on):
            pairs = (f"({_one(f)}, {_one(s)})" for f, s in zip(facts, on, strict=True))
            return f"SCases {_polynomial(p)} {_z(n)} {_all(pairs)}"
    raise ValueError(f"no step: {step!r:.100}")


def _relation(r: Relation) -> str:
    terms = _all(f"({_z(k)}, {_all(map(place, nodes))})" for k, nodes in r.terms)
    return f"Relation {r.modulus} {_end(r.low)} {_end(r.high)} {terms}"


def relations_theorem(question: Asked) -> str:
    """The file's text.  Whether Coq accepts it is for coqc to say; see `proved.kernel_relations`."""
    # The numbers that coq/Values.v has for the functions it knows.
    functions = {"mul": 1, "zero": 2}
    lines = [_HEAD]

    def define(name: str, kind: str, items: Sequence[str]) -> None:
        lines.extend(list_of(name, kind, items))

    piece = [f"({place(n)}, {instruction_of(i, functions)})" for n, i in question.piece]
    define("the_piece", "(positive * instr)", piece)
    lines.append(f"Definition the_first := {place(question.first)}.")
    define("the_known", "relation", [_relation(r) for r in question.known])
    define("the_claimed", "relation", [_relation(r) for r in question.claimed])
    for k, steps in enumerate(question.arguments):
        define(f"argument_{k}", "step", [_step(s) for s in steps])
    define("the_arguments", "(list step)", [f"argument_{k}" for k in range(len(question.arguments))])
    return "\n".join([*lines, _TAIL])
