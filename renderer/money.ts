// How amounts are shown and read: figures with the asset in front, grouped as the language does; in words; and the shorthands
// that tellers type.

import { assetByCode } from '../shared/asset.ts';
import { decimalToMinor, minorToDecimal } from '../shared/money.ts';

const scaleOf = (code: string) => assetByCode(code) ?? { code, scale: 0 };

/** "CNY 120,000.00": grouping by the language, digits never rounded. */
export function showMoney(code: string, minor: string, language: string): string {
  const [whole = '0', fraction] = minorToDecimal(BigInt(minor), scaleOf(code)).split('.');
  const grouped = new Intl.NumberFormat(language).format(BigInt(whole));
  const sign = whole === '-0' ? '-' : '';
  return `${code} ${sign}${fraction === undefined ? grouped : `${grouped}.${fraction}`}`;
}

/** Minor units as text from what was typed, with shorthands: 1.2w or 1.2万 is 12,000; 120k; 3m. Undefined if unreadable. */
export function readAmount(text: string, code: string): string | undefined {
  const typed = text.replaceAll(/[\s_]/g, '');
  // A comma groups thousands or it is refused: "12,5" is not guessed at.
  if (typed.includes(',') && !/^\d{1,3}(,\d{3})+(\D.*)?$/.test(typed)) return undefined;
  const parts = /^(\d+(?:\.\d*)?|\.\d+)(w|万|萬|k|m)?$/i.exec(typed.replaceAll(',', ''));
  if (parts === null) return undefined;
  const zeros = { w: 4, 万: 4, 萬: 4, k: 3, m: 6 }[(parts[2] ?? '').toLowerCase()] ?? 0;
  const [whole = '', fraction = ''] = (parts[1] as string).split('.');
  const shifted = `${whole}${fraction.padEnd(zeros, '0').slice(0, zeros)}.${fraction.slice(zeros)}`;
  const minor = decimalToMinor(shifted.replace(/\.$/, ''), scaleOf(code));
  return minor.ok && minor.value > 0n ? minor.value.toString() : undefined;
}

/** "6222 0212 3456 7890" */
export const groupAccount = (account: string): string => account.replaceAll(/(.{4})(?=.)/g, '$1 ');

/** The amount in words as bank forms say it: 大写 / 大寫 with cents where the asset has two decimals, words otherwise. */
export function amountInWords(code: string, minor: string, language: string): string {
  const decimal = minorToDecimal(BigInt(minor), scaleOf(code));
  const [whole = '0', fraction = ''] = decimal.split('.');
  if (language.startsWith('zh')) return chinese(BigInt(whole), fraction, language === 'zh-TW');
  if (language.startsWith('ja')) return japanese(BigInt(whole), fraction);
  const cents = /^0*$/.test(fraction) ? '' : ` and ${fraction}/1${'0'.repeat(fraction.length)}`;
  return `${english(BigInt(whole))}${cents}`;
}

const ones =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'zero ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const thousands = ['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion', 'quintillion'];

function english(value: bigint): string {
  if (value === 0n) return 'zero';
  const words: string[] = [];
  for (let rest = value, i = 0; rest > 0n; rest /= 1000n, i++) {
    const group = Number(rest % 1000n);
    if (group > 0) words.unshift([belowThousand(group), thousands[i]].filter(Boolean).join(' '));
  }
  return words.join(' ');
}

function belowThousand(value: number): string {
  const hundreds = Math.floor(value / 100);
  const rest = value % 100;
  const small =
    rest < 20
      ? (ones[rest] as string)
      : [tens[Math.floor(rest / 10)], rest % 10 === 0 ? '' : ones[rest % 10]].filter(Boolean).join('-');
  return [hundreds > 0 ? `${ones[hundreds]} hundred` : '', rest > 0 ? small : ''].filter(Boolean).join(' ');
}

/** Groups of four digits with their units, zeros said once between, as Chinese and Japanese count. */
function byTenThousands(value: bigint, digits: string, units: readonly string[], groups: readonly string[]): string {
  if (value === 0n) return digits[0] as string;
  let text = '';
  let zero = false;
  const all = value.toString();
  for (let i = 0; i < all.length; i++) {
    const place = all.length - 1 - i;
    const digit = Number(all[i]);
    if (digit === 0) zero = true;
    else {
      text += (zero && text !== '' ? digits[0] : '') + (digits[digit] as string) + (units[place % 4] as string);
      zero = false;
    }
    if (place % 4 === 0 && BigInt(all.slice(0, i + 1)) % 10_000n !== 0n) {
      text += groups[place / 4] as string;
      zero = false;
    }
  }
  return text;
}

function chinese(whole: bigint, fraction: string, traditional: boolean): string {
  const digits = traditional ? '零壹貳參肆伍陸柒捌玖' : '零壹贰叁肆伍陆柒捌玖';
  const groups = traditional ? ['', '萬', '億', '兆', '京'] : ['', '万', '亿', '万亿', '亿亿'];
  const text = `${byTenThousands(whole, digits, ['', '拾', '佰', '仟'], groups)}${traditional ? '元' : '元'}`;
  if (fraction.length !== 2 || fraction === '00')
    return fraction.length === 2 || fraction === '' ? `${text}整` : `${text}又 0.${fraction}`;
  const [jiao, fen] = [Number(fraction[0]), Number(fraction[1])];
  const tenths = jiao > 0 ? `${digits[jiao]}角` : (digits[0] as string);
  return `${text}${tenths}${fen > 0 ? `${digits[fen]}分` : '整'}`;
}

function japanese(whole: bigint, fraction: string): string {
  const text = byTenThousands(
    whole,
    '零壱弐参四五六七八九',
    ['', '拾', '百', '千'],
    ['', '万', '億', '兆', '京'],
  ).replaceAll('零', '');
  const spoken = whole === 0n ? '零' : text;
  return /^0*$/.test(fraction) ? `金${spoken}也` : `金${spoken}と0.${fraction}也`;
}
