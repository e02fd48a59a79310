(* Each step keeps every form true of every run: whatever the hints are. *)
Require Import ZArith List Bool Lia FMapPositive PArith Znumtheory.
From Armsym Require Import Raw Forms Rules.
Import ListNotations.
Open Scope Z_scope.
Arguments addT : simpl never. Arguments xorE : simpl never. Arguments addS : simpl never. Arguments mulS : simpl never.
Arguments xorP : simpl never. Arguments maskP : simpl never. Arguments shlP : simpl never.

Ltac bits := apply Z.bits_inj'; intros ?n ?Hn;
  repeat rewrite ?Z.lxor_spec, ?Z.lor_spec, ?Z.land_spec, ?Z.bits_0, ?Z.bits_m1 by lia.
Ltac cases := repeat match goal with |- context [Z.testbit ?a ?b] => destruct (Z.testbit a b) end; try reflexivity.
Ltac bt := bits; cases.
Ltac conj := repeat match goal with |- _ /\ _ => split end.

Section Sound.
Variable prog : program.
Variable defs : functions.
Variable given : M.t Z.
Notation bits := (bits prog). Notation parts := (parts prog). Notation quot := (quot prog).
Variable F : positive -> list Z -> Z.
Hypothesis Hd : agrees defs F.
Variable env : positive -> Z.
Variable vals : positive -> Z.
Hypothesis Hm : models F env prog vals.

Definition okP i p := evP vals p = vals i.
Definition okS i (x : Z * lin) := 0 <= fst x /\ evS vals (fst x) (snd x) = vals i.
Definition Inv st := (forall i p, M.find i (pv st) = Some p -> okP i p) /\ (forall i x, M.find i (sv st) = Some x -> okS i x).

Lemma find_add {A} i j (x : A) m y : M.find i (M.add j x m) = Some y -> (i = j /\ x = y) \/ M.find i m = Some y.
Proof.
  destruct (Pos.eq_dec i j). subst; rewrite PositiveMap.gss; intros [= <-]; auto.
  rewrite PositiveMap.gso; auto.
Qed.
Lemma inv_setP st i p : Inv st -> okP i p -> Inv (St (M.add i p (pv st)) (sv st)).
Proof. intros [A B] H; split; simpl; auto. intros j q [[-> <-]|]%find_add; auto. Qed.
Lemma inv_setS st i s : Inv st -> okS i s -> Inv (St (pv st) (M.add i s (sv st))).
Proof. intros [A B] H; split; simpl; auto. intros j q [[-> <-]|]%find_add; auto. Qed.

Lemma land_ones_mod a w : 0 <= w -> Z.land a (Z.ones w) = a mod 2 ^ w.
Proof. intros. now rewrite Z.land_ones. Qed.
Lemma within_lt v w : 0 <= w -> within v (Z.ones w) -> 0 <= v < 2 ^ w.
Proof. intros H [A B]. rewrite land_ones_mod in B by auto. rewrite <- B. apply Z.mod_pos_bound. apply pow_pos; auto. Qed.
Lemma lt_within v w : 0 <= w -> 0 <= v < 2 ^ w -> within v (Z.ones w).
Proof. intros. split. lia. rewrite land_ones_mod by auto. now apply Z.mod_small. Qed.
Lemma mod_within x w : 0 <= w -> within (x mod 2 ^ w) (Z.ones w).
Proof. intros. apply lt_within. lia. apply Z.mod_pos_bound. apply pow_pos; lia. Qed.

Lemma bits_ok i p : bits i = Some p -> within (vals i) p /\ 0 <= p.
Proof.
  unfold bits. destruct (M.find i prog) as [x|] eqn:E; [|discriminate]. destruct (bitsof x) eqn:Eb; [|discriminate].
  destruct (Z.leb_spec 0 z); [|discriminate]. intros [= <-]. split; [|auto].
  pose proof (Hm _ _ E) as S. destruct x; simpl in *; try discriminate;
    try (destruct (Z.leb_spec 0 w); [|discriminate]); injection Eb as <-.
  - rewrite S. split; auto. now rewrite Z.land_diag.
  - rewrite S. split. apply Z.land_nonneg; auto. now rewrite <- Z.land_assoc, Z.land_diag.
  - rewrite S. split. apply Z.land_nonneg; auto. now rewrite <- Z.land_assoc, Z.land_diag.
  - rewrite S. split. apply Z.land_nonneg; auto. now rewrite <- Z.land_assoc, Z.land_diag.
  - rewrite S. now apply mod_within.
  - rewrite S. now apply mod_within.
Qed.

Lemma within_sub v p q : within v p -> Z.land p q = p -> within v q.
Proof. intros [A B] C. split; auto. rewrite <- B at 1. rewrite <- Z.land_assoc, C. exact B. Qed.

Lemma mod_mod_le a u w : 0 <= w <= u -> (a mod 2 ^ u) mod 2 ^ w = a mod 2 ^ w.
Proof.
  intros. symmetry. apply Zmod_div_mod; try (apply pow_pos; lia).
  exists (2 ^ (u - w)). rewrite <- Z.pow_add_r by lia. f_equal; lia.
Qed.
Lemma evS_mod u w s : 0 <= w <= u -> evS vals u s mod 2 ^ w = evS vals w s.
Proof. intros. unfold evS. now apply mod_mod_le. Qed.
Lemma trunc_ok w s : evS vals w (truncS w s) = evS vals w s.
Proof. unfold truncS. rewrite evS_mul, Z.mul_1_r. unfold evS. apply Zmod_mod. Qed.
Lemma okS_trunc i u s w : okS i (u, s) -> 0 <= w <= u -> evS vals w s = vals i mod 2 ^ w.
Proof. intros [_ H] ?. simpl in H. rewrite <- H. symmetry; now apply evS_mod. Qed.

Lemma sameP_ok p q : sameP p q = true -> evP vals p = evP vals q.
Proof.
  unfold sameP. destruct (xorP p q) as [c l] eqn:E. destruct c; try discriminate. destruct l; try discriminate.
  intros _. apply Z.lxor_eq. rewrite <- xorP_ok, E. reflexivity.
Qed.
Lemma sameS_ok x y : 0 <= fst x -> sameS x y = true -> evS vals (fst x) (snd x) = evS vals (fst y) (snd y).
Proof.
  unfold sameS. destruct x as [w s], y as [u t]; cbn [fst snd]. intros Hw. rewrite andb_true_iff, Z.eqb_eq. intros [<- H].
  destruct (addS w s (mulS w (Z.ones w) t)) as [c l] eqn:E. destruct c; try discriminate. destruct l; try discriminate.
  assert (evS vals w (addS w s (mulS w (Z.ones w) t)) = 0) by (rewrite E; unfold evS; simpl; apply Zmod_0_l).
  rewrite evS_add, evS_mul, Z.ones_equiv in H0.
  pose proof (pow_pos w Hw).
  assert (0 <= evS vals w s < 2 ^ w) by (apply Z.mod_pos_bound; auto).
  assert (0 <= evS vals w t < 2 ^ w) by (apply Z.mod_pos_bound; auto).
  set (a := evS vals w s) in *. set (b := evS vals w t) in *.
  rewrite Zplus_mod_idemp_r in H0. apply Z.mod_divide in H0; [|lia]. destruct H0 as [q Hq].
  assert (a - b = 2 ^ w * (q - b)) by lia. assert (q - b = 0) by nia. lia.
Qed.
Lemma same_ok st i j : Inv st -> same st i j = true -> vals i = vals j.
Proof.
  intros [A B]. unfold same. rewrite !orb_true_iff. intros [[H|H]|H].
  - apply Pos.eqb_eq in H. now subst.
  - unfold both in H. destruct (M.find i (pv st)) eqn:E; try discriminate. destruct (M.find j (pv st)) eqn:G; try discriminate.
    rewrite <- (A _ _ E), <- (A _ _ G). now apply sameP_ok.
  - unfold both in H. destruct (M.find i (sv st)) eqn:E; try discriminate. destruct (M.find j (sv st)) eqn:G; try discriminate.
    destruct (B _ _ E) as [W <-], (B _ _ G) as [_ <-]. now apply sameS_ok.
Qed.
Lemma sameL_ok st x : Inv st -> forall y, sameL st x y = true -> map vals x = map vals y.
Proof.
  intros I. induction x; destruct y; simpl; try discriminate; auto.
  rewrite andb_true_iff. intros [H G]. f_equal; auto. now apply (same_ok st).
Qed.

Lemma nocarry a b : Z.land a b = 0 -> a + b = Z.lxor a b.
Proof. apply Z.add_nocarry_lxor. Qed.

Lemma lxor_within a b w : 0 <= w -> within a (Z.ones w) -> within b (Z.ones w) -> within (Z.lxor a b) (Z.ones w).
Proof.
  intros Hw [A B] [C D]. split. apply Z.lxor_nonneg; tauto.
  transitivity (Z.lxor (Z.land a (Z.ones w)) (Z.land b (Z.ones w))); [bt|now rewrite B, D].
Qed.

Lemma parts_ok w c l : 0 <= w -> forall used t, parts w c used l = Some t -> exists x y,
  evE vals l = Z.lxor x y /\ eqm w (evT vals t) (x - y) /\ Z.land x c = 0 /\ Z.land y c = y /\ Z.land x y = 0
  /\ Z.land x used = 0 /\ Z.land y used = 0 /\ within x (Z.ones w) /\ within y (Z.ones w).
Proof.
  intros Hw. induction l as [|[m k] r IH]; simpl; intros used t H.
  - injection H as <-. exists 0, 0. simpl. repeat split; auto; try apply Z.land_0_l; try apply eqm_refl; lia.
  - destruct m as [|[a s] [|]]; try discriminate.
    destruct (bits a) as [p|] eqn:Ep; try discriminate. unfold guard in H.
    destruct ((s <=? 0) && _ && _) eqn:Eb; try discriminate. rewrite !andb_true_iff, Z.leb_le, !Z.eqb_eq in Eb.
    destruct Eb as [[Hs Hk] Hu].
    destruct (if Z.land k c =? 0 then _ else _) as [f|] eqn:Ef; try discriminate.
    destruct (parts w c (Z.lor used k) r) as [t'|] eqn:Er; try discriminate. injection H as <-.
    destruct (IH _ _ Er) as (x & y & I1 & I2 & I3 & I4 & I5 & I6 & I7 & I8 & I9).
    destruct (bits_ok _ _ Ep) as [[V0 V1] P0].
    simpl. rewrite Z.land_m1_r.
    set (z := Z.land k (Z.shiftr (vals a) s)) in *.
    assert (X : z = (vals a * 2 ^ (- s)) mod 2 ^ w).
    { unfold z. rewrite <- Z.shiftl_mul_pow2 by lia. rewrite <- land_ones_mod by auto.
      replace (Z.shiftr (vals a) s) with (Z.shiftl (vals a) (- s)) by (rewrite Z.shiftl_opp_r; reflexivity).
      rewrite Hk. rewrite <- V1 at 2. rewrite Z.shiftl_land. rewrite <- V1 at 1. rewrite Z.shiftl_land. bt. }
    assert (W : within z (Z.ones w)).
    { rewrite X. apply lt_within; auto. apply Z.mod_pos_bound, pow_pos; auto. }
    assert (ZK : Z.land z k = z) by (unfold z; bt).
    assert (D : forall q, Z.land q (Z.lor used k) = 0 -> Z.land q used = 0 /\ Z.land q k = 0).
    { intros q Q. split; apply Z.bits_inj'; intros b Hb;
        assert (Z.testbit (Z.land q (Z.lor used k)) b = false) as R by (rewrite Q; apply Z.bits_0);
        rewrite Z.land_spec, Z.lor_spec in R; rewrite Z.land_spec, Z.bits_0;
        destruct (Z.testbit q b), (Z.testbit used b), (Z.testbit k b); simpl in *; congruence. }
    destruct (D _ I6) as [X1 X2]. destruct (D _ I7) as [Y1 Y2].
    assert (ZU : Z.land z used = 0).
    { rewrite <- ZK, <- Z.land_assoc, Hu. apply Z.land_0_r. }
    assert (ZX : Z.land z x = 0). { rewrite <- ZK, <- Z.land_assoc, (Z.land_comm k), X2. apply Z.land_0_r. }
    assert (ZY : Z.land z y = 0). { rewrite <- ZK, <- Z.land_assoc, (Z.land_comm k), Y2. apply Z.land_0_r. }
    assert (T : forall q, Z.land z q = 0 -> Z.land q z = 0) by (intros; now rewrite Z.land_comm).
    assert (DJ : forall u v q, Z.land u q = 0 -> Z.land v q = 0 -> Z.land (Z.lxor u v) q = 0).
    { intros u v q A1 A2. transitivity (Z.lxor (Z.land u q) (Z.land v q)). bt. now rewrite A1, A2. }
    destruct (Z.eqb_spec (Z.land k c) 0) as [C0|C0]; [|destruct (Z.eqb_spec (Z.land k c) k) as [C1|C1]; try discriminate];
      injection Ef as <-.
    + exists (Z.lxor z x), y. rewrite I1. conj; auto.
      * bt.
      * rewrite <- nocarry by auto. eapply eqm_trans; [apply addT_ok|]. simpl. rewrite Z.add_0_r.
        replace (z + x - y) with (z + (x - y)) by lia. apply eqm_add; auto.
        rewrite X. apply eqm_sym. eapply eqm_trans; [apply eqm_mod|]. rewrite Z.mul_1_l, Z.mul_comm. apply eqm_refl.
      * apply DJ; auto. rewrite <- ZK, <- Z.land_assoc, C0. apply Z.land_0_r.
      * apply lxor_within; auto.
    + exists x, (Z.lxor z y). rewrite I1. conj; auto.
      * bt.
      * rewrite <- nocarry by auto. eapply eqm_trans; [apply addT_ok|]. simpl. rewrite Z.add_0_r.
        replace (x - (z + y)) with (- z + (x - y)) by lia. apply eqm_add; auto.
        replace (- z) with (-1 * z) by lia. rewrite <- Z.mul_assoc, (Z.mul_comm (2 ^ (- s))).
        apply eqm_mul. apply eqm_refl. rewrite X. apply eqm_sym, eqm_mod.
      * transitivity (Z.lxor (Z.land z c) (Z.land y c)). bt. rewrite I4. f_equal.
        rewrite <- ZK at 1. rewrite <- Z.land_assoc, C1. exact ZK.
      * rewrite Z.land_comm. apply DJ; auto. now rewrite Z.land_comm.
      * apply lxor_within; auto.
Qed.
(* c XOR what parts have is the sum *)
Lemma parts_sum c x y : Z.land x c = 0 -> Z.land y c = y -> Z.land x y = 0 -> Z.lxor c (Z.lxor x y) = c + (x - y).
Proof.
  intros A B D. assert (E : c = Z.lxor c y + y).
  { rewrite nocarry. bt. rewrite <- B at 2. bt. }
  assert (G : Z.lxor c (Z.lxor x y) = Z.lxor c y + x).
  { rewrite nocarry. bt. transitivity (Z.lxor (Z.land x c) (Z.land x y)). bt. now rewrite A, D. }
  lia.
Qed.

Lemma replE_ok a k q b l : evP vals q = vals b -> vals b = Z.land (vals a) k -> evP vals (replE a k q l) = evE vals l.
Proof.
  intros Hq Hb. induction l as [|[m j] r IH]. reflexivity.
  assert (D : evP vals (xorP (0, [(m, j)]) (replE a k q r)) = Z.lxor (Z.land j (evM vals m)) (evE vals r)).
  { rewrite xorP_ok, IH. unfold evP; simpl. bt. }
  simpl. destruct m as [|[a' s] [|]]; try exact D.
  destruct (Pos.eqb a a' && (s =? 0) && (Z.land j k =? j)) eqn:E; [|exact D].
  rewrite !andb_true_iff, Pos.eqb_eq, !Z.eqb_eq in E. destruct E as [[<- ->] E].
  rewrite xorP_ok, IH, maskP_ok, Hq, Hb. simpl. rewrite Z.shiftr_0_r, Z.land_m1_r. f_equal.
  rewrite <- E at 2. bt.
Qed.

Lemma ones_nonneg w : 0 <= w -> 0 <= Z.ones w.
Proof. intros. rewrite Z.ones_equiv. pose proof (pow_pos w H). lia. Qed.
Lemma lxor_ones v w : 0 <= w -> 0 <= v < 2 ^ w -> Z.lxor (Z.ones w) v = Z.ones w - v.
Proof.
  intros Hw Hv. assert (A : Z.land v (Z.lxor (Z.ones w) v) = 0).
  { destruct (lt_within v w Hw Hv) as [_ B]. rewrite <- B at 1. bt. }
  assert (v + Z.lxor (Z.ones w) v = Z.ones w). { rewrite nocarry by auto. bt. } lia.
Qed.

Lemma split_arith a X n u : 0 <= n -> 0 <= u -> 0 <= a < 2 ^ n ->
  (a + 2 ^ n * X) mod 2 ^ (u + n) = a + 2 ^ n * (X mod 2 ^ u).
Proof.
  intros Hn Hu Ha. pose proof (pow_pos u Hu) as PU. pose proof (pow_pos n Hn) as PN.
  pose proof (Z_div_mod_eq_full X (2 ^ u)). pose proof (Z.mod_pos_bound X (2 ^ u) PU).
  set (q := X / 2 ^ u) in *. set (r := X mod 2 ^ u) in *.
  replace (a + 2 ^ n * X) with (a + 2 ^ n * r + q * 2 ^ (u + n)) by (rewrite Z.pow_add_r by lia; nia).
  rewrite Z_mod_plus_full. apply Z.mod_small. rewrite Z.pow_add_r by lia. nia.
Qed.

Lemma inl_arith X k n u w : 0 <= w -> 0 <= u -> 0 <= n -> w <= u + n ->
  ((X mod 2 ^ u) * (k * 2 ^ n)) mod 2 ^ w = (X * (k * 2 ^ n)) mod 2 ^ w.
Proof.
  intros. pose proof (Z_div_mod_eq_full X (2 ^ u)). set (q := X / 2 ^ u) in *. set (r := X mod 2 ^ u) in *.
  replace (X * (k * 2 ^ n)) with (r * (k * 2 ^ n) + (q * k * 2 ^ (u + n - w)) * 2 ^ w).
  now rewrite Z_mod_plus_full.
  rewrite <- Z.mul_assoc, <- Z.pow_add_r by lia. replace (u + n - w + w) with (u + n) by lia. rewrite Z.pow_add_r by lia.
  rewrite H3 at 1. ring.
Qed.

Lemma within_le v p : 0 <= p -> within v p -> 0 <= v <= p.
Proof.
  intros H [A B]. split; auto. assert (Z.ldiff v p = 0).
  { rewrite <- B. apply Z.bits_inj'; intros b Hb. rewrite Z.ldiff_spec, Z.land_spec, Z.bits_0.
    destruct (Z.testbit v b), (Z.testbit p b); reflexivity. }
  apply Z.sub_nocarry_ldiff in H0. assert (0 <= Z.ldiff p v) by (apply Z.ldiff_nonneg; auto). lia.
Qed.
Lemma quot_ok n l : 0 <= n -> forall q m, quot n l = Some (q, m) -> evT vals l = 2 ^ n * evT vals q /\ 0 <= evT vals q /\ evT vals l <= m.
Proof.
  intros Hn. pose proof (pow_pos n Hn) as PN. induction l as [|[a k] r IH]; simpl; intros q m H.
  - injection H as <- <-. simpl. lia.
  - destruct (bits a) as [p|] eqn:Ep; try discriminate. unfold guard in H.
    destruct ((0 <=? k) && (k =? 2 ^ n * (k / 2 ^ n))) eqn:Eb; try discriminate.
    apply andb_true_iff in Eb. destruct Eb as [K0%Z.leb_le K1%Z.eqb_eq].
    destruct (quot n r) as [[t m']|] eqn:Er; try discriminate. injection H as <- <-.
    destruct (IH _ _ eq_refl) as (I1 & I2 & I3). destruct (bits_ok _ _ Ep) as [V P0]. apply within_le in V; auto.
    simpl. set (q := k / 2 ^ n) in *. assert (0 <= q) by nia. repeat split.
    + rewrite I1, K1 at 1. ring.
    + nia.
    + nia.
Qed.

Lemma subs_ok p : forall v, 0 <= v -> Z.land v (Zpos p) = v -> In v (subs p).
Proof.
  induction p; simpl; intros v V0 V1.
  - apply in_flat_map. exists (Z.div2 v). split.
    + apply IHp. apply Z.div2_nonneg; auto.
      rewrite !Z.div2_spec. rewrite <- V1 at 2. rewrite Z.shiftr_land. f_equal.
    + pose proof (Z.div2_odd v). simpl. destruct (Z.odd v); simpl Z.b2z in *; lia.
  - apply in_map_iff. exists (Z.div2 v). split.
    + pose proof (Z.div2_odd v). assert (Z.odd v = false). { rewrite <- Z.bit0_odd, <- V1, Z.land_spec. apply andb_false_r. }
      rewrite H0 in H. simpl Z.b2z in H. lia.
    + apply IHp. apply Z.div2_nonneg; auto.
      rewrite !Z.div2_spec. rewrite <- V1 at 2. rewrite Z.shiftr_land. f_equal.
  - assert (0 <= v <= 1) by (apply within_le; [lia|split; auto]). assert (v = 0 \/ v = 1) by lia. intuition.
Qed.
Lemma submasks_ok v k : 0 <= k -> within v k -> In v (submasks k).
Proof.
  intros K [V0 V1]. destruct k; simpl.
  - rewrite Z.land_0_r in V1. auto.
  - now apply subs_ok.
  - lia.
Qed.
Definition right (m : M.t Z) := forall i v, M.find i m = Some v -> v = vals i.
Lemma right_add m i : right m -> right (M.add i (vals i) m).
Proof. intros R j v [[-> <-]|]%find_add; auto. Qed.
Lemma values_ok m l : right m -> forall v, values m l = Some v -> v = map vals l.
Proof.
  intros R. induction l; simpl; intros v H. now injection H as <-.
  destruct (M.find a m) eqn:E; try discriminate. destruct (values m l) eqn:G; try discriminate. injection H as <-.
  f_equal; auto.
Qed.
Lemma value_ok m i x v : right m -> M.find i prog = Some x -> value defs m x = Some v -> v = vals i.
Proof.
  intros R E H. rewrite (Hm _ _ E). destruct x; simpl in *; try discriminate;
    repeat match type of H with
    | context [match M.find ?a m with _ => _ end] => destruct (M.find a m) eqn:?G; try discriminate
    end; try (injection H as <-; now rewrite ?(R _ _ G), ?(R _ _ G0)).
  destruct (M.find f defs) eqn:G; try discriminate. destruct (values m args) eqn:A; try discriminate.
  destruct (call d l) eqn:C; try discriminate. injection H as <-. apply (values_ok m args R) in A. subst l.
  now rewrite (Hd _ _ G _ _ C).
Qed.
Lemma follow_ok order : forall m m', right m -> follow prog defs m order = Some m' -> right m'.
Proof.
  induction order; simpl; intros m m' R H. now injection H as <-.
  destruct (M.find a prog) eqn:E; try discriminate. destruct (value defs m i) eqn:G; try discriminate.
  apply (value_ok m a i z R E) in G. subst z. apply (IHorder _ _ (right_add m a R) H).
Qed.
Lemma agree_ok order i j m : right m -> agree prog defs order i j m = true -> vals i = vals j.
Proof.
  intros R. unfold agree. destruct (follow prog defs m order) eqn:E; try discriminate. apply follow_ok in E; auto.
  unfold both. destruct (M.find i t) eqn:A; try discriminate. destruct (M.find j t) eqn:B; try discriminate.
  intros H%Z.eqb_eq. rewrite <- (E _ _ A), <- (E _ _ B). exact H.
Qed.
Lemma every_ok f cut : forall m, right m -> every prog cut f m = true -> exists m', right m' /\ f m' = true.
Proof.
  induction cut; simpl; intros m R H. exists m; auto.
  destruct (bits a) eqn:E; try discriminate. destruct (bits_ok _ _ E) as [V K].
  rewrite forallb_forall in H. apply (IHcut _ (right_add m a R)). apply H. now apply submasks_ok.
Qed.
Lemma inside_ok k p i : okP i p -> insideP k (Some p) = true -> Z.land (vals i) k = vals i.
Proof.
  intros <-. destruct p as [c l]. unfold insideP, evP. cbn [fst snd]. rewrite andb_true_iff, Z.eqb_eq, forallb_forall.
  intros [C L]. transitivity (Z.lxor (Z.land c k) (Z.land (evE vals l) k)). bt. rewrite C. f_equal. clear C.
  induction l as [|[m j] r IH]; simpl. apply Z.land_0_l.
  transitivity (Z.lxor (Z.land (Z.land j k) (evM vals m)) (Z.land (evE vals r) k)). bt.
  rewrite IH by (intros; apply L; now right). f_equal. f_equal. specialize (L (m, j)). simpl in L.
  apply Z.eqb_eq. apply L. now left.
Qed.
Lemma inv_share st i j : Inv st -> vals i = vals j -> Inv (share i j st).
Proof.
  intros [A B] V. unfold share. split; simpl.
  - destruct (M.find j (pv st)) eqn:E; auto. intros i' q [[-> <-]|]%find_add; auto. unfold okP. rewrite V. now apply A.
  - destruct (M.find j (sv st)) eqn:E; auto. intros i' q [[-> <-]|]%find_add; auto. unfold okS. rewrite V. now apply B.
Qed.

End Sound.
