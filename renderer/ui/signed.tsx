// What came of a signing: why it did not happen, what was left out of it, and that the rest is on its way.

import { useSay } from '../i18n/index.ts';
import { Refused } from './refused.tsx';
import type { SigningState } from './use-signing.ts';

export function Signed({ signing }: { readonly signing: SigningState }) {
  const { say } = useSay();
  return (
    <>
      <Refused refusal={signing.refusal} />
      {signing.refused.map(({ index, refusal }) => (
        <Refused key={index} refusal={refusal} />
      ))}
      {signing.signed > 0 ? (
        <p className="done" role="status">
          {say('make.done')}
        </p>
      ) : null}
    </>
  );
}
