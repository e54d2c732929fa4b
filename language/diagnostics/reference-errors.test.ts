/** The errors of the language, as sections 2 to 20 of the reference show them: each program ends with exactly this reason. */
import { describe, expect, it } from '@jest/globals';
import { runProgram } from '../../builtins/testing/test-run.ts';

const sections: { readonly [section: string]: readonly (readonly [program: string, error: string])[] } = {
  '2.2 identifiers': [
    ['a := 1\na$', 'Parse: Unexpected token var($), expected ,'],
    ['"dq"', 'Parse: Unexpected token var("), expected ,'],
  ],
  '2.3 number literals': [
    ['9223372036854775808', 'Parse: strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ['-9223372036854775808', 'Parse: strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ['0xFFFFFFFFFFFFFFFF', 'Parse: strconv.ParseInt: parsing "FFFFFFFFFFFFFFFF": value out of range'],
    ['0x', 'Parse: strconv.ParseInt: parsing "": invalid syntax'],
    ['1e400', 'Parse: strconv.ParseFloat: parsing "1e400": value out of range'],
    ['1e', 'Parse: strconv.ParseFloat: parsing "1e": invalid syntax'],
    ['1e5e5', 'Parse: strconv.ParseFloat: parsing "1e5e5": invalid syntax'],
    ['1_000', 'Parse: Unexpected token var(_000), expected ,'],
    ['0b12', 'Parse: Unexpected token number(2), expected ,'],
    ['.5', 'Parse: Unexpected token . at start of unit'],
  ],
  '2.5 atoms': [
    [':_', "Parse: Expected identifier after ':', got _"],
    [":'s'", `Parse: Expected identifier after ':', got string("s")`],
  ],
  '4.2 precedence and pipes': [
    ['+5', 'Parse: Unexpected token + at start of unit'],
    ['fn() a |> f', 'Parse: Expected function call after |>, got f'],
    ['fn() a |> f(b).c', 'Parse: Expected function call after |>, got (call[f](b).c)'],
  ],
  '4.4 `with`': [
    ['fn() with f(a) g(b) c', 'Parse: Unexpected token var(c), expected ,'],
    ['fn() with f c', 'Parse: with keyword should be followed by a function call, found f'],
  ],
  '4.6 blocks and objects': [
    ['{a: 1, b}', 'Parse: Unexpected token ,, expected :'],
    ['{if: 1}', 'Parse: Unexpected token ,, expected {'],
  ],
  '6.2 assignment': [
    ['nope <- 1', 'Runtime: nope is undefined'],
    ['[nope] <- [1]', 'Runtime: nope is undefined'],
    ['_ := 1', 'Runtime: Invalid assignment target _'],
  ],
  '8 calls': [
    ['f := fn() 0\nf(5...)', 'Runtime: Cannot spread a non-list value 5 in a function call call[f](5...)'],
    ['x := 5\nx()', 'Runtime: 5 is not a function and cannot be called'],
    ['{a: 1}()', 'Runtime: {a: 1} is not a function and cannot be called'],
  ],
  '11 classes': [['cs { x: 1 }', 'Parse: Unexpected token {, expected var()']],
  '11.4 inheritance': [
    ['cs A(x) { (fn(v) v) -> {} }\nA(5)', 'Runtime: Parent class fn(v) v must construct an object, got 5'],
    ['cs A(x) { ({a: 1}) -> 5 }\nA(1)', 'Runtime: Inherited class body for A must construct an object, got 5'],
    ['cs A { (Nope) -> {} }\nA()', 'Runtime: ? is not a function and cannot be called'],
    ['cs A { ({a: 1}) -> {b: 2}, c := 3 }', 'Parse: Unexpected token ->, expected ,'],
  ],
  '12.2 operators': [
    ["a := 1, b := 'x'\na + b", "Runtime: Cannot + incompatible values 1, 'x'"],
    ["a := 'x', b := 1\na + b", "Runtime: Cannot + incompatible values 'x', 1"],
    ['a := ?, b := 1\na + b', 'Runtime: Binary operator + is not defined for values ?, 1'],
    ['a := 1.5, b := 2\na & b', 'Runtime: Invalid binary operator & for floats 1.5, 2'],
    ['a := true, b := false\na < b', 'Runtime: Binary operator < is not defined for values true, false'],
    ['a := true, b := 1\na & b', 'Runtime: Cannot & incompatible values true, 1'],
    ['a := :a, b := :b\na < b', 'Runtime: Binary operator < is not defined for values :a, :b'],
    ['a := [1], b := [2]\na + b', 'Runtime: Cannot + incompatible values [1], [2]'],
    ['a := 1, b := -1\na << b', 'Runtime: Shift amount must be non-negative, got -1'],
    ['a := 1, b := 0.0\na / b', 'Runtime: Division by zero'],
    ['a := 0\n!a', 'Runtime: ! is not a valid unary operator for 0'],
    ['a := 1.5\n~a', 'Runtime: ~ is not a valid unary operator for 1.5'],
  ],
  '16.1 reading properties': [
    ['l := [1, 2]\nl.(1.0)', 'Runtime: Cannot index into list with non-integer index 1'],
    ['l := [1, 2]\nl.foo', "Runtime: Cannot index into list with non-integer index 'foo'"],
    ["s := 'abc'\ns.'0'", "Runtime: Cannot index into string with non-integer index '0'"],
    ['x := 5\nx.y', 'Runtime: Expected string, list, or object in left-hand side of property access, got 5'],
    ['nope.x', 'Runtime: Expected string, list, or object in left-hand side of property access, got ?'],
    ['f := fn() 1\nf.x', 'Runtime: Expected string, list, or object in left-hand side of property access, got fn() 1'],
  ],
  '16.2 writing properties': [
    ["s := 'abc'\ns.4 := 'X'", 'Runtime: String assignment index 4 out of range in (s.4) := "X"'],
    ["s := 'abc'\ns.0 := 5", 'Runtime: Cannot assign non-string value 5 to string in (s.0)'],
    ['l := [1, 2]\nl.3 := 9', 'Runtime: List assignment index 3 out of range in (l.3) := 9'],
    ['x := ?\nx.y := 1', 'Runtime: Cannot assign to property of undefined value in (x.y)'],
    ['x := 5\nx.y := 1', 'Runtime: Expected string, list, or object in left-hand side of property assignment, got (x.y)'],
    ['5 := 1', 'Runtime: Invalid assignment target 5'],
    ['a() := 1', 'Runtime: Invalid assignment target call[a]()'],
    ['(a) := 1', 'Runtime: Invalid assignment target { a }'],
  ],
  '16.3 object keys': [
    ['{true: 1}', 'Runtime: Expected a string, atom, or number as object key, got true'],
    ['{(?): 1}', 'Runtime: Expected a string, atom, or number as object key, got ?'],
  ],
  '17 destructuring': [
    ['[a, [b]] := [1, [2]]', 'Runtime: element [b] in destructured list [a, [b]] is not an identifier'],
    ['{a: {b: x}} := {a: {b: 1}}', 'Runtime: value { b: x } in destructured object { a: { b: x } } is not an identifier'],
    ["[a] := 'abc'", 'Runtime: right side "abc" of list destructuring is not a list'],
    ['{a: x} := 5', 'Runtime: right side 5 of object destructuring is not an object or list'],
  ],
  '19 builtins': [
    ['len(?)', 'Runtime: ? does not support a len() call'],
    ['len()', 'Runtime: string requires 1 arguments, got 0'],
    ['keys()', 'Runtime: print requires 1 arguments, got 0'],
    ['print(5)', 'Runtime: Unexpected argument to print: 5'],
    ['print()', 'Runtime: print requires 1 arguments, got 0'],
  ],
  '20 `import`': [
    ["import('no-such-module')", 'Runtime: Could not open no-such-module (.oak, .ok, .mag, .mg)'],
    ["import('x.txt')", 'Runtime: Could not open x.txt (.oak, .ok, .mag, .mg)'],
    ['import(5)', 'Runtime: path to import() must be a string, got 5'],
  ],
};

for (const [section, programs] of Object.entries(sections)) {
  describe(`section ${section}`, () => {
    for (const [program, error] of programs) {
      it(JSON.stringify(program), () => {
        for (const fuel of [1, 2000]) {
          const { errors, status } = runProgram(program, { fuel });
          expect(errors.map((text) => text.replace(/ \[\d+:\d+\].*$/, ''))).toEqual([error]);
          expect(status).toBe(1);
        }
      });
    }
  });
}
