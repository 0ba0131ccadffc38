// JSON from outside, before anything is built from it: text nested deeper than any message of ours is refused unread, as a few
// megabytes of brackets alone would cost seconds.

import { ok, type Refusal, type Result, refuse } from './result.ts';

/** Deepest nesting of anything that Custos reads; its own messages have a third of it. */
export const maxJsonDepth = 32;

export function parseJson(text: string, maxDepth = maxJsonDepth): Result<unknown, Refusal<'malformed'>> {
  if (isDeeper(text, maxDepth)) return malformed(`It is nested more than ${maxDepth} levels deep.`);
  try {
    return ok(JSON.parse(text));
  } catch {
    return malformed('It is not JSON.');
  }
}

const malformed = (why: string) => refuse('malformed', 'It was not read.', why, 'Ask its sender for it again.');

/** Counts brackets outside of strings. Text that is no JSON may be judged wrongly: it is refused either way. */
function isDeeper(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) i = endOfString(text, i + 1);
    else if (code === brace || code === bracket) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (code === braceEnd || code === bracketEnd) depth -= 1;
  }
  return false;
}

const [quote, backslash, brace, bracket, braceEnd, bracketEnd] = [0x22, 0x5c, 0x7b, 0x5b, 0x7d, 0x5d];

/** Where the string that began before `from` has its closing quote. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}
