(* The theorem: what the checker accepts holds in every run. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw Forms Rules Sound Products Bilinear.
Import ListNotations.
Open Scope Z_scope.

Ltac inv_guard := match goal with
  | H : context [guard ?b] |- _ => unfold guard in H; destruct b eqn:?Eb; try discriminate H
  end.
Ltac dof := match goal with
  | H : context [match ?e with Some _ => _ | None => None end] |- _ =>
      let E := fresh "E" in destruct e eqn:E; [|discriminate H]
  end.
Ltac props := repeat match goal with
  | H : _ && _ = true |- _ => apply andb_true_iff in H; destruct H
  | H : (_ <=? _) = true |- _ => apply Z.leb_le in H
  | H : (_ =? _) = true |- _ => apply Z.eqb_eq in H
  | H : Pos.eqb _ _ = true |- _ => apply Pos.eqb_eq in H
  end.

Section Step.
Variable prog : program.
Variable defs : functions.
Variable given : M.t Z.
Variable F : positive -> list Z -> Z.
Hypothesis Hd : agrees defs F.
Variable env : positive -> Z.
Variable vals : positive -> Z.
Hypothesis Hm : models F env prog vals.
Hypothesis Hg : forall i c, M.find i given = Some c -> vals i = c.
Notation inv_setP := (Sound.inv_setP vals). Notation inv_setS := (Sound.inv_setS vals).
Notation inv_share := (Sound.inv_share vals). Notation bits_ok := (Sound.bits_ok prog F env vals Hm).
Notation okS_trunc := (Sound.okS_trunc vals). Notation trunc_ok := (Sound.trunc_ok vals).
Notation same_ok := (Sound.same_ok vals). Notation sameL_ok := (Sound.sameL_ok vals).
Notation parts_ok := (Sound.parts_ok prog F env vals Hm). Notation quot_ok := (Sound.quot_ok prog F env vals Hm).
Notation replE_ok := (Sound.replE_ok vals). Notation inside_ok := (Sound.inside_ok vals). Notation right := (Sound.right vals).
Notation every_ok := (Sound.every_ok prog F env vals Hm). Notation agree_ok := (Sound.agree_ok prog defs F Hd env vals Hm).

Lemma step_ok st h st' : Inv vals st -> step prog defs given st h = Some st' -> Inv vals st'.
Proof.
  intros I H. pose proof I as [A B]. destruct h; simpl in H.
  - (* HPolyatom *) dof. injection H as <-. apply inv_setP; auto. destruct (bits_ok _ _ E) as [[V0 V1] _].
    unfold okP, evP; cbn [fst snd]. rewrite evE_cons0. simpl.
    now rewrite Z.shiftr_0_r, Z.land_m1_r, Z.lxor_0_l, Z.lxor_0_r, Z.land_comm.
  - (* HSumatom *) dof. inv_guard. injection H as <-. apply inv_setS; auto. props.
    destruct (bits_ok _ _ E) as [V _]. pose proof (within_lt _ _ H (within_sub _ _ _ V H0)).
    split; cbn [fst snd]; auto. unfold evS; cbn [fst snd]. rewrite Z.add_0_l.
    transitivity ((1 * vals i + evT vals []) mod 2 ^ w); [apply evT_cons0t|].
    simpl. rewrite Z.mul_1_l, Z.add_0_r. now apply Z.mod_small.
  - (* HPoly *) dof. pose proof (Hm _ _ E) as S. destruct i0; try discriminate; simpl in S;
      repeat first [inv_guard | dof]; injection H as <-; apply inv_setP; auto; unfold okP; rewrite S; props.
    + unfold evP; simpl. now rewrite Z.lxor_0_r.
    + rewrite xorP_ok. now rewrite (A _ _ E0), (A _ _ E1).
    + rewrite andP_ok. now rewrite (A _ _ E0), (A _ _ E1).
    + rewrite shlP_ok by auto. now rewrite (A _ _ E0).
    + rewrite shrP_ok by auto. now rewrite (A _ _ E0).
    + rewrite maskP_ok. now rewrite (A _ _ E0).
  - (* HSum *) dof. pose proof (Hm _ _ E) as S. destruct i0; try discriminate; simpl in S.
    + inv_guard. injection H as <-. apply inv_setS; auto. props. split; simpl; auto. unfold evS; simpl.
      rewrite Z.add_0_r, <- land_ones_mod by auto. congruence.
    + dof. destruct p as [u s]. inv_guard. injection H as <-. apply inv_setS; auto. props. split; simpl; auto.
      rewrite trunc_ok. rewrite (okS_trunc a u s w) by (auto; apply B; auto). subst k. rewrite land_ones_mod in S by auto. auto.
    + dof. destruct p as [u s]. dof. destruct p as [u' s']. inv_guard. injection H as <-. apply inv_setS; auto. props.
      split; simpl; auto. rewrite evS_add, !trunc_ok.
      rewrite (okS_trunc a u s w0), (okS_trunc b u' s' w0) by (auto; apply B; auto). rewrite S. now rewrite <- Zplus_mod.
    + dof. destruct p as [u s]. inv_guard. injection H as <-. apply inv_setS; auto. props.
      split; simpl; auto. rewrite evS_mul. rewrite (okS_trunc a u s w0) by (auto; apply B; auto). rewrite S.
      now rewrite Zmult_mod_idemp_l.
  - (* HTosum *) dof. destruct p as [c l]. inv_guard. dof. injection H as <-. apply inv_setS; auto. props.
    split; simpl; auto. destruct (parts_ok w c l H _ _ E0) as (x & y & P1 & P2 & P3 & P4 & P5 & _ & _ & P8 & P9).
    pose proof (A _ _ E) as V. unfold okP, evP in V. simpl in V.
    assert (WC : within c (Z.ones w)). { split; auto. rewrite <- H0. apply Z.land_nonneg. right. now apply ones_nonneg. }
    assert (W : 0 <= vals i < 2 ^ w). { apply within_lt; auto. rewrite <- V, P1. repeat apply lxor_within; auto. }
    rewrite P1, parts_sum in V by auto. unfold evS; simpl. rewrite <- (Z.mod_small _ _ W), <- V.
    apply eqm_add. apply eqm_refl. exact P2.
  - (* HTopoly *) dof. destruct p as [w [c t]]. inv_guard. props. destruct (B _ _ E) as [_ V]. simpl in V.
    destruct t as [|[a k] [|]]; try discriminate.
    + injection H as <-. apply inv_setP; auto. unfold okP. rewrite <- V. unfold evP, evS; simpl.
      rewrite Z.lxor_0_r, Z.add_0_r, <- land_ones_mod by auto. auto.
    + dof. dof. pose proof (A _ _ E0) as VA. unfold okP in VA. destruct (bits_ok _ _ E1) as [[W0 W1] _].
      destruct (_ && _) eqn:Eb in H.
      * props. injection H as <-. apply inv_setP; auto. unfold okP.
        rewrite xorP_ok, maskP_ok, shlP_ok, VA by auto. rewrite <- V. unfold evS, evP; simpl. rewrite Z.lxor_0_r, Z.add_0_r.
        subst k. rewrite (Z.mul_comm (2 ^ n)), <- Z.shiftl_mul_pow2 by auto. rewrite nocarry.
        -- rewrite <- land_ones_mod by auto. rewrite <- H1 at 1. bt.
        -- rewrite <- W1, Z.shiftl_land. rewrite (Z.land_comm (Z.shiftl (vals a) n)), Z.land_assoc, H3. apply Z.land_0_l.
      * destruct ((k =? Z.ones w) && (c =? Z.ones w)) eqn:Eb2; [|discriminate].
        injection H as <-. apply inv_setP; auto. apply andb_true_iff in Eb2 as [?%Z.eqb_eq ?%Z.eqb_eq]. unfold okP.
        rewrite xorP_ok, maskP_ok, VA. rewrite <- V. unfold evS, evP; simpl. rewrite Z.lxor_0_r, Z.add_0_r. subst.
        rewrite land_ones_mod by auto. assert (PW : 0 < 2 ^ w) by now apply pow_pos. pose proof (Z.mod_pos_bound (vals a) (2 ^ w) PW).
        rewrite lxor_ones by auto. rewrite Z.ones_equiv.
        replace (Z.pred (2 ^ w) + Z.pred (2 ^ w) * vals a) with (Z.pred (2 ^ w) - vals a + vals a * 2 ^ w) by lia.
        rewrite Z_mod_plus_full. rewrite <- Zminus_mod_idemp_r. symmetry. apply Z.mod_small. lia.
  - (* HInline *) dof. destruct p as [w s]. dof. destruct p as [u t]. inv_guard. injection H as <-. apply inv_setS; auto. props.
    split; simpl; auto. rewrite evS_add, evS_add, !evS_mul. destruct (B _ _ E) as [_ V]. simpl in V. rewrite V.
    destruct (B _ _ E0) as [_ VA]. simpl in VA. unfold evS in VA |- *; simpl.
    rewrite Z.mul_1_l, Z.add_0_l, Z.add_0_r. set (X := fst t + evT vals (snd t)) in *.
    rewrite !Zmult_mod_idemp_l. rewrite <- (inl_arith X k n u w), VA by auto. rewrite <- Zplus_mod. set (K := k * 2 ^ n).
    replace (vals i + (vals a * - K) mod 2 ^ w + vals a * K) with (vals i + vals a * K + (vals a * - K) mod 2 ^ w) by ring.
    rewrite Zplus_mod_idemp_r. replace (vals i + vals a * K + vals a * - K) with (vals i) by ring. rewrite <- V. unfold evS. apply Zmod_mod.
  - (* HSame *) inv_guard. injection H as <-. apply inv_share; auto. now apply (same_ok st).
  - (* HNarrow *) dof. destruct p as [c l]. dof. destruct (M.find b prog) as [x|] eqn:Ex; try discriminate.
    destruct x; try discriminate. inv_guard. injection H as <-. apply inv_setP; auto. props. subst.
    pose proof (Hm _ _ Ex) as S. simpl in S. unfold okP.
    rewrite xorP_ok, (replE_ok a0 k p b) by (auto; apply A; auto). rewrite <- (A _ _ E). unfold evP; simpl. now rewrite Z.lxor_0_r.
  - (* HSplit *) dof. destruct p as [w s]. dof. destruct p as [u t]. dof. dof. dof. inv_guard.
    destruct (sameS (w, s) _) eqn:Eb0; [|discriminate H]. injection H as <-.
    apply inv_setP; auto. props. unfold okP. rewrite xorP_ok, shlP_ok, (A _ _ E1), (A _ _ E2) by auto.
    apply (sameS_ok vals) in Eb0; [|simpl; lia]. simpl in Eb0. destruct (B _ _ E) as [_ V]. simpl in V. rewrite <- V, Eb0.
    rewrite evS_add, evS_mul. destruct (B _ _ E0) as [_ VH]. simpl in VH.
    destruct (bits_ok _ _ E3) as [W _]. assert (L : 0 <= vals a < 2 ^ n) by (apply within_lt; auto; eapply within_sub; eauto).
    unfold evS; simpl. rewrite Z.mul_1_l, Z.add_0_l, Z.add_0_r, <- Zplus_mod.
    rewrite <- Zplus_mod_idemp_r, Zmult_mod_idemp_l, Zplus_mod_idemp_r.
    unfold evS in VH. set (X := fst t + evT vals (snd t)) in *. rewrite (Z.mul_comm X).
    rewrite <- VH. rewrite <- nocarry; [rewrite Z.shiftl_mul_pow2 by auto|].
    + subst w. rewrite split_arith by auto. lia.
    + apply Z.bits_inj'; intros b Hb. rewrite Z.land_spec, Z.bits_0.
      destruct (Z_lt_dec b n). rewrite Z.shiftl_spec_low by auto. apply andb_false_r.
      destruct (lt_within _ _ H L) as [_ L1]. rewrite <- L1, Z.land_spec, Z.ones_spec_high by lia. now rewrite andb_false_r.
  - (* HNot *) dof. destruct p as [c l]. dof. dof. destruct p0 as [w s]. inv_guard. injection H as <-. apply inv_setS; auto.
    rewrite !andb_true_iff, Z.leb_le, Z.eqb_eq in Eb. destruct Eb as [[Hw ->] Hs]. split; simpl; auto.
    apply (sameP_ok vals) in Hs. rewrite (A _ _ E0) in Hs. unfold evP in Hs; simpl in Hs. rewrite Z.lxor_0_l in Hs.
    pose proof (A _ _ E) as VI. unfold okP, evP in VI; simpl in VI. rewrite Hs in VI. rewrite <- VI.
    destruct (B _ _ E1) as [_ VU]. simpl in VU. rewrite evS_add, evS_mul, VU. unfold evS; simpl.
    pose proof (pow_pos w Hw). assert (0 <= vals u < 2 ^ w) by (rewrite <- VU; now apply Z.mod_pos_bound).
    rewrite lxor_ones by auto. rewrite Z.add_0_r, <- Zplus_mod. rewrite Z.mul_comm.
    replace (Z.ones w + -1 * vals u) with (Z.ones w - vals u) by lia. apply Z.mod_small. rewrite Z.ones_equiv. lia.
  - (* HChoose *) dof. destruct p as [w [c t]]. destruct t as [|[a k] [|]]; try discriminate.
    destruct (M.find m prog) as [x|] eqn:Ex; try discriminate. destruct x; try discriminate. dof. dof.
    inv_guard. injection H as <-. apply inv_setP; auto.
    rewrite !andb_true_iff in Eb. destruct Eb as [[[[[[W0 U0] P1] Ea] Ef] Ec] Ed].
    apply Z.leb_le in W0, U0. apply Z.eqb_eq in P1, Ef, Ec, Ed. apply Pos.eqb_eq in Ea. subst a0 k0.
    pose proof (Hm _ _ Ex) as S. simpl in S. destruct (B _ _ E) as [_ V]. simpl in V. unfold evS in V; simpl in V.
    destruct (bits_ok _ _ E0) as [[V0 V1] _].
    assert (R : 0 <= vals a <= 1). { apply within_le; [lia|]. apply (within_sub _ z); [split|]; auto. }
    unfold okP. rewrite xorP_ok, maskP_ok, (A _ _ E1), S. unfold evP; simpl. rewrite Z.lxor_0_r.
    assert (O : Z.ones w0 mod 2 ^ w0 = Z.ones w0).
    { apply Z.mod_small. rewrite Z.ones_equiv. pose proof (pow_pos _ U0). lia. }
    assert (vals a = 0 \/ vals a = 1) as [Z0|Z1] by lia.
    + rewrite Z0 in V |- *. rewrite Z.mul_0_l, Zmod_0_l, Z.land_0_l, Z.lxor_0_r.
      rewrite Z.mul_0_r, Z.add_0_r in V. now rewrite <- V.
    + rewrite Z1 in V |- *. rewrite Z.mul_1_l, O, Z.land_comm, Ed. rewrite <- V. rewrite Z.mul_1_r, Z.add_0_r. bt.
  - (* HCongruent *) destruct (M.find i prog) as [x|] eqn:Ex; try discriminate.
    destruct x; try discriminate; destruct (M.find j prog) as [y|] eqn:Ey; try discriminate; destruct y; try discriminate;
      inv_guard; injection H as <-; apply inv_share; auto;
      pose proof (Hm _ _ Ex) as S; pose proof (Hm _ _ Ey) as T; simpl in S, T; rewrite S, T.
    + rewrite !andb_true_iff, orb_true_iff, andb_true_iff, Pos.eqb_eq, Z.eqb_eq in Eb. destruct Eb as [[Ef Ep] Ea]. subst.
      f_equal. destruct Ea as [Ea|[Ec Ea]].
      * f_equal. now apply (sameL_ok st).
      * destruct args0 as [|a [|b [|]]]; try discriminate Ea. apply (sameL_ok st) in Ea; auto.
        rewrite Ea. destruct (call_swapped defs _ Ec) as (op & Co & V). cbn [map]. rewrite !(V F Hd). apply Co.
    + apply orb_true_iff in Eb. destruct Eb as [Eb|Eb]; apply andb_true_iff in Eb; destruct Eb as [E1 E2];
        apply (same_ok st) in E1, E2; auto; rewrite E1, E2; auto. apply Z.land_comm.
  - (* HWithin *) destruct (M.find i prog) as [x|] eqn:Ex; try discriminate. destruct x; try discriminate.
    destruct (M.find a prog) as [y|] eqn:Ey; try discriminate. destruct y; try discriminate.
    inv_guard. injection H as <-. apply inv_share; auto.
    pose proof (Hm _ _ Ex) as S. pose proof (Hm _ _ Ey) as T. simpl in S, T. rewrite S, T.
    apply orb_true_iff in Eb. destruct Eb as [Eb|Eb].
    + destruct (M.find a0 (pv st)) as [p|] eqn:Ep; [|discriminate Eb]. pose proof (inside_ok _ _ _ (A _ _ Ep) Eb) as W.
      rewrite <- W at 1. bt.
    + destruct (M.find b (pv st)) as [p|] eqn:Ep; [|discriminate Eb]. pose proof (inside_ok _ _ _ (A _ _ Ep) Eb) as W.
      rewrite <- W at 1. bt.
  - (* HQuotient *) destruct (M.find i prog) as [x|] eqn:Ex; try discriminate. destruct x; try discriminate.
    dof. destruct p as [w [c t]]. inv_guard. dof. destruct p as [q m].
    unfold guard in H. destruct (c + m <? 2 ^ w) eqn:El; [|discriminate H]. injection H as <-. apply inv_setS; auto. props.
    apply Z.ltb_lt in El. destruct (quot_ok n t ltac:(assumption) _ _ E0) as (Q1 & Q2 & Q3).
    pose proof (Hm _ _ Ex) as S. simpl in S. destruct (B _ _ E) as [_ V]. simpl in V.
    assert (PN : 0 < 2 ^ n) by (apply pow_pos; assumption).
    split; simpl; auto. rewrite S, <- V. unfold evS; simpl. rewrite (Z.mod_small (c + evT vals t)) by nia.
    rewrite Z.shiftr_div_pow2 by assumption. rewrite Q1, (Z.mul_comm (2 ^ n)), Z_div_plus_full by lia.
    apply Z.mod_small. split. assert (0 <= c / 2 ^ n) by (apply Z.div_pos; assumption). lia.
    assert (c / 2 ^ n <= c). { apply Z.div_le_upper_bound; nia. } nia.
  - (* HDisjoint *) destruct (M.find i prog) as [x|] eqn:Ex; try discriminate. destruct x; try discriminate.
    dof. dof. inv_guard. injection H as <-. apply inv_setP; auto.
    apply andb_true_iff in Eb. destruct Eb as [W0%Z.leb_le Eb]. apply (sameP_ok vals) in Eb.
    rewrite andP_ok, (A _ _ E), (A _ _ E0) in Eb. unfold evP in Eb; simpl in Eb.
    pose proof (Hm _ _ Ex) as S. simpl in S. unfold okP.
    rewrite maskP_ok, xorP_ok, (A _ _ E), (A _ _ E0), S, land_ones_mod by auto. now rewrite nocarry.
  - (* HIdempotent *) destruct (M.find i prog) as [x|] eqn:Ex; try discriminate. destruct x; try discriminate.
    inv_guard. injection H as <-. apply inv_share; auto. apply (same_ok st) in Eb; auto.
    pose proof (Hm _ _ Ex) as S. simpl in S. rewrite S, <- Eb. apply Z.land_diag.
  - (* HEvaluate *) dof. inv_guard. injection H as <-. apply inv_share; auto. apply andb_true_iff in Eb. destruct Eb as [_ Eb].
    assert (R : right (M.empty _)) by (intros i' v; rewrite PositiveMap.gempty; discriminate).
    destruct (every_ok _ _ _ R Eb) as (m & Rm & G). now apply (agree_ok order i j m).
  - (* HBilinear *) inv_guard. injection H as <-. apply inv_share; auto.
    exact (bilinear_ok prog defs F Hd env vals Hm bits_ok _ _ _ _ _ _ Eb).
  - (* HDistribute *) destruct (M.find i prog) as [x1|] eqn:E1; try discriminate. destruct x1 as [| |f l1 m| | | | | | |]; try discriminate.
    destruct l1 as [|x [|y [|]]]; try discriminate.
    destruct (M.find j prog) as [x2|] eqn:E2; try discriminate. destruct x2 as [| |g l2 n| | | | | | |]; try discriminate.
    destruct l2 as [|u [|z [|]]]; try discriminate.
    destruct (M.find k prog) as [x3|] eqn:E3; try discriminate. destruct x3 as [| |h l3 o| | | | | | |]; try discriminate.
    destruct l3 as [|v [|t [|]]]; try discriminate.
    unfold guard in H. destruct (_ && _) eqn:Eb in H; [|discriminate H]. do 6 dof.
    destruct (sameP _ _) eqn:Es in H; [|discriminate H]. do 2 dof. injection H as <-. apply inv_setP; auto.
    rewrite !andb_true_iff, !Pos.eqb_eq, !Z.eqb_eq in Eb. destruct Eb as [[[[[[<- <-] C] <-] <-] S1] S2].
    destruct (call_product defs _ C) as (op & _ & L & _ & _ & V).
    apply (same_ok st) in S1, S2; auto. apply (sameP_ok vals) in Es. rewrite xorP_ok in Es.
    unfold okP. rewrite xorP_ok, (A _ _ E8), (A _ _ E9), (Hm _ _ E1), (Hm _ _ E2), (Hm _ _ E3). cbn [semval map].
    rewrite (A _ _ E5), (A _ _ E6), (A _ _ E7) in Es. rewrite !(V F Hd), Es, <- S2, S1.
    destruct (bits_ok _ _ E) as [[? _] _], (bits_ok _ _ E0) as [[? _] _], (bits_ok _ _ E4) as [[? _] _].
    rewrite L by congruence. bt.
  - (* HAssociate *) destruct (M.find i prog) as [x1|] eqn:E1; try discriminate. destruct x1 as [| |f l1 m1| | | | | | |]; try discriminate.
    destruct l1 as [|x [|c [|]]]; try discriminate.
    destruct (M.find p prog) as [x2|] eqn:E2; try discriminate. destruct x2 as [| |g l2 m2| | | | | | |]; try discriminate.
    destruct l2 as [|a [|b [|]]]; try discriminate.
    destruct (M.find j prog) as [x3|] eqn:E3; try discriminate. destruct x3 as [| |h l3 m3| | | | | | |]; try discriminate.
    destruct l3 as [|d [|y [|]]]; try discriminate.
    destruct (M.find q prog) as [x4|] eqn:E4; try discriminate. destruct x4 as [| |o l4 m4| | | | | | |]; try discriminate.
    destruct l4 as [|e [|t [|]]]; try discriminate.
    unfold guard in H. destruct (_ && _) eqn:Eb in H; [|discriminate H].
    destruct (_ && _) eqn:Es in H; [|discriminate H]. injection H as <-. apply inv_share; auto.
    rewrite !andb_true_iff, !Pos.eqb_eq, !Z.eqb_eq in Eb. destruct Eb as [[[[[[[<- <-] <-] D] ->] ->] ->] ->].
    destruct (M.find f defs) as [w|] eqn:W; [|discriminate D]. destruct w; try discriminate D.
    assert (V : forall s r, F f [s; r] = gf128_mul s r) by (intros s r; exact (Hd f _ W [s; r] _ eq_refl)).
    rewrite !andb_true_iff in Es. destruct Es as [[[[S1 S2] S3] S4] S5].
    apply (same_ok st) in S1, S2, S3, S4, S5; auto.
    pose proof (Hm _ _ E2) as Vp. pose proof (Hm _ _ E4) as Vq.
    rewrite (Hm _ _ E1), (Hm _ _ E3). cbn [semval map] in *. rewrite !V in *. rewrite !gf128_block in *.
    rewrite S1, Vp, S2, Vq, S3, S4, S5. apply gf128_assoc.
  - (* HZeros *) destruct (M.find i prog) as [x1|] eqn:E1; try discriminate. destruct x1 as [| |f l1 m| | | | | | |]; try discriminate.
    destruct l1 as [|x [|]]; try discriminate.
    destruct (M.find j prog) as [x2|] eqn:E2; try discriminate. destruct x2 as [| |g l2 n| | | | | | |]; try discriminate.
    destruct l2 as [|y [|]]; try discriminate.
    destruct (M.find k prog) as [x3|] eqn:E3; try discriminate. destruct x3 as [| |h l3 o| | | | | | |]; try discriminate.
    destruct l3 as [|z [|]]; try discriminate.
    unfold guard in H. destruct (_ && _) eqn:Eb in H; [|discriminate H]. do 2 dof. injection H as <-. apply inv_setP; auto.
    rewrite !andb_true_iff, !Pos.eqb_eq, !Z.eqb_eq in Eb. destruct Eb as [[[[[[<- <-] D] ->] ->] ->] W].
    destruct (M.find f defs) as [w|] eqn:Ef; [|discriminate D]. destruct w; try discriminate D.
    assert (V : forall s, F f [s] = if s =? 0 then 1 else 0) by (intros s; exact (Hd f _ Ef [s] _ eq_refl)).
    unfold okP. rewrite andP_ok, (A _ _ E), (A _ _ E0), (Hm _ _ E1), (Hm _ _ E2), (Hm _ _ E3). cbn [semval map]. rewrite !V.
    assert (O : vals x = Z.lor (vals y) (vals z)).
    { apply orb_true_iff in W. destruct W as [W|W].
      - unfold is_or in W. destruct (M.find x prog) as [x4|] eqn:E4; try discriminate. destruct x4; try discriminate.
        destruct (M.find a prog) as [x5|] eqn:E5; try discriminate. destruct x5; try discriminate.
        destruct (M.find b prog) as [x6|] eqn:E6; try discriminate. destruct x6; try discriminate.
        rewrite !andb_true_iff, !Pos.eqb_eq in W. destruct W as [[[-> ->] ->] ->].
        rewrite (Hm _ _ E4). cbn [semval]. rewrite (Hm _ _ E5), (Hm _ _ E6). cbn [semval].
        apply Z.bits_inj'. intros at_ _. rewrite !Z.lxor_spec, Z.land_spec, Z.lor_spec.
        destruct (Z.testbit (vals y) at_), (Z.testbit (vals z) at_); reflexivity.
      - unfold beside in W. destruct (M.find x (pv st)) as [p'|] eqn:E4; [|discriminate W].
        destruct (M.find y (pv st)) as [q'|] eqn:E5; [|discriminate W]. destruct (M.find z (pv st)) as [r'|] eqn:E6; [|discriminate W].
        apply andb_true_iff in W. destruct W as [W1 W2]. apply (sameP_ok vals) in W1, W2.
        rewrite andP_ok, (A _ _ E5), (A _ _ E6) in W1. rewrite xorP_ok, (A _ _ E4), (A _ _ E5), (A _ _ E6) in W2.
        unfold evP in W1; simpl in W1. rewrite W2. now apply Z.lxor_lor. }
    rewrite O. destruct (vals y =? 0) eqn:Y; destruct (vals z =? 0) eqn:X; destruct (Z.lor (vals y) (vals z) =? 0) eqn:L;
      try reflexivity; exfalso; rewrite ?Z.eqb_eq, ?Z.eqb_neq, ?Z.lor_eq_0_iff in *; tauto.
  - (* HGiven *) dof. injection H as <-. apply inv_setP; auto. unfold okP, evP; simpl. rewrite Z.lxor_0_r. symmetry. now apply Hg.
  - (* HSolve *) dof. destruct p as [c l]. dof. dof. inv_guard. injection H as <-. apply inv_setP; auto.
    apply (sameP_ok vals) in Eb. unfold evP in Eb; cbn [fst snd] in Eb. rewrite evE_cons0 in Eb. simpl in Eb.
    rewrite Z.shiftr_0_r, Z.land_m1_r, !Z.lxor_0_l, Z.lxor_0_r in Eb.
    destruct (bits_ok _ _ E0) as [[_ V1] _]. rewrite Z.land_comm, V1 in Eb.
    pose proof (A _ _ E) as V. unfold okP, evP in V |- *; simpl in V |- *. rewrite (Hg _ _ E1), Z.lxor_0_r in *.
    rewrite Eb in V. rewrite <- V. bt.
Qed.

Lemma steps_ok hs : forall st st', Inv vals st -> steps prog defs given st hs = Some st' -> Inv vals st'.
Proof.
  induction hs; simpl; intros st st' I H. congruence.
  destruct (step prog defs given st a) eqn:E; try discriminate. apply (IHhs s); auto. now apply (step_ok st a).
Qed.
End Step.

(* -- certificates *)
Lemma inv_empty vals : Inv vals empty.
Proof. split; intros i x; simpl; rewrite PositiveMap.gempty; discriminate. Qed.
Lemma extends_ok old new (vals : positive -> Z) : extends old new = true ->
  (forall i c, M.find i new = Some c -> vals i = c) -> forall i c, M.find i old = Some c -> vals i = c.
Proof.
  unfold extends. rewrite forallb_forall. intros H G i c E. apply PositiveMap.elements_correct in E.
  specialize (H _ E). simpl in H. unfold both in H. destruct (M.find i new) eqn:N; try discriminate.
  apply Z.eqb_eq in H. subst. auto.
Qed.

(* A part's claims hold in all runs that have its facts, whatever the opaque functions and the inputs are. *)
Definition true_claims prog defs (p : part) := forall F env vals, agrees defs F -> models F env prog vals ->
  (forall i c, M.find i (table (facts p)) = Some c -> vals i = c) -> forall l r, In (l, r) (claims p) -> vals l = vals r.
Definition all_shown (l : list (list (positive * positive))) : bool := forallb (fun c => match c with [] => true | _ => false end) l.

Lemma parts_sound prog defs l : forall done opens,
  (forall g st, In (g, st) done -> forall F env vals, agrees defs F -> models F env prog vals ->
    (forall i c, M.find i g = Some c -> vals i = c) -> Inv vals st) ->
  check_parts prog defs done l = Some opens -> all_shown opens = true -> forall p, In p l -> true_claims prog defs p.
Proof.
  induction l as [|p r IH]; intros done opens D H S q Q. destruct Q.
  simpl in H. dof. destruct p0 as [old st]. unfold guard in H.
  destruct (extends old (table (facts p))) eqn:X; [|discriminate H]. dof. dof. injection H as <-.
  simpl in S. apply andb_true_iff in S. destruct S as [S1 S2].
  assert (N : forall F env vals, agrees defs F -> models F env prog vals ->
    (forall i c, M.find i (table (facts p)) = Some c -> vals i = c) -> Inv vals s).
  { intros F env vals Hd Hm Hg. apply (steps_ok prog defs (table (facts p)) F Hd env vals Hm Hg (hints p) st s); auto.
    destruct (start p =? 0).
    - injection E as <- <-. apply inv_empty.
    - destruct (start p <? 0); [discriminate|]. apply nth_error_In in E. apply (D _ _ E F env vals Hd Hm).
      now apply (extends_ok _ _ _ X). }
  destruct Q as [<-|Q].
  - intros F env vals Hd Hm Hg a b AB. specialize (N F env vals Hd Hm Hg). apply (Sound.same_ok vals s); auto.
    destruct (same s a b) eqn:T; auto. exfalso.
    assert (In (a, b) (filter (fun c => negb (same s (fst c) (snd c))) (claims p))) as Z0.
    { apply filter_In. split; auto. simpl. now rewrite T. }
    destruct (filter _ _); [destruct Z0|discriminate S1].
  - match goal with R : check_parts _ _ (_ ++ _) r = Some ?o |- _ => apply (IH (done ++ [(table (facts p), s)]) o); auto end.
    intros g st0 G. apply in_app_iff in G. destruct G as [G|[G|[]]]. now apply D. injection G as <- <-. exact N.
Qed.

Theorem check_sound prog defs l opens : check prog defs l = Some opens -> all_shown opens = true ->
  forall p, In p l -> true_claims prog defs p.
Proof.
  unfold check. destruct (wf prog); [|discriminate]. intros H. apply (parts_sound prog defs l [] opens); auto.
  intros g st [].
Qed.
(* What is accepted has a run, so that the above is not about nothing: only that facts fit together is not shown. *)
Theorem check_has_runs prog defs l opens : check prog defs l = Some opens ->
  exists F, agrees defs F /\ forall env, exists vals, models F env prog vals.
Proof.
  unfold check. destruct (wf prog) eqn:W; [|discriminate]. intros _. destruct (functions_exist defs) as [F HF].
  exists F. split; auto. intros env. now apply runs.
Qed.
Print Assumptions check_sound.
Print Assumptions check_has_runs.
