(* The rule of cuts (armsym/audit/walk.py, arrivals.py, ground.py): where every path from the entry and from each cut
   shows what is claimed at its end, every run from a permitted entry ends at a return with the postcondition. *)
Require Import ZArith Arith List Lia.
From Armsym Require Import Machine.
Open Scope Z_scope.

Section Cuts.
Variable State : Type.
Variable step : State -> State -> Prop.
Variable returned : State -> Prop.
Variable Seen : Type.
Variable leak : State -> Seen.

(* -- what is claimed --------------------------------------------------------------------------------------------- *)
(* What the contract speaks of: the state on entry, numbers, contents, the functions that the standard names. *)
Variable Inputs : Type.
Variable Public : Type.
Variable public : Inputs -> Public.
(* The precondition: what it says of the inputs alone, and what the state on entry is. *)
Variable given : Inputs -> Prop.
Variable pre : Inputs -> State -> Prop.
Variable safe post : Inputs -> State -> Prop.

(* The symbols of a cut: its index, and its unknowns and contents; which part of them is public. *)
Variable Symbols : Type.
Variable index : Symbols -> Z.
Variable Shown : Type.
Variable shown : Symbols -> Shown.
(* The symbols of all cuts; where paths begin at a cut only those of the cuts around it mean anything. *)
Definition Values := nat -> Symbols.
Variable none : Symbols.

(* Cuts are 1 .. last, 0 is the entry. *)
Variable last : nat.
Variable parent : nat -> nat.
Hypothesis tree : forall c, (0 < c)%nat -> (parent c < c)%nat.
(* A cut and those around it, without the entry. *)
Inductive around : nat -> nat -> Prop :=
| Around_self c : c <> 0%nat -> around c c
| Around_outer c d : c <> 0%nat -> around (parent c) d -> around c d.

(* The address, registers, flags and memory at a cut; facts of its symbols; the bound that its index is below (of one
   that the index may reach: 1 more); how much more the index is each time. *)
Variable at_cut : nat -> Inputs -> Values -> State -> Prop.
Variable facts : nat -> Inputs -> Values -> Prop.
Variable bound : nat -> Inputs -> Values -> Z.
Variable stride : nat -> Z.
Hypothesis grows : forall c, 0 < stride c.
(* Facts speak of no other symbols, and bounds of none that change in the loop. *)
Definition same (c : nat) (u v : Values) := forall d, around c d -> u d = v d.
Hypothesis facts_of : forall c i u v, (0 < c)%nat -> same c u v -> facts c i u -> facts c i v.
Hypothesis bound_of : forall c i u v, (0 < c)%nat -> same (parent c) u v -> bound c i u = bound c i v.

Definition below c i (v : Values) := index (v c) < bound c i v.
(* What is known where paths from a cut, or from the entry, begin. *)
Definition within c i v := forall d, around c d -> facts d i v /\ below d i v.
Definition known c i v s := given i /\ match c with O => pre i s | _ => at_cut c i v s /\ within c i v end.

(* Two runs that nobody can tell apart yet. *)
Definition agree c (i j : Inputs) (u v : Values) :=
  public i = public j /\ forall d, around c d -> shown (u d) = shown (v d).

(* -- paths ------------------------------------------------------------------------------------------------------- *)
Definition put (v : Values) t x : Values := fun d => if Nat.eqb d t then x else v d.
(* A path from c may end at the cuts around it, c too, where the index has grown, and at those just inside c, where it
   is 0. *)
Definition arrives c t (v : Values) x :=
  (around c t /\ index x = index (v t) + stride t) \/ (parent t = c /\ index x = 0).

(* All paths from c on which K is known: an instruction is executed; the path parts, by a condition; the facts tell
   more, such as which way it goes; it has come to a cut, whose symbols are chosen; it has come to the return.  Being
   inductive, this says that there are finitely many, each of finite length. *)
Definition Knowledge := Inputs -> Values -> State -> Prop.
Definition alone (K : Knowledge) c {A} (f : Inputs -> Values -> State -> A) :=
  forall i j u v s t, K i u s -> K j v t -> agree c i j u v -> f i u s = f j v t.
Inductive paths (c : nat) : Knowledge -> Prop :=
| Path_step (K L : Knowledge) :
    (forall i v s, K i v s -> ~ returned s /\ safe i s /\ (exists t, step s t) /\ forall t, step s t -> L i v t) ->
    alone K c (fun _ _ s => leak s) -> paths c L -> paths c K
| Path_fork (K : Knowledge) (b : Inputs -> Values -> State -> bool) : alone K c b ->
    paths c (fun i v s => K i v s /\ b i v s = true) -> paths c (fun i v s => K i v s /\ b i v s = false) -> paths c K
| Path_facts (K L : Knowledge) : (forall i v s, K i v s -> L i v s) -> paths c L -> paths c K
| Path_arrives (K : Knowledge) t (x : Inputs -> Values -> State -> Symbols) : (0 < t <= last)%nat ->
    (forall i v s, K i v s -> arrives c t v (x i v s) /\
       let w := put v t (x i v s) in at_cut t i w s /\ facts t i w /\ below t i w) ->
    alone K c (fun i v s => shown (x i v s)) -> paths c K
| Path_returns (K : Knowledge) : (forall i v s, K i v s -> returned s /\ post i s) -> paths c K.

(* The whole of what is audited. *)
Hypothesis all_paths : forall c, (c <= last)%nat -> paths c (known c).

(* -- every run passes finitely many cuts ------------------------------------------------------------------------- *)
Lemma around_le c d : around c d -> (0 < d <= c)%nat.
Proof. induction 1 as [c N|c d N _ IH]; [lia|]. assert (parent c < c)%nat by (apply tree; lia). lia. Qed.
Lemma around_trans c d e : around c d -> around d e -> around c e.
Proof. induction 1 as [|c d N A IH]; auto. intros B. apply Around_outer; auto. Qed.
Lemma parent_of c d : c <> 0%nat -> around (parent c) d -> around c d /\ (d < c)%nat.
Proof.
  intros N A. split. now apply Around_outer. apply around_le in A. assert (parent c < c)%nat by (apply tree; lia). lia.
Qed.
Lemma within_outer c i v d : within c i v -> around c d -> within d i v.
Proof. intros W A e B. apply W. now apply (around_trans c d). Qed.

Lemma outside c t d : around c t -> around (parent t) d -> around c d.
Proof. intros A B. apply (around_trans c t); auto. apply parent_of; auto. apply around_le in A. lia. Qed.

(* What the symbols of a cut may be where a path from c with symbols u has come to t. *)
Definition moves c (u : Values) t (v : Values) := same (parent t) u v /\ arrives c t u (v t).

Section Descent.
Variable i : Inputs.
Variable P : nat -> Values -> Prop.
Hypothesis one : forall c v, (c <= last)%nat -> within c i v ->
  (forall t w, (0 < t <= last)%nat -> moves c v t w -> within t i w -> P t w) -> P c v.

(* P at c, if it holds wherever a loop around c goes on. *)
Definition goes_on c v := forall t w, around c t -> same (parent t) v w -> index (w t) = index (v t) + stride t ->
  within t i w -> P t w.
Lemma inside : forall n c, (last - c < n)%nat -> (0 < c <= last)%nat -> forall m v,
  bound c i v - index (v c) <= Z.of_nat m -> within c i v -> goes_on (parent c) v -> P c v.
Proof.
  induction n as [|n IHn]. lia. intros c Hn Hc. assert (C0 : c <> 0%nat) by lia.
  induction m as [|m IHm]; intros v Hm W H.
  { destruct (W c (Around_self c C0)) as [_ B]. unfold below in B. lia. }
  (* where the path has come back to a cut around c *)
  assert (again : goes_on c v).
  { intros t w A G I Ww. inversion A as [? N E|? ? N A']; subst; [|now apply H].
    apply IHm; auto.
    - apply around_le in A. rewrite <- (bound_of t i v w), I by (auto; lia). pose proof (grows t). lia.
    - intros t' w' A' G' I' W'. apply H; auto.
      + intros d D. rewrite (G d); auto. now apply (outside (parent t) t').
      + rewrite I', (G t'); auto. }
  apply one; auto. lia. intros t w Ht [G [[A I]|[E I]]] Ww. now apply again.
  assert (L : (parent t < t)%nat) by (apply tree; lia).
  apply (IHn t) with (m := Z.to_nat (bound t i w - index (w t))); auto; try lia.
  rewrite E in *. intros t' w' A' G' I' W'. apply again; auto.
  - intros d D. rewrite (G d); auto. now apply (outside c t').
  - rewrite I', (G t'); auto.
Qed.

Lemma descent v : P 0%nat v.
Proof.
  apply one. lia. { intros d A. inversion A; contradiction. }
  intros t w Ht [G [[A I]|[E I]]] Ww. inversion A; contradiction.
  apply (inside (S last) t) with (m := Z.to_nat (bound t i w - index (w t))); auto; try lia.
  rewrite E. intros t' w' A'. inversion A'; contradiction.
Qed.
End Descent.

(* -- one path after the other ------------------------------------------------------------------------------------ *)
Lemma put_self v t x : put v t x t = x. Proof. unfold put. now rewrite Nat.eqb_refl. Qed.
Lemma put_outer v t x : t <> 0%nat -> same (parent t) v (put v t x).
Proof.
  intros N d A. destruct (parent_of _ _ N A) as [_ L]. unfold put. destruct (Nat.eqb_spec d t); [lia|reflexivity].
Qed.
Lemma from_outer c t v x d : arrives c t v x -> t <> 0%nat -> around (parent t) d -> around c d.
Proof. intros [[A _]|[<- _]] N; auto. now apply outside. Qed.
Lemma arrived c t i v x : (0 < t)%nat -> within c i v -> arrives c t v x ->
  let w := put v t x in facts t i w -> below t i w -> moves c v t w /\ within t i w.
Proof.
  intros N W A w F B. assert (N0 : t <> 0%nat) by lia. assert (G : same (parent t) v w) by now apply put_outer.
  split. { split; auto. unfold w. now rewrite put_self. }
  intros d D. inversion D as [? _ E|? ? _ D']; subst; auto.
  destruct (W d) as [Fd Bd]. now apply (from_outer c t v x).
  assert (Gd : forall e, around d e -> v e = w e) by (intros e E; apply G; now apply (around_trans (parent t) d)).
  assert (D0 : (0 < d)%nat) by (apply around_le in D; lia).
  split. now apply (facts_of d i v w). unfold below in *.
  rewrite <- (bound_of d i v w), <- Gd; auto. apply Around_self. lia. intros e E. apply Gd. apply parent_of; auto. lia.
Qed.
Lemma known_at t i w s : (0 < t)%nat -> given i -> at_cut t i w s -> within t i w -> known t i w s.
Proof. destruct t; [lia|]. repeat split; auto; now apply H2. Qed.
Lemma known_within c i v s : known c i v s -> within c i v.
Proof. destruct c. intros _ d A. inversion A; contradiction. now intros [_ [_ W]]. Qed.

Lemma paths_end c K : paths c K -> forall i v s, K i v s -> given i -> within c i v ->
  (forall t w s', (0 < t <= last)%nat -> moves c v t w -> within t i w -> known t i w s' ->
     ends State step returned (safe i) (post i) s') ->
  ends State step returned (safe i) (post i) s.
Proof.
  induction 1 as [K L T _ _ IH|K b _ _ IH1 _ IH2|K L T _ IH|K t x Ht T _|K T]; intros i v s Ks I W H.
  - destruct (T _ _ _ Ks) as (N & F & E & G). apply Ends_later; auto. intros u U. apply (IH i v); auto.
  - destruct (b i v s) eqn:B; [apply (IH1 i v)|apply (IH2 i v)]; auto.
  - apply (IH i v); auto.
  - destruct (T _ _ _ Ks) as (A & C & F & B).
    destruct (arrived c t i v (x i v s)) as [M Ww]; auto. lia.
    apply (H t (put v t (x i v s))); auto. apply known_at; auto. lia.
  - destruct (T _ _ _ Ks). now apply Ends_here.
Qed.

Lemma paths_alike c K : paths c K -> forall i j u v s t, K i u s -> K j v t -> given i -> given j -> agree c i j u v ->
  within c i u -> within c j v ->
  (forall d w x s' t', (0 < d <= last)%nat -> moves c u d w -> within d i w -> agree d i j w x ->
     known d i w s' -> known d j x t' -> alike State step returned Seen leak s' t') ->
  alike State step returned Seen leak s t.
Proof.
  induction 1 as [K L T O _ IH|K b O _ IH1 _ IH2|K L T _ IH|K d x Hd T O|K T];
    intros i j u v s t Ks Kt I J Y W Z H.
  - destruct (T _ _ _ Ks) as (N & _ & _ & G), (T _ _ _ Kt) as (N' & _ & _ & G').
    apply Alike_later; auto. { exact (O _ _ _ _ _ _ Ks Kt Y). } intros s' t' S' T'. apply (IH i j u v); auto.
  - pose proof (O _ _ _ _ _ _ Ks Kt Y) as E. destruct (b i u s) eqn:B; [apply (IH1 i j u v)|apply (IH2 i j u v)]; auto.
  - apply (IH i j u v); auto.
  - destruct (T _ _ _ Ks) as (A & C & F & B), (T _ _ _ Kt) as (A' & C' & F' & B').
    destruct (arrived c d i u (x i u s)) as [M Ww]; auto. lia.
    destruct (arrived c d j v (x j v t)) as [M' Wx]; auto. lia.
    apply (H d (put u d (x i u s)) (put v d (x j v t))); auto; try (apply known_at; auto; lia).
    destruct Y as [Y1 Y2]. split; auto. intros e E. inversion E as [? _ Q|? ? N E']; subst.
    + rewrite !put_self. apply (O _ _ _ _ _ _ Ks Kt). now split.
    + rewrite <- (put_outer u d (x i u s) N e E'), <- (put_outer v d (x j v t) N e E').
      apply Y2. now apply (from_outer c d u (x i u s)).
  - destruct (T _ _ _ Ks), (T _ _ _ Kt). now apply Alike_here.
Qed.

(* -- the theorems ------------------------------------------------------------------------------------------------ *)
(* Every run ends at a return, where the postcondition holds, and each step on the way is safe. *)
Theorem cuts_end i s : given i -> pre i s -> ends State step returned (safe i) (post i) s.
Proof.
  intros I H. enough (D : forall v s, known 0 i v s -> ends State step returned (safe i) (post i) s).
  { apply (D (fun _ => none)). now split. }
  intros v. apply (descent i (fun c v => forall s, known c i v s -> ends State step returned (safe i) (post i) s)).
  intros c u Hc W H' t Kt. apply (paths_end c (known c) (all_paths c Hc) i u t Kt I W).
  intros d w s' Hd M Ww. now apply H'.
Qed.

(* Two runs of which all that is public is equal on entry show the same, step by step, until both return. *)
Theorem cuts_alike i j s t : given i -> given j -> pre i s -> pre j t -> public i = public j ->
  alike State step returned Seen leak s t.
Proof.
  intros I J H G E.
  enough (D : forall v w s t, known 0 i v s -> known 0 j w t -> agree 0 i j v w ->
    alike State step returned Seen leak s t).
  { apply (D (fun _ => none) (fun _ => none)); auto; now split. }
  intros u. apply (descent i (fun c u => forall w s t, known c i u s -> known c j w t -> agree c i j u w ->
    alike State step returned Seen leak s t)).
  intros c u' Hc W H' w s' t' Ks Kt Y.
  apply (paths_alike c (known c) (all_paths c Hc) i j u' w s' t' Ks Kt I J Y W (known_within c j w t' Kt)).
  intros d w' x s1 t1 Hd M Ww Y1 K1 K2. now apply (H' d w' Hd M Ww x).
Qed.
End Cuts.
Print Assumptions cuts_end.
Print Assumptions cuts_alike.
