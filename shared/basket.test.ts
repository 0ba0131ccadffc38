import { describe, expect, it } from 'vitest';
import { sha256 } from '../testing/people.ts';
import { TestProgramme } from '../testing/programme.ts';
import { basketRoot, fillBasket, newRootFinder } from './basket.ts';
import { basketLeafHash } from './event.ts';

const programme = new TestProgramme();
const eventsOf = (count: number) =>
  Array.from({ length: count }, (_, item) =>
    programme.event(
      'bank.acknowledged',
      { instruction: programme.newId(programme.nowMs), item },
      { actor: 'bank', terminal: 'depository' },
    ),
  );

describe('roots of events that come one after the other', () => {
  it('are those that each event has by itself, for baskets of every size and in any order', () => {
    const rootOf = newRootFinder(sha256);
    for (const size of [1, 2, 3, 5, 6, 7, 8, 11, 13, 16, 21, 33]) {
      const events = eventsOf(size);
      const { root, positions } = fillBasket(sha256, events);
      const order = [
        ...events.keys(),
        ...[...events.keys()].reverse(),
        ...[...events.keys()].map((i) => (i * 7) % size),
      ];
      for (const i of order) {
        const [event, position] = [events[i], positions[i]];
        if (event === undefined || position === undefined) throw new Error('there is one');
        expect(rootOf(basketLeafHash(sha256, event), position)).toEqual(root);
      }
    }
  });

  it('are never taken from the event before when a sibling, a place or the event is another', () => {
    const events = eventsOf(13);
    const { root, positions } = fillBasket(sha256, events);
    const rootOf = newRootFinder(sha256);
    const of = (i: number, position = positions[i] as (typeof positions)[number], event = events[i]) =>
      event && rootOf(basketLeafHash(sha256, event), position);
    for (const [i, position] of positions.entries()) {
      const event = events[i];
      if (event === undefined) throw new Error('there is one');
      const others = [
        ...position.path.map((_, at) => ({ ...position, path: position.path.with(at, 'A'.repeat(43)) })),
        ...position.path.map((_, at) => ({ ...position, path: position.path.toSpliced(at, 1) })),
        { ...position, path: [...position.path, 'A'.repeat(43)] },
        { ...position, index: (position.index + 1) % 13 },
        { ...position, index: 13 },
        { ...position, size: 12 },
        { ...position, size: 14 },
        { ...position, path: position.path.with(0, 'not base64url') },
      ];
      for (const other of others) {
        expect(of(i)).toEqual(root);
        expect(of(i, other)).toEqual(basketRoot(sha256, event, other));
      }
      expect(of(i, position, events[(i + 1) % 13])).not.toEqual(root);
    }
  });
});
