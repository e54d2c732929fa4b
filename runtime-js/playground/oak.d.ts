/** The build gives Magnolia files as their text. */
declare module '*.oak' {
  const source: string;
  export default source;
}
