import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from '../desk.ts';
import { newDesk, officeOrigin } from '../office.ts';
import { SoftAuthenticator } from '../soft-authenticator.ts';
import { officeState, openOffice, prepareOffice, vaultOf } from './office.ts';

const scratch = mkdtempSync(join(tmpdir(), 'custos-processes-'));
const office = join(scratch, 'office');
beforeAll(() => prepareOffice(office));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Another process that has the office open, and works. */
async function workInAnotherProcess(): Promise<{ readonly child: ChildProcess; readonly gone: Promise<unknown> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'work.ts'), '--directory', office], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  children.push(child);
  const gone = once(child, 'exit');
  await once(child.stdio[3] as NodeJS.ReadableStream, 'data');
  return { child, gone };
}

describe('two processes', () => {
  it('never open one vault or one depository, also while one of them stands still; who was killed holds nothing', async () => {
    const { child, gone } = await workInAnotherProcess();
    const refused = async () => {
      const desk = newDesk(join(office, 'T-01'), Date.now, { connect: () => ({}) as never });
      const begun = accepted(await desk.client.unlock({ operator: 'teller-a' }));
      const { request } = begun;
      if (request === null) throw new Error('the teller has a security key');
      const stored = JSON.parse(readFileSync(join(office, 'soft-authenticators.json'), 'utf8')) as Record<
        string,
        never
      >;
      const key = new SoftAuthenticator(officeOrigin, stored['teller-a']);
      const answer = { ceremony: request.ceremony, assertion: key.get(request.options) };
      const passphrase = 'teller-a remembers four unrelated words';
      const unlocked = await desk.client.unlockStep({ operator: 'teller-a', passphrase, answer });
      return unlocked.ok ? 'opened' : unlocked.refusal.type;
    };
    expect(await refused()).toBe('vault in use');
    await expect(openOffice(office)).rejects.toThrow('Another process has this depository open');
    child.kill('SIGSTOP');
    expect(await refused()).toBe('vault in use');
    child.kill('SIGKILL');
    await gone;
    const opened = await openOffice(office);
    expect((await officeState(opened)).terminals['T-01'].readOnly).toBeNull();
    await opened.close();
  });
});

describe('a vault without its slot file', () => {
  it('is not a new terminal: nobody can set it up over what is there', async () => {
    const folder = join(scratch, 'lost');
    cpSync(vaultOf(office, 'T-01'), join(folder, 'vault'), { recursive: true });
    rmSync(join(folder, 'vault', 'vault.slots'));
    const desk = newDesk(folder, Date.now, { connect: () => ({}) as never });
    const invitation = {
      format: 'custos-invitation/1',
      ...{ programme: 'crash', name: 'Crash', url: 'http://127.0.0.1:1' },
      ...{ rootKey: 'A'.repeat(43), logKey: 'x', payeeKey: 'A'.repeat(43) },
      relyingParty: { id: 'localhost', origins: [officeOrigin] },
    } as never;
    const person = {
      operator: 'someone',
      role: 'teller',
      staffId: 's',
      passphrase: 'four words that are long',
    } as const;
    const begun = await desk.client.firstRun({ ...person, invitation, terminal: 'T-01' });
    expect(begun.ok ? 'set up' : begun.refusal.type).toBe('slots lost');
  });
});
