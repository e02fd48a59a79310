(* Reads certificates (their text: armsym/audit/hints.py, with all instructions in it) and prints what the checker says of
   each file: a line "refused", or for each part a line "part" with the claims that are not shown, then "checked".
   Of linear arguments (armsym/audit/goals.py) it prints "shown" or "open" for each goal, then "checked".
   Of arguments about integers (relations.ml) it prints "refused", or a line "shown" with the relations that they show, then
   "checked".
   Only the reading is not proved.  Exit 2: no certificate. *)
module C = Armsym_checker
open Reading

type part = {
  start : Z.t;
  mutable facts : (Z.t * Z.t) list;
  mutable hints : C.hint list;
  mutable claims : (Z.t * Z.t) list;
}

let parts = ref []
let hint = function
  | [ "poly"; i ] -> C.HPoly (d i)
  | [ "polyatom"; i ] -> C.HPolyatom (d i)
  | [ "sum"; i; w ] -> C.HSum (d i, d w)
  | [ "sumatom"; i; w ] -> C.HSumatom (d i, d w)
  | [ "tosum"; i; w ] -> C.HTosum (d i, d w)
  | [ "topoly"; i; n ] -> C.HTopoly (d i, d n)
  | [ "inline"; i; a; k; n ] -> C.HInline (d i, d a, x k, d n)
  | [ "same"; i; j ] -> C.HSame (d i, d j)
  | [ "narrow"; i; a; b ] -> C.HNarrow (d i, d a, d b)
  | [ "split"; i; a; h; n ] -> C.HSplit (d i, d a, d h, d n)
  | [ "not"; i; u ] -> C.HNot (d i, d u)
  | [ "choose"; i; m ] -> C.HChoose (d i, d m)
  | [ "congruent"; i; j ] -> C.HCongruent (d i, d j)
  | [ "idempotent"; i ] -> C.HIdempotent (d i)
  | [ "within"; i ] -> C.HWithin (d i)
  | [ "disjoint"; i ] -> C.HDisjoint (d i)
  | [ "quotient"; i ] -> C.HQuotient (d i)
  | [ "evaluate"; i; j; cut; order ] -> C.HEvaluate (d i, d j, nodes cut, nodes order)
  | [ "bilinear"; i; j; a; n; b; o ] -> C.HBilinear (d i, d j, nodes a, nodes n, nodes b, nodes o)
  | [ "distribute"; i; j; k ] -> C.HDistribute (d i, d j, d k)
  | [ "associate"; i; p; j; q ] -> C.HAssociate (d i, d p, d j, d q)
  | [ "zeros"; i; j; k ] -> C.HZeros (d i, d j, d k)
  | [ "given"; i ] -> C.HGiven (d i)
  | [ "solve"; a; i ] -> C.HSolve (d a, d i)
  | l -> raise (Bad (String.concat " " l))

let line words =
  match (words, !parts) with
  | [ "define"; name; entries ], [] -> Hashtbl.replace tables name (bytes entries |> fun l -> C.DTable l)
  | [ "part"; s ], _ -> parts := { start = d s; facts = []; hints = []; claims = [] } :: !parts
  | [ "given"; i; v ], p :: _ -> p.facts <- (d i, x v) :: p.facts
  | [ "claim"; l; r ], p :: _ -> p.claims <- (d l, d r) :: p.claims
  | l, p :: _ -> p.hints <- hint l :: p.hints
  | l, [] -> add (instruction l)

(* -- linear arguments *)
let pair s =
  match String.split_on_char ':' s with
  | [ n; k ] -> (decimal n, integer k)
  | _ -> raise (Bad s)

let form = function [] -> raise (Bad "no form") | c :: terms -> (integer c, List.map pair terms)

let rec split_by before = function
  | [] -> raise (Bad "no multipliers")
  | "by" :: after -> (List.rev before, after)
  | word :: r -> split_by (word :: before) r

let rec nat n = if Z.sign n <= 0 then C.O else C.S (nat (Z.pred n))

(* FORM with M FORM with M FORM ...: the first form, and what each M is *)
let values_of words =
  let rec split first = function
    | "with" :: m :: rest ->
        let f, values = split [] rest in
        (form (List.rev first), (decimal m, f) :: values)
    | word :: rest -> split (word :: first) rest
    | [] -> (form (List.rev first), [])
  in
  split [] words

let linear input =
  let piece = ref [] and known = ref None and all_sums = ref [] and facts = ref [] and ranges = ref [] in
  let width = Z.of_int 64 in
  let reached () =
    match !known with
    | Some m -> m
    | None ->
        let m = C.reaches C.PositiveMap.empty (List.rev !piece) in
        known := Some m;
        m
  in
  let summed w =
    match List.assoc_opt w !all_sums with
    | Some s -> s
    | None ->
        let s = C.sums w (reached ()) C.PositiveMap.empty (List.rev !piece) in
        all_sums := (w, s) :: !all_sums;
        s
  in
  let told shown = print_endline (if shown then "shown" else "open") in
  let rec go () =
    match String.split_on_char ' ' (try input_line input with End_of_file -> raise (Bad "no end")) with
    | [ "program" ] ->
        piece := [];
        known := None;
        all_sums := [];
        go ()
    | "at" :: n :: words ->
        piece := (decimal n, instruction words) :: !piece;
        known := None;
        all_sums := [];
        go ()
    | "fact" :: words ->
        facts := form words :: !facts;
        go ()
    | [ "range"; n ] ->
        ranges := decimal n :: !ranges;
        go ()
    | "goal" :: words ->
        let goal, by = split_by [] words in
        let divisor, multipliers = form by in
        let given = Z.of_int (List.length !facts + (2 * List.length !ranges)) in
        let inside = List.for_all (fun (place, _) -> Z.lt place given) multipliers in
        let taken = List.map (fun (place, k) -> ((if inside then nat place else C.O), k)) multipliers in
        let shown = inside && C.shown (reached ()) (form goal) (List.rev !facts) (List.rev !ranges) taken divisor in
        told shown;
        facts := [];
        ranges := [];
        go ()
    | [ "same"; a; b ] ->
        told (C.equal_sums width (reached ()) (summed width) (decimal a) (decimal b));
        go ()
    | "number" :: n :: w :: words ->
        let f, values = values_of words in
        let w = decimal w in
        told (C.is_number w (reached ()) (summed w) (decimal n) values f);
        go ()
    | [ "end" ] -> ()
    | words -> raise (Bad (String.concat " " words))
  in
  go ()

let read file =
  program := C.PositiveMap.empty;
  definitions := C.PositiveMap.empty;
  Hashtbl.reset tables;
  Hashtbl.reset numbers;
  count := 0;
  parts := [];
  let input = open_in file in
  let rec go number =
    let text = try input_line input with End_of_file -> raise (Bad "it ends without 'end'") in
    if number = 1 then if text = "armsym-certificate 1" then go 2 else raise (Bad text)
    else if number = 2 then if text = "from 1" then go 3 else raise (Bad text)
    else if text <> "end" then (
      line (String.split_on_char ' ' text);
      go (number + 1))
    else match input_line input with exception End_of_file -> () | more -> raise (Bad more)
  in
  go 1;
  close_in input

let check () =
  let part p = { C.start = p.start; facts = p.facts; hints = List.rev p.hints; claims = List.rev p.claims } in
  match C.check !program !definitions (List.rev_map part !parts) with
  | None -> print_endline "refused"
  | Some opens ->
      List.iter
        (fun l ->
          print_string "part";
          List.iter (fun (a, b) -> Printf.printf " %s,%s" (Z.to_string a) (Z.to_string b)) l;
          print_newline ())
        opens;
      print_endline "checked"

let check_file file =
  let input = open_in file in
  let ended () = match input_line input with exception End_of_file -> () | more -> raise (Bad more) in
  (match try input_line input with End_of_file -> "" with
  | "armsym-linear 2" ->
      linear input;
      ended ();
      print_endline "checked"
  | "armsym-relations 1" ->
      Relations.check input;
      ended ()
  | _ ->
      read file;
      check ());
  close_in input

let () =
  Array.iteri
    (fun k file ->
      if k > 0 then
        match check_file file with
        | exception Bad what ->
            Printf.eprintf "%s is no certificate: %s\n" file what;
            exit 2
        | () -> ())
    Sys.argv
