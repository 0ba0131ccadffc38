import { describe, expect, it } from 'vitest';
import { maxJsonDepth, parseJson } from './json.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('JSON from outside', () => {
  it('is read up to the depth that messages have, and not beyond it', () => {
    expect(parseJson(nested(maxJsonDepth))).toMatchObject({ ok: true });
    expect(parseJson(nested(maxJsonDepth + 1))).toMatchObject({ ok: false, refusal: { type: 'malformed' } });
    expect(parseJson(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)).toMatchObject({ ok: false });
  });

  it('may hold any number of brackets and quotes inside of texts', () => {
    const text = `${'[{"'.repeat(100)}\\`;
    expect(parseJson(JSON.stringify({ [text]: [text, '\\"[[[', ''] }))).toEqual({
      ok: true,
      value: { [text]: [text, '\\"[[[', ''] },
    });
  });

  it('of five million brackets is refused at once, and so is a text without an end', () => {
    const started = performance.now();
    expect(parseJson(nested(2_500_000))).toMatchObject({ ok: false });
    expect(parseJson(`"${'\\"'.repeat(100_000)}`)).toMatchObject({ ok: false });
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
