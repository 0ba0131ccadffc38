// Assertions stay on in production: a broken invariant stops the program rather than booking wrong money.

export class BrokenInvariant extends Error {
  override name = 'BrokenInvariant';
}

export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new BrokenInvariant(invariant);
}

export function unreachable(value: never): never {
  throw new BrokenInvariant(`unreachable: ${String(value)}`);
}
