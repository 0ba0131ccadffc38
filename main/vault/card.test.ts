import slip39 from 'slip39';
import { describe, expect, it } from 'vitest';
import { random } from '../../crypto/secret.ts';
import { dataJson, describeWithData } from '../../testing/data.ts';
import { cardWords, readCard } from './card.ts';
import { splitRecoveryKey } from './recovery.ts';

const shares = splitRecoveryKey(random(32), { officers: [2, 3], custodians: [3, 5] });
const [card = ''] = shares.custodians;
const words = card.split(' ');
const withWord = (place: number, word: string) => words.with(place - 1, word).join(' ');
const otherWord = (than: string) => (than === 'academic' ? 'acid' : 'academic');

describe('a recovery card as it is typed in', () => {
  it('says whose it is, and nothing of what it holds', () => {
    expect(words.length).toBe(cardWords);
    const sets = new Set<number>();
    for (const [group, needed] of [
      ['officers', 2],
      ['custodians', 3],
    ] as const)
      shares[group].forEach((share, i) => {
        const read = readCard(share);
        expect(read).toMatchObject({ card: { share, group, member: i + 1, needed } });
        if ('card' in read) sets.add(read.card.set);
      });
    expect(sets.size).toBe(1);
  });

  it('may be typed in capitals, with more spaces, or with the first four letters of each word', () => {
    const short = words.map((word) => word.slice(0, 4).toUpperCase()).join('   ');
    expect(readCard(` ${short}\n`)).toMatchObject({ card: { share: card } });
  });

  it('shows the place of a word that is on no list, and counts the words', () => {
    expect(readCard(withWord(7, 'zebra'))).toEqual({ mistyped: { why: 'not a word', word: 7 } });
    expect(readCard(words.slice(1).join(' '))).toEqual({ mistyped: { why: 'number of words', words: 32 } });
    expect(readCard('')).toEqual({ mistyped: { why: 'not a word', word: 1 } });
  });

  it('shows the place of a word of the list that cannot be right, wherever it is', () => {
    for (const place of [1, 2, 4, 5, 18, 30, 31, 33])
      expect(readCard(withWord(place, otherWord(words[place - 1] as string)))).toEqual({
        mistyped: { why: 'checksum', word: place },
      });
  });

  it('guesses no place when two words are wrong', () => {
    const twice = words.with(8, otherWord(words[8] as string)).with(20, otherWord(words[20] as string));
    expect(readCard(twice.join(' '))).toEqual({ mistyped: { why: 'checksum', word: null } });
  });

  it('is refused when it is of another kind of set', () => {
    const { root } = slip39.fromArray([...random(32)], { passphrase: '', threshold: 1, groups: [[1, 1, 'one']] });
    expect(readCard(root.mnemonics[0] ?? '')).toEqual({ mistyped: { why: 'other purpose' } });
  });
});

describeWithData('cards of the SLIP-0039 public vectors', 'vectors/slip39/vectors.json', () => {
  it('have a right checksum here exactly when they have one there', () => {
    let right = 0;
    const vectors = dataJson<[string, string[], string, string][]>('vectors/slip39/vectors.json');
    // Bad padding is not of the checksum, and is refused when the cards are put together.
    for (const [, mnemonics] of vectors.filter(([name]) => !name.includes('padding')))
      for (const mnemonic of mnemonics.filter((one) => one.split(' ').length === cardWords)) {
        const read = readCard(mnemonic);
        const isRight = 'card' in read || read.mistyped.why === 'other purpose';
        expect([mnemonic, isRight]).toEqual([mnemonic, slip39.validateMnemonic(mnemonic)]);
        if (isRight) right += 1;
      }
    expect(right).toBeGreaterThan(5);
  });
});
