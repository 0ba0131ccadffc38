// The platform's payment file that the demonstration writes for itself: 60 payments in two assets, one of them large, and
// twelve that the platform wants booked as one.

import { assetByCode } from '../../shared/asset.ts';
import { accountTree } from '../../shared/iso20022/account.ts';
import { type Tree, writeXml } from '../../shared/iso20022/write.ts';
import { minorToDecimal } from '../../shared/money.ts';

interface Line {
  readonly debtor: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly name: string;
  readonly account: string;
}

const names = [
  '王伟',
  '李娜',
  '张敏',
  '刘洋',
  '陈静',
  '杨磊',
  'Sakura Tanaka',
  'Anna Schmidt',
  'Marie Dubois',
  '林美玲',
];
const digits = (n: number, length: number): string => String(n).padStart(length, '0');

function lines(asset: string, count: number, from: number): Line[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    return {
      debtor: `9${asset === 'CNY' ? '10' : '20'}${digits(1 + (n % (asset === 'CNY' ? 6 : 3)), 9)}`,
      asset,
      amount: BigInt(10_000 + n * 1_237),
      name: names[n % names.length] as string,
      account: `6222${digits(700_000_000_000 + n * 7_919, 12)}`,
    };
  });
}

/** pain.001.001.09 with 60 payments. */
export function demoPaymentFile(createdAt: string): string {
  const cny = lines('CNY', 33, 0).map((line, i) => (i === 7 ? { ...line, amount: 150_000_000n } : line));
  const eur = lines('EUR', 15, 100);
  const batch = lines('CNY', 12, 200).map((line) => ({ ...line, debtor: `910${digits(1, 9)}` }));
  let index = 0;
  const information = (group: readonly Line[], batchBooking: boolean): Tree => {
    const [first] = group as [Line];
    const asset = assetByCode(first.asset) ?? { code: first.asset, scale: 2 };
    return {
      PmtInfId: `P${digits(index, 4)}`,
      PmtMtd: 'TRF',
      BtchBookg: String(batchBooking),
      ReqdExctnDt: { Dt: createdAt.slice(0, 10) },
      Dbtr: { Nm: 'Lend Together Ltd' },
      DbtrAcct: accountTree(first.debtor),
      DbtrAgt: { FinInstnId: { Othr: { Id: 'NOTPROVIDED' } } },
      CdtTrfTxInf: group.map((line) => ({
        PmtId: { EndToEndId: `LT-${digits(index++, 6)}` },
        Amt: { InstdAmt: { '@_Ccy': line.asset, '#text': minorToDecimal(line.amount, asset) } },
        Cdtr: { Nm: line.name },
        CdtrAcct: accountTree(line.account),
        RmtInf: { Ustrd: 'Repayment of loan' },
      })),
    };
  };
  const groups = [...Map.groupBy([...cny, ...eur], (line) => line.debtor).values()];
  const all = [...groups.map((group) => information(group, false)), information(batch, true)];
  const sum = [...cny, ...eur, ...batch].reduce((total, line) => total + line.amount, 0n);
  return writeXml('urn:iso:std:iso:20022:tech:xsd:pain.001.001.09', {
    CstmrCdtTrfInitn: {
      GrpHdr: {
        MsgId: 'LEND-TOGETHER-1',
        CreDtTm: createdAt,
        NbOfTxs: String(cny.length + eur.length + batch.length),
        CtrlSum: minorToDecimal(sum, { code: '', scale: 2 }),
        InitgPty: { Nm: 'Lend Together Ltd' },
      },
      PmtInf: all,
    },
  });
}
