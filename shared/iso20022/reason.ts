// Reasons as status reports, returns, cancellations and their answers give them: a code of an ISO 20022 external list, or the
// bank's own word, with further text.

import { children, childrenOf, type Element } from './xml.ts';

export interface Reason {
  readonly code: string | null;
  readonly isProprietary: boolean;
  readonly information: readonly string[];
}

/** `name` is StsRsnInf, RtrRsnInf, CxlRsnInf or CxlStsRsnInf; the first versions repeat it in the names within. */
export const reasonsIn = (element: Element | undefined, name: string): readonly Reason[] =>
  children(element, name).map((one) => {
    const code = childrenOf(one).find((inner) => inner.name.endsWith('Rsn'))?.first;
    return {
      code: code?.text ?? null,
      isProprietary: code?.name === 'Prtry',
      information: childrenOf(one)
        .filter((inner) => /^Addtl.*Inf$/.test(inner.name))
        .map((inner) => inner.text),
    };
  });
