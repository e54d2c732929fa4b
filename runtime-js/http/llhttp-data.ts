/**
 * llhttp, the parser of Node's own `http`, as WebAssembly in base64. The build puts that of the package undici in the place of this file
 * (scripts/build/llhttp.ts).
 */
export const llhttp = '';
