(* The checker in OCaml, for speed.  What is replaced below is believed: numbers are zarith's. *)
From Armsym Require Import Raw Forms Rules Farkas Ranges Sums Polynomials Values Integers Relations.
Require Import ZArith Extraction ExtrOcamlBasic ExtrOcamlZBigInt FMapPositive List.
Extract Constant Z.land => "Big_int_Z.and_big_int".
Extract Constant Z.lxor => "Big_int_Z.xor_big_int".
Extract Constant Z.lor => "Big_int_Z.or_big_int".
Extract Constant Z.ones => "(fun n -> Big_int_Z.(pred_big_int (shift_left_big_int unit_big_int (int_of_big_int n))))".
Extract Constant Z.pow => "(fun a n -> if Big_int_Z.sign_big_int n < 0 then Big_int_Z.zero_big_int
  else Big_int_Z.power_big_int_positive_big_int a n)".
Extract Constant Z.leb => "Big_int_Z.le_big_int".
Extract Constant Z.ltb => "Big_int_Z.lt_big_int".
Extract Constant Pos.eqb => "Big_int_Z.eq_big_int".
Extract Constant Pos.ltb => "Big_int_Z.lt_big_int".
Extract Constant Z.odd => "(fun a -> Big_int_Z.(sign_big_int (and_big_int a unit_big_int)) <> 0)".
Extract Constant Z.div2 => "(fun a -> Z.shift_right a 1)".
(* With a negative number of bits these shift the other way, as Coq's do; zarith's numbers are two's complement, too. *)
Extract Constant Z.shiftl => "(fun a n -> let n = Big_int_Z.int_of_big_int n in
  if n < 0 then Z.shift_right a (- n) else Z.shift_left a n)".
Extract Constant Z.shiftr => "(fun a n -> let n = Big_int_Z.int_of_big_int n in
  if n < 0 then Z.shift_left a (- n) else Z.shift_right a n)".
Extraction "armsym_checker.ml" check reaches shown sums equal_sums is_number relations numbered.
