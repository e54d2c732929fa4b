/** TypeScript for jest, one file at a time, in a millisecond each. Types are checked elsewhere (`npm run typecheck`). */
import { transformSync } from 'esbuild';

const options = {
  loader: 'ts',
  format: 'cjs',
  target: 'node20',
  sourcemap: 'both',
  supported: { 'dynamic-import': false }, // becomes require(), which jest can follow
  define: { 'import.meta.url': '__moduleUrl', 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  banner: 'const __moduleUrl = require("node:url").pathToFileURL(__filename).href;', // one line, mapped by esbuild
};

export default {
  process: (source, sourcefile) => transformSync(source, { ...options, sourcefile }),
};
