/** WebSockets have a file of their own, which is loaded when a program first uses one. */
export function loadWebSockets(): Promise<typeof import('./handshake.ts')> {
  return import('./handshake.ts');
}
