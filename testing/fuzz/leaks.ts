// What no answer may show: a path, the text of a query, where in the program it was, or any key that a test knows.

import { tmpdir } from 'node:os';
import { Finding } from './door.ts';

const marks: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['the folder of temporary files', new RegExp(tmpdir().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))],
  ['a folder of this program', new RegExp(process.cwd().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))],
  ['the name of a file of this program', /\b[\w-]+\.(ts|mjs|cjs|node)\b/],
  ['the database', /sqlite|constraint failed|database connection/i],
  ['a query', /\b(SELECT\s.+\sFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA)\b/i],
  ['a module', /\bnode:\w+|node_modules/],
  ['a place in the program', /\bat .+:\d+:\d+/],
  [
    'an error of the program',
    /\b(TypeError|RangeError|SyntaxError|ZodError|ENOENT|EACCES|ECONN\w+|undefined is not|Cannot read prop)/,
  ],
];

/** Keys that are known to the test, in every form in which they could be written. */
export class Secrets {
  readonly #forms = new Map<string, string>();

  add(name: string, secret: Uint8Array | string): this {
    const bytes = Buffer.from(secret);
    const forms = [bytes.toString('base64').replaceAll('=', ''), bytes.toString('base64url'), bytes.toString('hex')];
    for (const form of typeof secret === 'string' ? [secret, ...forms] : forms)
      if (form.length >= 8) this.#forms.set(form, name);
    return this;
  }

  findIn(text: string): string | undefined {
    for (const [form, name] of this.#forms) if (text.includes(form)) return name;
    return undefined;
  }
}

/** For any answer at all. */
export function expectNoSecret(answer: string, secrets: Secrets): void {
  const secret = secrets.findIn(answer);
  if (secret !== undefined) throw new Finding(`the answer shows ${secret}`);
}

/** For refusals, failures and everything else that is meant for strangers. */
export function expectNoLeak(answer: string, secrets: Secrets): void {
  expectNoSecret(answer, secrets);
  for (const [what, pattern] of marks)
    if (pattern.test(answer)) throw new Finding(`the answer shows ${what}: ${answer.slice(0, 600)}`);
}
