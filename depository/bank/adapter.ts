// What the gateway needs of a bank's core: messages out exactly once, messages in until acknowledged.

export interface BankMessage {
  /** The message's own id: sending the same id again changes nothing. */
  readonly id: string;
  readonly xml: string;
}

export interface BankAdapter {
  send(message: BankMessage): void;
  /** Messages of the bank that were not acknowledged yet, oldest first. */
  receive(): readonly BankMessage[];
  /** `refused`: what of it the books did not take, in words, to be shown with its fate. */
  acknowledge(id: string, refused?: readonly string[]): void;
}
