import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeXml } from '../../shared/iso20022/decode.ts';
import { everyFamily } from '../../shared/iso20022/message.ts';
import { familyOf, openReader } from '../../shared/iso20022/reader.ts';
import { dataPath, describeWithData } from '../../testing/data.ts';
import { samples } from '../../testing/manifest.ts';
import { plainDress, statementXml } from '../../testing/statement-file.ts';

describe('what a message of the bank is', () => {
  const statement = (dress: Partial<typeof plainDress>) =>
    statementXml([{ id: 'S', account: 'DE89370400440532013000', opening: 0n, entries: [] }], {
      ...plainDress,
      ...dress,
    });

  it('is known by its first element, in any dress, and nothing after it is read', () => {
    for (const dress of [{}, { prefix: 'x' }, { namespace: 'none' }, { envelope: 'business header' }] as const) {
      const text = statement(dress);
      const begins = text.slice(0, text.indexOf('BkToCstmrStmt') + 'BkToCstmrStmt>'.length);
      expect(familyOf(text, everyFamily)).toBe('camt.053');
      expect(familyOf(`${begins}</broken>`, everyFamily)).toBe('camt.053');
    }
    expect(familyOf(`\uFEFF${statement({})}`, everyFamily)).toBe('camt.053');
    for (const none of ['', '%PDF-1.7', '<Document/>', '<!DOCTYPE x><Document/>'])
      expect(familyOf(none, everyFamily)).toBeUndefined();
  });
});

describeWithData('every sample message', 'iso20022/samples', () => {
  it('is named as reading the whole of it names it', () => {
    let named = 0;
    for (const { file } of samples()) {
      const text = decodeXml(new Uint8Array(readFileSync(dataPath(`iso20022/samples/${file}`))));
      if (!text.ok) continue;
      const reader = openReader(everyFamily);
      if (!reader.write(text.value).ok || !reader.end().ok) continue;
      expect([file, familyOf(text.value, everyFamily)]).toEqual([file, reader.head?.family]);
      named += reader.head === null ? 0 : 1;
    }
    expect(named).toBeGreaterThan(100);
  });
});
