/** The build imports Magnolia files as text. */
declare module '*.oak' {
  const source: string;
  export default source;
}

/** The same for what is to be read. */
declare module '*.md' {
  const text: string;
  export default text;
}
