// One recovery card as it is typed in: which word is not one of the list, or which one cannot be right; whose group it is of. What
// the words say is shown to nobody, and no word is ever proposed: only its place.

import slip39 from 'slip39/src/slip39_helper.js';
import { groups, type RecoveryGroup } from './recovery.ts';

const wordList = slip39.WORD_LIST;

/** SLIP-0039 for 256 bits: metadata 4, value 26, checksum 3. */
export const cardWords = 33;

export interface Card {
  /** The words in full. */
  readonly share: string;
  /** Common to all cards of one set. */
  readonly set: number;
  readonly group: RecoveryGroup;
  /** Its number in the group, from 1, and how many of the group are needed. */
  readonly member: number;
  readonly needed: number;
}

export type Mistyped =
  | { readonly why: 'not a word'; readonly word: number }
  | { readonly why: 'number of words'; readonly words: number }
  /** The place of the word that cannot be right, where it is only one. */
  | { readonly why: 'checksum'; readonly word: number | null }
  | { readonly why: 'other purpose' };

const indexOf = new Map<string, number>();
for (const [index, word] of wordList.entries()) {
  indexOf.set(word, index);
  // The standard makes the first four letters of a word enough.
  indexOf.set(word.slice(0, 4), index);
}

export function readCard(text: string): { readonly card: Card } | { readonly mistyped: Mistyped } {
  const words = text.trim().toLowerCase().split(/\s+/);
  const indices = words.map((word) => indexOf.get(word));
  const strange = indices.indexOf(undefined);
  if (strange !== -1) return { mistyped: { why: 'not a word', word: strange + 1 } };
  if (words.length !== cardWords) return { mistyped: { why: 'number of words', words: words.length } };
  const values = indices as number[];
  if (!hasRightChecksum(values)) return { mistyped: { why: 'checksum', word: wrongWord(values) } };
  const [first = 0, second = 0, third = 0, fourth = 0] = values;
  const numbers = (third << 10) | fourth;
  const group = groups[numbers >> 16];
  const isOurs = ((numbers >> 12) & 15) + 1 === groups.length && ((numbers >> 8) & 15) + 1 === groups.length;
  if (group === undefined || !isOurs) return { mistyped: { why: 'other purpose' } };
  return {
    card: {
      share: values.map((value) => wordList[value]).join(' '),
      set: ((first << 10) | second) >> 5,
      group,
      member: ((numbers >> 4) & 15) + 1,
      needed: (numbers & 15) + 1,
    },
  };
}

/** Two right cards differ in at least four words, so if changing one word makes it right, there is only one such place. */
function wrongWord(values: readonly number[]): number | null {
  for (let place = 0; place < values.length; place++) {
    const changed = [...values];
    for (let word = 0; word < wordList.length; word++) {
      changed[place] = word;
      if (hasRightChecksum(changed)) return place + 1;
    }
  }
  return null;
}

const generator = [
  0xe0e040, 0x1c1c080, 0x3838100, 0x7070200, 0xe0e0009, 0x1c0c2412, 0x38086c24, 0x3090fc48, 0x21b1f890, 0x3f3f120,
];
const step = (checksum: number, value: number): number => {
  const top = checksum >> 20;
  let next = ((checksum & 0xfffff) << 10) ^ value;
  for (let bit = 0; bit < 10; bit++) if ((top >> bit) & 1) next ^= generator[bit] as number;
  return next;
};
const started = (customization: string): number => {
  let checksum = 1;
  for (const character of customization) checksum = step(checksum, character.charCodeAt(0));
  return checksum;
};
const start = started('shamir');
const startExtendable = started('shamir_extendable');

/** RS1024 of SLIP-0039; the package says only whether a card as a whole is right, not where it is wrong. */
function hasRightChecksum(values: readonly number[]): boolean {
  let checksum = ((values[1] as number) >> 4) & 1 ? startExtendable : start;
  for (const value of values) checksum = step(checksum, value);
  return checksum === 1;
}
