import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FaultPoint, listenAtFaultPoints } from '../shared/fault.ts';
import { accepted } from '../testing/desk.ts';
import { openClient, openTestOffice, type TestOffice } from '../testing/office.ts';

let office: TestOffice;
let account: string;
beforeAll(async () => {
  office = await openTestOffice();
  account = await openClient(office, 'c1', 100_000n);
});
afterAll(() => office.depository.close());
afterEach(() => listenAtFaultPoints(undefined));

/** From now on the disk does this at that moment, once. */
function failAt(point: FaultPoint, code: string): void {
  let left = 1;
  listenAtFaultPoints((reached) => {
    if (reached !== point || left === 0) return;
    left -= 1;
    throw Object.assign(new Error(`${code}: /secret/path`), { code, syscall: 'write' });
  });
}

/** Makes and signs a payment; what the terminal answers to the signatures. */
async function pay() {
  const payee = { name: 'Wang Wei', account: '6222021234567890', agent: null, endToEndId: 'E', remittance: null };
  const draft = { kind: 'payment', account, asset: 'CNY', amount: '1', payee } as const;
  const { request } = accepted(await office.maker.client.make({ drafts: [{ draft, source: null }] }));
  if (request === null) throw new Error('there is something to sign');
  const { ceremony, options } = request;
  return office.maker.client.sign({ ceremony, assertion: office.teller.authenticator.get(options) });
}
const queued = async () => (await office.maker.client.status({})).outbox.queued;

describe('a disk that fails while somebody signs', () => {
  it('and is full: it is refused in words, nothing of it is kept, and the terminal stays open', async () => {
    const before = await queued();
    failAt('vault: before commit', 'ENOSPC');
    const answer = await pay();
    expect(answer).toMatchObject({ ok: false, refusal: { type: 'disk full', what: 'It was not done.' } });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(await queued()).toBe(before);
    accepted(await pay());
    expect(await queued()).toBe(before + 1);
  });

  it.each(['EIO', 'SQLITE_IOERR_FSYNC'])(
    'and reports %s: the terminal locks, and shows after unlocking what is true',
    async (code) => {
      const before = await queued();
      failAt('vault: before commit', code);
      expect(await pay()).toMatchObject({ ok: false, refusal: { type: 'disk failed' } });
      expect((await office.maker.client.status({})).phase).toBe('locked');
      await office.maker.unlock(office.teller);
      expect(await queued()).toBe(before);
      accepted(await pay());
    },
  );

  it.each(['EIO', 'ENOSPC'])(
    'after it took the commit and not its record (%s): nobody is told that it was not done',
    async (code) => {
      const before = await queued();
      failAt('vault: committed, head not recorded', code);
      const answer = await pay();
      expect(!answer.ok && answer.refusal.what).toBe('It may have been done or not; the terminal was locked.');
      await office.maker.unlock(office.teller);
      expect(await queued()).toBe(before + 1);
      expect((await office.maker.client.status({})).readOnly).toBeNull();
    },
  );
});

it('two commits without a record are never behind one another, whoever made them', async () => {
  // Somebody else is nearly let in; whoever was there stays, and their next commit has no record either.
  failAt('vault: committed, head not recorded', 'ENOSPC');
  expect((await office.maker.tryUnlock(office.teller)).ok).toBe(false);
  failAt('vault: committed, head not recorded', 'EIO');
  const answer = await pay();
  expect(!answer.ok && answer.refusal.what).toBe('It may have been done or not; the terminal was locked.');
  await office.maker.unlock(office.teller);
  expect((await office.maker.client.status({})).readOnly).toBeNull();
});

describe('a disk that fails while the terminal synchronises', () => {
  it('and is full: that is said, and not that the depository cannot be reached', async () => {
    await office.maker.sync();
    accepted(await pay());
    failAt('vault: before commit', 'ENOSPC');
    const steps: unknown[] = [];
    for await (const step of await office.maker.client.sync({})) steps.push(step);
    expect(steps.at(-1)).toMatchObject({ result: { ok: false, refusal: { type: 'disk full' } } });
    expect((await office.maker.client.status({})).syncRefusal?.type).toBe('disk full');
    await office.maker.sync();
    expect(await queued()).toBe(0);
  });
});
