/** What `magnolia build --target html` puts in front of a program. The build puts dist/standalone/browser.mjs here (scripts/playground.ts). */
export const runtime: string = '';
