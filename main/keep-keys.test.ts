import { copyFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Draft } from '../shared/contract/terminal.ts';
import { listenAtFaultPoints } from '../shared/fault.ts';
import { accepted, Refused } from '../testing/desk.ts';
import { newDesk, openTestOffice, overHttp, type TestOffice } from '../testing/office.ts';

let office: TestOffice;
beforeAll(async () => {
  office = await openTestOffice();
});
afterAll(() => office.depository.close());

const typeOf = (result: { ok: boolean; refusal?: { type: string } }): string => result.refusal?.type ?? 'accepted';

/** Made by the first officer and approved by the second; what T-02 signs waits in its outbox. */
async function decide(draft: Draft): Promise<void> {
  const { maker, checker, officers } = office;
  await maker.unlock(officers[0]);
  const made = await maker.make(draft);
  await maker.sync();
  await checker.unlock(officers[1]);
  await checker.sync();
  await checker.approve(...made);
}

describe('an operator who was revoked', () => {
  it('has no way in any more after the next sync, not even with the files of before', async () => {
    const { directory, maker, checker, officers, teller, time } = office;
    await maker.client.lock({});
    const folder = join(directory, 'T-01', 'vault');
    cpSync(folder, join(directory, 'before', 'vault'), { recursive: true });
    await decide({ kind: 'revoke operator', operator: 'teller-a', reason: 'left the bank' });
    await checker.sync();
    expect((await maker.client.status({})).vault).toMatchObject({ epoch: 1, keysChanged: null });
    await maker.sync();
    expect((await maker.client.status({})).vault).toMatchObject({
      epoch: 2,
      keysChanged: { what: 'keys changed', operator: 'officer-a', facts: { epoch: 2, why: 'teller-a revoked' } },
    });
    await maker.client.lock({});
    expect((await maker.client.status({})).people).toEqual(['officer-a']);
    expect(typeOf(await maker.tryUnlock(teller))).toBe('no slot');
    copyFileSync(join(folder, 'vault.slots'), join(directory, 'newest.slots'));
    copyFileSync(join(directory, 'before', 'vault', 'vault.slots'), join(folder, 'vault.slots'));
    expect(typeOf(await maker.tryUnlock(teller))).toBe('slots put back');
    copyFileSync(join(directory, 'newest.slots'), join(folder, 'vault.slots'));
    await maker.unlock(officers[0]);
    // The folder of before as a whole opens what was there before, as an old backup does, until its next sync.
    const old = newDesk(join(directory, 'before'), time.nowMs, { connect: overHttp });
    await old.unlock(teller);
    await old.sync();
    expect((await old.client.status({})).phase).toBe('locked');
    expect(typeOf(await old.tryUnlock(teller))).toBe('no slot');
    await old.unlock(officers[0]);
    await old.client.lock({});
  });

  it('is put out at once when they are at the terminal, and others go on', async () => {
    const { checker, supervisor, officers } = office;
    await decide({ kind: 'revoke operator', operator: 'supervisor-a', reason: 'left the bank' });
    await checker.unlock(supervisor);
    await checker.sync();
    expect(await checker.client.status({})).toMatchObject({ phase: 'locked', people: ['officer-b'] });
    expect(typeOf(await checker.client.diary({ before: 1000, limit: 10 }))).toBe('locked');
    await checker.unlock(officers[1]);
    expect((await checker.client.status({})).vault?.epoch).toBe(2);
  });

  it('may come back with another id and another key', async () => {
    const { maker, checker, teller } = office;
    const again = { ...teller, id: 'teller-a2' };
    const { operator } = await maker.enrol(again);
    await decide({ kind: 'enrol operator', operator });
    await checker.sync();
    await maker.sync();
    await maker.unlock(again);
    expect((await maker.client.status({})).operator).toEqual({ id: 'teller-a2', role: 'teller' });
  });
});

describe('recovery shares that were replaced', () => {
  it('open nothing any more: the keys were changed with them', async () => {
    const { maker, officers } = office;
    await maker.unlock(officers[0]);
    const epoch = (await maker.client.status({})).vault?.epoch ?? 0;
    const plan = { officers: [2, 3], custodians: [1, 1] } as {
      officers: [number, number];
      custodians: [number, number];
    };
    accepted(await maker.client.addRecovery(plan));
    expect((await maker.client.status({})).vault?.epoch).toBe(epoch);
    accepted(await maker.client.addRecovery(plan));
    expect((await maker.client.status({})).vault?.epoch).toBe(epoch + 1);
    const { entries } = accepted(await maker.client.diary({ before: 1000, limit: 3 }));
    expect(entries.map((one) => [one.what, one.facts.why ?? one.facts.replaces])).toEqual([
      ['keys changed', 'recovery shares replaced'],
      ['shares made', true],
      ['shares made', false],
    ]);
  });
});

describe('a terminal that was revoked', () => {
  it('is not answered by the depository any more', async () => {
    const { maker, checker } = office;
    await decide({ kind: 'revoke terminal', terminal: 'T-02', reason: 'stolen' });
    // The approval itself is admitted; what is asked after it is not answered.
    const answered = await checker
      .sync()
      .catch((failure) => (failure instanceof Refused ? failure.refusal.type : failure));
    expect(answered).toBe('not entitled');
    await maker.sync();
    const { terminals } = accepted(await maker.client.programme({}));
    expect(terminals.map((one) => [one.id, one.revokedAt === undefined])).toEqual([
      ['T-01', true],
      ['T-02', false],
    ]);
  });
});

describe('a change of keys whose last step fails', () => {
  it('puts everybody out, so that nothing more is signed under the old keys, and loses nothing', async () => {
    const { maker, officers } = office;
    const shares = { officers: [2, 3] as [number, number], custodians: [2, 3] as [number, number] };
    await maker.unlock(officers[0]);
    accepted(await maker.client.addRecovery(shares));
    await maker.sync();
    const { epoch } = (await maker.client.status({})).vault as { epoch: number };
    const made = await maker.make({ kind: 'register client', client: 'c7', identity: { client: 'Holder 7' } });
    listenAtFaultPoints((point) => {
      if (point === 'keys: slots written, old file there') throw new Error('the disk fails');
    });
    await expect(maker.client.addRecovery(shares)).rejects.toThrow();
    listenAtFaultPoints(undefined);
    expect((await maker.client.status({})).phase).toBe('locked');
    await maker.unlock(officers[0]);
    expect((await maker.client.status({})).vault).toMatchObject({ epoch: epoch + 1 });
    const { events } = accepted(await maker.client.outbox({}));
    expect(events.map((one) => one.event)).toEqual(made);
    expect((await maker.sync()).pushed).toBe(1);
  });
});
