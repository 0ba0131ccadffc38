import { describe, expect, it } from 'vitest';
import { commitmentOf, newEd25519, Person } from '../testing/people.ts';
import { payeeNamed, TestProgramme } from '../testing/programme.ts';
import type { CustosEvent } from './event.ts';
import type { Instruction } from './instruction/schema.ts';
import type { Instant } from './time.ts';

const outcome = (programme: TestProgramme, event: CustosEvent, who: Person): string => {
  const [evidence] = who.sign([event]);
  if (evidence === undefined) throw new Error('a person signs');
  const decision = programme.submit(event, evidence);
  return decision.ok ? 'admitted' : `${decision.refusal.type}: ${decision.refusal.why}`;
};
const revoke = (operator: string): Instruction => ({ kind: 'revoke operator', operator, reason: 'left the bank' });

function office() {
  const programme = new TestProgramme().open();
  const account = programme.client('c1', 'CNY', 100_000n);
  const [officer, otherOfficer] = programme.officers;
  const [teller, otherTeller] = programme.tellers;
  const [supervisor] = programme.supervisors;
  const pay: Instruction = { kind: 'payment', account, asset: 'CNY', amount: '700', payee: payeeNamed('62220001') };
  return { programme, account, officer, otherOfficer, teller, otherTeller, supervisor, pay };
}

describe('a revoked operator', () => {
  it('signs nothing any more: not a payment, not an approval, not even taking back what they made', () => {
    const { programme, officer, otherOfficer, teller, supervisor, pay } = office();
    const waiting = programme.make(teller, pay);
    programme.pass(officer, otherOfficer, revoke('teller-a'));
    programme.pass(officer, otherOfficer, revoke('supervisor-a'));
    expect(outcome(programme, programme.made(teller, pay), teller)).toMatch(
      /^not entitled: .* was revoked on 2026-11-23/,
    );
    expect(outcome(programme, programme.approval(supervisor, waiting), supervisor)).toMatch(/^not entitled/);
    const withdrawal = programme.event(
      'instruction.withdrawn',
      { instruction: waiting.id, digest: programme.digestOf(waiting) },
      { actor: 'teller-a' },
    );
    expect(outcome(programme, withdrawal, teller)).toMatch(/^not entitled/);
    // Their second authenticator is theirs as well.
    const again = programme.made(teller, pay);
    const [evidence] = teller.sign([again], { credential: 1 });
    expect(programme.submit(again, evidence as never)).toMatchObject({ ok: false, refusal: { type: 'not entitled' } });
  });

  it('leaves what waits for others to decide, and what they approved stays approved', () => {
    const { programme, officer, otherOfficer, teller, pay } = office();
    const [supervisor, otherSupervisor] = programme.supervisors;
    const waiting = programme.make(teller, pay);
    const decided = programme.pass(teller, supervisor, pay);
    programme.pass(officer, otherOfficer, revoke('teller-a'));
    programme.pass(officer, otherOfficer, revoke('supervisor-a'));
    expect(programme.books.get('instruction', decided.id)).toMatchObject({ state: 'approved' });
    const approval = programme.approval(otherSupervisor, waiting);
    programme.admit(approval, otherSupervisor.sign([approval])[0]);
    expect(programme.books.get('instruction', waiting.id)).toMatchObject({ state: 'approved' });
  });

  it('never gives their id or authenticator to anybody, and may come back themselves with other ones', () => {
    const { programme, officer, otherOfficer, teller } = office();
    programme.pass(officer, otherOfficer, revoke('teller-a'));
    const enrol = (person: Person) =>
      outcome(programme, programme.made(officer, { kind: 'enrol operator', operator: person.operator }), officer);
    expect(enrol(new Person('teller-a', 'teller'))).toMatch(/^duplicate: Operator teller-a/);
    const sameKey = new Person('teller-c', 'teller').operator;
    const credentials = teller.operator.credentials;
    const reused = programme.made(officer, { kind: 'enrol operator', operator: { ...sameKey, credentials } });
    expect(outcome(programme, reused, officer)).toMatch(/^duplicate: A credential/);
    const returned = new Person('teller-a2', 'teller', { person: teller.operator.person });
    programme.pass(officer, otherOfficer, { kind: 'enrol operator', operator: returned.operator });
    expect(programme.books.get('person', teller.operator.person)).toEqual({ operator: 'teller-a2' });
  });

  it('is still the same person when they come back: what they made before they may not approve now', () => {
    const { programme, officer, otherOfficer, teller, pay } = office();
    const waiting = programme.make(teller, pay);
    programme.pass(officer, otherOfficer, revoke('teller-a'));
    const returned = new Person('supervisor-c', 'supervisor', { person: teller.operator.person });
    programme.pass(officer, otherOfficer, { kind: 'enrol operator', operator: returned.operator });
    expect(outcome(programme, programme.approval(returned, waiting), returned)).toMatch(/^maker is checker/);
  });

  it('is revoked by two officers, whatever the policy says, and only once', () => {
    const { programme, officer, otherOfficer, teller } = office();
    expect(outcome(programme, programme.made(teller, revoke('teller-b')), teller)).toMatch(/^not entitled/);
    const anybody = { differentTerminals: false, typedConfirmation: false, coolingOffSeconds: 0 };
    const rules = [
      {
        id: 'lax',
        text: '',
        when: { kinds: [] },
        demand: { groups: [{ role: 'teller' as const, count: 1 }], ...anybody },
      },
    ];
    programme.pass(officer, otherOfficer, { kind: 'adopt policy', policy: { version: 2, rules } });
    const made = programme.make(officer, revoke('teller-b'));
    expect(programme.books.get('instruction', made.id)?.requirement.groups).toEqual([
      { role: 'officer', count: 1 },
      { role: 'teller', count: 1 },
    ]);
    const byTeller = programme.approval(teller, made);
    programme.admit(byTeller, teller.sign([byTeller])[0]);
    expect(programme.books.get('operator', 'teller-b')?.revokedAt).toBeUndefined();
    const byOfficer = programme.approval(otherOfficer, made);
    programme.admit(byOfficer, otherOfficer.sign([byOfficer])[0]);
    expect(programme.books.get('operator', 'teller-b')?.revokedAt).toBeDefined();
    expect(outcome(programme, programme.made(officer, revoke('teller-b')), officer)).toMatch(/^state: .*was revoked/);
    expect(outcome(programme, programme.made(officer, revoke('nobody')), officer)).toMatch(/^unknown/);
  });

  it('cannot be one of the last two officers, also when two revocations cross', () => {
    const { programme, officer, otherOfficer } = office();
    expect(outcome(programme, programme.made(officer, revoke('officer-b')), officer)).toMatch(/Fewer than 2 officers/);
    const third = new Person('officer-c', 'officer');
    programme.pass(officer, otherOfficer, { kind: 'enrol operator', operator: third.operator });
    expect(programme.books.get('enrolled', 'officer')).toEqual({ ids: ['officer-a', 'officer-b', 'officer-c'] });
    const one = programme.make(officer, revoke('officer-b'));
    const other = programme.make(otherOfficer, revoke('officer-a'));
    const approval = programme.approval(third, one);
    programme.admit(approval, third.sign([approval])[0]);
    expect(outcome(programme, programme.approval(third, other), third)).toMatch(/Fewer than 2 officers/);
    expect(programme.books.get('enrolled', 'officer')).toEqual({ ids: ['officer-a', 'officer-c'] });
  });
});

describe('a revoked terminal', () => {
  it('is no place to sign any more, and the last terminal cannot be revoked', () => {
    const { programme, officer, otherOfficer, teller, pay } = office();
    const gone = (terminal: string): Instruction => ({ kind: 'revoke terminal', terminal, reason: 'stolen' });
    programme.pass(officer, otherOfficer, gone('T-02'));
    expect(outcome(programme, programme.made(teller, pay, { terminal: 'T-02' }), teller)).toMatch(
      /^not entitled: The terminal was revoked on/,
    );
    expect(outcome(programme, programme.made(teller, pay), teller)).toBe('admitted');
    expect(outcome(programme, programme.made(officer, gone('T-01')), officer)).toMatch(/No terminal would remain/);
    const again = { kind: 'enrol terminal', terminal: { id: 'T-02', key: newEd25519().publicKey } } as const;
    expect(outcome(programme, programme.made(officer, again), officer)).toMatch(/^duplicate/);
  });
});

describe('the use of recovery shares', () => {
  const body = {
    kind: 'record recovery' as const,
    purpose: 'real' as const,
    terminal: 'T-01',
    vault: 'v',
    epoch: 3,
    shares: { officers: 2, custodians: 2 },
    outcome: 'opened' as const,
    startedAt: '2026-11-23T00:00:00.000Z' as Instant,
    endedAt: '2026-11-23T00:20:00.000Z' as Instant,
    report: commitmentOf('report'),
  };

  it('goes on record by two officers, once for each report', () => {
    const { programme, officer, otherOfficer } = office();
    const made = programme.make(officer, body);
    expect(programme.books.get('recovery', body.report)).toBeUndefined();
    expect(outcome(programme, programme.approval(officer, made), officer)).toMatch(/^maker is checker/);
    const approval = programme.approval(otherOfficer, made);
    programme.admit(approval, otherOfficer.sign([approval])[0]);
    expect(programme.books.get('recovery', body.report)).toEqual({
      purpose: 'real',
      terminal: 'T-01',
      instruction: made.id,
    });
    expect(outcome(programme, programme.made(officer, body), officer)).toMatch(/^duplicate/);
  });

  it('names a terminal that is known, and does not end before it begins', () => {
    const { programme, officer } = office();
    expect(outcome(programme, programme.made(officer, { ...body, terminal: 'T-99' }), officer)).toMatch(/^unknown/);
    const backwards = { ...body, endedAt: '2026-11-22T00:00:00.000Z' as Instant };
    expect(outcome(programme, programme.made(officer, backwards), officer)).toMatch(/^malformed/);
  });
});
