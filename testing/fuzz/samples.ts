// Genuine things to begin from: a bank's and a platform's files, and the log of a small programme with its bundle.

import { nodePrimitives } from '../../crypto/node.ts';
import { bundleLines, type Trust } from '../../shared/audit.ts';
import { utf8ToText } from '../../shared/bytes.ts';
import { canonicalBytes } from '../../shared/canonical.ts';
import { formatCheckpoint, logKey } from '../../shared/log/checkpoint.ts';
import { leafHash } from '../../shared/log/hash.ts';
import { MerkleTree } from '../../shared/log/merkle.ts';
import { formatNote, formatNoteKey, signNote } from '../../shared/log/note.ts';
import { payeeNamed, TestProgramme } from '../programme.ts';

export const painFile = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-11-24T08:00:00Z</CreDtTm><NbOfTxs>2</NbOfTxs><CtrlSum>100.50</CtrlSum></GrpHdr>
<PmtInf><PmtInfId>P-1</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg>
<DbtrAcct><Id><Othr><Id>9001001</Id></Othr></Id></DbtrAcct>
<CdtTrfTxInf><PmtId><EndToEndId>E-1</EndToEndId></PmtId><Amt><InstdAmt Ccy="CNY">100.00</InstdAmt></Amt>
<CdtrAgt><FinInstnId><BICFI>ICBKCNBJXXX</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>王伟 &amp; Co</Nm></Cdtr>
<CdtrAcct><Id><Othr><Id>6222700000000001</Id></Othr></Id></CdtrAcct><RmtInf><Ustrd><![CDATA[loan 1]]></Ustrd></RmtInf></CdtTrfTxInf>
<CdtTrfTxInf><PmtId><EndToEndId>E-2</EndToEndId></PmtId><Amt><InstdAmt Ccy="CNY">0.50</InstdAmt></Amt>
<Cdtr><Nm>Anna Schmidt</Nm></Cdtr><CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct></CdtTrfTxInf>
</PmtInf></CstmrCdtTrfInitn></Document>`;

/** A platform's sub-ledger, with the sum that it states. */
export const platformFile = `account,asset,balance,day
acc-wang-CNY,CNY,1200.50,2026-11-24
"acc-li-CNY",CNY,-0.50,2026-11-24
acc-li-USD,USD,7,2026-11-24
TOTAL,CNY,1200.00,2026-11-24
`;

/** What a keeper of bitcoins says moved. */
export const watchOnlyFile = [
  {
    ...{ format: 'custos-watch-only/1', statement: 'W-1', asset: 'BTC', asOf: '2026-11-24T08:00:00.000Z' },
    ...{ heights: { bitcoin: 924_000 }, opening: '1.5', closing: '1.75', transactions: 1 },
  },
  {
    ...{ txid: 'a'.repeat(64), output: 0, network: 'bitcoin', address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
    ...{ tag: '880001', amount: '0.25', confirmations: 8, time: '2026-11-24T07:00:00.000Z', height: 923_990 },
  },
]
  .map((line) => JSON.stringify(line))
  .join('\n');

export const statusFile = `<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>S-1</MsgId><CreDtTm>2026-11-24T08:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>P-1</OrgnlPmtInfId><TxInfAndSts><OrgnlInstrId>I-1</OrgnlInstrId>
<OrgnlEndToEndId>E-1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf></TxInfAndSts>
</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>`;

export const statementFile = `<?xml version="1.0" encoding="UTF-8"?>
<ns2:Document xmlns:ns2="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><ns2:BkToCstmrStmt>
<ns2:GrpHdr><ns2:MsgId>C-1</ns2:MsgId><ns2:CreDtTm>2026-11-24T18:00:00+08:00</ns2:CreDtTm></ns2:GrpHdr>
<ns2:Stmt><ns2:Id>C-1</ns2:Id><ns2:Acct><ns2:Id><ns2:Othr><ns2:Id>110022</ns2:Id></ns2:Othr></ns2:Id><ns2:Ccy>CNY</ns2:Ccy></ns2:Acct>
<ns2:Bal><ns2:Tp><ns2:CdOrPrtry><ns2:Cd>OPBD</ns2:Cd></ns2:CdOrPrtry></ns2:Tp><ns2:Amt Ccy="CNY">500.00</ns2:Amt><ns2:CdtDbtInd>CRDT</ns2:CdtDbtInd><ns2:Dt><ns2:Dt>2026-11-24</ns2:Dt></ns2:Dt></ns2:Bal>
<ns2:Bal><ns2:Tp><ns2:CdOrPrtry><ns2:Cd>CLBD</ns2:Cd></ns2:CdOrPrtry></ns2:Tp><ns2:Amt Ccy="CNY">400.00</ns2:Amt><ns2:CdtDbtInd>CRDT</ns2:CdtDbtInd><ns2:Dt><ns2:Dt>2026-11-24</ns2:Dt></ns2:Dt></ns2:Bal>
<ns2:Ntry><ns2:Amt Ccy="CNY">100.00</ns2:Amt><ns2:CdtDbtInd>DBIT</ns2:CdtDbtInd><ns2:Sts><ns2:Cd>BOOK</ns2:Cd></ns2:Sts>
<ns2:BookgDt><ns2:Dt>2026-11-24</ns2:Dt></ns2:BookgDt><ns2:ValDt><ns2:DtTm>2026-11-24T00:00:00</ns2:DtTm></ns2:ValDt><ns2:AcctSvcrRef>R-1</ns2:AcctSvcrRef>
<ns2:BkTxCd><ns2:Prtry><ns2:Cd>X</ns2:Cd></ns2:Prtry></ns2:BkTxCd><ns2:NtryDtls><ns2:TxDtls><ns2:Refs><ns2:InstrId>I-1</ns2:InstrId><ns2:EndToEndId>E-1</ns2:EndToEndId></ns2:Refs></ns2:TxDtls></ns2:NtryDtls></ns2:Ntry>
</ns2:Stmt></ns2:BkToCstmrStmt></ns2:Document>`;

export const recallFile = `<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.056.001.08"><FIToFIPmtCxlReq>
<Assgnmt><Id>X-1</Id><CreDtTm>2026-11-24T08:00:00Z</CreDtTm></Assgnmt><Case><Id>K-1</Id></Case>
<Undrlyg><TxInf><CxlId>CX-1</CxlId><OrgnlGrpInf><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInf>
<OrgnlInstrId>I-1</OrgnlInstrId><OrgnlEndToEndId>E-1</OrgnlEndToEndId><OrgnlIntrBkSttlmAmt Ccy="CNY">100.00</OrgnlIntrBkSttlmAmt>
<OrgnlIntrBkSttlmDt>2026-11-24</OrgnlIntrBkSttlmDt><CxlRsnInf><Rsn><Cd>DUPL</Cd></Rsn></CxlRsnInf></TxInf></Undrlyg>
</FIToFIPmtCxlReq></Document>`;

export const answerFile = `<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.029.001.09"><RsltnOfInvstgtn>
<Assgnmt><Id>Y-1</Id><CreDtTm>2026-11-24T09:00:00Z</CreDtTm></Assgnmt><Sts><Conf>RJCR</Conf></Sts>
<CxlDtls><TxInfAndSts><CxlStsId>CS-1</CxlStsId><OrgnlInstrId>I-1</OrgnlInstrId><OrgnlEndToEndId>E-1</OrgnlEndToEndId>
<TxCxlSts>RJCR</TxCxlSts><CxlStsRsnInf><Rsn><Cd>CUST</Cd></Rsn></CxlStsRsnInf></TxInfAndSts></CxlDtls>
</RsltnOfInvstgtn></Document>`;

export const utf16 = (text: string): Uint8Array =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text.replace('UTF-8', 'UTF-16'), 'utf16le')]);

const origin = 'depository.example/p2p-demo';
const raw = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));

export interface SampleLog {
  readonly leaves: readonly Uint8Array[];
  readonly lines: readonly string[];
  readonly trust: Trust;
  readonly checkpoint: string;
}

/** A programme that has paid, with everything an auditor is handed. */
export function sampleLog(): SampleLog {
  const { sha256 } = nodePrimitives;
  const programme = new TestProgramme().open();
  const account = programme.client('c1', 'CNY', 100_000n);
  const [teller, supervisor] = [programme.tellers[0], programme.supervisors[0]];
  const payee = payeeNamed('62220001');
  const paid = programme.pass(teller, supervisor, { kind: 'payment', account, asset: 'CNY', amount: '700', payee });
  programme.fromBank('bank.settled', {
    instruction: paid.id,
    item: 0,
    reference: 's',
    valueDate: '2026-11-23' as never,
  });
  const leaves = programme.records.map((record) => canonicalBytes(record));
  const tree = new MerkleTree(sha256);
  for (const leaf of leaves) tree.append(leafHash(sha256, leaf));
  const key = logKey(origin, raw(programme.gatewayKey.publicKey));
  const text = formatCheckpoint({ origin, size: leaves.length, root: tree.root() });
  const checkpoint = formatNote({ text, signatures: [signNote(sha256, text, key, programme.gatewayKey.sign)] });
  const parts = { programme: programme.id, size: leaves.length, checkpoint, leaves, details: [] };
  return {
    leaves,
    checkpoint,
    lines: [...bundleLines(parts, nodePrimitives, utf8ToText)],
    trust: {
      format: 'custos-trust/1',
      programme: programme.id,
      rootKey: programme.rootKey.publicKey,
      logKey: formatNoteKey(sha256, key),
      witnesses: [],
      witnessQuorum: 0,
    },
  };
}
