// Real messages of banks, against what another validator and another library say of them. Where we differ on purpose, a list
// says why; an entry of it that is no longer needed fails.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { dataJson, dataPath, dataText, describeWithData } from '../../testing/data.ts';
import { samples } from '../../testing/manifest.ts';
import { type Amount, decimalOf, decimalText, signed } from './amount.ts';
import { readCamt, type Statement } from './camt.ts';
import { decodeXml } from './decode.ts';
import type { StatementEntry, TransactionDetails } from './entry.ts';
import { openInspection } from './inspect.ts';
import { readPain001 } from './pain001.ts';
import { openSchemas } from './schema.ts';

const bytesOf = (file: string) => new Uint8Array(readFileSync(dataPath(`iso20022/samples/${file}`)));
const textOf = (file: string): string => {
  const decoded = decodeXml(bytesOf(file));
  if (!decoded.ok) throw new Error(`${file}: ${decoded.refusal.why}`);
  return decoded.value;
};

/** The manifest names no message where there is no namespace of ISO's; we go by the message's own element. */
const otherMessage: Readonly<Record<string, string>> = {
  'hbci4j__hbci4java/test-camt-parse-none.xml': 'camt.052',
  'hbci4j__hbci4java/test-pain-parse-none.xml': 'pain.001',
  'svapnil__iso20022.js/cross_river__pain_002_credit_accepted.xml': 'pain.002',
  'svapnil__iso20022.js/cross_river__pain_002_debit_accepted.xml': 'pain.002',
  // Its namespace is that of the Swiss clearing, which ends in the ISO identifier.
  'moov-io__iso20022/pain002-epo_p_0_0_0_2018031510491259.xml': 'pain.002.001.03',
};

describeWithData('every sample message', 'iso20022/samples', () => {
  const schemas = openSchemas((message) => {
    try {
      return dataText(`iso20022/xsd/${message}.xsd`);
    } catch {
      return undefined;
    }
  });

  it('has the verdict, message, version, statements and entries of the manifest', () => {
    const all = samples();
    expect(all.length).toBeGreaterThan(100);
    for (const { file, message, wellformed, xsd_result, statements, entries } of all) {
      const inspection = openInspection();
      inspection.push(bytesOf(file));
      const found = inspection.end();
      const schema =
        found.wellFormed && found.version !== null
          ? schemas.check(textOf(file), found.message as string).schema
          : found.schema;
      const expectedMessage = otherMessage[file] ?? message;
      expect({
        file,
        message: found.message,
        version: found.version,
        wellFormed: found.wellFormed,
        schema,
        statements: found.statements.length,
        entries: found.statements.reduce((sum, one) => sum + one.entries, 0),
      }).toEqual({
        file,
        message: expectedMessage,
        version: /\.(\d\d)$/.exec(expectedMessage)?.[1] ?? null,
        wellFormed: wellformed === 'True',
        schema: xsd_result === 'valid' || xsd_result === 'invalid' ? xsd_result : 'unknown',
        statements: Number(statements),
        entries: Number(entries),
      });
    }
    const listed = new Map(all.map((one) => [one.file, one.message]));
    for (const [file, ours] of Object.entries(otherMessage)) expect(listed.get(file)).not.toBe(ours);
  });

  it('every payment of a pain.001 is read', () => {
    const files = samples().filter((one) => one.family === 'pain.001' && one.wellformed === 'True');
    expect(files.length).toBeGreaterThan(8);
    for (const { file } of files) {
      const text = textOf(file);
      const read = readPain001(text);
      if (!read.ok) throw new Error(`${file}: ${read.refusal.why}`);
      const inFile = text.match(/<(\w+:)?CdtTrfTxInf[\s>]/g)?.length ?? 0;
      expect({ file, payments: read.value.payments.length }).toEqual({ file, payments: inFile });
    }
  });
});

// --- figures of another library ---------------------------------------------------------------------------------------

type Facts = Record<string, string>;

/** What differs on purpose, and why: the file, its transactions, and the facts of each. */
const different: readonly {
  readonly why: string;
  readonly where: readonly (readonly [file: string, transactions: readonly number[], facts: readonly string[]])[];
}[] = [
  {
    why: 'That library gives a transaction the direction of its entry; we keep what the message says of the transaction.',
    where: [
      ['camt052.v4', [0], ['direction', 'amount', 'transacted']],
      ['camt052.v6', [0], ['direction', 'amount', 'transacted']],
      ['camt054.v4', [0, 1, 2], ['direction', 'amount', 'transacted']],
      ['camt054.v8', [0, 1, 2], ['direction', 'amount', 'transacted']],
    ],
  },
  {
    why: 'The same where the message says nothing of the transaction: then we say nothing either.',
    where: [
      ['camt052.v2.other-account', [0], ['direction']],
      ['camt053.v2.minimal.ultimate', [0], ['direction']],
    ],
  },
  {
    why: 'That library knows agents by their BIC alone; this one has a number of a clearing system.',
    where: [
      ['camt054.v4', [0], ['CreditorAgent']],
      ['camt054.v8', [0], ['CreditorAgent']],
    ],
  },
];

describeWithData('figures of another library', 'iso20022/samples/genkgo__camt/camt053.v3.expected.json', () => {
  const names = samples()
    .filter(({ file }) => file.startsWith('genkgo__camt/'))
    .map(({ file }) => file.replace(/\.xml$/, ''))
    .filter((name) => {
      try {
        return dataText(`iso20022/samples/${name}.expected.json`).length > 0;
      } catch {
        return false;
      }
    });

  it('are ours, fact by fact', () => {
    expect(names.length).toBe(8);
    const found: Record<string, { ours: string | undefined; theirs: string | undefined }> = {};
    for (const name of names) {
      const read = readCamt(textOf(`${name}.xml`));
      if (!read.ok) throw new Error(`${name}: ${read.refusal.why}`);
      const ours = Object.assign({}, ...read.value.statements.map(factsOfStatement)) as Facts;
      const theirs = theirFacts(dataJson(`iso20022/samples/${name}.expected.json`));
      expect(Object.keys(theirs).length).toBeGreaterThan(4);
      for (const fact of new Set([...Object.keys(ours), ...Object.keys(theirs)]))
        if (ours[fact] !== theirs[fact])
          found[`${name.slice(13)}: ${fact}`] = { ours: ours[fact], theirs: theirs[fact] };
    }
    const onPurpose = different.flatMap(({ where }) =>
      where.flatMap(([file, transactions, facts]) =>
        transactions.flatMap((one) => facts.map((fact) => `${file}: entry 0 transaction ${one} ${fact}`)),
      ),
    );
    expect(Object.keys(found).sort()).toEqual(onPurpose.sort());
  });
});

const time = (text: string): string => {
  const short = text.replace(/(\.\d{3})\d+/, '$1');
  return new Date(/T.*(Z|[+-]\d\d:\d\d)$/.test(short) || !short.includes('T') ? short : `${short}Z`).toISOString();
};
const money = (amount: Amount, credit: boolean): string => {
  const value = decimalOf(amount);
  return value === null ? '' : `${decimalText(signed(value, credit), amount.asset)} ${amount.asset}`;
};

function put(facts: Facts, name: string, value: string | null | undefined): void {
  if (value !== null && value !== undefined && value !== '') facts[name] = value;
}

function factsOfStatement(one: Statement): Facts {
  const facts: Facts = {};
  put(facts, 'id', one.id);
  put(facts, 'account', one.account);
  put(facts, 'created', one.createdAt && time(one.createdAt));
  put(facts, 'from', one.from && time(one.from));
  put(facts, 'to', one.to && time(one.to));
  put(facts, 'electronic sequence', one.electronicSequence);
  put(facts, 'legal sequence', one.legalSequence);
  put(facts, 'page', one.page);
  put(facts, 'copy', one.copy);
  put(facts, 'additional', one.additional);
  one.balances.forEach((balance, i) => {
    put(facts, `balance ${i} amount`, money(balance.amount, balance.credit));
    put(facts, `balance ${i} date`, balance.date && time(balance.date));
  });
  for (const entry of one.entries) factsOfEntry(facts, entry);
  return facts;
}

function factsOfEntry(facts: Facts, entry: StatementEntry): void {
  const at = `entry ${entry.index}`;
  const amount = { asset: entry.asset, text: entry.amountText, minor: entry.amount, unread: null };
  put(facts, `${at} amount`, money(amount, entry.credit === true));
  put(facts, `${at} direction`, entry.credit ? 'CRDT' : 'DBIT');
  put(facts, `${at} status`, entry.status);
  put(facts, `${at} reversal`, String(entry.reversal));
  put(facts, `${at} booked`, entry.bookingDate && time(entry.bookedAt ?? entry.bookingDate));
  put(facts, `${at} value`, entry.valueDate && time(entry.valueDate));
  put(facts, `${at} bank reference`, entry.reference);
  put(facts, `${at} reference`, entry.entryReference);
  put(facts, `${at} batch`, entry.batches[0]?.paymentInformationId);
  put(facts, `${at} additional`, entry.additional);
  codeFacts(facts, at, entry.code);
  entry.details.forEach((details, i) => {
    factsOfDetails(facts, `${at} transaction ${i}`, details, entry.credit === true);
  });
}

function codeFacts(facts: Facts, at: string, code: StatementEntry['code']): void {
  put(facts, `${at} domain`, code?.domain && `${code.domain}/${code.family}/${code.subFamily}`);
  put(facts, `${at} own code`, code?.proprietary);
  put(facts, `${at} own code issuer`, code?.issuer);
}

function factsOfDetails(facts: Facts, at: string, one: TransactionDetails, entryIsCredit: boolean): void {
  put(facts, `${at} direction`, one.credit === null ? null : one.credit ? 'CRDT' : 'DBIT');
  put(facts, `${at} amount`, one.amount && money(one.amount, one.credit ?? entryIsCredit));
  put(
    facts,
    `${at} transacted`,
    one.amounts?.transaction && money(one.amounts.transaction, one.credit ?? entryIsCredit),
  );
  put(facts, `${at} message`, one.messageId);
  put(facts, `${at} end to end`, one.endToEndId);
  put(facts, `${at} instruction`, one.instructionId);
  put(facts, `${at} group`, one.paymentInformationId);
  put(facts, `${at} bank reference`, one.bankReference);
  one.otherReferences.forEach((other, i) => {
    put(facts, `${at} other reference ${i}`, `${other.type} ${other.reference}`);
  });
  codeFacts(facts, at, one.code);
  one.charges.forEach((charge, i) => {
    put(
      facts,
      `${at} charge ${i}`,
      `${money(charge.amount, charge.credit === true)} ${charge.type} ${charge.included}`,
    );
  });
  const parties = [
    ['Creditor', one.creditor, one.creditorAccount],
    ['Debtor', one.debtor, one.debtorAccount],
    ['UltimateDebtor', one.ultimateDebtor, null],
    ['UltimateCreditor', one.ultimateCreditor, null],
  ] as const;
  for (const [role, party, account] of parties) {
    put(facts, `${at} ${role}`, party?.name);
    put(facts, `${at} ${role} account`, party && account);
    put(facts, `${at} ${role} id`, party?.id);
    const address = party?.address;
    put(
      facts,
      `${at} ${role} address`,
      address &&
        [address.street, address.building, address.postCode, address.town, address.country, ...address.lines]
          .filter(Boolean)
          .join('|'),
    );
  }
  put(
    facts,
    `${at} CreditorAgent`,
    one.creditorAgent && `${one.creditorAgent.id ?? ''} ${one.creditorAgent.name ?? ''}`.trim(),
  );
  put(
    facts,
    `${at} DebtorAgent`,
    one.debtorAgent && `${one.debtorAgent.id ?? ''} ${one.debtorAgent.name ?? ''}`.trim(),
  );
  one.remittance.forEach((text, i) => {
    put(facts, `${at} remittance ${i}`, text);
  });
  one.structured.forEach((block, i) => {
    put(facts, `${at} structured ${i}`, `${block.referenceType} ${block.reference}`);
    put(facts, `${at} structured ${i} additional`, block.additional[0]);
  });
  put(facts, `${at} additional`, one.additional);
}

/** Objects come once, and are named `__RECURSIVITY__` wherever they come again. */
function theirFacts(message: unknown): Facts {
  const facts: Facts = {};
  const entries = list(get(message, 'getEntries'));
  const record = entries.length > 0 ? get(entries[0], 'getRecord') : list(get(message, 'getRecords'))[0];
  put(facts, 'id', text(record, 'getId'));
  const account = get(record, 'getAccount');
  put(facts, 'account', text(account, 'getIdentification'));
  put(facts, 'created', when(record, 'getCreatedOn'));
  put(facts, 'from', when(record, 'getFromDate'));
  put(facts, 'to', when(record, 'getToDate'));
  put(facts, 'electronic sequence', text(record, 'getElectronicSequenceNumber'));
  put(facts, 'legal sequence', text(record, 'getLegalSequenceNumber'));
  put(facts, 'page', text(get(record, 'getPagination'), 'getPageNumber'));
  put(facts, 'copy', text(record, 'getCopyDuplicateIndicator'));
  put(facts, 'additional', text(record, 'getAdditionalInformation'));
  list(get(record, 'getBalances')).forEach((balance, i) => {
    put(facts, `balance ${i} amount`, theirMoney(get(balance, 'getAmount')));
    put(facts, `balance ${i} date`, when(balance, 'getDate'));
  });
  entries.forEach((entry, i) => {
    const at = `entry ${i}`;
    put(facts, `${at} amount`, theirMoney(get(entry, 'getAmount')));
    put(facts, `${at} direction`, text(entry, 'getCreditDebitIndicator'));
    put(facts, `${at} status`, text(entry, 'getStatus'));
    put(facts, `${at} reversal`, String(get(entry, 'getReversalIndicator')));
    put(facts, `${at} booked`, when(entry, 'getBookingDate'));
    put(facts, `${at} value`, when(entry, 'getValueDate'));
    put(facts, `${at} bank reference`, text(entry, 'getAccountServicerReference'));
    put(facts, `${at} reference`, text(entry, 'getReference'));
    put(facts, `${at} batch`, text(entry, 'getBatchPaymentId'));
    put(facts, `${at} additional`, text(entry, 'getAdditionalInfo'));
    theirCode(facts, at, get(entry, 'getBankTransactionCode'));
    const first = get(entry, 'getTransactionDetail');
    list(get(entry, 'getTransactionDetails')).forEach((details, k) => {
      theirDetails(facts, `${at} transaction ${k}`, k === 0 ? first : details);
    });
  });
  return facts;
}

function theirDetails(facts: Facts, at: string, one: unknown): void {
  put(facts, `${at} direction`, text(one, 'getCreditDebitIndicator'));
  put(facts, `${at} amount`, theirMoney(get(one, 'getAmount')));
  put(facts, `${at} transacted`, theirMoney(get(one, 'getAmountDetails')));
  const reference = get(one, 'getReference');
  put(facts, `${at} message`, text(reference, 'getMessageId'));
  put(facts, `${at} end to end`, text(reference, 'getEndToEndId'));
  put(facts, `${at} instruction`, text(reference, 'getInstructionId'));
  put(facts, `${at} group`, text(reference, 'getPaymentInformationId'));
  put(facts, `${at} bank reference`, text(reference, 'getAccountServicerReference'));
  list(get(reference, 'getProprietaries')).forEach((other, i) => {
    put(facts, `${at} other reference ${i}`, `${text(other, 'getType')} ${text(other, 'getReference')}`);
  });
  theirCode(facts, at, get(one, 'getBankTransactionCode'));
  const charge = get(get(one, 'getCharges'), 'getRecord');
  if (charge !== undefined)
    put(
      facts,
      `${at} charge 0`,
      `${theirMoney(get(charge, 'getAmount'))} ${text(charge, 'getIdentification')} ${get(charge, 'getChargesIncludedIndicator')}`,
    );
  const again = (values: unknown[], first: unknown): unknown[] =>
    values.map((value) => (value === '__RECURSIVITY__' ? first : value));
  for (const party of again(list(get(one, 'getRelatedParties')), get(one, 'getRelatedParty'))) {
    const type = get(party, 'getRelatedPartyType');
    const role = String(get(type, '__CLASS__')).split('\\').at(-1);
    put(facts, `${at} ${role}`, text(type, 'getName'));
    put(facts, `${at} ${role} account`, text(get(party, 'getAccount'), 'getIdentification'));
    put(facts, `${at} ${role} id`, text(get(type, 'getIdentification'), 'getIdentification'));
    const address = get(type, 'getAddress');
    const parts = ['getStreetName', 'getBuildingNumber', 'getPostCode', 'getTownName', 'getCountry'].map((name) =>
      text(address, name),
    );
    put(facts, `${at} ${role} address`, [...parts, ...list(get(address, 'getAddressLines'))].filter(Boolean).join('|'));
  }
  for (const agent of again(list(get(one, 'getRelatedAgents')), get(one, 'getRelatedAgent'))) {
    const type = get(agent, 'getRelatedAgentType');
    const role = String(get(type, '__CLASS__')).split('\\').at(-1);
    put(facts, `${at} ${role}`, `${text(type, 'getBIC') ?? ''} ${text(type, 'getName') ?? ''}`.trim());
  }
  const remittance = get(one, 'getRemittanceInformation');
  again(list(get(remittance, 'getUnstructuredBlocks')), get(remittance, 'getUnstructuredBlock')).forEach((block, i) => {
    put(facts, `${at} remittance ${i}`, text(block, 'getMessage'));
  });
  again(list(get(remittance, 'getStructuredBlocks')), get(remittance, 'getStructuredBlock')).forEach((block, i) => {
    const inner = get(block, 'getCreditorReferenceInformation');
    const info = inner === '__RECURSIVITY__' ? get(remittance, 'getCreditorReferenceInformation') : inner;
    put(
      facts,
      `${at} structured ${i}`,
      info === undefined
        ? undefined
        : `${text(info, 'getCode') ?? text(info, 'getProprietary')} ${text(info, 'getRef')}`,
    );
    put(facts, `${at} structured ${i} additional`, text(block, 'getAdditionalRemittanceInformation'));
  });
  put(facts, `${at} additional`, text(one, 'getAdditionalTransactionInformation'));
}

function theirCode(facts: Facts, at: string, code: unknown): void {
  const domain = get(code, 'getDomain');
  const family = get(domain, 'getFamily');
  put(
    facts,
    `${at} domain`,
    domain === undefined
      ? undefined
      : `${text(domain, 'getCode')}/${text(family, 'getCode')}/${text(family, 'getSubFamilyCode')}`,
  );
  put(facts, `${at} own code`, text(get(code, 'getProprietary'), 'getCode'));
  put(facts, `${at} own code issuer`, text(get(code, 'getProprietary'), 'getIssuer'));
}

const get = (value: unknown, key: string): unknown =>
  (value as Record<string, unknown> | null | undefined)?.[key] ?? undefined;
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown, key: string): string | undefined => {
  const found = get(value, key);
  return typeof found === 'string' && found !== '__RECURSIVITY__' ? found : undefined;
};
const when = (value: unknown, key: string): string | undefined => {
  const found = text(get(value, key), '0');
  return found && time(found);
};

/** Minor units, as that library keeps them. */
function theirMoney(value: unknown): string | undefined {
  const amount = text(value, 'getAmount');
  const asset = text(get(value, 'getCurrency'), 'getCode');
  if (amount === undefined || asset === undefined) return undefined;
  const scale = asset === 'JPY' ? 0 : 2;
  return `${decimalText({ digits: BigInt(amount), scale }, asset)} ${asset}`;
}
