// XML in and out of ISO 20022 messages: a strict, namespace-aware, capped reading into a light tree, and writing by name.

import XMLBuilder from 'fast-xml-builder';
import { SaxesParser } from 'saxes';
import { ok, type Refusal, type Result, refuse } from '../result.ts';

export interface Element {
  /** Local name; the prefix, if any, is gone. */
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** Character data of this element itself, trimmed. */
  readonly text: string;
  readonly line: number;
}

export type XmlRefusal = Refusal<'not xml' | 'too large' | 'not allowed'>;

const caps = { depth: 64, attributes: 32, textChars: 1_000_000, elements: 2_000_000 };

class Stop extends Error {
  readonly type: XmlRefusal['type'];
  constructor(type: XmlRefusal['type'], why: string) {
    super(why);
    this.type = type;
  }
}

/** Reads a whole document. DOCTYPE and processing of anything external are refused; sizes are capped. */
export function parseXml(text: string): Result<Element, XmlRefusal> {
  type Building = { -readonly [K in keyof Element]: Element[K] } & { children: Element[] };
  const parser = new SaxesParser({ xmlns: true, position: true });
  const stack: Building[] = [];
  let root: Element | undefined;
  let elements = 0;
  parser.on('error', (error) => {
    throw new Stop('not xml', error.message);
  });
  parser.on('doctype', () => {
    throw new Stop('not allowed', 'It has a DOCTYPE.');
  });
  parser.on('opentag', (tag) => {
    elements += 1;
    const names = Object.keys(tag.attributes);
    if (stack.length >= caps.depth || elements > caps.elements || names.length > caps.attributes)
      throw new Stop('too large', 'It is nested too deeply or has too many parts.');
    const attributes = Object.fromEntries(
      names.map((name) => [tag.attributes[name]?.local ?? name, tag.attributes[name]?.value ?? '']),
    );
    const element = { name: tag.local, namespace: tag.uri, attributes, children: [], text: '', line: parser.line };
    stack.at(-1)?.children.push(element);
    stack.push(element);
  });
  const addText = (part: string): void => {
    const open = stack.at(-1);
    if (open === undefined) return;
    open.text += part;
    if (open.text.length > caps.textChars) throw new Stop('too large', 'A text is too long.');
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = stack.pop();
    if (closed === undefined) return;
    closed.text = closed.text.trim();
    if (stack.length === 0) root = closed;
  });
  try {
    parser.write(text.startsWith('\uFEFF') ? text.slice(1) : text).close();
  } catch (stopped) {
    const why = stopped instanceof Error ? stopped.message : 'It could not be read.';
    return unread(stopped instanceof Stop ? stopped.type : 'not xml', why);
  }
  return root === undefined ? unread('not xml', 'It is empty.') : ok(root);
}

const unread = (type: XmlRefusal['type'], why: string) =>
  refuse(type, 'The file was not read.', why, 'Ask its sender for a well-formed ISO 20022 file.');

/** Decodes a file by its byte order mark or the encoding it declares; UTF-8 where it declares none. */
export function decodeXml(bytes: Uint8Array): Result<string, XmlRefusal> {
  const start = String.fromCharCode(...bytes.subarray(0, 200).filter((byte) => byte !== 0));
  const declared = /^(?:\xEF\xBB\xBF|\xFE\xFF|\xFF\xFE)?\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(
    start,
  )?.[1];
  const marked =
    bytes[0] === 0xfe && bytes[1] === 0xff
      ? 'utf-16be'
      : bytes[0] === 0xff && bytes[1] === 0xfe
        ? 'utf-16le'
        : undefined;
  const hasUtf8Mark = bytes[0] === 0xef && bytes[1] === 0xbb;
  try {
    return ok(new TextDecoder(hasUtf8Mark ? 'utf-8' : (marked ?? declared ?? 'utf-8'), { fatal: true }).decode(bytes));
  } catch {
    return unread('not xml', `Its bytes are not in the encoding ${declared ?? 'UTF-8'}.`);
  }
}

export const child = (element: Element | undefined, ...path: readonly string[]): Element | undefined =>
  path.reduce<Element | undefined>((at, name) => at?.children.find((one) => one.name === name), element);

export const children = (element: Element | undefined, name: string): readonly Element[] =>
  element?.children.filter((one) => one.name === name) ?? [];

/** Text at a path; null where there is none. */
export const textAt = (element: Element | undefined, ...path: readonly string[]): string | null => {
  const text = child(element, ...path)?.text;
  return text === undefined || text === '' ? null : text;
};

/** The first element of this name anywhere below, breadth first: messages come bare or in envelopes. */
export function find(root: Element, name: string): Element | undefined {
  let level: readonly Element[] = [root];
  while (level.length > 0) {
    const found = level.find((one) => one.name === name);
    if (found !== undefined) return found;
    level = level.flatMap((one) => one.children);
  }
  return undefined;
}

/** What an element is made from: text, or named children in order; `undefined` children are left out; `@_x` is attribute x. */
export type Tree = string | { readonly [name: string]: Tree | readonly Tree[] | undefined };

const builder = new XMLBuilder({ ignoreAttributes: false, format: true, suppressEmptyNode: false });

export function writeXml(namespace: string, body: { readonly [name: string]: Tree | undefined }): string {
  const tree = { Document: { '@_xmlns': namespace, ...(withoutGaps(body) as object) } };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(tree)}`;
}

function withoutGaps(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutGaps);
  if (tree === null || typeof tree !== 'object') return tree;
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, withoutGaps(value)]),
  );
}

/**
 * Text that fits a schema text type: characters XML 1.0 does not allow become spaces, white space is single, at most
 * `max` characters; `-` where nothing is left, as the types need at least one character.
 */
export function schemaText(text: string, max: number): string {
  const allowed = [...text.normalize('NFC')].map((c) => (isXmlChar(c.codePointAt(0) as number) ? c : ' ')).join('');
  const cut = [...allowed.replace(/\s+/gu, ' ').trim()].slice(0, max).join('').trim();
  return cut === '' ? '-' : cut;
}

const isXmlChar = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  code >= 0x10000;
