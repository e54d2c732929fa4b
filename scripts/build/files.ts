/** Writing what the build makes. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file in one step, so that programs may run while we build; makes its folder if there is none. */
export async function replaceFile(path: string, contents: string | Uint8Array): Promise<void> {
  const fresh = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(fresh, contents);
  await rename(fresh, path);
}
