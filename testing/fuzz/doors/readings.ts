// Everything that is read from bytes and gives a value or a refusal: files of the bank and of the platform, records, notes,
// invitations, configuration.

import { nodePrimitives } from '../../../crypto/node.ts';
import { type NodeConfig, parseNodeConfig } from '../../../depository/node.ts';
import { beginPlatformParse } from '../../../main/read-platform-file.ts';
import { parseTrust } from '../../../shared/audit.ts';
import { type Invitation, parseInvitation } from '../../../shared/contract/invitation.ts';
import { readCamt } from '../../../shared/iso20022/camt.ts';
import { readCamt029 } from '../../../shared/iso20022/camt029.ts';
import { readCamt056 } from '../../../shared/iso20022/camt056.ts';
import { decodeXml } from '../../../shared/iso20022/decode.ts';
import { openInspection } from '../../../shared/iso20022/inspect.ts';
import { readPain001 } from '../../../shared/iso20022/pain001.ts';
import { readPain002 } from '../../../shared/iso20022/pain002.ts';
import { openCheckpoint } from '../../../shared/log/checkpoint.ts';
import { parseNoteKey } from '../../../shared/log/note.ts';
import type { PlatformMapping } from '../../../shared/platform-file.ts';
import { parseRecord } from '../../../shared/record.ts';
import { ok, type Refusal, type Result, refuse } from '../../../shared/result.ts';
import { readCustodyText } from '../../../shared/watch-only.ts';
import { type Door, Finding, newDoor } from '../door.ts';
import { changedBytes } from '../inputs.ts';
import { expectNoLeak, Secrets } from '../leaks.ts';
import {
  answerFile,
  painFile,
  platformFile,
  recallFile,
  sampleLog,
  statementFile,
  statusFile,
  utf16,
  watchOnlyFile,
} from '../samples.ts';

type Answer = Result<unknown, Refusal>;
type Read = (bytes: Uint8Array) => Answer;

/** A refusal is short enough for a screen, whatever it was about. */
const maxRefusalChars = 1_000;

function readingDoor(
  name: string,
  samples: readonly (Uint8Array | string)[],
  read: Read,
  hidden: readonly string[] = [],
): Door {
  const genuine = samples.map((one) => (typeof one === 'string' ? Buffer.from(one) : one));
  if (genuine.every((one) => !read(one).ok)) throw new Error(`${name}: a genuine sample is read`);
  const secrets = new Secrets();
  for (const one of hidden) secrets.add('a password', one);
  return newDoor(name, changedBytes(genuine), (bytes) => judge(read(bytes), secrets));
}

function judge(answer: Answer, secrets: Secrets): void {
  if (answer.ok) return;
  const { type, what, why, next } = answer.refusal;
  if ([type, what, why, next].some((text) => typeof text !== 'string' || text === ''))
    throw new Finding(`a refusal does not say what, why and next: ${JSON.stringify(answer.refusal)}`);
  const text = `${type} ${what} ${why} ${next}`;
  if (text.length > maxRefusalChars) throw new Finding(`a refusal of ${text.length} characters: ${text.slice(0, 300)}`);
  expectNoLeak(text, secrets);
}

const asText =
  (read: (text: string) => Result<unknown, Refusal>): Read =>
  (bytes) =>
    read(Buffer.from(bytes).toString('utf8'));
/** A file in whatever encoding it declares. */
const decoded =
  (read: (text: string) => Result<unknown, Refusal>): Read =>
  (bytes) => {
    const text = decodeXml(bytes);
    return text.ok ? read(text.value) : text;
  };

/** In two pieces, as from a disk; what is wrong with a file is in its errors. */
function inspect(bytes: Uint8Array): Result<unknown, Refusal> {
  const inspection = openInspection();
  const half = bytes.length >> 1;
  if (inspection.push(bytes.subarray(0, half))) inspection.push(bytes.subarray(half));
  const { wellFormed, errors } = inspection.end();
  if (wellFormed || errors[0] === undefined) return ok(errors);
  return refuse('not read', 'The file was not read.', errors[0].what, 'Ask its sender.');
}

const mapping: PlatformMapping = {
  ...{ platform: 'platform-a', encoding: 'utf-8', delimiter: ',', decimal: '.', accountIs: 'id' },
  ...{ account: 'account', balance: 'balance', assetColumn: 'asset', asset: null, dayColumn: 'day' },
};

/** In two pieces, as it comes from a disk. */
async function readPlatform(bytes: Uint8Array): Promise<Answer> {
  const parse = beginPlatformParse(mapping, ['CNY', 'USD']);
  const half = bytes.length >> 1;
  for (const part of [bytes.subarray(0, half), bytes.subarray(half)]) {
    const taken = await parse.take(part);
    if (!taken.ok) return taken;
  }
  return parse.end();
}

async function platformDoor(): Promise<Door> {
  const genuine = Buffer.from(platformFile);
  if (!(await readPlatform(genuine)).ok) throw new Error('platform: the genuine sample is read');
  return newDoor('platform', changedBytes([genuine]), async (bytes) => judge(await readPlatform(bytes), new Secrets()));
}

const key = 'A'.repeat(43);

const invitation: Invitation = {
  format: 'custos-invitation/1',
  programme: 'p2p-demo',
  name: 'Demonstration',
  url: 'https://depository.bank.example',
  others: ['https://other.bank.example'],
  rootKey: key,
  logKey: 'depository.example/p2p-demo+c74f20a3+ARpc2Q',
  relyingParty: { id: 'localhost', origins: ['http://localhost:5601'] },
  payeeKey: key,
};

/** A word that stands in the configuration and must not come back. */
const password = 'correct-horse-battery';

const configuration: NodeConfig = {
  format: 'custos-depository/1',
  node: 'node-a',
  programme: 'p2p-demo',
  name: 'Demonstration',
  origin: 'depository.example/p2p-demo',
  relyingParty: { id: 'localhost', origins: ['http://localhost:5601'] },
  directory: 'depository',
  database: `postgres://custos:${password}@db.bank.example/custos`,
  pools: { CNY: '110022' },
  port: 0,
};

export const readingDoors: Readonly<Record<string, () => Door | Promise<Door>>> = {
  pain: () => readingDoor('pain', [painFile, utf16(painFile)], decoded(readPain001)),
  status: () => readingDoor('status', [statusFile], decoded(readPain002)),
  camt: () => readingDoor('camt', [statementFile, utf16(statementFile)], decoded(readCamt)),
  recall: () => readingDoor('recall', [recallFile], decoded(readCamt056)),
  answer: () => readingDoor('answer', [answerFile], decoded(readCamt029)),
  inspect: () => readingDoor('inspect', [painFile, utf16(statementFile), recallFile], inspect),
  platform: platformDoor,
  'watch-only': () => readingDoor('watch-only', [watchOnlyFile], asText(readCustodyText)),
  record: () => readingDoor('record', sampleLog().leaves, parseRecord),
  checkpoint: () => {
    const { checkpoint, trust } = sampleLog();
    const log = parseNoteKey(nodePrimitives.sha256, trust.logKey);
    if (!log.ok) throw new Error(log.refusal.why);
    const open = (whole: string) => openCheckpoint(nodePrimitives, whole, log.value, []);
    return readingDoor('checkpoint', [checkpoint], asText(open));
  },
  trust: () => readingDoor('trust', [JSON.stringify(sampleLog().trust)], asText(parseTrust)),
  invitation: () => readingDoor('invitation', [JSON.stringify(invitation)], asText(parseInvitation)),
  configuration: () =>
    readingDoor('configuration', [JSON.stringify(configuration)], asText(parseNodeConfig), [password]),
};
