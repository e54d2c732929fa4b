/** The checks of every transport, over a gateway. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { checkConnection, type Pair, plain } from '../../builtins/sockets/testing/testing.ts';
import { obj, str, type Value } from '../../language/values/values.ts';
import { makeCertificate } from '../make-certificate.ts';
import { closeAll, pairOver, serve, upgradeBoth } from '../sockets/test-kit.ts';
import { makeGateway, makePage } from './testing/gateway-kit.ts';

afterEach(closeAll);

const identity = makeCertificate({ commonName: 'localhost', names: ['dns:localhost', 'ip:127.0.0.1'] });
const framework = { it, equal: (actual: unknown, expected: unknown) => expect(actual).toEqual(expected) };

async function pair(server: Value = null, client: Value = null): Promise<Pair> {
  const { url } = await makeGateway();
  const { driver } = makePage(url);
  const listening = await serve(driver, server);
  const made = await pairOver(driver, listening, listening.address, client);
  listening.close();
  return made;
}

function encrypted(): Promise<Pair> {
  const server = obj({ tls: true, cert: str(identity.cert), key: str(identity.key) });
  return pair(server, obj({ tls: true, ca: str(identity.cert), serverName: str('localhost') }));
}

async function upgraded(): Promise<Pair> {
  const made = await pair();
  const [asked, results] = await upgradeBoth(made, identity);
  expect(plain(asked)).toMatchObject({ data: 'STARTTLS' });
  expect(results.map(plain)).toMatchObject([{ tls: true }, { tls: true }]);
  return made;
}

const swapped = ({ driver, a, b }: Pair): Pair => ({ driver, a: b, b: a });

const transports: { readonly [name: string]: () => Promise<Pair> } = {
  TCP: () => pair(),
  'TCP, from the accepting side': async () => swapped(await pair()),
  TLS: encrypted,
  'an upgraded connection, from the client': upgraded,
  'an upgraded connection, from the server': async () => swapped(await upgraded()),
};

for (const [name, makePair] of Object.entries(transports)) {
  describe(`${name} through a gateway`, () => checkConnection(framework, makePair));
}
