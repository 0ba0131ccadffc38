// Asking a payment back (camt.056): what the bank said to the last request, and a new one for what it has and has not returned.

import { Button, Input } from 'antd';
import { useState } from 'react';
import type { Draft, InstructionView } from '../../shared/contract/terminal.ts';
import { recall, recallSchema } from '../../shared/instruction/recall.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';
import { showMoney } from '../money.ts';
import { terminal } from '../terminal.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { useKeys } from '../ui/keys.ts';
import { SignButton } from '../ui/sign-button.tsx';
import { Signed } from '../ui/signed.tsx';
import { type SigningState, useSigning } from '../ui/use-signing.ts';

type Code = (typeof codes)[number];
type Item = InstructionView['items'][number];
const codes = recallSchema.shape.code.options;

interface RecallProps {
  readonly one: InstructionView;
  readonly role: string | null;
  readonly onOpen: (instruction: string) => void;
}

const isWithTheBank = ({ state, recall: asked }: Item): boolean =>
  (state === 'sent' || state === 'settled') && (asked === null || asked.answer === 'refused');

export function Recall({ one, role, onOpen }: RecallProps) {
  const { say } = useSay();
  const signing = useSigning();
  const [isOpen, setIsOpen] = useState(false);
  const open =
    one.kind === 'digital withdrawal' ? [] : [...one.items.entries()].filter(([, item]) => isWithTheBank(item));
  const mayAsk = open.length > 0 && recall.makers.some((maker) => maker === role);
  const ask = () => {
    signing.clear();
    setIsOpen(true);
  };
  useKeys({ ...(mayAsk ? { c: ask } : {}), Escape: () => setIsOpen(false) });
  if (one.kind === 'recall')
    return <Button onClick={() => onOpen(String(one.body.recalls))}>{say('recall.payment')}</Button>;
  return (
    <>
      {one.items.map((item, i) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: an item is known by its place in the instruction
        item.recall === null ? null : <Answer key={i} recall={item.recall} tail={item.tail} onOpen={onOpen} />,
      )}
      {mayAsk && !isOpen ? (
        <div className="bar">
          <Button onClick={ask}>{say('recall.ask')} (c)</Button>
        </div>
      ) : null}
      {mayAsk && isOpen ? <Ask one={one} open={open} signing={signing} onDone={() => setIsOpen(false)} /> : null}
      <Signed signing={signing} />
    </>
  );
}

function Answer({
  recall: { by, answer, code },
  tail,
  onOpen,
}: {
  readonly recall: NonNullable<Item['recall']>;
  readonly tail: string;
  readonly onOpen: RecallProps['onOpen'];
}) {
  const { say } = useSay();
  return (
    <p className="bar" data-testid="recall" data-answer={answer ?? 'none'}>
      <span>
        …{tail}: {say(`recall.${answer ?? 'asked'}`, { code: code ?? '' })}
      </span>
      <Button size="small" onClick={() => onOpen(by)}>
        {say('recall.show')}
      </Button>
    </p>
  );
}

interface AskProps {
  readonly one: InstructionView;
  readonly open: readonly (readonly [number, Item])[];
  readonly signing: SigningState;
  readonly onDone: () => void;
}

function Ask({ one, open, signing, onDone }: AskProps) {
  const { say, language } = useSay();
  const [item, setItem] = useState(String(open[0]?.[0] ?? 0));
  const [code, setCode] = useState<Code | null>(null);
  const [reason, setReason] = useState('');
  const draft: Draft | undefined =
    code === null || reason.trim() === ''
      ? undefined
      : { kind: 'recall', recalls: one.id, item: Number(item), code, reason: reason.trim() };
  const sign = async () => {
    if (draft === undefined || signing.busy) return;
    if (await signing.run(() => terminal.make({ drafts: [{ draft, source: null }] }))) onDone();
  };
  useKeys({ 'ctrl+Enter': () => void sign() });
  const named = ({ payee, tail, amount }: Item) =>
    `${payee?.name ?? '—'} …${tail} ${one.asset === null ? amount : showMoney(one.asset, amount, language)}`;
  return (
    <fieldset data-testid="ask-back">
      <legend>{say('recall.title')}</legend>
      {open.length === 1 ? null : (
        <Field label={say('recall.item')}>
          {(id) => (
            <Choice
              id={id}
              value={item}
              options={open.map(([place, asked]) => ({ value: String(place), label: named(asked) }))}
              onChange={setItem}
            />
          )}
        </Field>
      )}
      <Field label={say('recall.code')}>
        {(id) => (
          <Choice
            id={id}
            isFirst
            value={code}
            options={codes.map((value) => ({
              value,
              label: `${value} · ${say(`recall.code.${value}` as MessageKey)}`,
            }))}
            onChange={setCode}
          />
        )}
      </Field>
      <Field label={say('recall.reason')}>
        {(id) => <Input id={id} maxLength={105} value={reason} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      <SignButton draft={draft} forecast={null} signing={signing} onSign={() => void sign()} />
    </fieldset>
  );
}
