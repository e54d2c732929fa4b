/** `magnolia run --workers` with real processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { forwardLines } from './lines.ts';
import { readWorkerOptions } from './options.ts';

const root = resolve(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'magnolia-workers-'));
afterAll(() => rmSync(folder, { recursive: true }));
/** A running command: its output so far, and what to wait for in it. */
class Running {
  output = '';
  readonly child: ChildProcess;
  readonly status: Promise<number | null>;
  #changed: () => void = () => {};

  constructor(program: string, ...flags: string[]) {
    const file = join(folder, 'program.oak');
    writeFileSync(file, program);
    this.child = spawn(process.execPath, [join(root, 'dist/cli.cjs'), 'run', ...flags, file]);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
        this.#changed();
      });
    }
    this.status = new Promise((done) => this.child.once('close', done));
  }

  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      await new Promise<void>((done) => {
        this.#changed = done;
      });
    }
  }
}

let running: Running | null = null;
const run = (program: string, ...flags: string[]): Running => {
  running = new Running(program, ...flags);
  return running;
};
afterEach(async () => {
  running?.child.kill('SIGTERM');
  running?.child.kill('SIGTERM'); // the second one kills what does not end
  await running?.status;
});

const SERVER = `
process := import('process')
socket := import('socket')
server := socket.serve('127.0.0.1:0', fn(event) {
	line := socket.recvLine(event.socket)
	socket.sendLine(event.socket, string(process.worker()) + ' ' + line.data)
	socket.close(event.socket)
})
println('ready', server.local, process.pid())
println(process.awaitSignal().name)
`;
const ORDERLY = `${SERVER}server.drain(5)\nprintln('bye')\n`;

function ask(port: string, text: string): Promise<string> {
  return new Promise((done, fail) => {
    let answer = '';
    connect(Number(port), '127.0.0.1')
      .on('error', fail)
      .on('data', (chunk) => {
        answer += chunk;
      })
      .on('end', () => done(answer.trim()))
      .end(`${text}\n`);
  });
}

describe('magnolia run --workers', () => {
  it('serves one port in turn and ends in order', async () => {
    const command = run(ORDERLY, '--workers', '2');
    const [, port = ''] = await command.line(/ready \S+:(\d+) [\s\S]*ready/);
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await ask(port, 'x'));
    expect(answers.filter((one) => one === '{count: 2, id: 1} x')).toHaveLength(3);
    expect(answers.filter((one) => one === '{count: 2, id: 2} x')).toHaveLength(3);
    command.child.kill('SIGTERM');
    expect(await command.status).toBe(0);
    expect(command.output.match(/bye/g)).toHaveLength(2);
  }, 60_000);

  it('keeps a connection that a killed worker has not taken, and replaces the worker', async () => {
    const command = run(ORDERLY, '--workers', '1');
    const [, port = '', pid] = await command.line(/ready \S+:(\d+) (\d+)/);
    process.kill(Number(pid), 'SIGSTOP');
    const answer = ask(port, 'patient');
    await new Promise((done) => setTimeout(done, 100));
    process.kill(Number(pid), 'SIGKILL');
    expect(await answer).toBe('{count: 1, id: 1} patient');
    await command.line(/worker 1 \(pid \d+\) was ended by SIGKILL; a new one starts in 0.1 s/);
  }, 60_000);

  it('says once why workers cannot start, and ends with their status', async () => {
    const command = run('nonsense()', '--workers', '3');
    expect(await command.status).toBe(1);
    expect(command.output.match(/`nonsense`|nonsense is not|is not a function/g)?.length).toBeGreaterThan(0);
    expect(command.output.match(/Runtime Error/g)).toHaveLength(1);
    expect(command.output).toMatch(/worker 1 \(pid \d+\) ended with status 1 before any worker listened/);
  }, 60_000);

  it('ends without a server when all workers have ended with 0', async () => {
    const command = run("println('done')", '--workers', '2');
    expect(await command.status).toBe(0);
    expect(command.output).toBe('done\ndone\n');
  }, 60_000);

  it('has the figures of each worker at one endpoint', async () => {
    const command = run(ORDERLY, '--workers', '2', '--metrics', '127.0.0.1:0');
    const [, url = ''] = await command.line(/(http:\S+)\/metrics/);
    const [, port = ''] = await command.line(/ready \S+:(\d+) [\s\S]*ready/);
    for (let i = 0; i < 4; i++) await ask(port, 'x');
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const worker of [1, 2]) expect(text).toContain(`magnolia_connections_accepted_total{worker="${worker}"} 2\n`);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  }, 60_000);

  it('kills what does not end within the grace', async () => {
    const command = run(`${SERVER}wait(60)`, '--workers', '1', '--grace', '0.3');
    await command.line(/ready/);
    command.child.kill('SIGTERM');
    await command.line(/term/);
    expect(await command.status).toBe(1);
    expect(command.output).toMatch(/worker 1 \(pid \d+\) is killed: it did not end in time/);
  }, 60_000);

  it('keeps the old workers when the new program fails', async () => {
    const command = run(ORDERLY, '--workers', '2');
    const [, port = ''] = await command.line(/ready \S+:(\d+) [\s\S]*ready/);
    writeFileSync(join(folder, 'program.oak'), 'broken(');
    command.child.kill('SIGHUP');
    await command.line(/the new worker 1 \(pid \d+\) ended before it listened; the old workers stay/);
    expect(await ask(port, 'still')).toMatch(/still/);
  }, 60_000);

  it('ends a program that waits for no signal', async () => {
    const command = run("import('socket').serve('127.0.0.1:0', fn(event) ?)\nprintln('up')", '--workers', '2');
    await command.line(/up[\s\S]*up/);
    command.child.kill('SIGINT');
    expect(await command.status).toBe(0);
  }, 60_000);
});

describe('the options of workers', () => {
  for (const [workers, grace, expected] of [
    ['2', null, { count: 2, graceMs: 30_000 }],
    ['3', '1.5', { count: 3, graceMs: 1500 }],
    ['0', null, '--workers takes a whole number from 1 to 999, or auto, not 0'],
    ['two', null, '--workers takes a whole number from 1 to 999, or auto, not two'],
    ['2', '-1', '--grace takes seconds from 0 to 86400, not -1'],
  ] as const) {
    it(`${workers}, ${grace}`, () => expect(readWorkerOptions(workers, grace)).toEqual(expected));
  }
});

describe('output of workers', () => {
  it('is passed on in whole lines', async () => {
    const from = new PassThrough();
    const written: string[] = [];
    forwardLines(from, (bytes) => written.push(Buffer.from(bytes).toString()));
    for (const part of ['a', 'b\nc', '\n\nd\ne', 'f']) {
      from.write(part);
      await new Promise(setImmediate);
    }
    from.end();
    await new Promise((done) => from.once('end', done));
    expect(written).toEqual(['ab\n', 'c\n\nd\n', 'ef']);
  });
});
