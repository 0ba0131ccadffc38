// A message as a stream: XML read once, front to back, in which only the records that a reader asks for become trees, each
// handed over when it closes and then forgotten. Memory does not grow with the file, whatever the file does.
//
// saxes checks that the XML is well-formed. Names are resolved to namespaces here, once for each name under the prefixes in
// force and not once for each element, which costs as much again as parsing. DOCTYPE is refused, so that no entity and nothing
// external exists; depth, attributes, texts and what is kept at one time are capped.

import { SaxesParser } from 'saxes';
import { ok, type Result } from '../result.ts';
import { unread, type XmlRefusal } from './decode.ts';

export interface Element {
  /** Local name; the prefix, if any, is gone. */
  readonly name: string;
  /** By name; one that has a prefix by its namespace, a space, and its name. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Its first child, which has the next one; without those that were handed over as records. */
  readonly first: Element | null;
  readonly next: Element | null;
  /** Character data, trimmed; empty where there are children. */
  readonly text: string;
  readonly line: number;
  readonly parent: Element | null;
}

/**
 * What of a message is kept. A record is handed over when it closes and kept nowhere; whatever has no plan of its own inside
 * one that has is kept whole, as a part of its parent; what is skipped is checked to be well-formed, and no more.
 */
export interface Plan {
  readonly is?: 'record' | 'skipped';
  readonly parts?: Readonly<Record<string, Plan>>;
}

export interface XmlHandler {
  /** The plan of an element that is in no plan yet: what is wanted may be anywhere in an envelope. */
  plan(element: Element, namespace: string): Plan | undefined;
  record(element: Element): void;
  /** Odd, and no reason to stop reading. */
  finding(line: number, what: string): void;
}

export interface XmlStream {
  /** Takes the next text. A refusal is final. */
  write(text: string): Result<undefined, XmlRefusal>;
  /** The document ends here. */
  close(): Result<undefined, XmlRefusal>;
  readonly line: number;
}

export const caps = {
  depth: 64,
  attributes: 32,
  /** Characters of one text, tag or comment. */
  run: 1_000_000,
  /** Elements, and characters of their texts, that are kept at one time. */
  elements: 2_000_000,
  text: 64_000_000,
  /** Different names in one scope of prefixes. */
  names: 10_000,
};

export const instanceNamespace = 'http://www.w3.org/2001/XMLSchema-instance';

class Stop extends Error {
  readonly type: XmlRefusal['type'];
  constructor(type: XmlRefusal['type'], why: string) {
    super(why);
    this.type = type;
  }
}

type Building = { -readonly [K in keyof Element]: Element[K] } & {
  readonly parent: Building | null;
  first: Building | null;
  next: Building | null;
  last: Building | null;
  plan: Plan;
};

/** The prefixes in force, and every name that was resolved under them. */
interface Scope {
  readonly depth: number;
  readonly prefixes: ReadonlyMap<string, string>;
  readonly names: Map<string, Name>;
  readonly outer: Scope | undefined;
}
interface Name {
  readonly local: string;
  readonly namespace: string;
}

const outermost = (): Scope => ({
  depth: 0,
  prefixes: new Map([
    ['', ''],
    ['xml', 'http://www.w3.org/XML/1998/namespace'],
  ]),
  names: new Map(),
  outer: undefined,
});

const outside: Plan = {};
const whole: Plan = {};
const noAttributes: Readonly<Record<string, string>> = Object.freeze({});
/** Characters that are parsed at a time, so that a run without end is noticed. */
const pieceChars = 1 << 16;

export function openXml(handler: XmlHandler, limits: Partial<typeof caps> = {}): XmlStream {
  const max = { ...caps, ...limits };
  const parser = new SaxesParser({ xmlns: false, position: true });
  let scope = outermost();
  let open: Building | null = null;
  let depth = 0;
  /** Depth of the element under which everything is skipped; 0 while nothing is. */
  let skipFrom = 0;
  /** What is kept now, and how much was when each open record began. */
  let [elements, chars] = [0, 0];
  const before: { readonly elements: number; readonly chars: number }[] = [];
  /** Characters since anything came to an end. */
  let run = 0;
  /** Attributes of the tag that is being read: how many, and the last. */
  let count = 0;
  let attribute: { readonly name: string; readonly value: string } | undefined;
  /** The attributes of nearly every element that has any are a currency, always the same: one object for each. */
  const singles = new Map<string, Readonly<Record<string, string>>>();
  let refused: { readonly ok: false; readonly refusal: XmlRefusal } | undefined;

  // Seven handlers: with an eighth, V8 makes a dictionary of the parser and everything takes five times as long.
  parser.on('error', (error) => {
    throw new Stop('not xml', `Its XML is broken: ${error.message.replace(/^\d+:\d+: /, '')}`);
  });
  parser.on('doctype', () => {
    throw new Stop('not allowed', 'It has a DOCTYPE, which no ISO 20022 message has.');
  });
  parser.on('attribute', (one) => {
    count += 1;
    attribute = one;
  });
  parser.on('opentag', (tag) => {
    run = 0;
    depth += 1;
    if (depth > max.depth) throw new Stop('too large', 'Its elements are nested too deeply.');
    let attributes = noAttributes;
    if (count > 0) {
      attributes = takeAttributes(tag.attributes);
      count = 0;
    }
    const name = scope.names.get(tag.name) ?? resolve(tag.name);
    if (skipFrom > 0) return;
    const parent = open;
    const above = parent === null ? outside : parent.plan;
    const known = above === whole ? whole : above === outside ? undefined : partOf(above, name.local);
    const element: Building = {
      name: name.local,
      text: '',
      first: null,
      next: null,
      attributes,
      line: parser.line,
      parent,
      last: null,
      plan: whole,
    };
    if (known !== whole) {
      const plan = begin(element, name.namespace, known);
      if (plan === undefined) return;
      element.plan = plan;
    }
    open = element;
    if (known === undefined || (known !== whole && known.is === 'record')) return;
    elements += 1;
    if (elements > max.elements) throw new Stop('too large', 'It has too many parts at one place.');
    const within = parent as Building;
    if (within.last === null) {
      within.first = element;
      within.text = '';
    } else within.last.next = element;
    within.last = element;
  });

  /** The plan of an element that has one of its own, or that is outside any plan; undefined where it is skipped. */
  function begin(element: Building, namespace: string, known: Plan | undefined): Plan | undefined {
    const plan = known ?? handler.plan(element, namespace) ?? outside;
    if (plan.is === 'skipped') {
      skipFrom = depth;
      return undefined;
    }
    if (plan.is === 'record') before.push({ elements, chars });
    return plan;
  }

  const addText = (part: string): void => {
    run = 0;
    if (skipFrom > 0 || open === null || open.first !== null || open.plan === outside) return;
    if (part.length > max.run) throw new Stop('too large', 'A text is too long.');
    open.text = open.text === '' ? part : open.text + part;
    chars += part.length;
    if (chars > max.text) throw new Stop('too large', 'It has too much text at one place.');
  };
  parser.on('text', addText);
  parser.on('cdata', addText);

  parser.on('closetag', () => {
    run = 0;
    if (scope.depth === depth && scope.outer !== undefined) scope = scope.outer;
    depth -= 1;
    if (skipFrom > 0) {
      if (depth < skipFrom) skipFrom = 0;
      return;
    }
    const closed = open as Building;
    const { plan } = closed;
    open = closed.parent;
    if (closed.text !== '') closed.text = trimmed(closed.text);
    if (plan === whole || plan.is !== 'record') return;
    handler.record(closed);
    ({ elements, chars } = before.pop() as { elements: number; chars: number });
  });

  /** Namespace declarations make a scope; what else there is becomes the element's own. */
  function takeAttributes(all: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const { name, value } = attribute as { name: string; value: string };
    if (count > 1 || name.startsWith('xmlns') || name.includes(':')) return declareAndTake(all);
    const known = name === 'Ccy' ? singles.get(value) : undefined;
    if (known !== undefined) return known;
    const own = { [name]: value };
    if (name === 'Ccy' && singles.size < max.names) singles.set(value, own);
    return own;
  }

  function declareAndTake(all: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const names = Object.keys(all);
    const isDeclaration = (name: string): boolean => name === 'xmlns' || name.startsWith('xmlns:');
    const declared = names.filter(isDeclaration).map((name) => [name.slice(6), (all[name] as string).trim()] as const);
    if (names.length > max.attributes) throw new Stop('too large', 'An element has too many attributes.');
    if (declared.some(([prefix, namespace]) => scope.prefixes.get(prefix) !== namespace)) {
      for (const [prefix, namespace] of declared)
        if (prefix === 'xml' || prefix === 'xmlns' || (prefix !== '' && namespace === ''))
          throw new Stop('not xml', `Its XML is broken: the prefix ${prefix} cannot be declared so.`);
      const prefixes = new Map([...scope.prefixes, ...declared]);
      scope = { depth, prefixes, names: new Map(), outer: scope };
    }
    return qualified(Object.fromEntries(Object.entries(all).filter(([name]) => !isDeclaration(name))));
  }

  function qualified(all: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const own: Record<string, string> = {};
    for (const [name, value] of Object.entries(all)) {
      const key = name.includes(':') ? qualifiedKey(name) : name;
      if (key in own) throw new Stop('not xml', `Its XML is broken: duplicate attribute: ${name}.`);
      own[key] = value;
    }
    return own;
  }

  function qualifiedKey(name: string): string {
    const { local, namespace } = resolve(name);
    return `${namespace} ${local}`;
  }

  function resolve(name: string): Name {
    const colon = name.indexOf(':');
    const [prefix, local] = colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)];
    if (colon >= 0 && (prefix === '' || local === '' || local.includes(':')))
      throw new Stop('not xml', `Its XML is broken: malformed name: ${name}.`);
    const namespace = scope.prefixes.get(prefix);
    if (namespace === undefined) handler.finding(parser.line, `The prefix ${prefix} is not declared.`);
    const resolved = { local: interned(local), namespace: namespace ?? '' };
    if (scope.names.size >= max.names) throw new Stop('too large', 'It has too many different names.');
    scope.names.set(name, resolved);
    return resolved;
  }

  const attempt = (work: () => void): Result<undefined, XmlRefusal> => {
    if (refused !== undefined) return refused;
    try {
      work();
      return ok(undefined);
    } catch (stopped) {
      if (!(stopped instanceof Stop)) throw stopped;
      refused = unread(stopped.type, stopped.message);
      return refused;
    }
  };
  return {
    get line() {
      return parser.line;
    },
    write: (text) =>
      attempt(() => {
        for (let from = 0; from < text.length; from += pieceChars) {
          const piece = text.length <= pieceChars ? text : text.slice(from, from + pieceChars);
          run += piece.length;
          parser.write(piece);
          if (run > max.run) throw new Stop('too large', 'A text, tag or comment is too long.');
        }
      }),
    close: () => attempt(() => void parser.close()),
  };
}

const partOf = ({ parts }: Plan, name: string): Plan =>
  parts !== undefined && Object.hasOwn(parts, name) ? (parts[name] as Plan) : whole;

/** The one string that literals of the same characters are, so that comparing them compares addresses. */
const interned = (text: string): string => Object.keys({ [text]: 0 })[0] as string;

/** Most texts have nothing to trim. */
const trimmed = (text: string): string =>
  text.charCodeAt(0) > 32 && text.charCodeAt(text.length - 1) > 32 ? text : text.trim();

const rootAsRecord: Plan = { is: 'record' };

/** A whole document as one tree. */
export function parseXml(text: string): Result<Element, XmlRefusal> {
  let root: Element | undefined;
  const stream = openXml({
    plan: () => rootAsRecord,
    record: (element) => {
      root = element;
    },
    finding: () => {},
  });
  const written = stream.write(text.startsWith('\uFEFF') ? text.slice(1) : text);
  const closed = written.ok ? stream.close() : written;
  if (!closed.ok) return closed;
  return root === undefined ? unread('not xml', 'It is empty.') : ok(root);
}

export const childrenOf = (element: Element | undefined): readonly Element[] => {
  const all: Element[] = [];
  for (let one = element?.first ?? null; one !== null; one = one.next) all.push(one);
  return all;
};

export const child = (element: Element | undefined, ...path: readonly string[]): Element | undefined => {
  let at = element;
  for (const name of path) {
    if (at === undefined) return undefined;
    let one = at.first;
    while (one !== null && one.name !== name) one = one.next;
    at = one ?? undefined;
  }
  return at;
};

export const children = (element: Element | undefined, name: string): readonly Element[] =>
  childrenOf(element).filter((one) => one.name === name);

/** Text at a path; null where there is none. */
export const textAt = (element: Element | undefined, ...path: readonly string[]): string | null => {
  const text = child(element, ...path)?.text;
  return text === undefined || text === '' ? null : text;
};
