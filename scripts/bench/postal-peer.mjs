/** What scripts/bench/bench-mail.ts compares `mime.parse` with: postal-mime takes the message in a file apart. */
import { readFileSync } from 'node:fs';
import PostalMime from 'postal-mime';

const raw = readFileSync(process.argv[2]);
console.log('ready');
const start = performance.now();
const read = await PostalMime.parse(raw);
const size = (read.text?.length ?? 0) + read.attachments.reduce((sum, one) => sum + one.content.byteLength, 0);
console.log(`took ${(performance.now() - start) / 1000} ${size}`);
