import { describe, expect, it } from '@jest/globals';
import { Machine } from '../../language/runtime/machine.ts';
import { NodeHost } from '../host.ts';
import { metricsText, SocketCounters } from './metrics.ts';

const machine = new Machine(new NodeHost(), { failed() {}, idle() {} });

describe('figures for Prometheus', () => {
  it('count what happens to sockets', async () => {
    const counters = new SocketCounters();
    const socket = { id: 1, remote: 'r', local: 'l', tls: true };
    counters.tell({ kind: 'listen', local: 'l' });
    counters.tell({ kind: 'accept', ...socket });
    counters.tell({ kind: 'connect', ...socket, id: 2 });
    counters.tell({ kind: 'tls-failed', id: 2, code: 'cert', reason: '' });
    counters.tell({ kind: 'close', id: 2, bytesIn: 0, bytesOut: 0 });
    counters.bytes(1, 'in', 5);
    counters.bytes(1, 'out', 7);
    const { figures, failures, isDraining } = await counters.snapshot(machine);
    expect(figures).toMatchObject({
      sockets_open: 1,
      connections_accepted_total: 1,
      connections_dialed_total: 1,
      bytes_received_total: 5,
      bytes_sent_total: 7,
      threads: 0,
    });
    expect([failures, isDraining]).toEqual([{ cert: 1 }, false]);
    counters.tell({ kind: 'listen-closed', local: 'l' });
    expect((await counters.snapshot(machine)).isDraining).toBe(true);
  });

  it('are families of samples with the labels of their workers', async () => {
    const counters = new SocketCounters();
    counters.tell({ kind: 'tls-failed', id: 2, code: 'tls', reason: '' });
    const snapshot = await counters.snapshot(machine);
    const text = metricsText([
      { worker: 1, snapshot },
      { worker: 2, snapshot },
    ]);
    expect(text).toContain(
      '# TYPE magnolia_sockets_open gauge\nmagnolia_sockets_open{worker="1"} 0\nmagnolia_sockets_open{worker="2"} 0\n',
    );
    expect(text).toContain('magnolia_handshake_failures_total{worker="1",code="tls"} 1\n');
    expect(metricsText([{ worker: null, snapshot }])).toContain('\nmagnolia_handshake_failures_total{code="tls"} 1\n');
  });
});
