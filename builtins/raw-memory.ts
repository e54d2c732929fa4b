/**
 * Raw memory, system calls and Windows procedures. They are not supported: operations that would read memory, write it or call
 * native code return an error value. A pointer made from an int can only be computed with. All threads share one native thread, so
 * locking a thread to it does nothing.
 */
import { mistake } from '../language/runtime/errors.ts';
import type { Machine } from '../language/runtime/machine.ts';
import { Atom, failure, type Int, isInt, Pointer, Str, str, type Value } from '../language/values/values.ts';
import { any, int, text } from './params.ts';
import { type Builtin, builtin } from './registry.ts';
import { unavailable } from './results.ts';

const WHY = ': programs have no access to raw memory';

function stub(name: string, help: string, params: readonly string[]): Builtin {
  return { name, group: 'memory', help, params: params.map((param) => any(param)), run: () => null };
}

/** `syscall` never complains about its arguments; a caller may read these fields of its error. */
function refuseSyscall(_machine: Machine, ...args: Value[]): Value {
  const why = args.length === 0 ? 'syscall requires at least 1 argument (procedure or address)' : SYSCALL_UNAVAILABLE;
  const error = failure(why);
  error.errno = 0;
  error.r1 = 0;
  error.r2 = 0;
  return error;
}
const SYSCALL_UNAVAILABLE = 'syscall() unavailable in this runtime: programs have no access to raw memory';

/** Nothing can be read, except nothing. */
function readMemory(_machine: Machine, address: Value, length: Int): Value {
  if (!isInt(address) && !(address instanceof Pointer)) {
    throw mistake('argument', { says: 'memread address must be int or pointer, got', value: address });
  }
  return length === 0 ? str('') : failure(`memread() unavailable in this runtime${WHY}`);
}

function toPointer(_machine: Machine, value: Value): Value {
  if (value instanceof Pointer) return value;
  if (value instanceof Str || value instanceof Atom) return failure(`pointer() unavailable in this runtime${WHY}`);
  if (!isInt(value)) throw mistake('argument', { says: 'pointer() expects int, atom, or byte string, got', value });
  if (value < 0) throw mistake('argument', { says: 'pointer() expects a non-negative integer, got', value });
  return new Pointer(value);
}

export const memoryBuiltins: readonly Builtin[] = [
  builtin({
    name: 'memread',
    group: 'memory',
    help: 'the bytes at an address (only none of them in this runtime)',
    params: [any('address'), int('length')],
    run: readMemory,
  }),
  builtin({
    name: 'pointer',
    group: 'memory',
    help: 'an int as a pointer, a value to compute with',
    params: [any('value')],
    run: toPointer,
  }),
  ...unavailable(
    [
      stub('memwrite', 'writes bytes at an address (not in this runtime)', ['address', 'data']),
      stub('addr', 'a pointer to the bytes of a string (not in this runtime)', ['text']),
    ],
    WHY,
  ),
  { ...stub('syscall', 'calls the operating system (not in this runtime)', ['target']), unchecked: true, run: refuseSyscall },
  builtin({
    name: 'sysproc',
    group: 'memory',
    help: 'finds a procedure in a Windows library (not in this runtime)',
    params: [text('library'), text('name')],
    run: (_machine, library, name) =>
      failure(`Could not resolve procedure ${library.text}!${name.text}: sysproc is only supported on Windows`),
  }),
  builtin({
    name: 'win_msg_loop',
    group: 'memory',
    help: 'runs the message loop of a window (not in this runtime)',
    params: [any('handle')],
    run: () => failure('win_msg_loop is only supported on Windows'),
  }),
  builtin({ name: 'lock_thread', group: 'memory', help: 'does nothing here', params: [], run: () => null }),
  builtin({ name: 'unlock_thread', group: 'memory', help: 'does nothing here', params: [], run: () => null }),
];
