import { describe, expect, it } from 'vitest';
import { killLoop, Promises, pointsHere } from './kill.ts';
import type { OfficeState, TerminalState } from './office.ts';

const terminal: TerminalState = { outbox: [], size: 0, root: '', books: '', readOnly: null };
const empty: OfficeState = {
  ...{ records: [], size: 0, root: '', books: '', bank: '0', accounts: [] },
  terminals: { 'T-01': terminal, 'T-02': terminal },
};

describe('an office that is killed', () => {
  it('loses nothing that anybody was told is safe, at every named moment and at others', {
    timeout: 300_000,
  }, async () => {
    const seed = Number(process.env.CUSTOS_SEED ?? Date.now() % 2 ** 31);
    const { wrong, killedAt } = await killLoop({ rounds: Math.ceil(pointsHere.length * 1.5), seed });
    expect(wrong).toEqual([]);
    expect(Object.keys(killedAt).sort()).toEqual([...pointsHere, 'any moment'].sort());
  });

  it('would be found out if it lost something', () => {
    const lost = new Promises();
    lost.hear({ told: 'signed', terminal: 'T-01', events: ['e1'] }, 'here');
    lost.compare(empty, 'here');
    expect(lost.wrong).toEqual(['here: 1 acknowledged event(s) are gone, the first is e1']);
    const shorter = new Promises();
    shorter.hear({ told: 'synchronised', terminal: 'T-02', size: 3 }, 'here');
    shorter.compare(empty, 'here');
    expect(shorter.wrong).toEqual(['here: T-02 lost records that it had']);
  });
});
