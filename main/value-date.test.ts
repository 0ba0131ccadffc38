import { afterAll, beforeAll, expect, it } from 'vitest';
import { importToDrafts } from '../shared/contract/import-drafts.ts';
import { addDays, dayOf, msToInstant } from '../shared/time.ts';
import { accepted } from '../testing/desk.ts';
import { openClient, openTestOffice, type TestOffice } from '../testing/office.ts';

let office: TestOffice;
beforeAll(async () => {
  office = await openTestOffice();
});
afterAll(() => office.depository.close());

/** Two groups booked as one each, and single payments; each asks for a day. */
const file = (
  groups: readonly { readonly on: string; readonly isBatch: boolean; readonly amounts: readonly string[] }[],
) =>
  `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn><GrpHdr><MsgId>M</MsgId></GrpHdr>${groups
    .map(
      ({ on, isBatch, amounts }) =>
        `<PmtInf><PmtInfId>P</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>${isBatch}</BtchBookg><ReqdExctnDt><Dt>${on}</Dt></ReqdExctnDt>` +
        `<DbtrAcct><Id><Othr><Id>900c1</Id></Othr></Id></DbtrAcct>${amounts
          .map(
            (amount) =>
              `<CdtTrfTxInf><PmtId><EndToEndId>E-${amount}</EndToEndId></PmtId><Amt><InstdAmt Ccy="CNY">${amount}</InstdAmt></Amt>` +
              `<Cdtr><Nm>Wang Wei</Nm></Cdtr><CdtrAcct><Id><Othr><Id>62220212345678</Id></Othr></Id></CdtrAcct></CdtTrfTxInf>`,
          )
          .join('')}</PmtInf>`,
    )
    .join('')}</CstmrCdtTrfInitn></Document>`;

it("a platform's file asks for days: what is approved for later is held on every terminal, and goes on its day", async () => {
  const { maker, checker, officers, teller, supervisor, syncAll, depository, time } = office;
  const account = await openClient(office, 'c1', 1_000_000n);
  const today = dayOf(msToInstant(time.nowMs()));
  const tomorrow = addDays(today, 1);
  const xml = file([
    { on: today, isBatch: false, amounts: ['1.00'] },
    { on: tomorrow, isBatch: false, amounts: ['2.00'] },
    { on: tomorrow, isBatch: true, amounts: ['3.00', '4.00'] },
    { on: addDays(today, 2), isBatch: true, amounts: ['5.00', '6.00'] },
  ]);
  const dates = async () =>
    importToDrafts(accepted(await maker.client.importPayments({ xml }))).map(({ draft }) => [
      draft.kind,
      'valueDate' in draft ? draft.valueDate : null,
    ]);
  // Without a calendar nobody could say whether the day is a good one: as before, it is left out.
  expect(await dates()).toEqual([
    ['payment', null],
    ['payment', null],
    ['batch', null],
  ]);

  await maker.unlock(officers[0]);
  await checker.unlock(officers[1]);
  const [adopt] = await maker.make({
    kind: 'adopt calendar',
    calendar: {
      ...{ id: 'bank', version: 1, assets: ['CNY'], weekend: [], holidays: [], workingDays: [] },
      cutOffs: [{ kinds: ['batch'], asset: 'CNY', at: '00:00' }],
      offsets: [{ from: '1970-01-01T00:00:00.000Z' as never, minutes: 0 }],
      ...{ from: addDays(today, -5), through: addDays(today, 60) },
    },
  });
  await syncAll();
  await checker.approve(adopt as string);
  await syncAll();
  await maker.unlock(teller);
  await checker.unlock(supervisor);
  expect(await dates()).toEqual([
    ['payment', null],
    ['payment', tomorrow],
    ['batch', tomorrow],
    ['batch', addDays(today, 2)],
  ]);

  const drafts = importToDrafts(accepted(await maker.client.importPayments({ xml })));
  // Whoever chooses no day is told when the bank can: today, or the next business day once the cut-off of its kind has passed.
  const asked = async (at: number) => {
    const { valueDate: _, ...undated } = (drafts[at]?.draft ?? {}) as { valueDate?: string };
    return accepted(await maker.client.foresee({ draft: undated as never })).askedFor;
  };
  expect([await asked(0), await asked(2)]).toEqual([null, tomorrow]);
  const made = await maker.touch(await maker.propose([...drafts]));
  await syncAll();
  await checker.approve(...made);
  await syncAll();
  await depository.run();
  await syncAll();
  const states = async () =>
    accepted(await checker.client.instructions({ states: [], after: '', limit: 100 }))
      .instructions.flatMap((one) => (['payment', 'batch'].includes(one.kind) ? [one.state] : []))
      .sort();
  expect(await states()).toEqual(['scheduled', 'scheduled', 'scheduled', 'settled']);
  const shown = accepted(await maker.client.calendar({ month: tomorrow.slice(0, 7), present: null }));
  // Those of one day come in the order of their ids, which says nothing of what was made in the same moment.
  expect(shown.scheduled.map((one) => [one.valueDate, one.amount]).sort()).toEqual([
    [tomorrow, '200'],
    [tomorrow, '700'],
    [addDays(today, 2), '1100'],
  ]);
  const held = async () =>
    accepted(await maker.client.accounts({ after: '', limit: 100, asset: 'CNY' })).accounts.find(
      (one) => one.id === account,
    )?.held;
  expect(await held()).toBe('2000');

  time.skip(86_400_000);
  await depository.run();
  await syncAll();
  expect([await states(), await held()]).toEqual([['scheduled', 'settled', 'settled', 'settled'], '1100']);
});
