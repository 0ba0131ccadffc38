import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBankKeys } from '../../depository/keys.ts';
import { base64urlToBytes, utf8ToText } from '../../shared/bytes.ts';
import { accepted, type Desk, finished, newColleague } from '../../testing/desk.ts';
import { lyingGateway } from '../../testing/lying-gateway.ts';
import { type Line, newDesk, officeOrigin, openClient, openTestOffice, type TestOffice } from '../../testing/office.ts';

let office: TestOffice;
let records: readonly string[];
beforeAll(async () => {
  office = await openTestOffice();
  await openClient(office, 'c1', 1000n);
  const { store, sequencer } = office.depository.gateway;
  records = (await store.leaves(0, sequencer().size())).map(utf8ToText);
});
afterAll(() => office.depository.close());

let terminals = 2;
/** A new terminal that has seen the first `known` records from the true gateway, and then hears `gateway`. */
async function terminalThatKnows(
  known: number,
): Promise<{ desk: Desk; line: Line; hear: (told: readonly string[], signed?: readonly string[]) => void }> {
  terminals += 1;
  const name = `T-${String(terminals).padStart(2, '0')}`;
  const keys = openBankKeys(join(office.directory, 'depository', 'bank-keys.json'));
  const publicKey = base64urlToBytes(keys.gateway.publicKey) ?? new Uint8Array();
  const liar = { origin: 'depository.example/p2p-demo', publicKey, sign: keys.gateway.sign };
  const line: Line = { connect: () => lyingGateway(liar, records.slice(0, known)) };
  const desk = newDesk(join(office.directory, name), office.time.nowMs, line);
  await desk.firstRun(newColleague('officer-x', 'officer', officeOrigin), office.depository.invitation, name);
  if (known > 0) await desk.sync();
  const hear = (told: readonly string[], signed: readonly string[] = told) => {
    line.connect = () => lyingGateway(liar, told, signed);
  };
  return { desk, line, hear };
}

const syncRefusal = async (desk: Desk): Promise<string> => {
  const result = await finished(desk.client.sync({}));
  return result.ok ? 'taken in' : result.refusal.type;
};
const without = (index: number) => records.filter((_, i) => i !== index);

describe('a gateway that lies with its own key', () => {
  it('takes in the true log, and says so', async () => {
    const { desk, hear } = await terminalThatKnows(3);
    hear(records);
    expect(await syncRefusal(desk)).toBe('taken in');
    const status = await desk.client.status({});
    expect([status.log.size, status.readOnly]).toEqual([records.length, null]);
  });

  it('cannot drop, reorder or rewrite what a terminal has seen: the terminal goes read-only and says why', async () => {
    const swapped = [...records];
    [swapped[2], swapped[3]] = [swapped[3] as string, swapped[2] as string];
    const rewritten = records.map((record, i) =>
      i === 2 ? record.replace('"admittedAt":"20', '"admittedAt":"21') : record,
    );
    for (const told of [without(2), swapped, rewritten]) {
      const { desk, hear } = await terminalThatKnows(4);
      hear(told);
      expect(await syncRefusal(desk)).toBe('fork');
      expect((await desk.client.status({})).readOnly?.type).toBe('fork');
      const drafts = [{ draft: { kind: 'freeze', account: 'acc-c1', reason: 'x' } as const, source: null }];
      const made = await desk.client.make({ drafts });
      expect(made.ok === false && made.refusal.type).toBe('read only');
      // Nothing of the lie was kept, and the finding outlives a truthful answer.
      expect((await desk.client.status({})).log.size).toBe(4);
      hear(records);
      expect(await syncRefusal(desk)).toBe('read only');
    }
  });

  it('cannot show an older log than before', async () => {
    const { desk, hear } = await terminalThatKnows(5);
    hear(records.slice(0, 4));
    expect(await syncRefusal(desk)).toBe('rollback');
  });

  it('cannot make up, alter, reorder or lack records that a terminal judges for the first time', async () => {
    const credited = records.findIndex((record) => record.includes('"bank.credited"'));
    const madeAt = records.findIndex((record) => record.includes('"instruction.made"'));
    const approvedAt = records.findIndex((record) => record.includes('"instruction.approved"'));
    const richer = records.map((record, i) =>
      i === credited ? record.replace('"amount":"1000"', '"amount":"9000"') : record,
    );
    expect(richer[credited]).not.toBe(records[credited]);
    const swapped = [...records];
    [swapped[madeAt], swapped[approvedAt]] = [records[approvedAt] as string, records[madeAt] as string];
    const otherRoot = records.map((record, i) =>
      i === 0 ? record.replace(office.depository.invitation.rootKey, 'A'.repeat(43)) : record,
    );
    for (const told of [richer, swapped, without(madeAt), otherRoot]) {
      const { desk, hear } = await terminalThatKnows(0);
      hear(told);
      expect(await syncRefusal(desk)).toBe('disagreement');
      expect((await desk.client.status({})).log.size).toBe(0);
    }
  });

  it('cannot serve other records than it signed', async () => {
    const last = records.length - 1;
    const { desk, hear } = await terminalThatKnows(4);
    hear([...records.slice(0, last), records[last] as string], [...without(last - 1), records[last] as string]);
    expect(['fork', 'disagreement']).toContain(await syncRefusal(desk));
    expect((await desk.client.status({})).readOnly).not.toBeNull();
  });

  it('cannot sign a checkpoint with another key', async () => {
    const { desk, line } = await terminalThatKnows(4);
    const other = openBankKeys(join(office.directory, 'other-keys.json'));
    const publicKey = base64urlToBytes(other.gateway.publicKey) ?? new Uint8Array();
    line.connect = () =>
      lyingGateway({ origin: 'depository.example/p2p-demo', publicKey, sign: other.gateway.sign }, records);
    expect(await syncRefusal(desk)).toBe('bad checkpoint');
  });
});

describe('a forked log shown to two terminals', () => {
  it('is noticed as soon as they hold their checkpoints against each other', async () => {
    const one = await terminalThatKnows(4);
    const two = await terminalThatKnows(4);
    // The last record, a receipt, is shown to the first terminal only; the second sees another, equally valid end.
    const last = records.length - 1;
    one.hear(records);
    two.hear(records.slice(0, last));
    await one.desk.sync();
    await two.desk.sync();
    await office.maker.make({ kind: 'freeze', account: 'acc-c1', reason: 'court order' });
    await office.maker.sync();
    const { store, sequencer } = office.depository.gateway;
    const other = utf8ToText((await store.leaves(sequencer().size() - 1, sequencer().size()))[0] as Uint8Array);
    two.hear([...records.slice(0, last), other]);
    await two.desk.sync();
    const noteOf = async (desk: Desk) => (await desk.client.status({})).log.checkpoint as string;
    const sizes = await Promise.all([one, two].map(async ({ desk }) => (await desk.client.status({})).log.size));
    expect(sizes[0]).toBe(sizes[1]);
    const compared = await two.desk.client.compareCheckpoint({ note: await noteOf(one.desk) });
    expect(compared.ok === false && compared.refusal.type).toBe('fork');
    expect((await two.desk.client.status({})).readOnly?.why).toContain('two different logs');
    const agreed = await one.desk.client.compareCheckpoint({ note: await noteOf(one.desk) });
    expect(accepted(agreed).agrees).toBe('yes');
  });
});

/** The maker's terminal hears this before the gateway gives it the details behind a batch that is judged and not stored. */
async function amidABatch(work: () => Promise<unknown>): Promise<void> {
  const [line] = office.lines;
  const { connect } = line;
  let isOver = false;
  line.connect = (urls, asker) => {
    const client = connect(urls, asker);
    const details = async (input: Parameters<typeof client.details>[0]) => {
      if (!isOver) await work();
      isOver = true;
      return client.details(input);
    };
    return new Proxy(client, { get: (target, name) => (name === 'details' ? details : Reflect.get(target, name)) });
  };
  await finished(office.maker.client.sync({}));
  line.connect = connect;
  expect(isOver).toBe(true);
}

let clients = 6;
/** Something with details beside it, in the log and not on the maker's terminal. */
async function commitNewClient(): Promise<void> {
  clients += 1;
  await office.checker.unlock(office.officers[1]);
  await office.checker.sync();
  const identity = { client: 'Holder' };
  await office.checker.make({ kind: 'register client', client: `c${clients}`, identity });
  await office.checker.sync();
}

describe('a batch that is judged and not stored yet', () => {
  it('is no part of what is committed meanwhile: after a power failure nothing is suspected', async () => {
    await commitNewClient();
    const payee = { name: 'Wang Wei', account: '6222021234567890', agent: null, endToEndId: 'E', remittance: null };
    const payment = { kind: 'payment', account: 'acc-c1', asset: 'CNY', amount: '1', payee } as const;
    const copy = join(office.directory, 'power-failed');
    await amidABatch(async () => {
      await office.maker.make(payment);
      cpSync(join(office.directory, 'T-01', 'vault'), join(copy, 'vault'), {
        recursive: true,
        filter: (path) => !path.endsWith('-shm'),
      });
    });
    const desk = newDesk(copy, office.time.nowMs, { connect: office.lines[0].connect });
    await desk.unlock(office.teller);
    expect((await desk.client.status({})).readOnly).toBeNull();
    expect((await desk.sync()).pulled).toBeGreaterThan(0);
    await desk.client.lock({});
  });
});

describe('a terminal that is locked in the last moment of a sync', () => {
  it('is locked, and its sync ends without a failure', async () => {
    const [line] = office.lines;
    const { connect } = line;
    line.connect = (urls, asker) => {
      const client = connect(urls, asker);
      const cosign = async (input: Parameters<typeof client.cosign>[0]) => {
        const answer = await client.cosign(input);
        await office.maker.client.lock({});
        return answer;
      };
      return new Proxy(client, { get: (target, name) => (name === 'cosign' ? cosign : Reflect.get(target, name)) });
    };
    expect((await finished(office.maker.client.sync({}))).ok).toBe(true);
    line.connect = connect;
    expect((await office.maker.client.status({})).phase).toBe('locked');
    await office.maker.unlock(office.teller);
    expect((await office.maker.sync()).pulled).toBe(0);
  });
});

describe('a terminal that finds something while a batch waits', () => {
  it('takes nothing more in, and the finding is what the next to open it is told', async () => {
    await commitNewClient();
    const { size } = (await office.maker.client.status({})).log;
    const keys = openBankKeys(join(office.directory, 'depository', 'bank-keys.json'));
    const publicKey = base64urlToBytes(keys.gateway.publicKey) ?? new Uint8Array();
    const liar = { origin: 'depository.example/p2p-demo', publicKey, sign: keys.gateway.sign };
    const { note } = await lyingGateway(liar, [...without(2).slice(0, 5)]).checkpoint({ programme: 'p2p-demo' });
    await amidABatch(() => office.maker.client.compareCheckpoint({ note }));
    const status = await office.maker.client.status({});
    expect([status.readOnly?.type, status.log.size]).toEqual(['fork', size]);
    await office.maker.client.lock({});
    const desk = newDesk(join(office.directory, 'T-01'), office.time.nowMs, { connect: office.lines[0].connect });
    await desk.unlock(office.teller);
    expect((await desk.client.status({})).readOnly?.type).toBe('fork');
    await desk.client.lock({});
  });
});
