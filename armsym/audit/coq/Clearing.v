(* The rule of cuts is about something: a loop that clears n bytes at b, its words of 64 bits. *)
Require Import ZArith Bool Lia.
From Armsym Require Import Machine Cuts.
Open Scope Z_scope.

(*  0:  mov x2, #0
    1:  strb wzr, [x0, x2]
    2:  add x2, x2, #1
    3:  cmp x2, x1; b.ne 1
    4:  ret                 x0 and x1 stay what they are; 5: it has returned *)
Record state := State { pc : Z; x0 : Z; x1 : Z; x2 : Z; memory : Z -> Z }.
Definition word x := x mod 2 ^ 64.
Definition address s := word (x0 s + x2 s).
Definition next s : option state :=
  match pc s with
  | 0 => Some (State 1 (x0 s) (x1 s) 0 (memory s))
  | 1 => Some (State 2 (x0 s) (x1 s) (x2 s) (fun p => if p =? address s then 0 else memory s p))
  | 2 => Some (State 3 (x0 s) (x1 s) (word (x2 s + 1)) (memory s))
  | 3 => Some (State (if x2 s =? x1 s then 4 else 1) (x0 s) (x1 s) (x2 s) (memory s))
  | 4 => Some (State 5 (x0 s) (x1 s) (x2 s) (memory s))
  | _ => None
  end.
Definition step s t := next s = Some t.
Definition returned s := pc s = 5.
Definition leak s := (pc s, if pc s =? 1 then address s else 0).
Definition written s p := pc s = 1 /\ p = address s.

(* The contract: what memory holds is secret.  With n = 2^64, which is no word, x2 would wrap and the loop go on. *)
Record inputs := Inputs { b : Z; n : Z; before : Z -> Z }.
Definition public i := (b i, n i).
Definition given i := 0 <= b i /\ 1 <= n i /\ b i + n i < 2 ^ 64.
Definition inside i p := b i <= p < b i + n i.
(* The first k bytes are clear, and nothing else has changed. *)
Definition cleared i k s := forall p, memory s p = if (b i <=? p) && (p <? b i + k) then 0 else before i p.
Definition pre i s := pc s = 0 /\ x0 s = b i /\ x1 s = n i /\ forall p, memory s p = before i p.
Definition post i s := cleared i (n i) s.
Definition safe i s := forall p, written s p -> inside i p.

(* One cut, at 1; its index is its only symbol: how many bytes are clear. *)
Definition values := nat -> Z.
Definition at_pc a (x k : values -> Z) i (v : values) s :=
  given i /\ 0 <= v 1%nat < n i /\ pc s = a /\ x0 s = b i /\ x1 s = n i /\ x2 s = x v /\ cleared i (k v) s.
Definition index (v : values) := v 1%nat.
Definition more (v : values) := v 1%nat + 1.
Definition at_cut (c : nat) := at_pc 1 index index.
Definition facts (c : nat) (i : inputs) (v : values) := 0 <= v c.
Definition bound (c : nat) i (v : values) := n i.
Definition parent (c : nat) := 0%nat.
Definition stride (c : nat) := 1.
Notation known := (known state inputs given pre Z (fun x => x) parent at_cut facts bound).
Notation paths := (paths state step returned _ leak inputs _ public safe post Z (fun x => x) _ (fun x => x) 1 parent
  at_cut facts bound stride).

Lemma agrees i j (u v : values) : agree inputs _ public Z _ (fun x => x) parent 1 i j u v ->
  b i = b j /\ n i = n j /\ u 1%nat = v 1%nat.
Proof. intros [H G]. injection H as -> ->. repeat split. apply G. now apply Around_self. Qed.

(* A step: it has not returned, is safe, can be made, and leads to what is left to show. *)
Ltac steps := unfold returned, step, next; cbn [pc x0 x1 x2 memory];
  split; [lia|split; [|split; [eexists; reflexivity|intros t [= <-]; cbn [pc x0 x1 x2 memory]]]].
Ltac elsewhere := let E := fresh in intros p [E _]; discriminate E.

Lemma from_entry : paths 0%nat (known 0%nat).
Proof.
  apply Path_step with (L := fun i v s => given i /\ pc s = 1 /\ x0 s = b i /\ x1 s = n i /\ x2 s = 0 /\ cleared i 0 s).
  - intros i v [a y0 y1 y2 m] (G & P & A & B & M). cbn in *. subst. steps. elsewhere.
    do 5 (split; [auto|]). intros p. cbn. rewrite M.
    destruct (Z.leb_spec (b i) p), (Z.ltb_spec p (b i + 0)); cbn; auto; lia.
  - intros i j u v s t (_ & P & _) (_ & Q & _) _. unfold leak. now rewrite P, Q.
  - apply Path_arrives with (t := 1%nat) (x := fun _ _ _ => 0); auto.
    + intros i v s (G & P & A & B & X & C). pose proof G as (G1 & G2 & G3). split. now right.
      split; [|unfold facts, below, bound, put; cbn; lia]. unfold at_cut, at_pc, index, put; cbn.
      do 6 (split; [auto; lia|]). exact C.
    + intros i j u v s t _ _ _. reflexivity.
Qed.

Lemma from_cut : paths 1%nat (known 1%nat).
Proof.
  apply Path_facts with (L := at_pc 1 index index). { intros i v s (_ & A & _). exact A. }
  apply Path_step with (L := at_pc 2 index more).
  - intros i v [a y0 y1 y2 m] (G & I & P & A & B & X & C). cbn in *. subst. pose proof G as (G1 & G2 & G3).
    assert (W : word (b i + v 1%nat) = b i + v 1%nat) by (apply Z.mod_small; lia). steps.
    + intros p [_ ->]. unfold address, inside, index; cbn. rewrite W. lia.
    + do 6 (split; [auto|]). intros p. cbn. unfold address, index, more; cbn. rewrite W. specialize (C p). cbn in C.
      destruct (Z.eqb_spec p (b i + v 1%nat)).
      * destruct (Z.leb_spec (b i) p), (Z.ltb_spec p (b i + (v 1%nat + 1))); cbn; auto; lia.
      * rewrite C. unfold index.
        destruct (Z.leb_spec (b i) p), (Z.ltb_spec p (b i + v 1%nat)), (Z.ltb_spec p (b i + (v 1%nat + 1)));
          cbn; auto; lia.
  - intros i j u v s t (_ & _ & P & A & _ & X & _) (_ & _ & Q & B & _ & Y & _) E. apply agrees in E as (E1 & _ & E2).
    unfold leak, address, index in *. now rewrite P, Q, A, B, X, Y, E1, E2.
  - apply Path_step with (L := at_pc 3 more more).
    + intros i v [a y0 y1 y2 m] (G & I & P & A & B & X & C). cbn in *. subst. pose proof G as (G1 & G2 & G3).
      steps. elsewhere. do 5 (split; [auto|]). split; [unfold word, index, more; apply Z.mod_small; lia|exact C].
    + intros i j u v s t (_ & _ & P & _) (_ & _ & Q & _) _. unfold leak. now rewrite P, Q.
    + apply Path_fork with (b := fun _ _ s => x2 s =? x1 s).
      { intros i j u v s t (_ & _ & _ & _ & B & X & _) (_ & _ & _ & _ & D & Y & _) E.
        apply agrees in E as (_ & E1 & E2). unfold more in *. now rewrite B, D, X, Y, E1, E2. }
      * apply Path_step with (L := fun i v s => pc s = 4 /\ post i s).
        { intros i v [a y0 y1 y2 m] [(G & I & P & A & B & X & C) E]. cbn in *. subst. steps. elsewhere.
          rewrite E. split; auto. apply Z.eqb_eq in E. intros p. cbn. rewrite <- E. apply C. }
        { intros i j u v s t [(_ & _ & P & _) _] [(_ & _ & Q & _) _] _. unfold leak. now rewrite P, Q. }
        apply Path_step with (L := fun i v s => pc s = 5 /\ post i s).
        { intros i v [a y0 y1 y2 m] [P C]. cbn in *. subst. steps. elsewhere. now split. }
        { intros i j u v s t [P _] [Q _] _. unfold leak. now rewrite P, Q. }
        now apply Path_returns.
      * apply Path_step with (L := fun i v s => v 1%nat + 1 <> n i /\ at_pc 1 more more i v s).
        { intros i v [a y0 y1 y2 m] [(G & I & P & A & B & X & C) E]. cbn in *. subst. steps. elsewhere.
          rewrite E. apply Z.eqb_neq in E. split; auto. do 6 (split; [auto|]). exact C. }
        { intros i j u v s t [(_ & _ & P & _) _] [(_ & _ & Q & _) _] _. unfold leak. now rewrite P, Q. }
        apply Path_arrives with (t := 1%nat) (x := fun _ v _ => more v); auto.
        { intros i v s (N & G & I & P & A & B & X & C). pose proof G as (G1 & G2 & G3).
          split. { left. split; auto. now apply Around_self. }
          split; [|unfold facts, below, bound, put, more; cbn; lia]. unfold at_cut, at_pc, index, more, put in *; cbn.
          do 6 (split; [auto; lia|]). exact C. }
        intros i j u v s t _ _ E. apply agrees in E as (_ & _ & E). unfold more. now rewrite E.
Qed.

Lemma all_paths c : (c <= 1)%nat -> paths c (known c).
Proof. intros H. destruct c as [|[|c]]; [exact from_entry|exact from_cut|lia]. Qed.

(* Every run that begins as the contract says ends, has cleared n bytes at b and changed no other, and wrote to no other
   on its way; and it tells nobody what the bytes were. *)
Theorem clears i s : given i -> pre i s -> ends state step returned (safe i) (post i) s.
Proof.
  apply (cuts_end state step returned _ leak inputs _ public given pre safe post Z (fun x => x) _ (fun x => x) 0
    1 parent) with (at_cut := at_cut) (facts := facts) (bound := bound) (stride := stride); auto;
    try (intros; exact eq_refl).
  - intros c i' u v H S F. unfold facts. rewrite <- (S c); auto. apply Around_self. lia.
  - exact all_paths.
Qed.
Theorem tells_nothing i j s t : given i -> given j -> pre i s -> pre j t -> public i = public j ->
  alike state step returned _ leak s t.
Proof.
  apply (cuts_alike state step returned _ leak inputs _ public given pre safe post Z (fun x => x) _ (fun x => x) 0
    1 parent) with (at_cut := at_cut) (facts := facts) (bound := bound) (stride := stride); auto;
    try (intros; exact eq_refl).
  - intros c i' u v H S F. unfold facts. rewrite <- (S c); auto. apply Around_self. lia.
  - exact all_paths.
Qed.
Theorem changes_nothing_else i s t : given i -> pre i s -> reach state step returned s t ->
  forall p, ~ inside i p -> memory t p = memory s p.
Proof.
  intros G P. apply (frame state step returned _ _ memory written) with (safe := safe i) (post := post i).
  - intros [q y0 y1 y2 m] c p S N. unfold step, next, written, address in *; cbn in *.
    destruct q as [|[q|[q|[q|q|]|]|]|q]; try discriminate; try (destruct q; try discriminate);
      injection S as <-; cbn; auto. destruct (Z.eqb_spec p (word (y0 + y2))); auto. destruct N. now split.
  - intros a p S. apply S.
  - now apply clears.
Qed.
(* There are such runs: three bytes at 16, of which one is 0 already. *)
Definition three := Inputs 16 3 (fun p => if p =? 17 then 0 else 7).
Definition start := State 0 16 3 99 (before three).
Fixpoint after k s := match k with O => s | S k => match next (after k s) with Some t => t | None => after k s end end.
Lemma reach_after k s : reach state step returned s (after k s).
Proof.
  induction k as [|k IH]; cbn. constructor. destruct (next (after k s)) eqn:E; auto.
  apply Reach_later with (t := after k s); auto. unfold returned, next in *. intros R. now rewrite R in E.
Qed.
Theorem has_run : given three /\ pre three start /\ exists t, reach state step returned start t /\ returned t /\
  memory start 16 = 7 /\ memory t 16 = 0 /\ memory t 18 = 0 /\ memory t 15 = 7 /\ memory t 19 = 7.
Proof.
  split. { unfold given; cbn; lia. } split. { repeat split. } exists (after 11 start).
  split. apply reach_after. now repeat split.
Qed.
Print Assumptions clears.
Print Assumptions tells_nothing.
Print Assumptions changes_nothing_else.
Print Assumptions has_run.
