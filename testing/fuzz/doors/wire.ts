// Bytes on a connection, to the gateway and to the loopback host: what is not even HTTP, or only nearly. Each connection ends
// in time, what it is told is no secret, and the next one is served.

import { connect } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { startBrowserHost } from '../../../main/browser/host.ts';
import { openTestGateway } from '../../gateway.ts';
import { type Door, Finding, newDoor } from '../door.ts';
import { changedBytes } from '../inputs.ts';
import { expectNoLeak, Secrets } from '../leaks.ts';

const none = new Uint8Array();
const longestMs = 4_000;

export async function openWireDoor(): Promise<Door> {
  const rates = { perTerminal: { burst: 1e9, perSecond: 1e9 }, perAddress: { burst: 1e9, perSecond: 1e9 } };
  const gateway = await openTestGateway({ listens: true, limits: { headersMs: 300, requestMs: 600 }, rates });
  const host = await startBrowserHost({
    files: (path) => (path === '/index.html' ? { type: 'text/html', body: Buffer.from('<p>') } : undefined),
    port: 0,
    openPort: () => new MessageChannel().port1,
  });
  const hostPort = Number(new URL(host.origin).port);
  const secrets = new Secrets().add('the payee key', gateway.depository.invitation.payeeKey);
  const size = () => gateway.depository.gateway.sequencer().size();

  async function judge({ port, bytes }: { port: number; bytes: Uint8Array }): Promise<void> {
    const before = size();
    const { said, tookMs } = await say(port, bytes);
    expectNoLeak(said.replaceAll(/^(date|Date|set-cookie|content-security-policy): .*$/gm, ''), secrets);
    if (tookMs > longestMs) throw new Finding(`the connection was open for ${Math.round(tookMs)} ms`);
    if (size() !== before) throw new Finding('something was admitted');
    const sound = await say(port, Buffer.from(soundRequest(port)));
    if (!/^HTTP\/1.1 (200|403|429) /.test(sound.said))
      throw new Finding(`the next one is not served: ${sound.said.slice(0, 200)}`);
  }
  const soundRequest = (port: number) =>
    `GET ${port === gateway.port ? '/health' : '/'} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`;

  const target = '/api/p2p-demo/details';
  const body = Buffer.from('{"commitments":[]}');
  const head = (line: string, headers: Readonly<Record<string, string>>) =>
    [line, 'Host: localhost', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', ''].join(
      '\r\n',
    );
  const signed = gateway.headers('T-01', { method: 'POST', target, body });
  const json = { 'Content-Type': 'application/json' };
  const samples = [
    head('GET /health HTTP/1.1', {}),
    head(`GET ${target} HTTP/1.1`, gateway.headers('T-01', { method: 'GET', target, body: none })),
    `${head(`POST ${target} HTTP/1.1`, { ...signed, ...json, 'Content-Length': String(body.length) })}${body.toString()}`,
    `${head(`POST ${target} HTTP/1.1`, { ...signed, ...json, 'Transfer-Encoding': 'chunked' })}12\r\n${body.toString()}\r\n0\r\n\r\n`,
    `${head(`POST ${target} HTTP/1.1`, { ...json, 'Content-Length': '4', 'Transfer-Encoding': 'chunked' })}0\r\n\r\n`,
    head('PRI * HTTP/2.0', {}),
  ].map((text) => Buffer.from(text, 'latin1'));
  const hostSamples = [
    `GET / HTTP/1.1\r\nHost: localhost:${hostPort}\r\n\r\n`,
    `GET /enter?token=x&token=y HTTP/1.1\r\nHost: localhost:${hostPort}\r\n\r\n`,
    `GET /terminal HTTP/1.1\r\nHost: localhost:${hostPort}\r\nOrigin: ${host.origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  ].map((text) => Buffer.from(text, 'latin1'));
  const at = (port: number, some: readonly Uint8Array[]) => changedBytes(some).map((bytes) => ({ port, bytes }));
  const inputs = fc.oneof(
    { weight: 3, arbitrary: at(gateway.port, samples) },
    { weight: 2, arbitrary: at(hostPort, hostSamples) },
  );
  return newDoor('wire', inputs, judge, async () => {
    await host.close();
    await gateway.close();
  });
}

/** Says it, says no more, and hears what there is to hear. */
function say(port: number, bytes: Uint8Array): Promise<{ said: string; tookMs: number }> {
  const began = performance.now();
  let said = '';
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }, () => socket.end(bytes));
    socket.on('data', (part) => {
      said += part.toString('latin1');
    });
    socket.on('error', () => {});
    const late = setTimeout(() => socket.destroy(), 2 * longestMs);
    socket.once('end', () => socket.end());
    socket.once('close', () => {
      clearTimeout(late);
      resolve({ said, tookMs: performance.now() - began });
    });
  });
}
