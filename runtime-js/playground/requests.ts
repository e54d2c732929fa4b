/**
 * Whether programs may send real requests. The visitor decides that for this visit: it is off when the page is opened, it is not kept, and
 * no link turns it on.
 *
 * A worker for such programs has its own address, because the policy that comes with it says what a worker may connect to.
 */
const QUERY = '?requests';

const FACTS = {
  off: 'Programs run in this browser. Nothing is sent anywhere.',
  on: 'Programs run in this browser, and may send requests from it.',
  gateway: 'Programs run in this browser. Their sockets are those of the gateway, which sees what passes.',
};

/** The address of a worker whose programs may send requests or not. */
export function workerAddress(url: string, mayRequest: boolean): string {
  return mayRequest ? url + QUERY : url;
}

/** Whether programs of this worker may send requests. */
export function mayRequest(): boolean {
  return location.search === QUERY;
}

/** Shows below the page what is sent, by the state of the switch and the network. Call the result to update it. */
export function showFact(isOn: HTMLInputElement, fact: HTMLElement, hasGateway: () => boolean): () => void {
  const show = (): void => {
    const facts = [isOn.checked ? FACTS.on : '', hasGateway() ? FACTS.gateway : ''].filter((one) => one !== '');
    fact.textContent = facts.join(' ') || FACTS.off;
  };
  isOn.checked = false; // browsers keep the state of switches over a reload
  isOn.addEventListener('change', show);
  show();
  return show;
}
