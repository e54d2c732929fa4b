/** The `magnolia` command from its sources, without a build: `node --import ./scripts/typescript.mjs scripts/from-sources.ts FILE`. */
import { main } from '../runtime-native/cli/main.ts';

main();
