// Recovery cards handed in, one at a time: each is wiped from the screen as soon as it was read, and the screen says in words what
// is still needed. At the end a drill shows its report, and a real recovery asks one person for a new passphrase and their touch.

import { useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useEffect, useState } from 'react';
import type { CardsView, DrillResult } from '../../shared/contract/vault.ts';
import type { Refusal } from '../../shared/result.ts';
import { useSay } from '../i18n/index.ts';
import { terminal, touch, touchRefusal } from '../terminal.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { Refused } from '../ui/refused.tsx';
import { useSigning } from '../ui/use-signing.ts';

interface RecoverProps {
  readonly purpose: 'drill' | 'real';
  /** Who may get a new passphrase. */
  readonly people: readonly string[];
  readonly onDone: () => void;
}

const none: CardsView = {
  officers: { given: 0, needed: null },
  custodians: { given: 0, needed: null },
  isEnough: false,
};

export function Recover({ purpose, people, onDone }: RecoverProps) {
  const { say } = useSay();
  const [ceremony, setCeremony] = useState<string | null>(null);
  const [cards, setCards] = useState<CardsView>(none);
  const [result, setResult] = useState<DrillResult | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  // Whichever way this screen is left, the cards are forgotten.
  useEffect(() => () => void terminal.endRecovery({}), []);

  async function begin(): Promise<void> {
    const begun = await terminal.beginRecovery({ purpose });
    setCards(none);
    setRefusal(begun.ok ? null : begun.refusal);
    setCeremony(begun.ok ? begun.value.ceremony : null);
  }
  const title = say(`recover.title.${purpose}`);
  /** Cards that did not fit have ended the ceremony; whoever must wait may try the same cards again. */
  const refused = (why: Refusal) => {
    setRefusal(why);
    if (why.type === 'recovery refused' || why.type === 'no ceremony') setCeremony(null);
  };
  return (
    <section className="card" aria-label={title}>
      <h2>{title}</h2>
      {result !== null ? (
        <Report result={result} />
      ) : ceremony === null ? (
        <>
          <p>{say(`recover.why.${purpose}`)}</p>
          <p>{say('recover.need')}</p>
          <Button type="primary" autoFocus onClick={() => void begin()}>
            {say('recover.begin')}
          </Button>
        </>
      ) : (
        <>
          <Progress cards={cards} />
          {!cards.isEnough ? (
            <NextCard
              ceremony={ceremony}
              onTaken={(next) => {
                setRefusal(null);
                setCards(next);
              }}
              onRefused={refused}
            />
          ) : purpose === 'drill' ? (
            <Try ceremony={ceremony} onResult={setResult} onRefused={refused} />
          ) : (
            <NewPassphrase ceremony={ceremony} people={people} onRefused={refused} />
          )}
        </>
      )}
      <Refused refusal={result === null ? refusal : null} />
      <div className="bar">
        <Button onClick={onDone}>{say(ceremony === null || result !== null ? 'action.back' : 'recover.leave')}</Button>
      </div>
    </section>
  );
}

function Progress({ cards }: { readonly cards: CardsView }) {
  const { say } = useSay();
  return (
    <div role="status" data-testid="cards">
      <ul>
        {(['officers', 'custodians'] as const).map((group) => {
          const { given, needed } = cards[group];
          const name = say(`recover.${group}`);
          return (
            <li key={group}>
              {needed === null
                ? say('recover.none', { group: name })
                : say('recover.have', { group: name, given, needed })}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

interface NextCardProps {
  readonly ceremony: string;
  readonly onTaken: (cards: CardsView) => void;
  readonly onRefused: (refusal: Refusal) => void;
}

function NextCard({ ceremony, onTaken, onRefused }: NextCardProps) {
  const { say } = useSay();
  const [words, setWords] = useState('');
  async function hand(): Promise<void> {
    if (words.trim() === '') return;
    const taken = await terminal.recoveryCard({ ceremony, words });
    // A mistyped card stays, so that one word can be mended.
    if (!taken.ok) return onRefused(taken.refusal);
    setWords('');
    onTaken(taken.value.cards);
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void hand();
      }}
    >
      <Field label={say('recover.words')} note={say('recover.note', { n: words.split(/\s+/).filter(Boolean).length })}>
        {(id) => (
          <Input.TextArea
            id={id}
            rows={4}
            autoFocus
            autoComplete="off"
            autoCapitalize="off"
            // A spelling checker may send what is typed elsewhere.
            spellCheck={false}
            value={words}
            onChange={(event) => setWords(event.target.value)}
            onPressEnter={(event) => {
              event.preventDefault();
              void hand();
            }}
          />
        )}
      </Field>
      <Button type="primary" htmlType="submit" disabled={words.trim() === ''}>
        {say('recover.hand')}
      </Button>
    </form>
  );
}

interface TryProps {
  readonly ceremony: string;
  readonly onResult: (result: DrillResult) => void;
  readonly onRefused: (refusal: Refusal) => void;
}

function Try({ ceremony, onResult, onRefused }: TryProps) {
  const { say } = useSay();
  const queries = useQueryClient();
  const [backup, setBackup] = useState('');
  const [busy, setBusy] = useState(false);
  async function attempt(): Promise<void> {
    setBusy(true);
    const tried = await terminal.drill({ ceremony, backup: backup === '' ? null : backup });
    setBusy(false);
    await queries.invalidateQueries();
    if (tried.ok) onResult(tried.value);
    else onRefused(tried.refusal);
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void attempt();
      }}
    >
      <Field label={say('recover.backup')}>
        {(id) => (
          <Input
            id={id}
            autoFocus
            autoComplete="off"
            value={backup}
            onChange={(event) => setBackup(event.target.value)}
          />
        )}
      </Field>
      <Button type="primary" htmlType="submit" loading={busy}>
        {say('recover.try')}
      </Button>
    </form>
  );
}

function Report({ result: { report, json, text, draft } }: { readonly result: DrillResult }) {
  const { say } = useSay();
  const signing = useSigning();
  const { backup } = report;
  const seconds = (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000;
  return (
    <div data-testid="drill">
      <p className="done" role="status">
        {say('recover.passed', { seconds: Math.round(seconds), ...report.shares })}
      </p>
      {backup === null ? null : (
        <p>
          {say(
            !backup.isSound
              ? 'recover.backup.bad'
              : backup.sharesOpenIt
                ? 'recover.backup.good'
                : 'recover.backup.other',
            { name: backup.name },
          )}
        </p>
      )}
      <p>{say('recover.exported', { json, text })}</p>
      {draft === null || signing.signed > 0 ? null : (
        <Button
          type="primary"
          autoFocus
          loading={signing.busy}
          onClick={() => void signing.run(() => terminal.make({ drafts: [{ draft, source: null }] }))}
        >
          {say('recover.record')}
        </Button>
      )}
      {signing.signed > 0 ? <p className="done">{say('make.done')}</p> : null}
      <Refused refusal={signing.refusal ?? signing.refused[0]?.refusal} />
    </div>
  );
}

interface NewPassphraseProps {
  readonly ceremony: string;
  readonly people: readonly string[];
  readonly onRefused: (refusal: Refusal) => void;
}

function NewPassphrase({ ceremony, people, onRefused }: NewPassphraseProps) {
  const { say } = useSay();
  const queries = useQueryClient();
  const [operator, setOperator] = useState(people[0] ?? '');
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [busy, setBusy] = useState(false);
  async function attempt(): Promise<Refusal | null> {
    const asked = await terminal.recover({ ceremony, operator });
    if (!asked.ok) return asked.refusal;
    try {
      const assertion = await touch(asked.value.request);
      const recovered = await terminal.recoverStep({ ceremony, passphrase, assertion });
      return recovered.ok ? null : recovered.refusal;
    } catch (failure) {
      return touchRefusal(failure);
    }
  }
  async function recover(): Promise<void> {
    setBusy(true);
    const refused = await attempt();
    setBusy(false);
    if (refused !== null) return onRefused(refused);
    setPassphrase('');
    setAgain('');
    await queries.invalidateQueries();
  }
  const isReady = passphrase !== '' && passphrase === again;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && !busy) void recover();
      }}
    >
      <Field label={say('unlock.person')}>
        {(id) => (
          <Choice
            id={id}
            isFirst
            value={operator}
            onChange={setOperator}
            options={people.map((one) => ({ value: one, label: one }))}
          />
        )}
      </Field>
      {(
        [
          ['recover.passphrase', passphrase, setPassphrase],
          ['recover.again', again, setAgain],
        ] as const
      ).map(([label, value, set]) => (
        <Field key={label} label={say(label)}>
          {(id) => (
            <Input.Password
              id={id}
              visibilityToggle={false}
              autoComplete="new-password"
              value={value}
              onChange={(event) => set(event.target.value)}
            />
          )}
        </Field>
      ))}
      {again !== '' && !isReady ? <p role="alert">{say('recover.differs')}</p> : null}
      <Button type="primary" htmlType="submit" disabled={!isReady} loading={busy}>
        {busy ? say('action.touching') : say('recover.open')}
      </Button>
    </form>
  );
}
