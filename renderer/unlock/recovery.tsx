// Recovery shares, one card at a time: shown once, confirmed by a word of each, kept nowhere.

import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, InputNumber } from 'antd';
import { useState } from 'react';
import type { Refusal } from '../../shared/result.ts';
import { useSay } from '../i18n/index.ts';
import { terminal } from '../terminal.ts';
import { Field } from '../ui/field.tsx';
import { Refused } from '../ui/refused.tsx';

interface Card {
  readonly group: 'officers' | 'custodians';
  readonly words: readonly string[];
  /** The word asked for, from 1. */
  readonly ask: number;
}

export function Recovery({ onDone }: { readonly onDone: () => void }) {
  const { say } = useSay();
  const queries = useQueryClient();
  const [plan, setPlan] = useState({ officers: [2, 3] as [number, number], custodians: [2, 3] as [number, number] });
  const [cards, setCards] = useState<readonly Card[]>([]);
  const [at, setAt] = useState(0);
  const [typed, setTyped] = useState('');
  const [isWrong, setWrong] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);

  async function make(): Promise<void> {
    const made = await terminal.addRecovery(plan);
    setRefusal(made.ok ? null : made.refusal);
    if (!made.ok) return;
    setCards(
      (['officers', 'custodians'] as const).flatMap((group) =>
        made.value[group].map((share): Card => {
          const words = share.split(' ');
          return { group, words, ask: 1 + ((crypto.getRandomValues(new Uint32Array(1))[0] as number) % words.length) };
        }),
      ),
    );
  }

  function confirm(card: Card): void {
    const isRight = typed.trim().toLowerCase() === card.words[card.ask - 1];
    setWrong(!isRight);
    if (!isRight) return;
    setTyped('');
    if (at + 1 < cards.length) setAt(at + 1);
    else {
      setCards([]);
      void queries.invalidateQueries();
      onDone();
    }
  }

  const card = cards[at];
  if (card === undefined)
    return (
      <section className="card" aria-label={say('recovery.title')}>
        <h2>{say('recovery.title')}</h2>
        <p>{say('recovery.why')}</p>
        <ol>
          <li>{say('recovery.step.cards')}</li>
          <li>{say('recovery.step.hand')}</li>
          <li>{say('recovery.step.drill')}</li>
        </ol>
        {(['officers', 'custodians'] as const).map((group) => (
          <fieldset key={group} className="bar" style={{ border: 0, padding: 0 }}>
            <legend>{say(`recover.${group}`)}</legend>
            {([0, 1] as const).map((part) => (
              <Field key={part} label={say(part === 0 ? 'recovery.needed' : 'recovery.given')}>
                {(id) => (
                  <InputNumber
                    id={id}
                    min={1}
                    max={16}
                    value={plan[group][part]}
                    onChange={(value) => {
                      const next = [...plan[group]] as [number, number];
                      next[part] = value ?? 1;
                      setPlan({ ...plan, [group]: next });
                    }}
                  />
                )}
              </Field>
            ))}
          </fieldset>
        ))}
        <div className="bar">
          <Button type="primary" onClick={() => void make()}>
            {say('recovery.make')}
          </Button>
          <Button onClick={onDone}>{say('action.back')}</Button>
        </div>
        <Refused refusal={refusal} />
      </section>
    );
  return (
    <section className="card" aria-label={say('recovery.title')}>
      <h2>{say('recovery.card', { n: at + 1, all: cards.length, group: say(`recovery.group.${card.group}`) })}</h2>
      <ol className="words" data-testid="share">
        {card.words.map((word, i) => (
          // The place of a word is what it is known by: words repeat.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <li key={i}>{word}</li>
        ))}
      </ol>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          confirm(card);
        }}
      >
        <Field label={say('recovery.confirm', { n: card.ask })}>
          {(id) => (
            <Input
              key={at}
              id={id}
              autoFocus
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <Button type="primary" htmlType="submit">
          {say('action.continue')}
        </Button>
        {isWrong ? <p role="alert">{say('recovery.wrong', { n: card.ask })}</p> : null}
      </form>
    </section>
  );
}
