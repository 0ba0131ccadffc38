// Named moments between durable steps, where a test may cut the power or fill the disk. Nobody listens outside of tests.

export const faultPoints = [
  'vault: before commit',
  'vault: committed, head not recorded',
  'vault: head half written',
  'vault: head recorded',
  'slots: written, not renamed',
  'keys: copied, slots not written',
  'keys: slots written, old file there',
  'repair: evidence kept, nothing replaced',
  'repair: replaced, not committed',
  'gateway: before append',
  'gateway: appended, not answered',
  'bank: order sent, not noted',
  'bank: message admitted, not noted',
  'backup: copied, not verified',
  'backup: verified, not renamed',
  'backup: restored, not renamed',
] as const;
export type FaultPoint = (typeof faultPoints)[number];

let listener: ((point: FaultPoint) => void) | undefined;

export const faultPoint = (point: FaultPoint): void => listener?.(point);

/** The listener may throw, or not return at all; undefined ends it. */
export function listenAtFaultPoints(next: ((point: FaultPoint) => void) | undefined): void {
  listener = next;
}
