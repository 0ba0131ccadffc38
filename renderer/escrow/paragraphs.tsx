// The agreement in plain words, as it is printed and as a checker reads it before signing.

import { useMemo } from 'react';
import type { Terms } from '../../shared/escrow.ts';
import { proveTerms } from '../../shared/escrow-proof.ts';
import { describeTerms, sayFlaw } from '../../shared/escrow-words.ts';
import type { Day } from '../../shared/time.ts';
import { useSay } from '../i18n/index.ts';

interface ParagraphsProps {
  readonly terms: Terms;
  /** The day on which it was, or would be, adopted. */
  readonly on: Day;
  readonly nameOf?: (account: string) => string;
}

export function Paragraphs({ terms, on, nameOf }: ParagraphsProps) {
  const { say, language } = useSay();
  const proof = useMemo(() => proveTerms(terms, on), [terms, on]);
  if (!proof.ok)
    return (
      <div className="refusal" role="alert">
        <strong>{say('escrow.flawed')}</strong>
        <p>{sayFlaw(terms, proof.refusal, language)}</p>
      </div>
    );
  return (
    <div className="terms">
      {describeTerms(terms, proof.value, language, nameOf).map(({ heading, sentences }) => (
        <section key={heading}>
          <h3>{heading}</h3>
          {sentences.map((one) => (
            <p key={one}>{one}</p>
          ))}
        </section>
      ))}
    </div>
  );
}
