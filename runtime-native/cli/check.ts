/** `magnolia check FILE...`: reads programs without running them. */
import { check } from '../../language/interpreter.ts';
import { complain, showProblem } from './screen.ts';
import { readSource } from './sources.ts';

/** Shows what is wrong with each file; says nothing about those that are fine. Status 1 if anything is wrong. */
export async function checkFiles(files: readonly string[]): Promise<number> {
  let status = 0;
  for (const file of files) {
    const reading = await readSource(file);
    if (reading.kind === 'failed') {
      complain(reading.message);
      status = 1;
      continue;
    }
    for (const problem of check(reading.source)) {
      showProblem(problem);
      status = 1;
    }
  }
  return status;
}
