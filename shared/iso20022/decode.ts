// Bytes of a message file to text, chunk by chunk: by byte order mark, by the encoding that the XML declaration names, UTF-8
// where it names none. Bytes that are not in that encoding are a refusal, never a replacement character.

import { ok, type Refusal, type Result, refuse } from '../result.ts';

export type XmlRefusal = Refusal<'not xml' | 'too large' | 'not allowed'>;

export const unread = (type: XmlRefusal['type'], why: string) =>
  refuse(type, 'The file was not read.', why, 'Ask its sender for a well-formed ISO 20022 file.');

export interface Decoder {
  /** The text that is certain after these bytes; bytes of a character cut in two wait for the next call. */
  push(bytes: Uint8Array): Result<string, XmlRefusal>;
  /** What was waiting; refused when the last character is incomplete. */
  end(): Result<string, XmlRefusal>;
}

/** An XML declaration is shorter than this; more bytes are not waited for. */
const declarationBytes = 1024;

export function openDecoder(): Decoder {
  let waiting = new Uint8Array(0);
  let decoder: TextDecoder | undefined;
  let encoding = 'UTF-8';
  const decode = (bytes: Uint8Array, isLast: boolean): Result<string, XmlRefusal> => {
    try {
      return ok((decoder as TextDecoder).decode(bytes, { stream: !isLast }));
    } catch {
      return unread('not xml', `Its bytes are not in the encoding ${encoding}.`);
    }
  };
  const start = (isLast: boolean): Result<string, XmlRefusal> => {
    const found = encodingOf(waiting);
    if (!found.ok) return found;
    encoding = found.value;
    try {
      decoder = new TextDecoder(encoding, { fatal: true });
    } catch {
      return unread('not allowed', `Its encoding ${encoding} is not one we read.`);
    }
    const bytes = waiting;
    waiting = new Uint8Array(0);
    return decode(bytes, isLast);
  };
  return {
    push(bytes) {
      if (decoder !== undefined) return decode(bytes, false);
      const joined = new Uint8Array(waiting.length + bytes.length);
      joined.set(waiting);
      joined.set(bytes, waiting.length);
      waiting = joined;
      return hasDeclaration(joined) || joined.length >= declarationBytes ? start(false) : ok('');
    },
    end: () => (decoder === undefined ? start(true) : decode(new Uint8Array(0), true)),
  };
}

/** The whole of a file at once. */
export function decodeXml(bytes: Uint8Array): Result<string, XmlRefusal> {
  const decoder = openDecoder();
  const start = decoder.push(bytes);
  if (!start.ok) return start;
  const rest = decoder.end();
  return rest.ok ? ok(start.value + rest.value) : rest;
}

/** Whether the declaration, if there is one, is complete. */
const hasDeclaration = (bytes: Uint8Array): boolean => asciiOf(bytes).includes('>');

/** Code units as if they were ASCII; zero bytes, which UTF-16 has between, are left out. */
function asciiOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes.subarray(0, declarationBytes)) if (byte !== 0) text += String.fromCharCode(byte);
  return text;
}

function encodingOf(bytes: Uint8Array): Result<string, XmlRefusal> {
  if (bytes.length === 0) return unread('not xml', 'It is empty.');
  const foreign = foreignKind(bytes);
  if (foreign !== undefined) return unread('not xml', `It is ${foreign}, not an XML file.`);
  const starts = (...prefix: readonly number[]): boolean => prefix.every((byte, i) => bytes[i] === byte);
  if (starts(0, 0, 0xfe, 0xff) || starts(0xff, 0xfe, 0, 0) || starts(0, 0, 0, 0x3c) || starts(0x3c, 0, 0, 0))
    return unread('not allowed', 'Its encoding UTF-32 is not one we read.');
  if (starts(0x4c, 0x6f, 0xa7, 0x94)) return unread('not allowed', 'Its encoding EBCDIC is not one we read.');
  if (starts(0xef, 0xbb, 0xbf)) return ok('UTF-8');
  if (starts(0xfe, 0xff) || starts(0, 0x3c)) return ok('UTF-16BE');
  if (starts(0xff, 0xfe) || starts(0x3c, 0)) return ok('UTF-16LE');
  const declared = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']/.exec(asciiOf(bytes))?.[1];
  if (declared === undefined) return ok('UTF-8');
  if (/^(utf|ucs|iso-10646-ucs)[-_]?(16|2)/i.test(declared))
    return unread('not xml', `It says that it is ${declared}, and its bytes are not.`);
  return ok(aliases[declared.toUpperCase()] ?? declared);
}

/** Names of code pages that the encoding standard of the web leaves out. */
const aliases: Readonly<Record<string, string>> = {
  CP936: 'GBK',
  MS936: 'GBK',
  CP932: 'Shift_JIS',
  CP950: 'Big5',
  MS950: 'Big5',
  CP949: 'EUC-KR',
};

/** Files that people take for a bank's message. */
function foreignKind(bytes: Uint8Array): string | undefined {
  const start = asciiOf(bytes.subarray(0, 64));
  if (start.startsWith('%PDF')) return 'a PDF document';
  if (start.startsWith('PK')) return 'a ZIP archive or an office document';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'compressed with gzip';
  if (/^\s*(\{1:|:20:)/.test(start)) return 'a SWIFT MT message';
  if (/^\s*[[{]/.test(start)) return 'JSON';
  return undefined;
}
