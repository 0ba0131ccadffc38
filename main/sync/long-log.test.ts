// A log that is long enough to be prepared on other threads: what they find is believed, what they do not find is not.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { receipts } from '../../bench/business.ts';
import { nodePrimitives } from '../../crypto/node.ts';
import { checkEvidence } from '../../shared/evidence.ts';
import { logKey } from '../../shared/log/checkpoint.ts';
import { formatNoteKey } from '../../shared/log/note.ts';
import { parseRecordText } from '../../shared/record.ts';
import { finished, newColleague } from '../../testing/desk.ts';
import { lyingGateway } from '../../testing/lying-gateway.ts';
import { newDesk, officeOrigin } from '../../testing/office.ts';
import { prepare, signerRows, signersIn, verifiedKeys } from './prepare.ts';

const folder = mkdtempSync(join(tmpdir(), 'custos-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { programme, records } = receipts(1500, 1);
const place = records.length - 100;

let terminals = 0;
async function takenIn(told: readonly string[]) {
  const origin = 'depository.example/p2p-demo';
  const publicKey = new Uint8Array(Buffer.from(programme.gatewayKey.publicKey, 'base64url'));
  const gateway = lyingGateway({ origin, publicKey, sign: programme.gatewayKey.sign }, told);
  const terminal = `T-${10 + terminals++}`;
  const desk = newDesk(join(folder, terminal), () => Date.now(), { connect: () => gateway });
  const invitation = {
    format: 'custos-invitation/1' as const,
    programme: programme.id,
    name: 'Long log',
    url: 'http://127.0.0.1:1',
    rootKey: programme.rootKey.publicKey,
    logKey: formatNoteKey(nodePrimitives.sha256, logKey(origin, publicKey)),
    relyingParty: { id: 'localhost', origins: [officeOrigin] },
    payeeKey: 'A'.repeat(43),
  };
  await desk.firstRun(newColleague('auditor', 'auditor', officeOrigin), invitation, terminal);
  const result = await finished(desk.client.sync({}));
  const { log } = await desk.client.status({});
  await desk.client.lock({});
  return { result, size: log.size };
}

const changed = (from: string | RegExp, to: string): string[] => {
  const told = [...records];
  told[place] = (told[place] as string).replace(from, to);
  expect(told[place]).not.toBe(records[place]);
  return told;
};

describe('a long log', () => {
  it('is taken in whole', async () => {
    const { result, size } = await takenIn(records);
    expect([result.ok, size]).toEqual([true, records.length]);
  });

  it('with one forged amount, signature or text deep inside it is refused at that record, and what came before is kept', async () => {
    const forgeries = [
      [/"amount":"\d+"/, '"amount":"99999999"', 'The signature of the machine does not verify.'],
      [/"signature":"..../, '"signature":"AAAA', 'The signature of the machine does not verify.'],
      ['{"admittedAt"', '{ "admittedAt"', 'Its bytes are not in canonical form.'],
      [/"account":"[^"]+",/, '', 'Field event.body.account'],
    ] as const;
    for (const [from, to, why] of forgeries) {
      const { result, size } = await takenIn(changed(from, to));
      expect(result.ok ? 'taken in' : result.refusal.type).toBe('disagreement');
      expect(result.ok ? '' : result.refusal.why).toMatch(new RegExp(`^Record ${place}\\b.*${why}`));
      expect(size).toBe(1000);
    }
  });
});

describe('a record that was prepared', () => {
  const signers = signerRows(programme.books);
  const verifiedOf = (text: string) => {
    const prepared = prepare({ records: [text], signers }, nodePrimitives);
    const record = parseRecordText(text);
    if (!prepared.ok || !record.ok) throw new Error('the record can be read');
    return verifiedKeys(signersIn(signers), prepared.value.genuine[0] as number, record.value);
  };
  const credited = records[place] as string;
  const approved = records.find((text) => text.includes('"instruction.approved"')) as string;

  it('counts as signed under the keys that the books know, and only where the signature fits', () => {
    expect(verifiedOf(credited)).toEqual([programme.adapterKey.publicKey]);
    expect(verifiedOf(credited.replace(/"amount":"\d+"/, '"amount":"1"'))).toEqual([]);
    expect(verifiedOf(approved)).toHaveLength(2);
    const otherSeal = approved.replace(/"seal":"..../, '"seal":"AAAA');
    expect(verifiedOf(otherSeal)).toEqual(verifiedOf(approved).slice(0, 1));
    const otherSignature = approved.replace(/"signature":"(.{20})..../, '"signature":"$1AAAA');
    expect(verifiedOf(otherSignature)).toEqual(verifiedOf(approved).slice(1));
  });

  it('is believed under the key that the books name for its signer, and under no other', () => {
    const refused = (text: string, verified: readonly string[]) => {
      const record = parseRecordText(text);
      if (!record.ok) throw new Error('the record can be read');
      return checkEvidence(programme.books, record.value.event, record.value.evidence, nodePrimitives, verified)?.type;
    };
    const { adapterKey, gatewayKey } = programme;
    const forged = credited.replace(/"amount":"\d+"/, '"amount":"1"');
    expect(refused(forged, [gatewayKey.publicKey])).toBe('evidence invalid');
    expect(refused(forged, [adapterKey.publicKey])).toBeUndefined();
    const [authenticator, seal] = verifiedOf(approved) as [string, string];
    const neither = approved
      .replace(/"seal":"..../, '"seal":"AAAA')
      .replace(/"signature":"(.{20})..../, '"signature":"$1AAAA');
    expect(refused(neither, [authenticator])).toBe('evidence invalid');
    expect(refused(neither, [seal])).toBe('evidence invalid');
    expect(refused(neither, [authenticator, seal])).toBeUndefined();
  });
});
