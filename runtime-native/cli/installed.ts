/** Where the files of the package are that only the command reads. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The folder dist/: that of the bundle, or the one beside the sources when those run (in tests). */
export const INSTALLED = existsSync(join(here, 'library.cjs')) ? here : join(here, '../../dist');
