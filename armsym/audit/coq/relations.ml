(* Reads relations of integers and arguments for them (armsym/audit/certified.py tells the text), and prints what the
   checker says of them.  Numbers of atoms, facts and relations begin with 0 in the text, and with 1 in the checker. *)
open Reading

let from_one s = Z.succ (decimal s)
let listed by empty f s = if s = empty then [] else List.map f (String.split_on_char by s)

(* FACTOR[*ATOM...] *)
let monomial s =
  match String.split_on_char '*' s with
  | [] -> raise (Bad s)
  | c :: atoms -> (List.map from_one atoms, integer c)

let polynomial = listed ',' "-" monomial

let products =
  listed ';' "-" (fun s ->
      match String.split_on_char '@' s with
      | [ p; f ] -> (polynomial p, from_one f)
      | _ -> raise (Bad s))

let after s = String.sub s 1 (String.length s - 1)

let summand s =
  match String.split_on_char ':' s with
  | [ k; f ] when f <> "" && f.[0] = 'f' -> (integer k, C.Bounded (from_one (after f)))
  | [ k; q ] when q <> "" && q.[0] = 'q' -> (integer k, C.Remainder (from_one (after q)))
  | _ -> raise (Bad s)

let bound s = if s = "none" then None else Some (integer s)
let facts = listed ',' "" from_one

let cases fs ss =
  let f = facts fs and s = facts ss in
  if List.length f <> List.length s then raise (Bad ss);
  List.combine f s

let rule = function
  | [ "const" ] -> C.VConst
  | [ "sum"; p; f; w ] -> C.VSum (polynomial p, from_one f, decimal w)
  | [ "shifted" ] -> C.VShifted
  | [ "floor"; p; f ] -> C.VFloor (polynomial p, from_one f)
  | [ "part"; p; t; f; g ] -> C.VPart (polynomial p, polynomial t, from_one f, from_one g)
  | [ "product" ] -> C.VProduct
  | [ "apart" ] -> C.VApart
  | [ "and"; m; f; w; low ] -> C.VAnd (place m, place low, from_one f, decimal w)
  | [ "xor"; k ] -> C.VXor (if decimal k = Z.zero then None else Some (place k))
  | [ "or" ] -> C.VOr
  | [ "less" ] -> C.VLess
  | [ "choice"; f; w ] -> C.VChoice (from_one f, decimal w)
  | [ "zero"; p; f; w ] -> C.VZero (polynomial p, from_one f, decimal w)
  | [ "named"; p; f ] -> C.VNamed (polynomial p, from_one f)
  | l -> raise (Bad (String.concat " " l))

let step = function
  | [ "atom"; n ] -> C.SAtom (place n)
  | [ "quotient"; f; m ] -> C.SQuotient (from_one f, integer m)
  | [ "within"; a; f ] -> C.SWithin (from_one a, from_one f)
  | "value" :: n :: r -> C.SValue (place n, rule r)
  | [ "and"; n; a; b ] -> C.SInstruction (place n, C.IAnd (place a, place b))
  | [ "mask"; n; a; k ] -> C.SInstruction (place n, C.IMask (place a, decimal k))
  | [ "bits"; n ] -> C.SBits (place n)
  | [ "known"; k ] -> C.SKnown (from_one k)
  | [ "suppose"; p; low; high ] -> C.SSuppose (polynomial p, bound low, bound high)
  | [ "derive"; p; d; l; zeros ] -> C.SDerive (polynomial p, integer d, listed ',' "-" summand l, products zeros)
  | [ "meet"; l ] -> ( match facts l with [] -> raise (Bad l) | f :: r -> C.SMeet (f, r))
  | [ "whole"; f; g ] -> C.SWhole (from_one f, from_one g)
  | [ "multiple"; p; n; zeros ] -> C.SMultiple (polynomial p, integer n, products zeros)
  | [ "congruent"; p; n ] -> C.SCongruent (polynomial p, integer n)
  | [ "transfer"; f; p; zeros; others ] -> C.STransfer (from_one f, polynomial p, products zeros, products others)
  | [ "cases"; p; n; fs; ss ] -> C.SCases (polynomial p, integer n, cases fs ss)
  | [ "claim"; k; f ] -> C.SClaim (from_one k, from_one f)
  | l -> raise (Bad (String.concat " " l))

let term s =
  match String.split_on_char '*' s with
  | [] -> raise (Bad s)
  | k :: nodes -> (integer k, List.map place nodes)

let relation m low high terms = { C.modulus = decimal m; low = bound low; high = bound high; terms = List.map term terms }

let numbered l = C.numbered Z.one l

let check input =
  (* The checker's numbers for the functions that it knows. *)
  Hashtbl.reset numbers;
  if number "mul" <> Z.of_int 1 || number "zero" <> Z.of_int 2 then raise (Bad "functions have other numbers");
  let piece = ref [] and first = ref Z.one and known = ref [] and claimed = ref [] and arguments = ref [] in
  let rec go () =
    match String.split_on_char ' ' (try input_line input with End_of_file -> raise (Bad "it ends without 'end'")) with
    | [ "end" ] -> ()
    | words ->
        (match (words, !arguments) with
        | "at" :: n :: x, [] -> piece := (place n, instruction x) :: !piece
        | [ "from"; n ], [] -> first := place n
        | "known" :: m :: low :: high :: terms, [] -> known := relation m low high terms :: !known
        | "claimed" :: m :: low :: high :: terms, [] -> claimed := relation m low high terms :: !claimed
        | [ "armsym-integers"; "1" ], l -> arguments := [] :: l
        | l, steps :: rest -> arguments := (step l :: steps) :: rest
        | l, [] -> raise (Bad (String.concat " " l)));
        go ()
  in
  go ();
  let arguments = List.rev_map List.rev !arguments in
  match
    C.relations (List.rev !piece) !first (numbered (List.rev !known)) (numbered (List.rev !claimed)) arguments
  with
  | None -> print_endline "refused"
  | Some shown ->
      print_endline (String.concat " " ("shown" :: List.map (fun k -> Z.to_string (Z.pred k)) shown));
      print_endline "checked"
