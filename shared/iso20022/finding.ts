// What is odd about a message and no reason to stop reading it: each finding has a name that programs can go by, the line
// where it was found, and one sentence for a person. docs/iso20022.md lists them.

export const findingNames = [
  'amount malformed',
  'amount missing',
  'amount too large',
  'balance missing',
  'control sum',
  'count',
  'currency unknown',
  'direction missing',
  'not balanced',
  'other currency',
  'other message',
  'out of order',
  'prefix undeclared',
  'reversal sign',
  'too many decimals',
] as const;
export type FindingName = (typeof findingNames)[number];

export interface Finding {
  readonly name: FindingName;
  readonly line: number;
  readonly what: string;
}

/** Where a reader of one message family puts what it reads. */
export interface Out<Item> {
  item(item: Item): void;
  finding(name: FindingName, line: number, what: string): void;
}
