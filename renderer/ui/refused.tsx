// A refusal in three sentences: what was not done, why, who can do what next. The first line is said in the person's language.

import type { Refusal } from '../../shared/result.ts';
import { en, type MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';

export function Refused({ refusal }: { readonly refusal: Refusal | null | undefined }) {
  const { say } = useSay();
  if (!refusal) return null;
  const key = `refusal.${refusal.type}`;
  return (
    <div className="refusal" role="alert" data-refusal={refusal.type}>
      <p>
        <strong>{say(key in en ? (key as MessageKey) : 'refusal.other')}</strong>
      </p>
      <p>
        {refusal.what} {refusal.why} {refusal.next}
      </p>
    </div>
  );
}
