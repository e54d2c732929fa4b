/**
 * Every test file must give back what it opened: sockets, listeners, processes. Jest alone would only wait or kill.
 * Closing takes a few turns of the event loop, so we look until the handles are gone, and complain when they stay.
 */

const watched = new Set(['TCPSocketWrap', 'TCPServerWrap', 'PipeServerWrap', 'ProcessWrap', 'TLSWrap', 'UDPWrap']);
const patienceMs = 2_000;

const openHandles = (): string[] => process.getActiveResourcesInfo().filter((kind) => watched.has(kind));
const before = openHandles().length;

afterAll(async () => {
  const deadline = Date.now() + patienceMs;
  while (openHandles().length > before && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));

  const left = openHandles();
  if (left.length > before) throw new Error(`This test file leaves handles open: ${left.join(', ')}`);
});
