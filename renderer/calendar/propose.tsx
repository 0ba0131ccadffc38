// A calendar proposed from a published list, corrected by an officer line by line, and made as an instruction.

import { Button, Input } from 'antd';
import { useState } from 'react';
import { type Calendar, calendarSchema } from '../../shared/calendar.ts';
import { useSay } from '../i18n/index.ts';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { type SeedName, seedNames, seedOf } from './seeds.ts';

interface ProposeProps {
  readonly assets: readonly string[];
  readonly known: readonly Calendar[];
  readonly busy: boolean;
  readonly onPropose: (calendar: Calendar) => void;
}

const lines = (text: string): string[] => text.split(/[\s,;]+/).filter((one) => one !== '');

/** `CNY 16:30` or `CNY 15:00 batch, payment`, a line each. */
function readCutOffs(text: string): unknown[] {
  return text
    .split('\n')
    .filter((one) => one.trim() !== '')
    .map((one) => {
      const [asset = '', at = '', ...rest] = one.trim().split(/\s+/);
      const kinds = rest.join(' ').split(',');
      return { asset, at, kinds: kinds.map((kind) => kind.trim()).filter((kind) => kind !== '') };
    });
}

const cutOffText = (cutOffs: Calendar['cutOffs']): string =>
  cutOffs.map(({ asset, at, kinds }) => [asset, at, kinds.join(', ')].join(' ').trim()).join('\n');

/** `2026-03-29T01:00:00.000Z 120`, a line each; minutes ahead of UTC from then on. */
const offsetText = (offsets: Calendar['offsets']): string =>
  offsets.map(({ from, minutes }) => `${from} ${minutes}`).join('\n');
const readOffsets = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((one) => one.trim() !== '')
    .map((one) => {
      const [from = '', minutes = ''] = one.trim().split(/\s+/);
      return { from, minutes: minutes === '' ? Number.NaN : Number(minutes) };
    });

export function Propose({ assets, known, busy, onPropose }: ProposeProps) {
  const { say } = useSay();
  const thisYear = new Date().getUTCFullYear();
  const [seed, setSeed] = useState<SeedName>('CN');
  const [years, setYears] = useState(`${thisYear} ${thisYear + 1}`);
  const [missing, setMissing] = useState<readonly number[]>([]);
  const [text, setText] = useState({
    ...{ id: '', assets: '', from: '', through: '', weekend: '6 7' },
    ...{ holidays: '', workingDays: '', cutOffs: '', offsets: '' },
  });
  const set = (some: Partial<typeof text>) => setText({ ...text, ...some });
  const version = (known.find((one) => one.id === text.id)?.version ?? 0) + 1;
  const parsed = calendarSchema.safeParse({
    ...{ id: text.id, version, assets: lines(text.assets), weekend: lines(text.weekend).map(Number) },
    ...{ holidays: lines(text.holidays), workingDays: lines(text.workingDays) },
    ...{ offsets: readOffsets(text.offsets), cutOffs: readCutOffs(text.cutOffs) },
    ...{ from: text.from, through: text.through },
  });
  const fill = (one: Omit<Calendar, 'version' | 'id'> & { readonly id: string }) =>
    setText({
      ...{ id: one.id, assets: one.assets.join(' '), from: one.from, through: one.through },
      ...{ weekend: one.weekend.join(' '), holidays: one.holidays.join('\n'), workingDays: one.workingDays.join('\n') },
      ...{ cutOffs: cutOffText(one.cutOffs), offsets: offsetText(one.offsets) },
    });
  const propose = async () => {
    const wanted = lines(years)
      .map(Number)
      .filter((year) => Number.isInteger(year) && year >= 1990 && year <= 2100)
      .sort();
    const found = await seedOf(seed, wanted);
    setMissing(found.missing);
    const covered = wanted.filter((year) => !found.missing.includes(year));
    const [first, last] = [covered[0], covered.at(-1)];
    if (first === undefined || last === undefined) return;
    const own: Partial<Record<SeedName, string>> = { CN: 'CNY', JP: 'JPY', TARGET: 'EUR' };
    const asset = own[seed] ?? '';
    const governs = assets.includes(asset) ? [asset] : [];
    fill({
      ...{ id: seed === 'empty' ? 'bank' : seed, assets: governs, weekend: found.weekend, offsets: found.offsets },
      ...{ holidays: found.holidays, workingDays: found.workingDays },
      cutOffs: governs.map((code) => ({ asset: code, at: '16:30', kinds: [] })),
      ...{ from: `${first}-01-01` as never, through: `${last}-12-31` as never },
    });
  };
  const input = (key: keyof typeof text, label: string) => (
    <Field label={label}>
      {(id) => (
        <Input id={id} autoComplete="off" value={text[key]} onChange={(event) => set({ [key]: event.target.value })} />
      )}
    </Field>
  );
  const area = (key: keyof typeof text, label: string) => (
    <Field label={label}>
      {(id) => (
        <textarea
          id={id}
          className="choice"
          rows={4}
          value={text[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <div className="card">
      <h2>{say('kind.adopt calendar')}</h2>
      <p className="quiet">{say('cal.proposeNote')}</p>
      <Field label={say('cal.seed')}>
        {(id) => (
          <Choice
            id={id}
            value={seed}
            options={seedNames.map((name) => ({ value: name, label: say(`cal.seed.${name}`) }))}
            onChange={setSeed}
          />
        )}
      </Field>
      <Field label={say('cal.years')}>
        {(id) => <Input id={id} value={years} onChange={(event) => setYears(event.target.value)} />}
      </Field>
      <div className="bar">
        <Button onClick={() => void propose()}>{say('cal.propose')}</Button>
        {known.map((one) => (
          <Button key={one.id} onClick={() => fill(one)}>
            {say('cal.edit', { id: one.id })}
          </Button>
        ))}
      </div>
      {missing.length === 0 ? null : (
        <p className="refusal" role="alert">
          {say('cal.missing', { years: missing.join(', ') })}
        </p>
      )}
      {input('id', say('cal.id'))}
      {input('assets', say('cal.assets'))}
      {input('from', say('cal.from'))}
      {input('through', say('cal.through'))}
      {input('weekend', say('cal.weekend'))}
      {area('holidays', say('cal.holidays'))}
      {area('workingDays', say('cal.workingDays'))}
      {area('cutOffs', say('cal.cutOffText'))}
      {area('offsets', say('cal.offsets'))}
      {parsed.success || text.id === '' ? null : (
        <p className="refusal" role="status">
          {say('cal.wrong', { field: parsed.error.issues[0]?.path.join('.') ?? '' })}
        </p>
      )}
      <Button
        type="primary"
        loading={busy}
        disabled={!parsed.success}
        onClick={() => {
          if (parsed.success) onPropose(parsed.data);
        }}
      >
        {say('cal.sign')}
      </Button>
    </div>
  );
}
