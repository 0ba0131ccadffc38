// A camt.053.001.08 of any size, always the same: one statement whose entries add up, with the fields that banks send.

import { closeSync, openSync, writeSync } from 'node:fs';

const names = [
  'Müller &amp; Söhne GmbH',
  'ACME Custody Ltd',
  'Société Générale des Câbles',
  '王芳',
  'O’Neill Partners',
  'Banca d’Alba',
];

/** About 945 bytes for each entry. */
export function writeStatementFile(path: string, entries: number, id = 'STMT-1'): void {
  const file = openSync(path, 'w');
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  let sum = 0n;
  let text = '';
  const flush = (): void => {
    writeSync(file, text);
    text = '';
  };
  text += `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
 <BkToCstmrStmt>
  <GrpHdr><MsgId>MSG-${id}</MsgId><CreDtTm>2026-03-01T23:00:00Z</CreDtTm></GrpHdr>
  <Stmt><Id>${id}</Id><ElctrncSeqNb>61</ElctrncSeqNb><CreDtTm>2026-03-01T23:00:00Z</CreDtTm>
   <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>
`;
  const balance = (code: string, minor: bigint): string => {
    const digits = (minor < 0n ? -minor : minor).toString().padStart(3, '0');
    const amount = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
    return `   <Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${minor < 0n ? 'DBIT' : 'CRDT'}</CdtDbtInd><Dt><Dt>2026-02-28</Dt></Dt></Bal>\n`;
  };
  text += balance('OPBD', 100_000_000n);
  for (let i = 1; i <= entries; i++) {
    const cents = 1 + random(100_000_000);
    const isCredit = random(2) === 1;
    sum += isCredit ? BigInt(cents) : -BigInt(cents);
    const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
    const direction = isCredit ? 'CRDT' : 'DBIT';
    const day = `2026-03-${String(1 + random(28)).padStart(2, '0')}`;
    text += `   <Ntry>
    <NtryRef>${i}</NtryRef><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
    <BookgDt><Dt>${day}</Dt></BookgDt><ValDt><Dt>${day}</Dt></ValDt><AcctSvcrRef>REF${String(i).padStart(12, '0')}</AcctSvcrRef>
    <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
    <NtryDtls><TxDtls>
     <Refs><EndToEndId>E2E-${i}-${random(1_000_000_000)}</EndToEndId><UETR>8a562c67-ca16-48ba-b074-${String(100_000_000_000 + i)}</UETR></Refs>
     <Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd>
     <RltdPties><Dbtr><Pty><Nm>${names[random(6)]}</Nm><PstlAdr><Ctry>DE</Ctry></PstlAdr></Pty></Dbtr><DbtrAcct><Id><IBAN>DE${String(random(4_000_000_000)).padStart(20, '0')}</IBAN></Id></DbtrAcct></RltdPties>
     <RltdAgts><DbtrAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></DbtrAgt></RltdAgts>
     <RmtInf><Ustrd>Invoice ${random(1_000_000)} settlement &lt;batch ${random(999)}&gt; custody</Ustrd></RmtInf>
    </TxDtls></NtryDtls>
   </Ntry>
`;
    if (text.length > 1 << 18) flush();
  }
  // The closing balance is known only now; a reader takes it wherever it stands.
  text += `${balance('CLBD', 100_000_000n + sum)}  </Stmt>\n </BkToCstmrStmt>\n</Document>\n`;
  flush();
  closeSync(file);
}
