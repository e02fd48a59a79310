(* A machine of which nothing is known but where a step may lead, and what is said of its runs: that all end well, that
   two of them cannot be told apart, and what they leave alone. *)
Require Import List Lia.
Import ListNotations.

Section Machine.
Variable State : Type.
(* A relation, not a function: what lies below SP, for one, may become anything. *)
Variable step : State -> State -> Prop.
(* The routine has returned to its caller. *)
Variable returned : State -> Prop.

(* A run goes on until it returns.  One that is stuck is none. *)
Definition run (r : nat -> State) := forall n, ~ returned (r n) -> step (r n) (r (S n)).
Inductive reach (s : State) : State -> Prop :=
| Reach_here : reach s s
| Reach_later t u : reach s t -> ~ returned t -> step t u -> reach s u.

(* -- all runs end well ------------------------------------------------------------------------------------------- *)
Section Ends.
(* The next step may be made: it is an instruction that is known, and each of its accesses is permitted. *)
Variable safe : State -> Prop.
Variable post : State -> Prop.
Inductive ends : State -> Prop :=
| Ends_here s : returned s -> post s -> ends s
| Ends_later s : ~ returned s -> safe s -> (exists t, step s t) -> (forall t, step s t -> ends t) -> ends s.

Theorem ends_runs s : ends s -> forall r, run r -> r 0 = s ->
  exists n, returned (r n) /\ post (r n) /\ forall m, m < n -> ~ returned (r m) /\ safe (r m).
Proof.
  induction 1 as [s R P|s N F _ _ IH]; intros r G Z.
  - exists 0. subst s. repeat split; auto; intros; lia.
  - destruct (IH (r 1)) with (r := fun n => r (S n)) as (n & R & P & B); auto.
    + subst s. apply G. exact N.
    + intros n. apply G.
    + exists (S n). repeat split; auto; destruct m; try (subst s; assumption); apply B; lia.
Qed.
Theorem ends_reach s t : ends s -> reach s t ->
  (returned t /\ post t) \/ (~ returned t /\ safe t /\ exists u, step t u).
Proof.
  intros E R. enough (ends t) as [u A B|u A B C D] by auto.
  induction R as [|t u R IH N T]; auto. destruct IH as [t A B|t A B C D]; auto. contradiction.
Qed.
End Ends.

(* -- two runs cannot be told apart ------------------------------------------------------------------------------- *)
Section Alike.
Variable Seen : Type.
(* What anybody may see of the next step: which instruction it is, its addresses, which way it goes. *)
Variable leak : State -> Seen.
Inductive alike : State -> State -> Prop :=
| Alike_here s t : returned s -> returned t -> alike s t
| Alike_later s t : ~ returned s -> ~ returned t -> leak s = leak t ->
    (forall s' t', step s s' -> step t t' -> alike s' t') -> alike s t.

(* What is seen of the first n steps. *)
Definition trace (r : nat -> State) (n : nat) := map (fun m => leak (r m)) (seq 0 n).
Theorem alike_runs s t : alike s t -> forall r q, run r -> run q -> r 0 = s -> q 0 = t ->
  forall n, returned (r n) -> (forall m, m < n -> ~ returned (r m)) ->
  returned (q n) /\ (forall m, m < n -> ~ returned (q m)) /\ trace r n = trace q n.
Proof.
  induction 1 as [s t A B|s t A B L _ IH]; intros r q G H Z Y n R N.
  - destruct n as [|n].
    + subst. repeat split; auto; intros; lia.
    + destruct (N 0). lia. now subst s.
  - subst s t. destruct n as [|n]. contradiction.
    destruct (IH (r 1) (q 1)) with (r := fun m => r (S m)) (q := fun m => q (S m)) (n := n) as (Q & M & T); auto.
    + intros m. apply G.
    + intros m. apply H.
    + intros m Hm. apply N. lia.
    + repeat split; auto.
      * intros [|m] Hm; auto. apply M. lia.
      * unfold trace in *. cbn [seq map]. rewrite <- seq_shift, !map_map, L. now f_equal.
Qed.
End Alike.

(* -- what runs leave alone --------------------------------------------------------------------------------------- *)
Section Frame.
Variables Place Value : Type.
Variable content : State -> Place -> Value.
(* What the next step may write to. *)
Variable written : State -> Place -> Prop.
Hypothesis only_written : forall s t p, step s t -> ~ written s p -> content t p = content s p.
Variable safe post : State -> Prop.
Variable may_change : Place -> Prop.
Hypothesis permitted : forall s p, safe s -> written s p -> may_change p.

Theorem frame s t : ends safe post s -> reach s t -> forall p, ~ may_change p -> content t p = content s p.
Proof.
  intros E R p N. induction R as [|t u R IH A T]; auto. rewrite <- IH. apply only_written; auto.
  intros W. destruct (ends_reach _ _ _ _ E R) as [[B _]|(_ & F & _)]; [contradiction|].
  apply N. now apply (permitted t).
Qed.
End Frame.
End Machine.
Print Assumptions ends_runs.
Print Assumptions ends_reach.
Print Assumptions alike_runs.
Print Assumptions frame.
