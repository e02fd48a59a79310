"""A certificate as a Coq file: one theorem, that all claims of all parts hold in every run of the program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from armsym.audit.farkas import Argument, Form
from armsym.audit.functions import definition, entries
from armsym.audit.hints import SHAPES, Certificate, Part
from armsym.audit.raw import Instruction

__all__ = ["CLOSED", "linear_theorem", "theorem"]

#: What coqc prints of a theorem that rests on no axiom.
CLOSED = "Closed under the global context"

#: Longer lists are cut, as Coq reads long ones slowly.
_CHUNK = 400

_HEAD = """(* Written by armsym.audit: coqc accepts it only where the claims follow. *)
Require Import ZArith List FMapPositive.
From Armsym Require Import Raw Forms Rules Check.
Import ListNotations.
Open Scope Z_scope.
"""

_TAIL = """Definition numbered {A} (l : list A) : M.t A :=
  snd (fold_left (fun s x => (Pos.succ (fst s), M.add (fst s) x (snd s))) l (1%positive, M.empty A)).
Definition the_program : program := Eval vm_compute in numbered the_instructions.
Definition the_functions : functions := fold_right (fun x m => M.add (fst x) (snd x) m) (M.empty def) the_definitions.
Lemma checked : check the_program the_functions the_parts = Some (map (fun _ => []) the_parts).
Proof. vm_cast_no_check (eq_refl (Some (map (fun _ : part => @nil (positive * positive)) the_parts))). Qed.
Lemma shown {A} (l : list A) : all_shown (map (fun _ => []) l) = true.
Proof. induction l; simpl; auto. Qed.
Theorem certified : forall p, In p the_parts -> true_claims the_program the_functions p.
Proof. exact (check_sound _ _ _ _ checked (shown the_parts)). Qed.
Theorem about_something : exists F, agrees the_functions F /\\ forall env, exists vals, models F env the_program vals.
Proof. exact (check_has_runs _ _ _ _ checked). Qed.
Print Assumptions certified.
Print Assumptions about_something.
"""


_LINEAR_HEAD = """(* Written by armsym.audit: coqc accepts it only where the goals follow. *)
Require Import ZArith List.
From Armsym Require Import Farkas.
Import ListNotations.
Open Scope Z_scope.
Definition argument := (form * list form * list (nat * Z) * Z)%type.
"""

_LINEAR_TAIL = """Definition fine (a : argument) : bool :=
  match a with (goal, facts, taken, divisor) => follows goal facts taken divisor end.
Lemma checked : forallb fine the_arguments = true.
Proof. vm_cast_no_check (eq_refl true). Qed.
Theorem certified : forall goal facts taken divisor, In (goal, facts, taken, divisor) the_arguments ->
  forall vals, (forall f, In f facts -> 0 <= val vals f) -> 0 <= val vals goal.
Proof.
  intros goal facts taken divisor H vals. apply (follows_sound vals goal _ taken divisor).
  exact (proj1 (forallb_forall fine the_arguments) checked _ H).
Qed.
Print Assumptions certified.
"""


def _p(node: int) -> str:
    return f"{node}%positive"


def _nodes(nodes: Iterable[int]) -> str:
    return f"[{'; '.join(map(_p, nodes))}]"


def _instruction(x: Instruction, functions: dict[str, int]) -> str:
    match x:
        case ("Const", value):
            return f"IConst {value:#x}"
        case ("Var", _, bits):
            return f"IVar {bits:#x}"
        case ("App", name, operands, bits):
            return f"IApp {functions.setdefault(name, len(functions) + 1)} {_nodes(operands)} {bits:#x}"
        case ("Mask", a, bits):
            return f"IMask {a} {bits:#x}"
        case ("Mulc", width, a, factor):
            return f"IMulc {width} {a} {factor:#x}"
    return f"I{x[0]} {' '.join(map(str, x[1:]))}"


def _hint(hint: Sequence[Any]) -> str:
    fields = (
        _nodes(v) if k == "N" else f"{v:#x}" if k == "x" else str(v)
        for v, k in zip(hint[1:], SHAPES[hint[0]], strict=True)
    )
    return f"H{hint[0].capitalize()} {' '.join(fields)}"


def _definition(name: str, number: int) -> str | None:
    table = entries(name)
    if table is not None:
        return f"({_p(number)}, DTable [{'; '.join(map(str, table))}])"
    return None if definition(name) is None else f"({_p(number)}, D{name.capitalize().replace('.', '_')})"


def _list(name: str, kind: str, items: Sequence[str]) -> Iterable[str]:
    """The definition of a list, by pieces."""
    pieces = []
    for k in range(0, len(items), _CHUNK):
        pieces.append(f"{name}_{k // _CHUNK}")
        yield f"Definition {pieces[-1]} : list {kind} := [{'; '.join(items[k : k + _CHUNK])}]."
    yield f"Definition {name} : list {kind} := {' ++ '.join(pieces) or '[]'}."


def _part(number: int, part: Part, line: Callable[[str], None]) -> str:
    lists = (
        (f"hints_{number}", "hint", [_hint(h) for h in part.hints]),
        (f"facts_{number}", "(positive * Z)", [f"({_p(i)}, {v:#x})" for i, v in sorted(part.given.items())]),
        (f"claims_{number}", "(positive * positive)", [f"({_p(a)}, {_p(b)})" for a, b in part.claims]),
    )
    for name, kind, items in lists:
        for text in _list(name, kind, items):
            line(text)
    return f"Part {part.start} facts_{number} hints_{number} claims_{number}"


def _form(form: Form) -> str:
    return f"({form[0]}, [{'; '.join(f'({_p(n)}, {k})' for n, k in sorted(form[1].items()))}])"


def linear_theorem(arguments: Sequence[Argument]) -> str:
    """The file that says that each argument's goal is at least 0 wherever its facts are."""
    lines = [_LINEAR_HEAD]
    items = []
    for a in arguments:
        taken = "; ".join(f"({place}%nat, {k})" for place, k in sorted(a.multipliers.items()))
        facts = "; ".join(map(_form, a.facts))
        items.append(f"({_form(a.goal)}, [{facts}], [{taken}], {a.divisor})")
    lines += _list("the_arguments", "argument", items)
    return "\n".join([*lines, _LINEAR_TAIL])


def theorem(certificate: Certificate) -> str:
    """The file's text.  Whether Coq accepts it is for coqc to say; see `proved.kernel`."""
    functions: dict[str, int] = {}
    lines = [_HEAD]
    instructions = [_instruction(x, functions) for x in certificate.program.instructions[1:]]
    lines += _list("the_instructions", "instr", instructions)
    known = (_definition(name, number) for name, number in functions.items())
    lines += _list("the_definitions", "(positive * def)", [d for d in known if d is not None])
    parts = [_part(number, part, lines.append) for number, part in enumerate(certificate.parts, 1)]
    lines += _list("the_parts", "part", parts)
    lines.append(_TAIL)
    return "\n".join(lines)
