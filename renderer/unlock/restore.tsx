// A new machine in the place of a lost one: the folder of one backup becomes its vault, which is then unlocked as before.

import { useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import type { Refusal } from '../../shared/result.ts';
import { useSay } from '../i18n/index.ts';
import { terminal } from '../terminal.ts';
import { Field } from '../ui/field.tsx';
import { Refused } from '../ui/refused.tsx';

export function Restore({ isOpen }: { readonly isOpen?: boolean }) {
  const { say } = useSay();
  const queries = useQueryClient();
  const [path, setPath] = useState('');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const restore = async () => {
    setBusy(true);
    const restored = await terminal.restore({ path });
    setBusy(false);
    setRefusal(restored.ok ? null : restored.refusal);
    if (!restored.ok) return;
    sessionStorage.setItem('custos.restored', JSON.stringify(restored.value));
    queries.clear();
    location.reload(); // whatever was shown was of the vault of before
  };
  return (
    <details open={isOpen}>
      <summary>{say('restore.title')}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (path !== '' && !busy) void restore();
        }}
      >
        <Field label={say('restore.folder')} note={say('restore.note')}>
          {(id) => <Input id={id} autoComplete="off" value={path} onChange={(event) => setPath(event.target.value)} />}
        </Field>
        <Button htmlType="submit" disabled={path === ''} loading={busy}>
          {say('restore.do')}
        </Button>
        <Refused refusal={refusal} />
      </form>
    </details>
  );
}
