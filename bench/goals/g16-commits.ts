// Run under strace by G16: FILE COMMITS. Admits that many receipts one after the other, each answered before the next, between
// two lines of output that the trace shows.

import { writeSync } from 'node:fs';
import { nodePrimitives } from '../../crypto/node.ts';
import { openGateway } from '../../depository/gateway.ts';
import { openSqliteStore } from '../../depository/store/sqlite.ts';
import { logKey } from '../../shared/log/checkpoint.ts';
import { gatewayLoad } from '../gateway.ts';

const [file = '', commits = ''] = process.argv.slice(2);
const { programme, opening, bulk } = gatewayLoad(Number(commits));
const gateway = await openGateway({
  store: openSqliteStore(file),
  primitives: nodePrimitives,
  clock: () => programme.nowMs,
  key: logKey('depository.example/p2p-demo', new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url'))),
  sign: programme.gatewayKey.sign,
  holder: 'traced',
  leaseMs: 120_000,
});
await gateway.admit(opening);
writeSync(1, 'custos: begin\n');
for (const one of bulk.flat()) {
  const [outcome] = await gateway.admit([one]);
  if (!outcome?.ok) throw new Error('a receipt was refused');
}
writeSync(1, 'custos: end\n');
