(* Words as sums of others modulo 2^w (armsym/audit/sums.py): two that are one sum are equal. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw Forms Rules Sound Farkas Ranges.
Import ListNotations.
Open Scope Z_scope.

Section Sums.
Variable w : Z.
Definition itself (n : positive) : lin := (0, cons0t n (1 mod 2 ^ w) []).
Definition all_ones (s : lin) : bool := match s with (c, []) => c =? Z.ones w | _ => false end.
Definition apart (p q : option Z) : bool := match p, q with Some p, Some q => Z.land p q =? 0 | _, _ => false end.
(* R: the bits that instructions may have; S: the sums that they are, None: of what has none.  None: it is itself. *)
Definition looked_through (R : M.t Z) (S : M.t lin) (x : instr) : option lin :=
  match x with
  | IConst c => Some (c mod 2 ^ w, [])
  | IAdd u a b => do _ <- guard (w <=? u); do s <- M.find a S; do t <- M.find b S; Some (addS w s t)
  | IMulc u a k => do _ <- guard (w <=? u); do s <- M.find a S; Some (mulS w k s)
  | IShl a n => do _ <- natural n; do s <- M.find a S; Some (mulS w (2 ^ n) s)
  | IMask a k =>
      let kept := match M.find a R with Some r => Z.land r k =? r | None => false end in
      do _ <- guard ((Z.land k (Z.ones w) =? Z.ones w) || kept); M.find a S
  | IXor a b =>
      do s <- M.find a S; do t <- M.find b S;
      if apart (M.find a R) (M.find b R) then Some (addS w s t)
      else if all_ones s then Some (addS w s (mulS w (-1) t))
      else if all_ones t then Some (addS w t (mulS w (-1) s)) else None
  | _ => None
  end.
Fixpoint sums (R : M.t Z) (S : M.t lin) (l : piece) : M.t lin :=
  match l with
  | [] => S
  | (n, x) :: r =>
      sums R (M.add n (match looked_through R S x with Some s => s | None => itself n end) S) r
  end.
(* Two words of w bits that are one sum. *)
Definition equal_sums (R : M.t Z) (S : M.t lin) (a b : positive) : bool :=
  match M.find a R, M.find b R, M.find a S, M.find b S with
  | Some p, Some q, Some s, Some t =>
      (Z.land p (Z.ones w) =? p) && (Z.land q (Z.ones w) =? q) && sameS (w, s) (w, t)
  | _, _, _, _ => false
  end.

(* A word of w bits as a number: its sum, with what some words are (e) put in their place, is the form modulo 2^w. *)
Fixpoint lookup (n : positive) (e : list (positive * form)) : option form :=
  match e with [] => None | (m, g) :: r => if Pos.eqb m n then Some g else lookup n r end.
Fixpoint put (e : list (positive * form)) (l : list (positive * Z)) (f : form) : form :=
  match l with
  | [] => f
  | (n, k) :: r => put e r (plus f (match lookup n e with Some g => g | None => (0, [(n, 1)]) end) k)
  end.
Definition is_number (R : M.t Z) (S : M.t lin) (n : positive) (e : list (positive * form)) (f : form) : bool :=
  match M.find n R, M.find n S with
  | Some p, Some (c, l) =>
      let d := plus (put e l (c, [])) f (-1) in
      (Z.land p (Z.ones w) =? p) && (fst d mod 2 ^ w =? 0) && forallb (fun x => snd x mod 2 ^ w =? 0) (snd d)
  | _, _ => false
  end.

Section Sound.
Hypothesis W : 0 <= w.
Variable F : positive -> list Z -> Z.
Variable env vals : positive -> Z.
Definition summed (S : M.t lin) := forall n s, M.find n S = Some s -> vals n mod 2 ^ w = evS vals w s.

Lemma itself_ok n : vals n mod 2 ^ w = evS vals w (itself n).
Proof.
  unfold evS, itself; cbn [fst snd]. rewrite Z.add_0_l. symmetry. etransitivity. { apply evT_cons0t. }
  simpl. f_equal. ring.
Qed.
Lemma inverted_ok a b s t : vals a mod 2 ^ w = evS vals w s -> vals b mod 2 ^ w = evS vals w t -> all_ones s = true ->
  Z.lxor (vals a) (vals b) mod 2 ^ w = evS vals w (addS w s (mulS w (-1) t)).
Proof.
  intros A B O. destruct s as [c [|]]; [|discriminate]. apply Z.eqb_eq in O. subst c.
  assert (P : 0 < 2 ^ w) by now apply pow_pos. pose proof (Z.mod_pos_bound (vals b) _ P) as V.
  assert (E : Z.ones w mod 2 ^ w = Z.ones w) by (apply Z.mod_small; rewrite Z.ones_equiv; lia).
  assert (A1 : vals a mod 2 ^ w = Z.ones w). { rewrite A. unfold evS; simpl. now rewrite Z.add_0_r. }
  rewrite <- (land_ones_mod (Z.lxor _ _)) by auto.
  replace (Z.land (Z.lxor (vals a) (vals b)) (Z.ones w))
    with (Z.lxor (Z.land (vals a) (Z.ones w)) (Z.land (vals b) (Z.ones w))) by bt.
  rewrite !land_ones_mod, A1 by auto. rewrite lxor_ones by auto.
  rewrite evS_add, evS_mul, <- B. unfold evS at 1; simpl. rewrite Z.add_0_r.
  rewrite <- Zplus_mod. replace (vals b mod 2 ^ w * -1) with (- (vals b mod 2 ^ w)) by ring.
  symmetry. apply Z.mod_small. rewrite Z.ones_equiv. lia.
Qed.
Lemma found_sum S n s : summed S -> M.find n S = Some s -> vals n mod 2 ^ w = evS vals w s.
Proof. auto. Qed.
Lemma looked_ok R S n x s : right vals R -> summed S -> vals n = semval F env vals n x ->
  looked_through R S x = Some s -> vals n mod 2 ^ w = evS vals w s.
Proof.
  intros HR HS V H. rewrite V. clear V.
  assert (P : 0 < 2 ^ w) by now apply pow_pos.
  destruct x as [c| |f args k|a b|a b|a m|a m|a k|u a b|u a k]; simpl in H |- *; try discriminate.
  - injection H as <-. unfold evS; simpl. now rewrite Z.add_0_r, Zmod_mod.
  - destruct (M.find a S) as [s'|] eqn:A; [|discriminate]. destruct (M.find b S) as [t|] eqn:B; [|discriminate].
    apply HS in A. apply HS in B. destruct (apart _ _) eqn:D.
    + injection H as <-. unfold apart in D. destruct (M.find a R) as [p|] eqn:RA; [|discriminate].
      destruct (M.find b R) as [q|] eqn:RB; [|discriminate]. apply Z.eqb_eq in D. apply HR in RA. apply HR in RB.
      destruct RA as [_ [_ WA]], RB as [_ [_ WB]].
      rewrite <- nocarry. { rewrite evS_add, <- A, <- B. now rewrite <- Zplus_mod. }
      rewrite <- WA, <- WB. replace (Z.land (Z.land (vals a) p) (Z.land (vals b) q))
        with (Z.land (Z.land (vals a) (vals b)) (Z.land p q)) by (apply Z.bits_inj'; intros; rewrite !Z.land_spec;
        destruct (Z.testbit (vals a) n0), (Z.testbit (vals b) n0), (Z.testbit p n0), (Z.testbit q n0); reflexivity).
      rewrite D. apply Z.land_0_r.
    + destruct (all_ones s') eqn:O. { injection H as <-. now apply inverted_ok. }
      destruct (all_ones t) eqn:O'; [|discriminate]. injection H as <-. rewrite Z.lxor_comm. now apply inverted_ok.
  - destruct (natural m) eqn:N; [|discriminate]. apply natural_ok in N as [_ N].
    destruct (M.find a S) as [s'|] eqn:A; [|discriminate]. injection H as <-. apply HS in A.
    rewrite evS_mul, <- A, Z.shiftl_mul_pow2 by auto. now rewrite Zmult_mod_idemp_l.
  - destruct (_ || _) eqn:G; [|discriminate]. simpl in H. apply HS in H. rewrite <- H. apply orb_true_iff in G as [G|G].
    + apply Z.eqb_eq in G. rewrite <- !land_ones_mod, <- Z.land_assoc by auto. now rewrite G.
    + destruct (M.find a R) as [r|] eqn:E; [|discriminate]. apply Z.eqb_eq in G. apply HR in E as [_ [_ E]].
      f_equal. rewrite <- E at 1. rewrite <- Z.land_assoc, G. exact E.
  - destruct (Z.leb_spec w u); [|discriminate]. simpl in H. destruct (M.find a S) as [s'|] eqn:A; [|discriminate].
    destruct (M.find b S) as [t|] eqn:B; [|discriminate]. injection H as <-. apply HS in A. apply HS in B.
    rewrite evS_add, <- A, <- B, <- Zplus_mod. apply mod_mod_le. lia.
  - destruct (Z.leb_spec w u); [|discriminate]. simpl in H. destruct (M.find a S) as [s'|] eqn:A; [|discriminate].
    injection H as <-. apply HS in A. rewrite evS_mul, <- A, Zmult_mod_idemp_l. apply mod_mod_le. lia.
Qed.

Lemma sums_ok R l : right vals R -> computed F env l vals -> forall S, summed S -> summed (sums R S l).
Proof.
  intros HR. induction l as [|[n x] r IH]; simpl; intros C S HS; auto. apply IH. { intros i y I. apply C. now right. }
  intros i s E. apply find_add in E. destruct E as [[-> <-]|E]; auto.
  destruct (looked_through R S x) as [s|] eqn:L. { apply (looked_ok R S n x); auto. apply C. now left. }
  apply itself_ok.
Qed.

Lemma maps_ok l : computed F env l vals -> let R := reaches (M.empty Z) l in
  right vals R /\ summed (sums R (M.empty lin) l).
Proof.
  intros C R. assert (HR : right vals R).
  { apply (reaches_ok F env vals l C). intros n k. rewrite PositiveMap.gempty. discriminate. }
  split; auto. apply sums_ok; auto. intros n s. rewrite PositiveMap.gempty. discriminate.
Qed.

(* In every run of the instructions the two have one value. *)
Theorem equal_sums_sound l a b : let R := reaches (M.empty Z) l in
  equal_sums R (sums R (M.empty lin) l) a b = true -> computed F env l vals -> vals a = vals b.
Proof.
  intros R H C. destruct (maps_ok l C) as [HR HS]. fold R in HR, HS.
  unfold equal_sums in H. destruct (M.find a R) as [p|] eqn:A; [|discriminate].
  destruct (M.find b R) as [q|] eqn:B; [|discriminate].
  destruct (M.find a (sums _ _ _)) as [s|] eqn:SA; [|discriminate].
  destruct (M.find b (sums _ _ _)) as [t|] eqn:SB; [|discriminate].
  rewrite !andb_true_iff, !Z.eqb_eq in H. destruct H as [[P Q] E]. apply HR in A as [_ A]. apply HR in B as [_ B].
  apply HS in SA. apply HS in SB. apply (sameS_ok vals) in E; auto. cbn [fst snd] in E.
  rewrite <- E in SB. rewrite <- SA in SB.
  rewrite (Z.mod_small (vals a)), (Z.mod_small (vals b)) in SB; auto; apply within_lt; auto; eapply within_sub; eauto.
Qed.
Section Number.
Variable e : list (positive * form).
Hypothesis E : forall m g, In (m, g) e -> vals m = val vals g.
Lemma lookup_ok n g : lookup n e = Some g -> vals n = val vals g.
Proof.
  revert E. induction e as [|[m h] r IH]; simpl; intros A H. discriminate.
  destruct (Pos.eqb_spec m n). { injection H as <-. subst. apply A. now left. }
  apply IH; auto.
Qed.
Lemma put_ok l : forall f, val vals (put e l f) = val vals f + evT vals l.
Proof.
  induction l as [|[n k] r IH]; simpl; intros f. ring. rewrite IH, plus_ok.
  assert (H : val vals match lookup n e with Some g => g | None => (0, [(n, 1)]) end = vals n).
  { destruct (lookup n e) eqn:L. symmetry. now apply lookup_ok. unfold val; simpl. ring. }
  rewrite H. ring.
Qed.
Lemma multiple l : forallb (fun x => snd x mod 2 ^ w =? 0) l = true -> sum vals l mod 2 ^ w = 0.
Proof.
  induction l as [|[n k] r IH]; simpl; intros H. apply Zmod_0_l. apply andb_true_iff in H as [K H].
  apply Z.eqb_eq in K. rewrite Zplus_mod, Zmult_mod, K, IH by auto. apply Zmod_0_l.
Qed.
(* In every run in which e holds, the word is the form, where that is a number of w bits. *)
Theorem number_sound l n f : let R := reaches (M.empty Z) l in
  is_number R (sums R (M.empty lin) l) n e f = true -> computed F env l vals -> 0 <= val vals f < 2 ^ w ->
  vals n = val vals f.
Proof.
  intros R H C V. destruct (maps_ok l C) as [HR HS]. fold R in HR, HS.
  unfold is_number in H. destruct (M.find n R) as [p|] eqn:A; [|discriminate].
  destruct (M.find n (sums _ _ _)) as [[c t]|] eqn:S; [|discriminate].
  rewrite !andb_true_iff, !Z.eqb_eq in H. destruct H as [[P K] D]. apply HR in A as [_ A]. apply HS in S.
  apply multiple in D. set (d := plus (put e t (c, [])) f (-1)) in *.
  assert (Q : val vals d = c + evT vals t - val vals f). { unfold d. rewrite plus_ok, put_ok. unfold val; simpl. ring. }
  assert (Z0 : val vals d mod 2 ^ w = 0). { unfold val. now rewrite Zplus_mod, K, D, Zmod_0_l. }
  rewrite (Z.mod_small (vals n)) in S by (apply within_lt; auto; eapply within_sub; eauto).
  unfold evS in S; simpl in S. rewrite S. replace (c + evT vals t) with (val vals d + val vals f) by lia.
  rewrite Zplus_mod, Z0, Z.add_0_l, Zmod_mod. now apply Z.mod_small.
Qed.
End Number.
End Sound.
End Sums.
Print Assumptions equal_sums_sound.
Print Assumptions number_sound.
