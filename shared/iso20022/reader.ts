// Reads a message file chunk by chunk into the items of its family (statements and entries, payments, statuses ...), bare or
// in any envelope, with or without a namespace or a prefix, in any encoding that `decode.ts` knows.
//
//   const reader = openReader(families);
//   for each chunk of bytes:  reader.push(bytes)   -> the items that became whole in it, or the refusal that ends it
//   at the end:               reader.end()         -> the last items
//   then:                     reader.head, reader.findings
//
// To cancel is to stop pushing: nothing is held outside the reader.

import { ok, type Refusal, type Result } from '../result.ts';
import { openDecoder, type XmlRefusal } from './decode.ts';
import type { Finding, Out } from './finding.ts';
import { child, type Element, instanceNamespace, openXml, type Plan, textAt } from './xml.ts';

/** One kind of message: where its records are and what they become. */
export interface Family<Item> {
  /** Such as pain.001. */
  readonly name: string;
  /** Local names of the element under Document. */
  readonly bodies: readonly string[];
  readonly plan: Plan;
  open(out: Out<Item>): {
    record(element: Element): void;
    /** The body closes: totals can be compared. `head` is what its header says. */
    end(body: Element, head: MessageHead): void;
  };
}

/** head.001, the business application header. */
export interface BusinessHeader {
  readonly id: string | null;
  readonly definition: string | null;
  readonly service: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly createdAt: string | null;
  readonly possibleDuplicate: boolean;
}

export interface MessageHead {
  /** The ISO identifier such as camt.053.001.08; the family's name alone where the file does not say more. */
  readonly message: string;
  readonly family: string;
  /** The last two digits of the identifier. */
  readonly version: string | null;
  readonly namespace: string;
  /** Name of the root element where it is neither the Document nor the message itself. */
  readonly envelope: string | null;
  readonly businessHeader: BusinessHeader | null;
  readonly messageId: string | null;
  readonly createdAt: string | null;
  /** Of a message in pages. */
  readonly page: string | null;
}

export interface Reader<Item> {
  push(bytes: Uint8Array): Result<readonly Item[], XmlRefusal>;
  /** For text that was decoded already. */
  write(text: string): Result<readonly Item[], XmlRefusal>;
  end(): Result<readonly Item[], XmlRefusal>;
  /** Null until the first record of the message, or its end. */
  readonly head: MessageHead | null;
  /** What the file is when it is an ISO 20022 message that no family reads. */
  readonly unreadMessage: string | null;
  /** The first thousand; `findingCount` has them all. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  readonly line: number;
}

const keptFindings = 1000;
const businessHeaderPlan: Plan = { is: 'record', parts: { Sgntr: { is: 'skipped' }, Rltd: { is: 'skipped' } } };

export function openReader<Item>(families: readonly Family<Item>[]): Reader<Item> {
  const familyOf = new Map(families.flatMap((family) => family.bodies.map((name) => [name, family] as const)));
  const plans = new Map(families.map((family) => [family, { ...family.plan, is: 'record' as const }]));
  const decoder = openDecoder();
  const findings: Finding[] = [];
  let findingCount = 0;
  let items: Item[] = [];
  let root: Element | null = null;
  let document: Element | null = null;
  let body: Element | null = null;
  let bodyNamespace = '';
  let family: Family<Item> | undefined;
  let reading: ReturnType<Family<Item>['open']> | undefined;
  let businessHeader: BusinessHeader | null = null;
  let head: MessageHead | null = null;
  let unreadMessage: string | null = null;

  const out: Out<Item> = {
    item: (item) => void items.push(item),
    finding(name, line, what) {
      findingCount += 1;
      if (findings.length < keptFindings) findings.push({ name, line, what });
    },
  };
  const xml = openXml({
    plan(element, namespace) {
      root ??= element;
      if (element.name === 'AppHdr' && body === null) return businessHeaderPlan;
      const found = familyOf.get(bodyName(element.name));
      if (found !== undefined) return begin(found, element, namespace);
      if (element.name === 'Document') document ??= element;
      else if (element.parent?.name === 'Document' && messageIn(namespace) !== undefined) {
        unreadMessage ??= messageIn(namespace) ?? null;
        return { is: 'skipped' };
      }
      return undefined;
    },
    record(element) {
      if (element.name === 'AppHdr' && element !== body) businessHeader ??= readBusinessHeader(element);
      else if (element === body) end(element);
      else {
        head ??= headOf(body as Element);
        reading?.record(element);
      }
    },
    finding: (line, what) => out.finding('prefix undeclared', line, what),
  });

  function begin(found: Family<Item>, element: Element, namespace: string): Plan {
    if (family !== undefined && family !== found) {
      out.finding('other message', element.line, `It also holds a ${found.name}, which was not read.`);
      return { is: 'skipped' };
    }
    if (head !== null)
      out.finding('other message', element.line, `It holds another ${found.name}, read with the first.`);
    family = found;
    reading ??= found.open(out);
    body = element;
    bodyNamespace = namespace;
    return plans.get(found) as Plan;
  }

  function end(element: Element): void {
    const whole = headOf(element);
    if (head !== null && head.messageId === null && whole.messageId !== null)
      out.finding('out of order', element.line, 'Its header comes after its records.');
    head ??= whole;
    reading?.end(element, whole);
  }

  function headOf(element: Element): MessageHead {
    const header = child(element, 'GrpHdr') ?? child(element, 'Assgnmt');
    const message = messageOf(element);
    return {
      message: message ?? (family as Family<Item>).name,
      family: (family as Family<Item>).name,
      version: message?.slice(-2) ?? null,
      namespace: bodyNamespace,
      envelope: root === element || root === document ? null : (root?.name ?? null),
      businessHeader,
      messageId: textAt(header, 'MsgId') ?? textAt(header, 'Id'),
      createdAt: textAt(header, 'CreDtTm'),
      page: textAt(header, 'MsgPgntn', 'PgNb'),
    };
  }

  /** By namespace; else by the place of its schema; else by its business header; else by its own name in old versions. */
  function messageOf(element: Element): string | undefined {
    const places = [root, document, element].flatMap((one) =>
      one === null
        ? []
        : Object.entries(one.attributes).flatMap(([key, value]) => (key.startsWith(instanceNamespace) ? value : [])),
    );
    for (const text of [bodyNamespace, ...places, businessHeader?.definition ?? '', element.name]) {
      const found = messageIn(text);
      if (found?.startsWith((family as Family<Item>).name)) return found;
    }
    return undefined;
  }

  const taken = (result: Result<undefined, XmlRefusal>): Result<readonly Item[], XmlRefusal> => {
    const some = items;
    items = [];
    return result.ok ? ok(some) : result;
  };
  let isText = false;
  return {
    push(bytes) {
      const text = decoder.push(bytes);
      return text.ok ? taken(xml.write(text.value)) : text;
    },
    write(text) {
      isText = true;
      return taken(xml.write(text));
    },
    end() {
      const text = isText ? ok('') : decoder.end();
      const written = text.ok ? xml.write(text.value) : text;
      return taken(written.ok ? xml.close() : written);
    },
    get head() {
      return head;
    },
    get unreadMessage() {
      return unreadMessage;
    },
    findings,
    get findingCount() {
      return findingCount;
    },
    get line() {
      return xml.line;
    },
  };
}

/** Characters looked at a time for what a message is: it nearly always stands in the first of them. */
const namingChars = 4096;

/** The family of a text by its first element that is a message; nothing after that is read. */
export function familyOf<Item>(text: string, families: readonly Family<Item>[]): string | undefined {
  let found: string | undefined;
  const xml = openXml({
    plan(element) {
      found ??= families.find(({ bodies }) => bodies.includes(bodyName(element.name)))?.name;
      return found === undefined ? undefined : { is: 'skipped' };
    },
    record: () => {},
    finding: () => {},
  });
  const from = text.startsWith('\uFEFF') ? 1 : 0;
  for (let at = from; at < text.length && found === undefined; at += namingChars)
    if (!xml.write(text.slice(at, at + namingChars)).ok) break;
  return found;
}

/** First versions had bodies such as BkToCstmrStmtV01 or pain.001.001.02. */
const bodyName = (name: string): string =>
  /^[a-z]{4}\.\d{3}\.\d{3}\.\d{2}$/.test(name) ? name.slice(0, 8) : name.replace(/V\d{2}$/, '');

const messageIn = (text: string): string | undefined => /[a-z]{4}\.\d{3}\.\d{3}\.\d{2}/.exec(text)?.[0];

function readBusinessHeader(element: Element): BusinessHeader {
  const who = (name: string): string | null => {
    const institution = child(element, name, 'FIId', 'FinInstnId');
    const organisation = child(element, name, 'OrgId');
    return (
      textAt(institution, 'BICFI') ??
      textAt(institution, 'ClrSysMmbId', 'MmbId') ??
      textAt(institution, 'Othr', 'Id') ??
      textAt(organisation, 'Id', 'OrgId', 'AnyBIC') ??
      textAt(organisation, 'Id', 'OrgId', 'Othr', 'Id') ??
      textAt(organisation, 'Nm')
    );
  };
  return {
    id: textAt(element, 'BizMsgIdr'),
    definition: textAt(element, 'MsgDefIdr'),
    service: textAt(element, 'BizSvc'),
    from: who('Fr'),
    to: who('To'),
    createdAt: textAt(element, 'CreDt'),
    possibleDuplicate: textAt(element, 'PssblDplct') === 'true',
  };
}

export interface WholeMessage<Item> {
  readonly head: MessageHead;
  readonly items: readonly Item[];
  readonly findings: readonly Finding[];
}

/** A small message at once; `otherwise` says what a file without any of these families is not. */
export function readWhole<Item>(
  text: string,
  families: readonly Family<Item>[],
  otherwise: Refusal,
): Result<WholeMessage<Item>, Refusal> {
  const reader = openReader(families);
  const written = reader.write(text.startsWith('\uFEFF') ? text.slice(1) : text);
  if (!written.ok) return written;
  const ended = reader.end();
  if (!ended.ok) return ended;
  const { head, findings } = reader;
  if (head === null) return { ok: false, refusal: otherwise };
  return ok({ head, items: [...written.value, ...ended.value], findings });
}
