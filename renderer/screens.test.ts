import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisionRefusals } from '../shared/decide.ts';
import { instructionKinds } from '../shared/instruction/kinds.ts';
import { roles } from '../shared/operator.ts';
import { en } from './i18n/en.ts';
import { ja } from './i18n/ja.ts';
import { zhCN } from './i18n/zh-CN.ts';
import { zhTW } from './i18n/zh-TW.ts';
import { amountInWords, groupAccount, readAmount, showMoney } from './money.ts';

const languages = { 'zh-CN': zhCN, 'zh-TW': zhTW, ja };
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

describe('what the screens say', () => {
  it.each(Object.entries(languages))(
    '%s has every key, none empty, none left in English, with the same values',
    (_, messages) => {
      expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
      for (const [key, text] of Object.entries(en)) {
        const other = messages[key as keyof typeof en];
        expect([key, placeholders(other)]).toEqual([key, placeholders(text)]);
        if (/[a-z]{4}/.test(text.replaceAll(/\{\{\w+\}\}/g, ''))) expect([key, other]).not.toEqual([key, text]);
      }
    },
  );

  it('Traditional Chinese is written, not converted: no simplified character stands in it', () => {
    const simplified = /[户单复审账号员规则项项录连线终锁证认购发给对应选择导导读这么于与为从会来业丛丝]/;
    const wrong = Object.entries(zhTW).filter(
      ([, text]) => /[户单复审账员规则录连线终锁证认发给对应选择导读这么会来业]/.test(text) && simplified.test(text),
    );
    expect(wrong).toEqual([]);
  });

  it('names every instruction kind, role and state, and every refusal that a decision can give has words or a common one', () => {
    for (const kind of instructionKinds) expect(Object.keys(en)).toContain(`kind.${kind}`);
    for (const role of roles) expect(Object.keys(en)).toContain(`role.${role}`);
    expect(decisionRefusals.filter((type) => `refusal.${type}` in en).length).toBeGreaterThanOrEqual(10);
    expect(Object.keys(en)).toContain('refusal.other');
  });

  it('says nothing that is not in the languages: no bare text in the components', () => {
    const bare: string[] = [];
    for (const entry of readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.tsx')) continue;
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
      for (const [, words] of text.matchAll(/>\s*([A-Z][a-z]{2,}[^<>{}]*)</g))
        if (words?.trim() !== 'Custos') bare.push(`${entry.name}: ${words}`);
    }
    expect(bare).toEqual([]);
  });
});

describe('amounts', () => {
  it('are grouped by the language, with all their decimals and no rounding', () => {
    expect(showMoney('CNY', '12000000', 'en')).toBe('CNY 120,000.00');
    expect(showMoney('JPY', '1200', 'ja')).toBe('JPY 1,200');
    expect(showMoney('BTC', '1', 'en')).toBe('BTC 0.00000001');
    expect(showMoney('CNY', '-5', 'en')).toBe('CNY -0.05');
    expect(showMoney('CNY', '9223372036854775807', 'en')).toBe('CNY 92,233,720,368,547,758.07');
  });

  it('are read with the shorthands of tellers, and refused when there is any doubt', () => {
    const read = (text: string) => readAmount(text, 'CNY');
    expect(['1.2w', '120k', '1.2万', '12,000', '12000.5', '0.01', '3m'].map(read)).toEqual([
      '1200000',
      '12000000',
      '1200000',
      '1200000',
      '1200050',
      '1',
      '300000000',
    ]);
    for (const text of [
      '',
      '0',
      '-5',
      '1.234',
      '1e5',
      '12.000,50',
      'abc',
      '1.2.3',
      '1w2',
      '９',
      '12,5',
      '1,2,3',
      ',5',
      '.',
    ])
      expect([text, read(text)]).toEqual([text, undefined]);
  });

  it('come back the same when they are shown and read again', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
        fc.constantFrom('CNY', 'JPY', 'BTC', 'EUR'),
        (minor, asset) => {
          const shown = showMoney(asset, minor.toString(), 'en').slice(asset.length + 1);
          expect(readAmount(shown, asset)).toBe(minor.toString());
        },
      ),
    );
  });

  it('are said in words as bank forms do', () => {
    const words = (minor: string, language: string) => amountInWords('CNY', minor, language);
    expect(words('12000000', 'en')).toBe('one hundred twenty thousand');
    expect(words('150', 'en')).toBe('one and 50/100');
    expect(words('12000000', 'zh-CN')).toBe('壹拾贰万元整');
    expect(words('100010005', 'zh-CN')).toBe('壹佰万零壹佰元零伍分');
    expect(words('10050', 'zh-CN')).toBe('壹佰元伍角整');
    expect(words('12000000', 'zh-TW')).toBe('壹拾貳萬元整');
    expect(words('1000000000000', 'zh-CN')).toBe('壹佰亿元整');
    expect(amountInWords('JPY', '120000', 'ja')).toBe('金壱拾弐万也');
    expect(amountInWords('JPY', '10005', 'ja')).toBe('金壱万五也');
  });

  it('account numbers are grouped by four', () => {
    expect(groupAccount('6222021234567890')).toBe('6222 0212 3456 7890');
  });
});
