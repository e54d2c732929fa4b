/**
 * The sources of the mail modules, by name. The build puts dist/magnolia-mail.js in the place of this file
 * (scripts/build/browser-library.ts); without a build there are none.
 */
export const sources: { readonly [name: string]: string } = {};
