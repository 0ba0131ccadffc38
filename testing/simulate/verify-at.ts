// An auditor: takes the bundle of one terminal, brings their own trusted keys, and verifies it offline.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBankKeys } from '../../depository/keys.ts';
import { verify } from '../../verifier/verify.ts';
import { finished } from '../desk.ts';
import { Disagreement, type Station, type World } from './world.ts';

export async function verifyAt(world: World, station: Station): Promise<string> {
  const exported = await finished(station.desk.client.exportAudit({}));
  if (!exported.ok) {
    if (exported.refusal.type === 'state') return 'no log here yet';
    throw new Disagreement(`${station.name} cannot export: ${exported.refusal.why}`);
  }
  const { bundle, size } = exported.value;
  const { invitation } = world.depository;
  const trust = join(world.directory, 'trust.json');
  writeFileSync(
    trust,
    JSON.stringify({
      ...{ format: 'custos-trust/1', programme: invitation.programme, logKey: invitation.logKey },
      ...{ rootKey: openBankKeys(join(world.directory, 'depository', 'bank-keys.json')).root.publicKey },
      ...{ witnesses: [], witnessQuorum: 0 },
    }),
  );
  const said: string[] = [];
  if ((await verify({ bundle, trust, json: true }, (text) => said.push(text))) !== 0)
    throw new Disagreement(`the verifier does not agree with ${station.name}: ${said.join(' ')}`);
  world.count('verified by an auditor');
  return `${station.name} ${size} records verified`;
}
