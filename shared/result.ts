// A Result carries either a value or an expected refusal; bugs throw instead (see assert.ts).

/** What was not done, why, and who can do what next. `type` is the literal a caller switches on. */
export interface Refusal<T extends string = string> {
  readonly type: T;
  readonly what: string;
  readonly why: string;
  readonly next: string;
}

export type Result<V, R = Refusal> =
  | { readonly ok: true; readonly value: V }
  | { readonly ok: false; readonly refusal: R };

export const ok = <V>(value: V): { readonly ok: true; readonly value: V } => ({ ok: true, value });

export const refuse = <T extends string>(
  type: T,
  what: string,
  why: string,
  next: string,
): { readonly ok: false; readonly refusal: Refusal<T> } => ({ ok: false, refusal: { type, what, why, next } });
