/** `import('bus')` on real engines: the same program on NATS and Redis, plain, with a password and with TLS, and a restart under load. */
import { freePort } from '../free-port.ts';
import { certificate, expect, magnolia, pause, startEngine, write } from './kit.ts';

const TALK = `
bus := import('bus')
options := { timeout: 5, caFile: args().3, password: args().4, user: args().5 }
opened := bus.connect(args().2, options)
if opened.type = :error -> {
	println(opened.code)
	exit(0)
}
b := opened.bus
got := []
b.subscribe('a.*', fn(m) got << 'one ' + m.subject)
b.subscribe('a.>', fn(m) got << 'rest ' + m.subject)
b.subscribe('bytes', fn(m) got << m.data)
b.publish('a.b', '1')
b.publish('a.b.c', '2')
b.publish('bytes', '\\x00\\r\\n\\xff')
println(b.flush(5).type)
wait(0.2)
println(import('sort').sort(got) == ['\\x00\\r\\n\\xff', 'one a.b', 'rest a.b', 'rest a.b.c'])
b.subscribe('ask', fn(m) m.respond('heard ' + m.data))
println(b.request('ask', 'hi').data, b.request('nobody', '').code)
println(b.drain(5).type)
`;
const RIGHT = 'ok\ntrue\nheard hi noresponders\nok\n';

const LOAD = `
bus := import('bus')
b := bus.connect(args().2, { timeout: 5, ping: 2 }).bus
got := {}
b.subscribe('load', fn(m) got.(m.data) := true)
kept := []
fn load(i) if i < 600 -> {
	result := b.publish('load', string(i))
	if b.flush(10).type = :ok -> kept << string(i)
	wait(0.005)
	load(i + 1)
}
println('ready')
load(0)
wait(0.3)
lost := import('std').filter(kept, fn(n) got.(n) != true)
println('lost', len(lost), 'of', len(kept), 'reconnects', b.stats().reconnects)
println(b.drain(5).type)
`;

export async function busEngines(): Promise<string> {
  const { ca, cert, key } = certificate();
  const [nats, natsAuth, natsTls, redis, redisAuth, redisTls] = (await Promise.all(Array.from({ length: 6 }, freePort))) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const login = 'authorization { user: "fleet", password: "s3cret" }';
  const natsArgs = ['-a', '127.0.0.1', '-p', String(nats)];
  let server = await startEngine('nats-server', natsArgs, nats);
  await startEngine('nats-server', ['-c', write('nats-auth.conf', `listen: "127.0.0.1:${natsAuth}"\n${login}\n`)], natsAuth);
  const tls = `tls { cert_file: "${cert}", key_file: "${key}", timeout: 5 }`;
  await startEngine('nats-server', ['-c', write('nats-tls.conf', `listen: "127.0.0.1:${natsTls}"\n${login}\n${tls}\n`)], natsTls);
  const common = 'bind 127.0.0.1\nsave ""\nappendonly no\n';
  await startEngine('redis-server', [write('redis.conf', `${common}port ${redis}\n`)], redis);
  const secure = `tls-port ${redisTls}\ntls-cert-file ${cert}\ntls-key-file ${key}\ntls-ca-cert-file ${ca}\ntls-auth-clients no\n`;
  await startEngine(
    'redis-server',
    [write('redis-auth.conf', `${common}port ${redisAuth}\n${secure}requirepass s3cret\n`)],
    redisAuth,
  );

  for (const [url, password, user, right] of [
    [`nats://127.0.0.1:${nats}`, '', '', RIGHT],
    [`nats://127.0.0.1:${natsAuth}`, 's3cret', 'fleet', RIGHT],
    [`nats://fleet:s3cret@127.0.0.1:${natsAuth}`, '', '', RIGHT],
    [`nats://127.0.0.1:${natsAuth}`, 'wrong', 'fleet', 'permission\n'],
    [`tls://localhost:${natsTls}`, 's3cret', 'fleet', RIGHT],
    [`redis://127.0.0.1:${redis}`, '', '', RIGHT],
    [`redis://127.0.0.1:${redisAuth}`, 's3cret', '', RIGHT],
    [`redis://127.0.0.1:${redisAuth}`, 'wrong', '', 'permission\n'],
    [`rediss://:s3cret@localhost:${redisTls}`, '', '', RIGHT],
  ] as const) {
    const text = TALK.replace('args().4', password === '' ? '?' : 'args().4').replace('args().5', user === '' ? '?' : 'args().5');
    const program = magnolia({ text }, [url, ca, password, user]);
    expect((await program.status) === 0 && program.output === right, `${url}: ${program.output}`);
  }

  const loaded = magnolia({ text: LOAD }, [`nats://127.0.0.1:${nats}`]);
  await loaded.line(/ready/);
  await pause(1000);
  await server.end('SIGKILL');
  await pause(500);
  server = await startEngine('nats-server', natsArgs, nats);
  const [, lost, kept, gaps] = await loaded.line(/lost (\d+) of (\d+) reconnects (\d+)/, 60_000);
  expect((await loaded.status) === 0, loaded.output);
  expect(lost === '0' && gaps === '1' && Number(kept) > 300, `${lost} of ${kept} flushed messages were lost, ${gaps} reconnects`);
  return `NATS and Redis, with passwords and TLS; of ${kept} flushed messages round a restart none was lost`;
}
