/** The files of examples/deploy, each checked by the tool that reads it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, cli, engine, expect, folder, root, write } from './kit.ts';

export async function deploy(): Promise<string> {
  const at = (name: string): string => join(root, 'examples/deploy', name);
  const checked: string[] = [];
  const tool = (name: string): string | null => {
    const path = engine(name);
    if (path === null) console.log(`NO ${name.toUpperCase()}: its file in examples/deploy is not checked`);
    else checked.push(name);
    return path;
  };
  const haproxy = tool('haproxy');
  if (haproxy !== null) check(haproxy, ['-c', '-q', '-f', at('haproxy.cfg')]);
  const nginx = tool('nginx');
  if (nginx !== null) check(nginx, ['-t', '-q', '-p', folder, '-c', at('nginx.conf')]);
  const analyze = tool('systemd-analyze');
  if (analyze !== null) {
    // It wants the command of the unit to exist: that of this checkout.
    const unit = readFileSync(at('chat.service'), 'utf8').replace('/usr/local/bin/magnolia', `${process.execPath} ${cli}`);
    check(analyze, ['verify', write('chat.service', unit), write('chat.socket', readFileSync(at('chat.socket'), 'utf8'))]);
  }
  // What Docker and Kubernetes start is a command line of ours.
  const docker = readFileSync(at('Dockerfile'), 'utf8');
  const entry = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(docker)?.[1] ?? '[]') as string[];
  const unknown = check(process.execPath, [cli, 'help']);
  expect(
    entry[0] === 'magnolia' && entry.filter((word) => word.startsWith('--')).every((flag) => unknown.includes(flag)),
    'a flag of the Dockerfile is unknown',
  );
  const kubernetes = readFileSync(at('kubernetes.yaml'), 'utf8');
  expect(
    /path: \/healthz, port: metrics/.test(kubernetes) && docker.includes('9100'),
    'the probe of Kubernetes is not the port of the metrics',
  );
  return `checked with ${checked.join(', ')}`;
}
