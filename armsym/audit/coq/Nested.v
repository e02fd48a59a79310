(* The rule of cuts with a loop in a loop, whose bound is the outer one's index: a path from the inner cut goes on there
   or at the outer one, or returns. *)
Require Import ZArith Lia.
From Armsym Require Import Machine Cuts.
Open Scope Z_scope.

(*  0:  i = 0
    1:  j = 0
    2:  j = j + 1
    3:  if j <> i + 1 go to 2
    4:  i = i + 1
    5:  if i <> n go to 1
    6:  it has returned *)
Record state := State { pc : Z; i : Z; j : Z; n : Z }.
Definition next s : option state :=
  match pc s with
  | 0 => Some (State 1 0 (j s) (n s))
  | 1 => Some (State 2 (i s) 0 (n s))
  | 2 => Some (State 3 (i s) (j s + 1) (n s))
  | 3 => Some (State (if j s =? i s + 1 then 4 else 2) (i s) (j s) (n s))
  | 4 => Some (State 5 (i s + 1) (j s) (n s))
  | 5 => Some (State (if i s =? n s then 6 else 1) (i s) (j s) (n s))
  | _ => None
  end.
Definition step s t := next s = Some t.
Definition returned s := pc s = 6.

(* The input is n; the symbols of the cuts 1 and 2, at 1 and 2, are what i and j are there. *)
Definition given (m : Z) := 1 <= m.
Definition pre m s := pc s = 0 /\ n s = m.
Definition post m s := i s = m.
Definition safe m s := pc s = 0 \/ 0 <= i s <= m.
Definition values := nat -> Z.
Definition parent (c : nat) := match c with 2%nat => 1%nat | _ => 0%nat end.
Definition at_cut (c : nat) m (v : values) s :=
  n s = m /\ i s = v 1%nat /\ match c with 2%nat => pc s = 2 /\ j s = v 2%nat | _ => pc s = 1 end.
Definition facts (c : nat) (m : Z) (v : values) := 0 <= v c.
Definition bound (c : nat) m (v : values) := match c with 2%nat => v 1%nat + 1 | _ => m end.
Notation known := (known state Z given pre Z (fun x => x) parent at_cut facts bound).
Notation paths := (paths state step returned _ pc Z _ (fun m => m) safe post Z (fun x => x) _ (fun x => x) 2 parent
  at_cut facts bound (fun _ => 1)).

Definition at_pc p (x y : values -> Z) m (v : values) s :=
  given m /\ 0 <= v 1%nat < m /\ 0 <= v 2%nat <= v 1%nat /\ pc s = p /\ i s = x v /\ j s = y v /\ n s = m.
Definition outer (v : values) := v 1%nat.
Definition inner (v : values) := v 2%nat.
Definition next_of (x : values -> Z) (v : values) := x v + 1.

Lemma around_1 : around parent 1 1. Proof. now apply Around_self. Qed.
Lemma around_2 : around parent 2 2 /\ around parent 2 1.
Proof. split. now apply Around_self. apply Around_outer. discriminate. exact around_1. Qed.
Lemma agree_2 k m (u v : values) : agree Z _ (fun m => m) Z _ (fun x => x) parent 2 k m u v ->
  k = m /\ u 1%nat = v 1%nat /\ u 2%nat = v 2%nat.
Proof. intros [H G]. repeat split; auto; apply G; apply around_2. Qed.

(* What is left of a step once it is made: what is known after it.  And nobody learns more than where it was. *)
Ltac steps := intros m v [p a b c] H; unfold at_pc, given, safe, returned, step, next, next_of, outer, inner in *;
  cbn [pc i j n] in *; decompose [and] H; clear H; subst;
  split; [lia|split; [lia|split; [eexists; reflexivity|intros t [= <-]; cbn [pc i j n]]]].
Ltac decided := match goal with E : (_ =? _) = _ |- _ =>
  rewrite E; first [apply Z.eqb_eq in E|apply Z.eqb_neq in E]; unfold at_pc, given, post, next_of, outer, inner; cbn;
  repeat split; auto; lia end.
Ltac somewhere := intros k m u v s t Ks Kt _; unfold at_pc in *; decompose [and] Ks; decompose [and] Kt; congruence.
Ltac both_ways := intros k m u v s t Ks Kt A; apply agree_2 in A as (? & ? & ?);
  unfold at_pc, next_of, outer, inner in *; decompose [and] Ks; decompose [and] Kt; congruence.
Ltac arrived := let H := fresh in intros m v s H; unfold at_pc, given, next_of, outer, inner, put, at_cut, facts, below,
  bound, arrives in *; decompose [and] H; cbn; repeat split; auto; try lia.

(* From the inner cut: it goes on there, or the outer loop goes on, or that returns. *)
Lemma from_inner : paths 2%nat (known 2%nat).
Proof.
  apply Path_facts with (L := at_pc 2 outer inner).
  { intros m v s (G & (N & I & P & J) & W). unfold at_pc, given, outer, inner in *.
    destruct (W 1%nat (proj2 around_2)) as [F1 B1], (W 2%nat (proj1 around_2)) as [F2 B2].
    unfold facts, below, bound in *. repeat split; auto; lia. }
  apply Path_step with (L := at_pc 3 outer (next_of inner)). { steps. repeat split; auto; lia. } { somewhere. }
  apply Path_fork with (b := fun _ _ s => j s =? i s + 1). { both_ways. }
  - apply Path_step with (L := fun m v s => at_pc 4 outer (next_of inner) m v s /\ v 2%nat = v 1%nat).
    { steps. decided. }
    { somewhere. }
    apply Path_step with (L := at_pc 5 (next_of outer) (next_of inner)). { steps. repeat split; auto; lia. }
    { somewhere. }
    apply Path_fork with (b := fun _ _ s => i s =? n s). { both_ways. }
    + apply Path_step with (L := fun m v s => returned s /\ post m s).
      { steps. decided. } { somewhere. }
      now apply Path_returns.
    + apply Path_step with (L := fun m v s => at_pc 1 (next_of outer) (next_of inner) m v s /\ v 1%nat + 1 <> m).
      { steps. decided. }
      { somewhere. }
      apply Path_arrives with (t := 1%nat) (x := fun _ v _ => next_of outer v); auto.
      { arrived. left. split; auto. apply around_2. } { both_ways. }
  - apply Path_step with (L := fun m v s => at_pc 2 outer (next_of inner) m v s /\ v 2%nat <> v 1%nat).
    { steps. decided. }
    { somewhere. }
    apply Path_arrives with (t := 2%nat) (x := fun _ v _ => next_of inner v); auto.
    { arrived. left. split; auto. apply around_2. } { both_ways. }
Qed.
Lemma from_outer : paths 1%nat (known 1%nat).
Proof.
  apply Path_facts with (L := fun m v s => given m /\ 0 <= v 1%nat < m /\ pc s = 1 /\ i s = v 1%nat /\ n s = m).
  { intros m v s (G & (N & I & P) & W). unfold given in *. destruct (W 1%nat around_1) as [F1 B1].
    unfold facts, below, bound in *. repeat split; auto; lia. }
  apply Path_step with
    (L := fun m v s => given m /\ 0 <= v 1%nat < m /\ pc s = 2 /\ i s = v 1%nat /\ j s = 0 /\ n s = m).
  { steps. repeat split; auto; lia. } { somewhere. }
  apply Path_arrives with (t := 2%nat) (x := fun _ _ _ => 0); auto. { arrived. }
  intros k m u v s t _ _ _. reflexivity.
Qed.
Lemma from_entry : paths 0%nat (known 0%nat).
Proof.
  apply Path_step with (L := fun m v s => given m /\ pc s = 1 /\ i s = 0 /\ n s = m).
  { unfold Cuts.known, pre. steps. repeat split; auto; lia. }
  { intros k m u v s t [_ [P _]] [_ [Q _]] _. congruence. }
  apply Path_arrives with (t := 1%nat) (x := fun _ _ _ => 0); auto. { arrived. }
  intros k m u v s t _ _ _. reflexivity.
Qed.

Theorem ends_at m s : given m -> pre m s -> ends state step returned (safe m) (post m) s.
Proof.
  apply (cuts_end state step returned _ pc Z _ (fun m => m) given pre safe post Z (fun x => x) _ (fun x => x) 0
    2 parent) with (at_cut := at_cut) (facts := facts) (bound := bound) (stride := fun _ => 1).
  - intros [|[|[|c]]] H; cbn; lia.
  - intros c. lia.
  - intros c k u v C A. unfold facts. rewrite (A c); auto. apply Around_self. lia.
  - intros [|[|[|c]]] k u v C A; cbn; auto. now rewrite (A 1%nat around_1).
  - intros [|[|[|c]]] H; [exact from_entry|exact from_outer|exact from_inner|lia].
Qed.
(* With n = 2, j is 1, then 1 and 2: it takes 13 steps to return. *)
Fixpoint after k s := match k with O => s | S k => match next (after k s) with Some t => t | None => after k s end end.
Theorem ends_after : let s := State 0 7 7 2 in
  given 2 /\ pre 2 s /\ returned (after 13 s) /\ post 2 (after 13 s) /\ ~ returned (after 12 s).
Proof. unfold given; repeat split; try lia. discriminate. Qed.
Print Assumptions ends_at.
Print Assumptions ends_after.
