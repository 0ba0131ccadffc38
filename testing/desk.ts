// People at a terminal: each with a passphrase and a software authenticator, working through the contract that a screen uses.

import type { Invitation } from '../shared/contract/invitation.ts';
import type {
  Creation,
  Draft,
  Request,
  Signing,
  Source,
  SyncReport,
  TerminalClient,
  Verdict,
} from '../shared/contract/terminal.ts';
import type { Operator, Role, Terminal } from '../shared/operator.ts';
import type { Refusal, Result } from '../shared/result.ts';
import { SoftAuthenticator } from './soft-authenticator.ts';

export interface Colleague {
  readonly id: string;
  readonly role: Role;
  readonly staffId: string;
  readonly passphrase: string;
  readonly authenticator: SoftAuthenticator;
}

export const newColleague = (id: string, role: Role, origin: string): Colleague => ({
  id,
  role,
  staffId: `staff ${id}`,
  passphrase: `${id} remembers four unrelated words`,
  authenticator: new SoftAuthenticator(origin),
});

/** A refusal where none was expected. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(`${refusal.type}: ${refusal.what} ${refusal.why}`);
    this.refusal = refusal;
  }
}

export function accepted<T>(result: Result<T>): T {
  if (!result.ok) throw new Refused(result.refusal);
  return result.value;
}

/** The last item of a stream of progress. */
export async function finished<T>(
  stream: Promise<AsyncIterable<{ done: number; total: number } | { result: Result<T> }>>,
  onProgress?: (done: number, total: number) => void,
): Promise<Result<T>> {
  for await (const step of await stream) {
    if ('result' in step) return step.result;
    onProgress?.(step.done, step.total);
  }
  throw new Error('the stream ended without a result');
}

export interface Enrolled {
  readonly operator: Operator;
  readonly terminal: Terminal;
}

export class Desk {
  readonly client: TerminalClient;
  readonly #acknowledged: (events: readonly string[]) => void;
  #person: Colleague | undefined;

  constructor(client: TerminalClient, acknowledged: (events: readonly string[]) => void = () => {}) {
    this.client = client;
    this.#acknowledged = acknowledged;
  }

  get person(): Colleague {
    if (this.#person === undefined) throw new Error('nobody is at this terminal');
    return this.#person;
  }

  async firstRun(person: Colleague, invitation: Invitation, terminal: string): Promise<Enrolled> {
    const { id, role, staffId, passphrase } = person;
    const creation = accepted(
      await this.client.firstRun({ invitation, terminal, operator: id, role, staffId, passphrase }),
    );
    const enrolled = await this.#carry(person, creation);
    this.#person = person;
    return enrolled;
  }

  /** Whoever is at the terminal lets another person enrol. */
  async enrol(person: Colleague): Promise<Enrolled> {
    const { id, role, staffId, passphrase } = person;
    return this.#carry(person, accepted(await this.client.enrol({ operator: id, role, staffId, passphrase })));
  }

  async #carry({ authenticator }: Colleague, creation: Creation): Promise<Enrolled> {
    const registration = authenticator.create(creation.options);
    let step = accepted(await this.client.enrolStep({ ceremony: creation.ceremony, answer: { registration } }));
    while ('next' in step) {
      const assertion = authenticator.get(step.next.options);
      step = accepted(await this.client.enrolStep({ ceremony: step.next.ceremony, answer: { assertion } }));
    }
    return step.enrolled;
  }

  async tryUnlock(person: Colleague): Promise<Result<unknown>> {
    const asked = await this.client.unlock({ operator: person.id });
    if (!asked.ok) return asked;
    const { request } = asked.value;
    const answer =
      request === null ? null : { ceremony: request.ceremony, assertion: person.authenticator.get(request.options) };
    const unlocked = await this.client.unlockStep({ operator: person.id, passphrase: person.passphrase, answer });
    if (unlocked.ok) this.#person = person;
    return unlocked;
  }

  async unlock(person: Colleague): Promise<void> {
    accepted(await this.tryUnlock(person));
  }

  async sync(): Promise<SyncReport> {
    return accepted(await finished(this.client.sync({})));
  }

  /** Answers a signing request with one touch. */
  async touch(signing: Signing): Promise<readonly string[]> {
    if (signing.request === null) return [];
    const { ceremony, options }: Request = signing.request;
    const assertion = this.person.authenticator.get(options);
    const { queued } = accepted(await this.client.sign({ ceremony, assertion }));
    this.#acknowledged(queued);
    return queued;
  }

  /** Makes instructions; throws when one of them is refused. */
  async make(...drafts: Draft[]): Promise<readonly string[]> {
    return this.touch(whole(await this.propose(drafts.map((draft) => ({ draft, source: null })))));
  }

  async propose(drafts: { draft: Draft; source: Source | null }[]): Promise<Signing> {
    return accepted(await this.client.make({ drafts }));
  }

  async check(...verdicts: Verdict[]): Promise<readonly string[]> {
    return this.touch(whole(accepted(await this.client.check({ verdicts }))));
  }

  async approve(...instructions: readonly string[]): Promise<readonly string[]> {
    return this.check(
      ...instructions.map((id): Verdict => ({ verdict: 'approve', instruction: id as never, typed: null })),
    );
  }
}

function whole(signing: Signing): Signing {
  const [refused] = signing.refused;
  if (refused !== undefined) throw new Refused(refused.refusal);
  return signing;
}
