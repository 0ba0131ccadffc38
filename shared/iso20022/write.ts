// Messages written: from a tree of names to XML, in the order of the names, with text cut to what a schema type takes.

import XMLBuilder from 'fast-xml-builder';

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

/** A reason by its code, with further text in lines of at most 105 characters. */
export function reasonTree(code: string, information: string | null): Tree {
  const text = information === null ? '' : schemaText(information, 1050);
  const lines = text.match(/.{1,105}/gsu) ?? [];
  return { Rsn: { Cd: schemaText(code, 4) }, AddtlInf: lines.length === 0 ? undefined : lines };
}
