(* The rule `bilinear`: what is affine in the bits of each of two groups of words is known from what it is where at most
   one bit of each group is 1. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw Forms Rules Products.
Import ListNotations.
Open Scope Z_scope.

(* -- affine functions of one number *)
Definition affine (g : Z -> Z) := forall u v, g (Z.lxor u v) = Z.lxor (Z.lxor (g u) (g v)) (g 0).
Lemma affine_zero g n : affine g -> g 0 = 0 -> (forall t, (t < n)%nat -> g (Z.shiftl 1 (Z.of_nat t)) = 0) ->
  forall a, (forall b, Z.of_nat n <= b -> Z.testbit a b = false) -> g a = 0.
Proof.
  intros G G0. induction n; intros P a H.
  - replace a with 0; auto. apply Z.bits_inj'; intros b Hb. rewrite Z.bits_0, H; auto. 
  - destruct (Z.testbit a (Z.of_nat n)) eqn:E.
    + set (p := Z.shiftl 1 (Z.of_nat n)). replace a with (Z.lxor (Z.lxor a p) p) by bt.
      rewrite G, G0. unfold p at 2. rewrite (P n) by lia. rewrite IHn; [reflexivity|intros; apply P; lia|].
      intros b Hb. unfold p. rewrite Z.lxor_spec, Z.shiftl_spec by lia.
      destruct (Z.eq_dec b (Z.of_nat n)) as [->|]. now rewrite E, Z.sub_diag.
      rewrite H by lia. replace (Z.testbit 1 (b - Z.of_nat n)) with false; auto. symmetry.
      change 1 with (2 ^ 0). apply Z.pow2_bits_false. lia.
    + apply IHn. intros; apply P; lia. intros b Hb. destruct (Z.eq_dec b (Z.of_nat n)) as [->|]; auto. apply H. lia.
Qed.
Lemma singles_ok n f : singles n f = true -> forall t, (t < n)%nat -> f (Z.shiftl 1 (Z.of_nat t)) = true.
Proof.
  induction n; cbn [singles]; intros H t L. lia. apply andb_true_iff in H. destruct H as [H1 H2].
  destruct (Nat.eq_dec t n) as [->|]; auto. apply IHn; auto. lia.
Qed.
Lemma points_ok n f g : 0 <= n -> affine g -> points n f = true -> (forall v, f v = true -> g v = 0) ->
  forall a, (forall b, n <= b -> Z.testbit a b = false) -> g a = 0.
Proof.
  unfold points. intros N G H I a B. apply andb_true_iff in H. destruct H as [H0 H1].
  apply (affine_zero g (Z.to_nat n)); auto.
  - intros t L. apply I. now apply (singles_ok (Z.to_nat n)).
  - intros b Hb. apply B. lia.
Qed.

Section Bilinear.
Variable prog : program.
Variable defs : functions.
Notation bits := (bits prog). Notation value0 := (value0 defs). Notation follow0 := (follow0 prog defs).
Notation depends := (depends prog defs). Notation depend := (depend prog defs).

(* what a word may be *)
Definition good (i : positive) (v : Z) := 0 <= v /\ forall k, bits i = Some k -> Z.land v k = v.

(* -- values where one group is u, v, 0 and u XOR v *)
Section Group.
Variable pr : from -> bool.
Hypothesis pr_one : pr = (fst : from -> bool) \/ pr = (snd : from -> bool).
Lemma pr_union p q : pr (union p q) = pr p || pr q.
Proof. destruct pr_one as [-> | ->]; reflexivity. Qed.
Lemma pr_apart p q : apart p q = true -> pr p = false \/ pr q = false.
Proof. unfold apart. destruct p as [a b], q as [c d], pr_one as [-> | ->]; destruct a, b, c, d; simpl; auto; discriminate. Qed.

Definition four (d : from) (i : positive) (z u v w : Z) :=
  good i z /\ good i u /\ good i v /\ good i w /\ w = Z.lxor (Z.lxor u v) z /\ (pr d = false -> u = z /\ v = z).
Definition Q (g : M.t from) (mz mu mv mw : M.t Z) :=
  forall i d, M.find i g = Some d -> four d i (at0 mz i) (at0 mu i) (at0 mv i) (at0 mw i).

Lemma at0_add m i v j : at0 (M.add i v m) j = if Pos.eq_dec j i then v else at0 m j.
Proof.
  unfold at0. destruct (Pos.eq_dec j i) as [->|]. now rewrite PositiveMap.gss. now rewrite PositiveMap.gso by auto.
Qed.
Lemma Q_add g mz mu mv mw i d z u v w : Q g mz mu mv mw -> four d i z u v w ->
  Q (M.add i d g) (M.add i z mz) (M.add i u mu) (M.add i v mv) (M.add i w mw).
Proof.
  intros H F j e E. rewrite !at0_add. destruct (Pos.eq_dec j i) as [->|].
  - rewrite PositiveMap.gss in E. injection E as <-. exact F.
  - rewrite PositiveMap.gso in E by auto. now apply H.
Qed.
Lemma mul_bit x : Z.land x 1 = x -> x = 0 \/ x = 1.
Proof. intros H. pose proof (Z.land_ones x 1 ltac:(lia)) as E. change (Z.ones 1) with 1 in E. change (2 ^ 1) with 2 in E. pose proof (Z.mod_pos_bound x 2). lia. Qed.

(* a product of two words of the kinds that are apart, or a square *)
Lemma two_linear (op : Z -> Z -> Z) (a b : bool) xz xu xv xw yz yu yv yw :
  (forall x y z, 0 <= x -> 0 <= y -> 0 <= z -> op (Z.lxor x y) z = Z.lxor (op x z) (op y z)) ->
  (forall x y z, 0 <= x -> 0 <= y -> 0 <= z -> op x (Z.lxor y z) = Z.lxor (op x y) (op x z)) ->
  0 <= xz -> 0 <= xu -> 0 <= xv -> 0 <= yz -> 0 <= yu -> 0 <= yv ->
  xw = Z.lxor (Z.lxor xu xv) xz -> yw = Z.lxor (Z.lxor yu yv) yz ->
  (a = false -> xu = xz /\ xv = xz) -> (b = false -> yu = yz /\ yv = yz) -> a = false \/ b = false ->
  op xw yw = Z.lxor (Z.lxor (op xu yu) (op xv yv)) (op xz yz) /\ (a || b = false -> op xu yu = op xz yz /\ op xv yv = op xz yz).
Proof.
  intros L R ? ? ? ? ? ? -> -> A B C. split.
  - destruct C as [->| ->].
    + destruct (A eq_refl) as [-> ->]. rewrite Z.lxor_nilpotent, Z.lxor_0_l.
      now rewrite !R by auto using lxor_nonneg.
    + destruct (B eq_refl) as [-> ->]. rewrite (Z.lxor_nilpotent yz), Z.lxor_0_l.
      now rewrite !L by auto using lxor_nonneg.
  - intros D. apply orb_false_iff in D. destruct D as [D E]. destruct (A D) as [-> ->], (B E) as [-> ->]. auto.
Qed.
Lemma square_linear (op : Z -> Z -> Z) xz xu xv :
  (forall x y z, 0 <= x -> 0 <= y -> 0 <= z -> op (Z.lxor x y) z = Z.lxor (op x z) (op y z)) ->
  (forall x y z, 0 <= x -> 0 <= y -> 0 <= z -> op x (Z.lxor y z) = Z.lxor (op x y) (op x z)) ->
  (forall x y, op x y = op y x) -> 0 <= xz -> 0 <= xu -> 0 <= xv ->
  op (Z.lxor (Z.lxor xu xv) xz) (Z.lxor (Z.lxor xu xv) xz) = Z.lxor (Z.lxor (op xu xu) (op xv xv)) (op xz xz).
Proof.
  intros L R C ? ? ?. rewrite !L, !R by auto using lxor_nonneg. rewrite (C xv xu), (C xz xu), (C xz xv). bt.
Qed.

Lemma call_product f : commutes defs f = true -> exists op, (forall m x y k, value0 m (IApp f [x; y] k) = Z.land (op (at0 m x) (at0 m y)) k)
  /\ (forall x y z, 0 <= x -> 0 <= y -> 0 <= z -> op (Z.lxor x y) z = Z.lxor (op x z) (op y z))
  /\ (forall x y z, 0 <= x -> 0 <= y -> 0 <= z -> op x (Z.lxor y z) = Z.lxor (op x y) (op x z))
  /\ (forall x y, op x y = op y x)
  /\ (forall F, agrees defs F -> forall x y, F f [x; y] = op x y).
Proof.
  unfold commutes. destruct (M.find f defs) as [d|] eqn:E; [|discriminate]. destruct d; try discriminate; intros _.
  - exists clmul. repeat split.
    + intros. cbn [Rules.value0]. now rewrite E.
    + intros. now apply clmul_lxor_l.
    + intros. now apply clmul_lxor_r.
    + apply clmul_comm.
    + intros F A x y. exact (A f _ E [x; y] _ eq_refl).
  - exists gf128_mul. repeat split.
    + intros. cbn [Rules.value0]. now rewrite E.
    + intros. apply gf128_lxor_l.
    + intros. apply gf128_lxor_r.
    + apply gf128_comm.
    + intros F A x y. exact (A f _ E [x; y] _ eq_refl).
Qed.

Lemma call_swapped f : swaps defs f = true -> exists op, (forall x y : Z, op x y = op y x :> Z)
  /\ (forall F, agrees defs F -> forall x y, F f [x; y] = op x y).
Proof.
  unfold swaps. destruct (M.find f defs) as [d|] eqn:E; [|discriminate]. intros H.
  destruct d; try discriminate H; [exists Z.mul|exists clmul|exists gf128_mul]; split;
    try (intros F A x y; exact (A f _ E [x; y] _ eq_refl)).
  - apply Z.mul_comm.
  - apply clmul_comm.
  - apply gf128_comm.
Qed.

Lemma good_land i x k : M.find i prog = Some x -> (forall z, bits i = Some z -> z = k) -> 0 <= k -> forall v, good i (Z.land v k).
Proof.
  intros E B K v. split. apply Z.land_nonneg; auto. intros z Hz. rewrite (B z Hz). now rewrite <- Z.land_assoc, Z.land_diag.
Qed.
Lemma bits_of i x : M.find i prog = Some x -> bits i = match bitsof x with Some k => if 0 <=? k then Some k else None | None => None end.
Proof. unfold Rules.bits. now intros ->. Qed.
Lemma good_any i x v : M.find i prog = Some x -> bitsof x = None -> 0 <= v -> good i v.
Proof. intros E B V. split; auto. intros k. rewrite (bits_of _ _ E), B. discriminate. Qed.

Ltac inv_guard := match goal with
  | H : context [guard ?b] |- _ => unfold guard in H; destruct b eqn:?Eb; try discriminate H
  end.
Ltac found H := match type of H with
  | context [M.find ?a ?g] => let E := fresh "E" in destruct (M.find a g) eqn:E; [|discriminate H]
  end.

Lemma Q_step g mz mu mv mw n x d : Q g mz mu mv mw -> M.find n prog = Some x -> depends g x = Some d ->
  four d n (value0 mz x) (value0 mu x) (value0 mv x) (value0 mw x).
Proof.
  intros H P D. destruct x as [c|k|f args k|a b|a b|a s|a s|a k|w a b|w a k]; cbn [Rules.depends] in D; try discriminate.
  - (* IConst *) inv_guard. apply Z.leb_le in Eb. injection D as <-. cbn [Rules.value0].
    assert (good n c). { split; auto. intros k. rewrite (bits_of _ _ P). cbn [bitsof]. destruct (0 <=? c); [|discriminate].
      intros [= <-]. apply Z.land_diag. }
    repeat split; auto; try apply H0; rewrite Z.lxor_nilpotent; now rewrite Z.lxor_0_l.
  - (* IApp *) destruct args as [|a [|b [|]]]; try discriminate. do 2 found D. inv_guard. injection D as <-.
    rewrite !andb_true_iff, orb_true_iff, Z.leb_le, Pos.eqb_eq in Eb. destruct Eb as [[C K] S].
    destruct (call_product f C) as (op & V & L & R & Sy & _). rewrite !V.
    destruct (H _ _ E) as (az & au & av & aw & aq & ac), (H _ _ E0) as (bz & bu & bv & bw & bq & bc).
    assert (G : forall v, good n (Z.land v k)).
    { apply (good_land n _ _ P); auto. intros z. rewrite (bits_of _ _ P). cbn [bitsof]. destruct (0 <=? k); congruence. }
    assert (T : op (at0 mw a) (at0 mw b) = Z.lxor (Z.lxor (op (at0 mu a) (at0 mu b)) (op (at0 mv a) (at0 mv b))) (op (at0 mz a) (at0 mz b))
      /\ (pr f0 || pr f1 = false -> op (at0 mu a) (at0 mu b) = op (at0 mz a) (at0 mz b) /\ op (at0 mv a) (at0 mv b) = op (at0 mz a) (at0 mz b))).
    { destruct S as [<-|S].
      - rewrite E in E0. injection E0 as <-. split.
        + rewrite aq. apply square_linear; auto; [apply az|apply au|apply av].
        + rewrite orb_diag. intros Z0. destruct (ac Z0) as [-> ->]. auto.
      - apply two_linear; auto; try apply az; try apply au; try apply av; try apply bz; try apply bu; try apply bv.
        now apply pr_apart. }
    destruct T as [T1 T2]. split; [auto|]. split; [auto|]. split; [auto|]. split; [auto|]. split.
    + rewrite T1. bt.
    + rewrite pr_union. intros Z0. destruct (T2 Z0) as [-> ->]. auto.
  - (* IXor *) do 2 found D. injection D as <-. cbn [Rules.value0].
    destruct (H _ _ E) as (az & au & av & aw & aq & ac), (H _ _ E0) as (bz & bu & bv & bw & bq & bc).
    do 4 (split; [apply (good_any n _ _ P); [reflexivity|apply lxor_nonneg; [apply az || apply au || apply av || apply aw|apply bz || apply bu || apply bv || apply bw]]|]). split.
    + rewrite aq, bq. bt.
    + rewrite pr_union. intros Z0. apply orb_false_iff in Z0. destruct (ac (proj1 Z0)) as [-> ->], (bc (proj2 Z0)) as [-> ->]. auto.
  - (* IAnd *) do 2 found D. inv_guard. injection D as <-. cbn [Rules.value0].
    destruct (H _ _ E) as (az & au & av & aw & aq & ac), (H _ _ E0) as (bz & bu & bv & bw & bq & bc).
    assert (T := two_linear Z.land (pr f) (pr f0) _ _ _ _ _ _ _ _
      ltac:(intros; bt) ltac:(intros; bt) (proj1 az) (proj1 au) (proj1 av) (proj1 bz) (proj1 bu) (proj1 bv) aq bq ac bc (pr_apart _ _ Eb)).
    do 4 (split; [apply (good_any n _ _ P); [reflexivity|apply Z.land_nonneg; left; apply az || apply au || apply av || apply aw]|]).
    rewrite pr_union. exact T.
  - (* IShl *) cbn [Rules.value0]. destruct (H _ _ D) as (az & au & av & aw & aq & ac).
    do 4 (split; [apply (good_any n _ _ P); [reflexivity|apply Z.shiftl_nonneg; apply az || apply au || apply av || apply aw]|]). split.
    + now rewrite aq, !Z.shiftl_lxor.
    + intros Z0. destruct (ac Z0) as [-> ->]. auto.
  - (* IShr *) cbn [Rules.value0]. destruct (H _ _ D) as (az & au & av & aw & aq & ac).
    do 4 (split; [apply (good_any n _ _ P); [reflexivity|apply Z.shiftr_nonneg; apply az || apply au || apply av || apply aw]|]). split.
    + now rewrite aq, !Z.shiftr_lxor.
    + intros Z0. destruct (ac Z0) as [-> ->]. auto.
  - (* IMask *) cbn [Rules.value0]. destruct (H _ _ D) as (az & au & av & aw & aq & ac).
    assert (G : forall v, 0 <= v -> good n (Z.land v k)).
    { intros v V. split. apply Z.land_nonneg; auto. intros z. rewrite (bits_of _ _ P). cbn [bitsof].
      destruct (0 <=? k); [|discriminate]. intros [= <-]. now rewrite <- Z.land_assoc, Z.land_diag. }
    do 4 (split; [apply G; apply az || apply au || apply av || apply aw|]). split.
    + rewrite aq. bt.
    + intros Z0. destruct (ac Z0) as [-> ->]. auto.
  - (* IMulc *) found D. destruct (bits a) as [z|] eqn:B; [|discriminate D]. inv_guard. injection D as <-.
    apply andb_true_iff in Eb. destruct Eb as [W%Z.leb_le O%Z.eqb_eq]. cbn [Rules.value0].
    destruct (H _ _ E) as (az & au & av & aw & aq & ac).
    assert (G : forall v, good n ((v * k) mod 2 ^ w)).
    { intros v. assert (0 <= (v * k) mod 2 ^ w < 2 ^ w) by (apply Z.mod_pos_bound, Z.pow_pos_nonneg; lia). split. lia.
      intros m. rewrite (bits_of _ _ P). cbn [bitsof]. destruct (0 <=? w); [|discriminate]. destruct (0 <=? Z.ones w); [|discriminate].
      intros [= <-]. rewrite Z.land_ones by auto. now apply Z.mod_small. }
    assert (T : forall v, good a v -> v = 0 \/ v = 1).
    { intros v [V0 V1]. apply mul_bit. rewrite <- (V1 z B) at 1. rewrite <- Z.land_assoc, O. now apply V1. }
    do 4 (split; [apply G|]). split.
    + rewrite aq. destruct (T _ az) as [-> | ->], (T _ au) as [-> | ->], (T _ av) as [-> | ->]; simpl Z.lxor;
        rewrite ?Z.mul_0_l, ?Zmod_0_l, ?Z.lxor_0_r, ?Z.lxor_0_l, ?Z.lxor_nilpotent, ?Z.lxor_0_l; auto.
    + intros Z0. destruct (ac Z0) as [-> ->]. auto.
Qed.
Lemma Q_follow order : forall g h mz mu mv mw, Q g mz mu mv mw -> depend order g = Some h ->
  Q h (follow0 order mz) (follow0 order mu) (follow0 order mv) (follow0 order mw).
Proof.
  induction order as [|n r IH]; simpl; intros g h mz mu mv mw H D. now injection D as <-.
  destruct (M.find n prog) as [x|] eqn:E; [|discriminate]. destruct (depends g x) as [d|] eqn:F; [|discriminate].
  apply (IH _ _ _ _ _ _) with (2 := D). apply Q_add; auto. now apply (Q_step g).
Qed.
Lemma Q_told d z u v w : w = Z.lxor (Z.lxor u v) z -> (pr d = false -> u = z /\ v = z) ->
  forall l, (forall a k s, In (a, k, s) l -> bits a = Some k /\ 0 <= k) ->
  forall g mz mu mv mw, Q g mz mu mv mw -> Q (marked l d g) (told l z mz) (told l u mu) (told l v mv) (told l w mw).
Proof.
  intros -> D. induction l as [|[[a k] s] r IH]; simpl; intros B g mz mu mv mw H; auto.
  destruct (B a k s) as [Ba K]; auto. apply IH. { intros; apply (B a0 k0 s0); auto. } apply Q_add; auto.
  assert (G : forall x, good a (Z.land x k)).
  { intros x. split. apply Z.land_nonneg; auto. rewrite Ba. intros m [= <-]. now rewrite <- Z.land_assoc, Z.land_diag. }
  do 4 (split; [auto|]). split.
  - rewrite !Z.shiftr_lxor. bt.
  - intros Z0. destruct (D Z0) as [-> ->]. auto.
Qed.
End Group.

(* -- and in a run *)
Variable F : positive -> list Z -> Z.
Hypothesis Hd : agrees defs F.
Variable env : positive -> Z.
Variable vals : positive -> Z.
Hypothesis Hm : models F env prog vals.
Hypothesis Hbits : forall i k, bits i = Some k -> within (vals i) k /\ 0 <= k.

Lemma size_above k b : 0 <= k -> size k <= b -> Z.testbit k b = false.
Proof.
  unfold size. intros K H. destruct (Z.leb_spec k 0). replace k with 0 by lia. apply Z.bits_0.
  apply Z.bits_above_log2; lia.
Qed.
Lemma size_nonneg k : 0 <= size k.
Proof. unfold size. destruct (k <=? 0); [lia|]. pose proof (Z.log2_nonneg k). lia. Qed.
Lemma places_ok group : forall at_ l n, 0 <= at_ -> places prog at_ group = Some (l, n) ->
  at_ <= n /\ exists v, (forall b, b < at_ -> Z.testbit v b = false) /\ (forall b, n <= b -> Z.testbit v b = false) /\
    forall a k s, In (a, k, s) l -> at_ <= s /\ bits a = Some k /\ Z.land (Z.shiftr v s) k = vals a.
Proof.
  induction group as [|a r IH]; simpl; intros at_ l n A H.
  - injection H as <- <-. split. lia. exists 0. repeat split; intros; try apply Z.bits_0; destruct H.
  - destruct (bits a) as [k|] eqn:B; [|discriminate]. destruct (places prog (at_ + size k) r) as [[t m]|] eqn:E; [|discriminate].
    injection H as <- <-. pose proof (size_nonneg k) as SK. destruct (Hbits _ _ B) as [[V0 V1] K].
    destruct (IH (at_ + size k) t m ltac:(lia) E) as (N & v & Lo & Hi & In_). split. lia.
    assert (TV : forall b, size k <= b -> Z.testbit (vals a) b = false).
    { intros b Hb. rewrite <- V1, Z.land_spec, (size_above k) by auto. apply andb_false_r. }
    exists (Z.lxor v (Z.shiftl (vals a) at_)). split; [|split].
    + intros b Hb. rewrite Z.lxor_spec, Lo by lia. destruct (Z_lt_dec b 0). now rewrite Z.testbit_neg_r by auto.
      now rewrite Z.shiftl_spec_low by lia.
    + intros b Hb. rewrite Z.lxor_spec, Hi, Z.shiftl_spec by lia. rewrite TV by lia. reflexivity.
    + intros a' k' s [[= <- <- <-]|I].
      * repeat split; auto. lia. apply Z.bits_inj'; intros b Hb. rewrite Z.land_spec, Z.shiftr_spec, Z.lxor_spec, Z.shiftl_spec by lia.
        replace (b + at_ - at_) with b by lia. destruct (Z_lt_dec b (size k)).
        -- rewrite Lo, xorb_false_l by lia. now rewrite <- Z.land_spec, V1.
        -- rewrite (TV b), (size_above k) by lia. apply andb_false_r.
      * destruct (In_ _ _ _ I) as (S1 & S2 & S3). repeat split; auto. lia. rewrite <- S3 at 1.
        apply Z.bits_inj'; intros b Hb. rewrite !Z.land_spec, !Z.shiftr_spec, Z.lxor_spec, Z.shiftl_spec by lia.
        rewrite TV by lia. now rewrite xorb_false_r.
Qed.

Definition right (g : M.t from) (m : M.t Z) := forall i d, M.find i g = Some d -> at0 m i = vals i.
Lemma right_add g m i d v : right g m -> v = vals i -> right (M.add i d g) (M.add i v m).
Proof.
  intros R E j e H. rewrite at0_add. destruct (Pos.eq_dec j i) as [->|N].
  - exact E.
  - rewrite PositiveMap.gso in H by auto. exact (R _ _ H).
Qed.
Lemma right_told d v : forall l, (forall a k s, In (a, k, s) l -> Z.land (Z.shiftr v s) k = vals a) ->
  forall g m, right g m -> right (marked l d g) (told l v m).
Proof.
  induction l as [|[[a k] s] r IH]; simpl; intros B g m R; auto. apply IH.
  - intros; eapply B; eauto.
  - apply right_add; eauto.
Qed.
Lemma right_follow order : forall g h m, right g m -> depend order g = Some h -> right h (follow0 order m).
Proof.
  induction order as [|n r IH]; simpl; intros g h m R D. now injection D as <-.
  destruct (M.find n prog) as [x|] eqn:E; [|discriminate]. destruct (depends g x) as [d|] eqn:G; [|discriminate].
  apply (IH _ _ _) with (2 := D). apply right_add; auto. rewrite (Hm _ _ E).
  destruct x as [c|k|f args k|a b|a b|a s|a s|a k|w a b|w a k]; cbn [Rules.depends] in G; try discriminate; cbn [semval].
  - reflexivity.
  - destruct args as [|a [|b [|]]]; try discriminate.
    destruct (M.find a g) eqn:A; [|discriminate]. destruct (M.find b g) eqn:B; [|discriminate].
    unfold guard in G. destruct (commutes defs f) eqn:C; [|discriminate G].
    destruct (call_product f C) as (op & V & _ & _ & _ & W). rewrite V, (R _ _ A), (R _ _ B). cbn [map]. now rewrite (W F Hd).
  - destruct (M.find a g) eqn:A; [|discriminate]. destruct (M.find b g) eqn:B; [|discriminate].
    cbn [Rules.value0]. now rewrite (R _ _ A), (R _ _ B).
  - destruct (M.find a g) eqn:A; [|discriminate]. destruct (M.find b g) eqn:B; [|discriminate].
    cbn [Rules.value0]. now rewrite (R _ _ A), (R _ _ B).
  - cbn [Rules.value0]. now rewrite (R _ _ G).
  - cbn [Rules.value0]. now rewrite (R _ _ G).
  - cbn [Rules.value0]. now rewrite (R _ _ G).
  - destruct (M.find a g) eqn:A; [|discriminate]. cbn [Rules.value0]. now rewrite (R _ _ A).
Qed.

Lemma empty_Q pr : Q pr (M.empty _) (M.empty _) (M.empty _) (M.empty _) (M.empty _).
Proof. intros i d. rewrite PositiveMap.gempty. discriminate. Qed.

Theorem bilinear_ok i j first before second after : bilinear prog defs i j first before second after = true -> vals i = vals j.
Proof.
  unfold bilinear. destruct (places prog 0 first) as [[l n]|] eqn:P1; [|discriminate].
  destruct (places prog 0 second) as [[k m]|] eqn:P2; [|discriminate].
  destruct (depend before (marked l (true, false) (M.empty _))) as [g|] eqn:D1; [|now rewrite andb_false_r].
  destruct (depend after (marked k (false, true) g)) as [h|] eqn:D2; [|now rewrite andb_false_r].
  destruct (M.find i h) as [di|] eqn:Ei; [|now rewrite andb_false_r]. destruct (M.find j h) as [dj|] eqn:Ej; [|now rewrite andb_false_r].
  intros H. apply andb_true_iff in H. destruct H as [_ H].
  destruct (places_ok first 0 l n ltac:(lia) P1) as (N & va & _ & Ha & Pa).
  destruct (places_ok second 0 k m ltac:(lia) P2) as (O & vb & _ & Hb & Pb).
  assert (Bl : forall a z s, In (a, z, s) l -> bits a = Some z /\ 0 <= z).
  { intros a z s I. destruct (Pa _ _ _ I) as (_ & B & _). split; auto. now destruct (Hbits _ _ B). }
  assert (Bk : forall a z s, In (a, z, s) k -> bits a = Some z /\ 0 <= z).
  { intros a z s I. destruct (Pb _ _ _ I) as (_ & B & _). split; auto. now destruct (Hbits _ _ B). }
  set (E := fun u v => follow0 after (told k v (follow0 before (told l u (M.empty _))))).
  set (dif := fun u v => Z.lxor (at0 (E u v) i) (at0 (E u v) j)).
  assert (A1 : forall v, affine (fun u => dif u v)).
  { intros v u w. assert (X : Q fst h (E 0 v) (E u v) (E w v) (E (Z.lxor u w) v)).
    { unfold E. apply (Q_follow fst (or_introl eq_refl) after (marked k (false, true) g)); auto.
      apply (Q_told fst (false, true) v v v v); auto. now rewrite Z.lxor_nilpotent, Z.lxor_0_l.
      apply (Q_follow fst (or_introl eq_refl) before (marked l (true, false) (M.empty _))); auto.
      apply (Q_told fst (true, false) 0 u w (Z.lxor u w)); auto. now rewrite Z.lxor_0_r. discriminate. apply empty_Q. }
    destruct (X _ _ Ei) as (_ & _ & _ & _ & Xi & _), (X _ _ Ej) as (_ & _ & _ & _ & Xj & _).
    unfold dif. rewrite Xi, Xj. bt. }
  assert (A2 : forall u, affine (dif u)).
  { intros u v w. assert (X : Q snd h (E u 0) (E u v) (E u w) (E u (Z.lxor v w))).
    { unfold E. apply (Q_follow snd (or_intror eq_refl) after (marked k (false, true) g)); auto.
      apply (Q_told snd (false, true) 0 v w (Z.lxor v w)); auto. now rewrite Z.lxor_0_r. discriminate.
      apply (Q_follow snd (or_intror eq_refl) before (marked l (true, false) (M.empty _))); auto.
      apply (Q_told snd (true, false) u u u u); auto. now rewrite Z.lxor_nilpotent, Z.lxor_0_l. apply empty_Q. }
    destruct (X _ _ Ei) as (_ & _ & _ & _ & Xi & _), (X _ _ Ej) as (_ & _ & _ & _ & Xj & _).
    unfold dif. rewrite Xi, Xj. bt. }
  assert (Z0 : dif va vb = 0).
  { apply (points_ok n _ (fun u => dif u vb) N (A1 vb) H); auto. intros u U.
    apply (points_ok m _ (dif u) O (A2 u) U); auto. intros v V. apply Z.eqb_eq in V. unfold dif, E. rewrite V. apply Z.lxor_nilpotent. }
  assert (R : right h (E va vb)).
  { unfold E. apply (right_follow after (marked k (false, true) g)); auto. apply right_told.
    { intros a z s I. apply (Pb _ _ _ I). }
    apply (right_follow before (marked l (true, false) (M.empty _))); auto. apply right_told.
    { intros a z s I. apply (Pa _ _ _ I). }
    intros a d. rewrite PositiveMap.gempty. discriminate. }
  rewrite <- (R _ _ Ei), <- (R _ _ Ej). now apply Z.lxor_eq.
Qed.
End Bilinear.
