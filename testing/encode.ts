// Text to bytes in the encodings that banks still use: the inverse of what TextDecoder does, found by asking it.

const tables = new Map<string, ReadonlyMap<string, readonly number[]>>();

/** Every character that one or two bytes stand for. */
function tableOf(encoding: string): ReadonlyMap<string, readonly number[]> {
  const made = tables.get(encoding);
  if (made !== undefined) return made;
  const decoder = new TextDecoder(encoding, { fatal: true });
  const table = new Map<string, readonly number[]>();
  const note = (bytes: readonly number[]): void => {
    try {
      const text = decoder.decode(new Uint8Array(bytes));
      if ([...text].length === 1 && !table.has(text)) table.set(text, bytes);
    } catch {
      // No character of this encoding.
    }
  };
  for (let first = 0; first < 256; first++) note([first]);
  for (let first = 0x81; first < 256; first++) for (let second = 0x30; second < 256; second++) note([first, second]);
  tables.set(encoding, table);
  return table;
}

/** Undefined where the encoding has no such character. */
export function encodeText(text: string, encoding: string): Uint8Array | undefined {
  switch (encoding.toLowerCase()) {
    case 'utf-8':
      return new TextEncoder().encode(text);
    case 'utf-16le':
      return new Uint8Array(Buffer.from(text, 'utf16le'));
    case 'utf-16be':
      return new Uint8Array(Buffer.from(text, 'utf16le').swap16());
  }
  const table = tableOf(encoding);
  const bytes: number[] = [];
  for (const character of text) {
    const found = table.get(character);
    if (found === undefined) return undefined;
    bytes.push(...found);
  }
  return new Uint8Array(bytes);
}
