// The states of an agreement and the ways between them, drawn; the sentences beside it say the same.

import { useMemo } from 'react';
import type { EscrowView } from '../../shared/contract/escrow.ts';
import { type PathStep, proveTerms } from '../../shared/escrow-proof.ts';
import { sayOutcome, sayPath } from '../../shared/escrow-words.ts';
import { addDays, type Day } from '../../shared/time.ts';
import type { MessageKey } from '../i18n/en.ts';
import { useSay } from '../i18n/index.ts';

const [width, height] = [128, 34];
const at = {
  ...{ adopted: [4, 4], lapsed: [4, 104], funded: [214, 4], disputed: [214, 104] },
  ...{ released: [428, 4], split: [428, 54], refunded: [428, 104] },
} as const satisfies Record<string, readonly [number, number]>;
type Place = keyof typeof at;

/** The state that a path was in before its last step. */
function cameFrom(path: readonly PathStep[]): Place {
  const has = (type: string): boolean => path.some(({ step }) => step.type === type);
  return has('dispute') ? 'disputed' : has('fund') ? 'funded' : 'adopted';
}

export function Paths({ one }: { readonly one: EscrowView }) {
  const { say, language } = useSay();
  const { terms, adoptedOn } = one;
  const proof = useMemo(() => proveTerms(terms, adoptedOn as Day), [terms, adoptedOn]);
  if (!proof.ok) return null;
  const { endings, states, endsBy } = proof.value;
  const outcomes = [...new Set(endings.map(({ outcome }) => outcome))];
  const places: Place[] = ['adopted', 'funded', ...(terms.dispute === null ? [] : ['disputed' as const]), ...outcomes];
  const now: Place = one.outcome ?? (one.phase === 'ended' ? 'lapsed' : one.phase);
  const name = (place: Place): string =>
    say(
      (place in { adopted: 0, funded: 0, disputed: 0 }
        ? `escrow.phase.${place}`
        : `escrow.outcome.${place}`) as MessageKey,
    );
  const ways: (readonly [Place, Place, string])[] = [
    ['adopted', 'funded', `≤ ${terms.fundBy}`],
    ['adopted', 'lapsed', addDays(terms.fundBy, 1)],
    ...(terms.dispute === null ? [] : [['funded', 'disputed', `≤ ${terms.dispute.until}`] as const]),
    ...(['funded', 'disputed'] as const).flatMap((from) =>
      outcomes
        .filter((outcome) => endings.some((one) => one.outcome === outcome && cameFrom(one.path) === from))
        .map((outcome) => [from, outcome, ''] as const),
    ),
  ];
  return (
    <section aria-label={say('escrow.paths')}>
      <h3>{say('escrow.paths')}</h3>
      <ul>
        {endings.map(({ outcome, path }) => (
          <li key={sayPath(terms, path, language)}>
            <strong>{name(outcome)}</strong>: {sayOutcome(outcome, language)} ({sayPath(terms, path, language)})
          </li>
        ))}
      </ul>
      <p className="quiet">{say('escrow.proven', { states, day: endsBy })}</p>
      <svg viewBox="0 0 560 146" role="img" aria-label={outcomes.map(name).join(', ')}>
        <title>{say('escrow.paths')}</title>
        <defs>
          <marker id="way-end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 8 4 0 8z" fill="var(--quiet)" />
          </marker>
        </defs>
        {ways.map(([from, to, label]) => {
          const down = at[from][0] === at[to][0];
          const [x1, y1] = down
            ? [at[from][0] + width / 2, at[from][1] + height]
            : [at[from][0] + width, at[from][1] + height / 2];
          const [x2, y2] = down ? [at[to][0] + width / 2, at[to][1]] : [at[to][0], at[to][1] + height / 2];
          return (
            <g key={`${from} ${to}`}>
              <line {...{ x1, y1, x2, y2 }} stroke="var(--quiet)" markerEnd="url(#way-end)" />
              {label === '' ? null : (
                <text
                  x={down ? x1 + 5 : (x1 + x2) / 2}
                  y={down ? (y1 + y2) / 2 + 4 : y1 - 6}
                  textAnchor={down ? 'start' : 'middle'}
                  fontSize="9"
                  fill="var(--quiet)"
                >
                  {label}
                </text>
              )}
            </g>
          );
        })}
        {places.map((place) => (
          <g key={place}>
            <rect
              {...{ x: at[place][0], y: at[place][1], width, height, rx: 4 }}
              fill={place === now ? 'var(--marked)' : 'var(--paper)'}
              stroke={place === now ? 'var(--accent)' : 'var(--line)'}
              strokeWidth={place === now ? 2 : 1}
            />
            <text
              x={at[place][0] + width / 2}
              y={at[place][1] + height / 2 + 4}
              textAnchor="middle"
              fontSize="12"
              fontWeight={place === now ? 700 : 400}
              fill="var(--ink)"
            >
              {name(place)}
            </text>
          </g>
        ))}
      </svg>
    </section>
  );
}
