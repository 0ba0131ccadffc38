// A machine with a vault that nobody can unlock as it is: what was found, and the ways that are left. It is not a new terminal.

import type { Status } from '../../shared/contract/terminal.ts';
import { useSay } from '../i18n/index.ts';
import { LanguageChoice } from '../ui/language.tsx';
import { Refused } from '../ui/refused.tsx';
import { Restore } from './restore.tsx';

export function Lost({ status }: { readonly status: Status }) {
  const { say } = useSay();
  return (
    <main className="alone" data-testid="lost">
      <LanguageChoice />
      <h1>{say('lost.title')}</h1>
      <Refused refusal={status.finding} />
      <p>{say('lost.meaning')}</p>
      <ol>
        <li>{say('lost.slots')}</li>
        <li>{say('lost.restore')}</li>
        <li>{say('lost.anew')}</li>
      </ol>
      <Restore isOpen />
    </main>
  );
}
