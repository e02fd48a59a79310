(* Products over GF(2), carry-less and of GCM's field: commutative, additive, the latter associative; what the rules of
   armsym/audit/products.py rest on. *)
Require Import ZArith List Bool Lia.
From Armsym Require Import Raw Forms.
Import ListNotations.
Open Scope Z_scope.

Ltac bits := apply Z.bits_inj'; intros ?n ?Hn;
  repeat rewrite ?Z.lxor_spec, ?Z.land_spec, ?Z.bits_0 by lia.
Ltac bt := bits; repeat match goal with |- context [Z.testbit ?a ?b] => destruct (Z.testbit a b) end; try reflexivity.

(* -- the carry-less product *)
Lemma double_lxor a b : 2 * Z.lxor a b = Z.lxor (2 * a) (2 * b).
Proof. rewrite !(Z.mul_comm 2), <- !Z.shiftl_mul_pow2 with (n := 1) by lia. apply Z.shiftl_lxor. Qed.
Lemma clmulp_lxor p : forall x y, clmulp p (Z.lxor x y) = Z.lxor (clmulp p x) (clmulp p y).
Proof. induction p; simpl; intros; auto; rewrite IHp, double_lxor; auto. bt. Qed.
Lemma clmulp_0 p : clmulp p 0 = 0.
Proof. induction p; simpl; auto; rewrite IHp; reflexivity. Qed.
Lemma clmul_nonneg_r x y : 0 <= x -> clmul x y = match y with Zpos p => clmulp p x | _ => 0 end.
Proof. intros. destruct x; try lia; destruct y; simpl; auto. now rewrite clmulp_0. Qed.
Lemma lxor_nonneg a b : 0 <= a -> 0 <= b -> 0 <= Z.lxor a b.
Proof. intros. apply Z.lxor_nonneg. lia. Qed.
Lemma clmul_lxor_l x y z : 0 <= x -> 0 <= y -> clmul (Z.lxor x y) z = Z.lxor (clmul x z) (clmul y z).
Proof.
  intros. rewrite !clmul_nonneg_r by auto using lxor_nonneg. destruct z; auto. apply clmulp_lxor.
Qed.
(* 2 * y + b of a bit b *)
Definition with_bit (b : bool) (y : Z) := 2 * y + (if b then 1 else 0).
Lemma with_bit_xor b c y z : Z.lxor (with_bit b y) (with_bit c z) = with_bit (xorb b c) (Z.lxor y z).
Proof.
  unfold with_bit. apply Z.bits_inj'; intros n Hn. rewrite Z.lxor_spec.
  replace (2 * y + (if b then 1 else 0)) with (2 * y + Z.b2z b) by (destruct b; reflexivity).
  replace (2 * z + (if c then 1 else 0)) with (2 * z + Z.b2z c) by (destruct c; reflexivity).
  replace (2 * Z.lxor y z + (if xorb b c then 1 else 0)) with (2 * Z.lxor y z + Z.b2z (xorb b c)) by (destruct (xorb b c); reflexivity).
  destruct (Z.eq_dec n 0) as [->|].
  - now rewrite !Z.testbit_0_r.
  - replace n with (Z.succ (n - 1)) by lia. rewrite !Z.testbit_succ_r, Z.lxor_spec by lia. reflexivity.
Qed.
Lemma clmul_with_bit b x y : 0 <= x -> 0 <= y -> clmul x (with_bit b y) = Z.lxor (if b then x else 0) (2 * clmul x y).
Proof.
  intros X Y. rewrite !clmul_nonneg_r by auto. unfold with_bit. destruct y; try lia; destruct b; simpl; rewrite ?Z.lxor_0_r, ?Z.lxor_0_l; auto.
Qed.
Lemma split_bit y : 0 <= y -> y = with_bit (Z.odd y) (Z.div2 y) /\ 0 <= Z.div2 y.
Proof.
  intros. split. unfold with_bit. pose proof (Z.div2_odd y). destruct (Z.odd y); simpl Z.b2z in *; lia.
  now apply Z.div2_nonneg.
Qed.
Lemma div2_lt y n : 0 <= y < 2 ^ Z.of_nat (S n) -> 0 <= Z.div2 y < 2 ^ Z.of_nat n.
Proof.
  rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. intros. destruct (split_bit y) as [E D]; [lia|].
  unfold with_bit in E. destruct (Z.odd y); lia.
Qed.
Lemma bounded y z : 0 <= y -> 0 <= z -> exists n, 0 <= y < 2 ^ Z.of_nat n /\ 0 <= z < 2 ^ Z.of_nat n.
Proof.
  intros. exists (Z.to_nat (Z.max y z)). rewrite Z2Nat.id by lia.
  assert (Z.max y z < 2 ^ Z.max y z) by (apply Z.pow_gt_lin_r; lia). lia.
Qed.
Lemma clmul_lxor_r x y z : 0 <= x -> 0 <= y -> 0 <= z -> clmul x (Z.lxor y z) = Z.lxor (clmul x y) (clmul x z).
Proof.
  intros X Y Q. destruct (bounded y z Y Q) as (n & Ly & Lz). revert y z Ly Lz Y Q.
  induction n; intros.
  - simpl in *. assert (y = 0) as -> by lia. assert (z = 0) as -> by lia. destruct x; reflexivity.
  - destruct (split_bit y Y) as [Ey Dy], (split_bit z Q) as [Ez Dz]. rewrite Ey, Ez, with_bit_xor.
    rewrite !clmul_with_bit by auto using lxor_nonneg. rewrite IHn by (auto using div2_lt).
    rewrite double_lxor. destruct (Z.odd y), (Z.odd z); simpl; bt.
Qed.
Lemma with_bit_split b y : with_bit b y = Z.lxor (if b then 1 else 0) (2 * y).
Proof.
  transitivity (Z.lxor (with_bit b 0) (with_bit false y)).
  - now rewrite with_bit_xor, xorb_false_r, Z.lxor_0_l.
  - unfold with_bit. rewrite Z.add_0_r. destruct b; reflexivity.
Qed.
Lemma clmulp_1 p : clmulp p 1 = Z.pos p.
Proof. induction p; simpl clmulp; rewrite ?IHp; auto. Qed.
Lemma clmulp_double p x : clmulp p (2 * x) = 2 * clmulp p x.
Proof. induction p; simpl clmulp; rewrite ?IHp, ?double_lxor; auto. Qed.
Lemma clmul_bits b c x y : 0 <= x -> 0 <= y ->
  clmul (with_bit b x) (with_bit c y) = Z.lxor (if c then with_bit b x else 0) (2 * Z.lxor (if b then y else 0) (2 * clmul x y)).
Proof.
  intros X Y. assert (0 <= with_bit b x) by (unfold with_bit; destruct b; lia).
  rewrite clmul_with_bit by auto. f_equal. f_equal. rewrite !clmul_nonneg_r by auto. destruct y; try lia.
  - destruct b; reflexivity.
  - rewrite with_bit_split, clmulp_lxor, clmulp_double. f_equal. destruct b. apply clmulp_1. apply clmulp_0.
Qed.
Lemma clmul_comm_nonneg n : forall x y, 0 <= x < 2 ^ Z.of_nat n -> 0 <= y < 2 ^ Z.of_nat n -> clmul x y = clmul y x.
Proof.
  induction n; intros x y X Y.
  - simpl in *. assert (x = 0) as -> by lia. assert (y = 0) as -> by lia. reflexivity.
  - destruct (split_bit x) as [Ex Dx], (split_bit y) as [Ey Dy]; try lia. rewrite Ex, Ey, !clmul_bits by auto.
    rewrite (IHn (Z.div2 y) (Z.div2 x)) by (auto using div2_lt). rewrite !with_bit_split, !double_lxor.
    destruct (Z.odd x), (Z.odd y); rewrite ?Z.mul_0_r, ?Z.lxor_0_l, ?Z.lxor_0_r; try reflexivity; bt.
Qed.
Lemma clmul_comm x y : clmul x y = clmul y x.
Proof.
  destruct x; try (destruct y; reflexivity). destruct y; try reflexivity.
  destruct (bounded (Z.pos p) (Z.pos p0)) as (n & ? & ?); try lia. now apply (clmul_comm_nonneg n).
Qed.

(* -- GCM's field *)
Lemma half_lxor u v : half (Z.lxor u v) = Z.lxor (half u) (half v).
Proof.
  unfold half. rewrite Z.shiftr_lxor, <- !Z.bit0_odd, Z.lxor_spec.
  destruct (Z.testbit u 0), (Z.testbit v 0); simpl; bt.
Qed.
Lemma half_0 : half 0 = 0. Proof. reflexivity. Qed.
Lemma sum_where_lxor l : forall u v, sum_where l (Z.lxor u v) = Z.lxor (sum_where l u) (sum_where l v).
Proof. induction l as [|b r IH]; simpl; intros. reflexivity. rewrite half_lxor, IH. destruct b; bt. Qed.
Lemma sum_where_0 l : sum_where l 0 = 0.
Proof. induction l as [|b r IH]; simpl; auto. rewrite half_0, IH. now destruct b. Qed.
Lemma sum_where_half l : forall v, sum_where l (half v) = half (sum_where l v).
Proof. induction l as [|b r IH]; simpl; intros. reflexivity. rewrite IH, half_lxor. now destruct b. Qed.
Lemma sum_where_comm l m : forall v, sum_where l (sum_where m v) = sum_where m (sum_where l v).
Proof.
  induction l as [|b r IH]; simpl; intros v. now rewrite sum_where_0.
  rewrite sum_where_lxor, <- IH, (sum_where_half m). f_equal. destruct b; auto. now rewrite sum_where_0.
Qed.
(* the sum of two lists of one length *)
Fixpoint xorl (l m : list bool) : list bool := match l, m with a :: r, b :: t => xorb a b :: xorl r t | _, _ => [] end.
Lemma sum_where_xorl l : forall m v, length l = length m -> sum_where (xorl l m) v = Z.lxor (sum_where l v) (sum_where m v).
Proof.
  induction l as [|a r IH]; destruct m as [|b t]; simpl; intros v E; try discriminate. reflexivity.
  injection E as E. rewrite IH by auto. destruct a, b; simpl; bt.
Qed.
Lemma from_left_length n : forall x l, length (from_left n x l) = (n + length l)%nat.
Proof. induction n; simpl; intros; auto. rewrite IHn. simpl. lia. Qed.
Lemma div2_lxor x y : Z.div2 (Z.lxor x y) = Z.lxor (Z.div2 x) (Z.div2 y).
Proof. rewrite !Z.div2_spec. apply Z.shiftr_lxor. Qed.
Lemma from_left_lxor n : forall x y l m, length l = length m ->
  from_left n (Z.lxor x y) (xorl l m) = xorl (from_left n x l) (from_left n y m).
Proof.
  induction n; simpl; intros x y l m E; auto. rewrite <- IHn by (simpl; congruence). simpl.
  rewrite div2_lxor. repeat f_equal. rewrite <- !Z.bit0_odd. apply Z.lxor_spec.
Qed.
Lemma gf128_lxor_l x y z : gf128_mul (Z.lxor x y) z = Z.lxor (gf128_mul x z) (gf128_mul y z).
Proof.
  unfold gf128_mul. change (@nil bool) with (xorl [] []) at 1. rewrite from_left_lxor by reflexivity.
  apply sum_where_xorl. now rewrite !from_left_length.
Qed.
Lemma gf128_lxor_r x y z : gf128_mul x (Z.lxor y z) = Z.lxor (gf128_mul x y) (gf128_mul x z).
Proof.
  unfold gf128_mul. rewrite <- sum_where_lxor. f_equal. bt.
Qed.

(* x is what its bits make of the unit, 2^127 *)
Fixpoint big (l : list bool) : Z := match l with [] => 0 | b :: r => (if b then 2 ^ Z.of_nat (length r) else 0) + big r end.
Lemma big_bound l : 0 <= big l < 2 ^ Z.of_nat (length l).
Proof.
  induction l as [|b r IH]; [simpl; lia|]. cbn [big length]. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. destruct b; lia.
Qed.
Lemma half_pow n : half (2 ^ Z.of_nat (S n)) = 2 ^ Z.of_nat n.
Proof.
  unfold half. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. rewrite Z.odd_mul. simpl. rewrite Z.lxor_0_r.
  rewrite Z.shiftr_div_pow2 by lia. change (2 ^ 1) with 2. rewrite Z.mul_comm. apply Z.div_mul. lia.
Qed.
Lemma disjoint_sum n b : 0 <= n -> 0 <= b < 2 ^ n -> Z.lxor (2 ^ n) b = 2 ^ n + b.
Proof.
  intros Hn Hb. symmetry. apply Z.add_nocarry_lxor. apply Z.bits_inj'; intros k Hk. rewrite Z.land_spec, Z.bits_0.
  rewrite Z.pow2_bits_eqb by auto. destruct (Z.eqb_spec n k); [|reflexivity]. subst. simpl.
  rewrite <- (Z.mod_small b (2 ^ k)) by auto. apply Z.mod_pow2_bits_high. lia.
Qed.
Lemma sum_where_unit l : sum_where l (2 ^ (Z.of_nat (length l) - 1)) = big l.
Proof.
  induction l as [|b r IH]. reflexivity. cbn [sum_where big length].
  replace (Z.of_nat (S (length r)) - 1) with (Z.of_nat (length r)) by lia.
  assert (sum_where r (half (2 ^ Z.of_nat (length r))) = big r) as ->.
  { destruct r as [|c t]. reflexivity. rewrite <- IH. cbn [length]. rewrite half_pow. repeat f_equal. lia. }
  destruct b; [|now rewrite Z.lxor_0_l]. apply disjoint_sum; [lia|apply big_bound].
Qed.
Lemma from_left_big n : forall x l, big (from_left n x l) = (x mod 2 ^ Z.of_nat n) * 2 ^ Z.of_nat (length l) + big l.
Proof.
  induction n; intros x l. simpl. rewrite Z.mod_1_r. lia.
  cbn [from_left]. rewrite IHn. cbn [big length]. rewrite !Nat2Z.inj_succ, !Z.pow_succ_r by lia.
  assert (P : 0 < 2 ^ Z.of_nat n) by (apply Z.pow_pos_nonneg; lia).
  assert (M : x mod (2 * 2 ^ Z.of_nat n) = 2 * (Z.div2 x mod 2 ^ Z.of_nat n) + (if Z.odd x then 1 else 0)).
  { rewrite Z.rem_mul_r by lia. rewrite Zmod_odd, Z.div2_div. lia. }
  rewrite M. destruct (Z.odd x); ring.
Qed.
Definition unit := 2 ^ 127.
Lemma from_left_unit x : sum_where (from_left 128 x []) unit = Z.land x block.
Proof.
  unfold unit, block. rewrite Z.land_ones by lia.
  transitivity (big (from_left 128 x [])).
  - rewrite <- sum_where_unit, from_left_length. reflexivity.
  - rewrite from_left_big. cbn [big length]. change (2 ^ Z.of_nat 0) with 1. change (Z.of_nat 128) with 128. lia.
Qed.
Lemma gf128_comm x y : gf128_mul x y = gf128_mul y x.
Proof. unfold gf128_mul. rewrite <- !from_left_unit. apply sum_where_comm. Qed.

Lemma half_block v : Z.land v block = v -> Z.land (half v) block = half v.
Proof.
  intros E. unfold half. assert (A : Z.land (Z.shiftr v 1) block = Z.shiftr v 1).
  { rewrite <- E at 2. rewrite <- E at 1. rewrite Z.shiftr_land. rewrite <- Z.land_assoc. f_equal. }
  assert (B : Z.land (if Z.odd v then R else 0) block = if Z.odd v then R else 0) by (destruct (Z.odd v); reflexivity).
  rewrite <- A at 2. rewrite <- B at 2. bt.
Qed.
Lemma sum_where_block l : forall v, Z.land v block = v -> Z.land (sum_where l v) block = sum_where l v.
Proof.
  induction l as [|b r IH]; simpl; intros v E. reflexivity. specialize (IH _ (half_block _ E)).
  assert (B : Z.land (if b then v else 0) block = if b then v else 0) by (destruct b; auto).
  rewrite <- IH at 2. rewrite <- B at 2. bt.
Qed.
Lemma gf128_block x y : Z.land (gf128_mul x y) block = gf128_mul x y.
Proof. apply sum_where_block. now rewrite <- Z.land_assoc, Z.land_diag. Qed.
Lemma gf128_assoc a b c : gf128_mul (gf128_mul a b) c = gf128_mul a (gf128_mul b c).
Proof.
  rewrite gf128_comm. unfold gf128_mul at 1 3. rewrite gf128_block.
  rewrite (gf128_comm b c). rewrite gf128_block. unfold gf128_mul. apply sum_where_comm.
Qed.
