/** What `magnolia help` says about the words of the language itself. Examples are `EXPRESSION  // => VALUE`; a test runs them. */
export const LANGUAGE: { readonly [word: string]: string } = {
  if: `if VALUE { TARGET -> RESULT, TARGET, TARGET -> RESULT, _ -> RESULT }
    compares a value with each target and gives the result of the first that is equal; _ is equal to everything
if { CONDITION -> RESULT, ... }
    without a value: the result of the first condition that is true
if CONDITION -> RESULT
    the short form, for one

    Where nothing is equal it gives ?. Only true is true: if 1 -> 'never' gives ?, too. Line ends may stand for the commas.

    if 2 + 2 { 3, 4 -> 'near', _ -> 'far' }  // => near
    if { 2 > 3 -> 'more', _ -> 'less' }  // => less
    if 2 < 3 -> 'of course'  // => of course
`,
  fn: `fn NAME(PARAMETER, ..., REST...) BODY
    a function, which can be called by this name where it stands
fn(PARAMETER, ...) BODY
    a function without a name, for a call or a variable

    The body is one expression, or a block in braces whose last value is the result. Arguments that are missing are ?. A call with
    ... behind its last argument gives the items of a list as arguments.

    (fn(a, b) a + b)(1, 2)  // => 3
    (fn(first, more...) more)(1, 2, 3)  // => [2, 3]
    import('math').max([3, 1, 2]...)  // => 3
`,
  cs: `cs NAME(PARAMETER, ...) { FIELD := VALUE ... }
    a class: each call of it makes an object with these fields, which its functions see by their names
cs NAME(PARAMETER, ...) BODY
    a class that gives what its body gives
cs NAME(PARAMETER, ...) { (PARENT, ...) -> BODY }
    a class that merges what its parents make of the same arguments with its own object

    { cs Point(x, y) { x: x, y: y }, Point(3, 4).y }  // => 4
    { cs Counter { n := 0, up := fn() { n <- n + 1, n } }, c := Counter(), c.up(), c.up() }  // => 2
    { cs A(x) { a: x }, cs B(x) { (A) -> { b: 2 } }, B(1) }  // => {a: 1, b: 2}
`,
  with: `with CALL(ARGUMENT, ...) LAST
    the call with one more argument behind the others, for a function that is the last argument of another

    with import('std').map([1, 2]) fn(n) n * 10  // => [10, 20]
`,
  import: `import(path)
    the variables of another program as an object: of a module of the standard library by its name (see: magnolia help library),
    of a file by its path beside this file, with or without .oak

    Each is run once, however often it is imported. Names are taken out of it like this: { map: map, each: each } := import('std')

    import('std').reverse([1, 2, 3])  // => [3, 2, 1]
`,
};
