// The audit bundle: a text file of lines, not compressed, so that nothing in it can grow by being read. Whatever is done to
// it, the verifier says so, and a bundle that verifies is the one that was written.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { canonicalText } from '../../../shared/canonical.ts';
import { verify } from '../../../verifier/verify.ts';
import { type Door, Finding, newDoor } from '../door.ts';
import { changedBytes, changedJson, hostileJson, toJsonText } from '../inputs.ts';
import { expectNoLeak, Secrets } from '../leaks.ts';
import { sampleLog } from '../samples.ts';

interface LineEdit {
  readonly at: number;
  readonly how: 'drop' | 'repeat' | 'swap' | 'change' | 'insert' | 'deep' | 'long' | 'lie';
  readonly text: string;
}

const maxAnswerChars = 10_000;

export function openBundleDoor(): Door {
  const { lines, trust } = sampleLog();
  const directory = mkdtempSync(join(tmpdir(), 'custos-'));
  const [bundleFile, trustFile] = [join(directory, 'bundle'), join(directory, 'trust')];
  writeFileSync(trustFile, JSON.stringify(trust));
  const genuine = lines.join('\n');
  const secrets = new Secrets();

  async function judge(bytes: Uint8Array): Promise<void> {
    writeFileSync(bundleFile, bytes);
    const said: string[] = [];
    const code = await verify({ bundle: bundleFile, trust: trustFile, json: true }, (line) => said.push(line));
    const isGenuine = Buffer.from(bytes).toString('utf8').replace(/\n$/, '') === genuine;
    if ((code === 0) !== isGenuine)
      throw new Finding(`the verifier says ${code} of a bundle that is ${isGenuine ? '' : 'not '}genuine`);
    const [answer = ''] = said;
    if (said.length !== 1 || answer.length > maxAnswerChars)
      throw new Finding(`it says too much: ${answer.slice(0, 300)}`);
    const { ok, firstBad, refusal } = JSON.parse(answer) as {
      ok: boolean;
      firstBad?: { why: string };
      refusal?: { why: string };
    };
    if (!ok && !(firstBad ?? refusal)?.why) throw new Finding('it does not say what is wrong');
    if (!ok) expectNoLeak(answer, secrets);
  }

  const byLines = fc
    .record({ edits: fc.array(edits(lines), { minLength: 1, maxLength: 3 }), isClosedAgain: fc.boolean() })
    .map(({ edits: list, isClosedAgain }) => {
      const changed = list.reduce<readonly string[]>(applyEdit, lines);
      return Buffer.from((isClosedAgain ? closedAgain(changed) : changed).join('\n'));
    });
  const byBytes = changedBytes([Buffer.from(genuine), Buffer.from(`${genuine}\n`)]);
  const inputs = fc.oneof({ weight: 3, arbitrary: byLines }, { weight: 2, arbitrary: byBytes });
  return newDoor<Uint8Array>('bundle', inputs, judge, () => rmSync(directory, { recursive: true }));
}

const edits = (lines: readonly string[]): fc.Arbitrary<LineEdit> =>
  fc.record({
    at: fc.nat(),
    how: fc.constantFrom<LineEdit['how']>(
      'drop',
      'repeat',
      'swap',
      'change',
      'change',
      'insert',
      'deep',
      'long',
      'lie',
    ),
    text: fc.oneof(changedJson(lines.map((line) => JSON.parse(line) as unknown)), hostileJson).map(toJsonText),
  });

function applyEdit(lines: readonly string[], { at: place, how, text }: LineEdit): readonly string[] {
  const at = place % Math.max(1, lines.length);
  const line = lines[at] ?? '';
  const put = (...instead: string[]) => lines.toSpliced(at, 1, ...instead);
  switch (how) {
    case 'drop':
      return put();
    case 'repeat':
      return put(line, line);
    case 'swap':
      return put(lines[at + 1] ?? '', line).toSpliced(at + 2, 1);
    case 'change':
      return put(text);
    case 'insert':
      return put(line, text);
    case 'deep':
      return put('['.repeat(100_000) + ']'.repeat(100_000));
    case 'long':
      return put(`${line}${' '.repeat(1 << 20)}`);
    case 'lie':
      return put(line.replace(/"(size|details)":\d+/, (_, name: string) => `"${name}":${place}`));
  }
}

/** As whoever changed it would: the closing digests are made again. */
function closedAgain(lines: readonly string[]): readonly string[] {
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  const [header = '', ...body] = lines.slice(0, -1);
  const closing = canonicalText({ body: digest(body.map((line) => `${line}\n`).join('')), header: digest(header) });
  return [...lines.slice(0, -1), closing];
}
