// The vault itself: backups as they lie on disk, one made now, the plan by which they are made, and the diary of what was done.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Input, InputNumber } from 'antd';
import { useState } from 'react';
import type { Status } from '../../shared/contract/terminal.ts';
import type { BackupPlan, DiaryEntryView } from '../../shared/contract/vault.ts';
import type { Refusal } from '../../shared/result.ts';
import { en, type MessageKey } from '../i18n/en.ts';
import { type Say, showTime, useSay } from '../i18n/index.ts';
import { follow, terminal } from '../terminal.ts';
import { Field } from '../ui/field.tsx';
import { Refused } from '../ui/refused.tsx';

const proposed: BackupPlan = { folder: '', everyHours: 4, keepLast: 6, keepDays: 14, keepMonths: 12 };
const numbers = ['everyHours', 'keepLast', 'keepDays', 'keepMonths'] as const;

export function Backups({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const queries = useQueryClient();
  const [typed, setTyped] = useState<BackupPlan | null>(null);
  const [progress, setProgress] = useState<string | null>(null);
  const [done, setDone] = useState('');
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const state = useQuery({
    queryKey: ['backups', status.vault?.backup.lastAt, status.vault?.epoch],
    queryFn: async () => {
      const [listed, diary] = await Promise.all([
        terminal.backups({ folder: null }),
        terminal.diary({ before: 1e9, limit: 20 }),
      ]);
      return {
        plan: listed.ok ? listed.value.plan : null,
        backups: listed.ok ? listed.value.backups : [],
        diary: diary.ok ? diary.value.entries : [],
      };
    },
  });
  const plan = typed ?? state.data?.plan ?? proposed;
  const onProgress = (count: number, total: number) =>
    setProgress(`${Math.floor((100 * count) / Math.max(1, total))} %`);
  const finish = async (why: Refusal | null, words: string) => {
    setProgress(null);
    setRefusal(why);
    setDone(why === null ? words : '');
    await queries.invalidateQueries();
  };
  const make = async () => {
    setProgress('0 %');
    const folder = plan.folder === state.data?.plan?.folder || plan.folder === '' ? null : plan.folder;
    const made = await follow(terminal.backup({ folder }), onProgress);
    const words = made.ok ? say('backup.done', { name: made.value.name }) : '';
    const isBeside = made.ok && made.value.sameDisk;
    await finish(made.ok ? null : made.refusal, isBeside ? `${words} ${say('backup.sameDisk')}` : words);
  };
  const check = async (path: string) => {
    setProgress('0 %');
    const read = await follow(terminal.checkBackup({ path }), onProgress);
    await finish(read.ok ? null : read.refusal, read.ok ? say('backup.sound', { name: read.value.name }) : '');
  };
  const keep = async () => {
    const kept = await terminal.planBackups({ plan });
    await finish(kept.ok ? null : kept.refusal, say('backup.planned'));
  };
  const isBusy = progress !== null || (status.vault?.backup.isRunning ?? false);
  return (
    <section className="card" aria-label={say('backup.title')}>
      <h2>{say('backup.title')}</h2>
      <Field label={say('backup.folder')}>
        {(id) => (
          <Input
            id={id}
            autoComplete="off"
            value={plan.folder}
            onChange={(event) => setTyped({ ...plan, folder: event.target.value })}
          />
        )}
      </Field>
      <div className="bar" style={{ alignItems: 'end' }}>
        {numbers.map((name) => (
          <Field key={name} label={say(`backup.${name}`)}>
            {(id) => (
              <InputNumber
                id={id}
                min={name === 'everyHours' || name === 'keepLast' ? 1 : 0}
                max={100}
                value={plan[name]}
                onChange={(value) => setTyped({ ...plan, [name]: value ?? 1 })}
              />
            )}
          </Field>
        ))}
      </div>
      <p className="quiet">
        {say(state.data?.plan == null ? 'backup.noPlan' : 'backup.standing', {
          hours: plan.everyHours,
          last: plan.keepLast,
          days: plan.keepDays,
          months: plan.keepMonths,
        })}
      </p>
      <div className="bar">
        <Button type="primary" disabled={plan.folder === ''} loading={isBusy} onClick={() => void make()}>
          {say('backup.now')} {progress ?? ''}
        </Button>
        <Button disabled={plan.folder === '' || isBusy} onClick={() => void keep()}>
          {say('backup.plan')}
        </Button>
      </div>
      <Refused refusal={refusal} />
      {done === '' ? null : (
        <p className="done" role="status">
          {done}
        </p>
      )}
      <table className="plain" hidden={(state.data?.backups ?? []).length === 0}>
        <thead>
          <tr>
            <th>{say('backup.name')}</th>
            <th>{say('backup.madeAt')}</th>
            <th>{say('backup.size')}</th>
            <th>{say('backup.stateOf')}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {(state.data?.backups ?? []).map((one) => (
            <tr key={one.path}>
              <td>{one.name}</td>
              <td>{one.madeAt === null ? '' : showTime(one.madeAt, language)}</td>
              <td>
                {one.size === null || one.bytes === null
                  ? ''
                  : say('backup.holds', { size: one.size, mib: (one.bytes / 2 ** 20).toFixed(1) })}
              </td>
              <td>{say(`backup.state.${one.state}`)}</td>
              <td>
                <Button size="small" disabled={isBusy} onClick={() => void check(one.path)}>
                  {say('backup.check')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>{say('backup.diary')}</h2>
      <table className="plain">
        <tbody>
          {(state.data?.diary ?? []).map((one) => (
            <tr key={one.number}>
              <td>{showTime(one.at, language)}</td>
              <td>{say(`diary.${one.what}`)}</td>
              <td>{one.operator}</td>
              <td>{detailOf(one, say)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What an entry of the diary is about: why, which backup, how many, or how far behind. */
function detailOf({ facts }: DiaryEntryView, say: Say): string {
  const key = `refusal.${facts.why ?? facts.found}`;
  if (key in en) return say(key as MessageKey);
  return String(facts.name ?? facts.backup ?? facts.who ?? facts.why ?? '');
}
