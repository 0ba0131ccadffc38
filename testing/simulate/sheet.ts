// The sheet on which the clerk ticks off one asset's bank statements against what the books moved on cash: lines on the left,
// movements on the right, pairings by machine and person, and breaks with their numbers. Only for a bank that names each booking
// once and by the reference that it notified; nothing here is shared with `shared/reconciliation.ts` or `shared/statement.ts`.

export interface CashMove {
  /** Its number in the books. */
  readonly number: number;
  readonly reference: string;
  /** The payment it belongs to, `instruction/item`. */
  readonly item: string | null;
  readonly amount: bigint;
  readonly day: string;
  /** The receipt in suspense, where nobody knew whose it was. */
  readonly receipt: string | null;
}
export interface SheetLine {
  /** `statement#number`. */
  readonly id: string;
  readonly reference: string | null;
  readonly item: string | null;
  readonly amount: bigint;
  readonly day: string;
}
export interface SheetStatement {
  readonly id: string;
  readonly closing: string;
  readonly day: string;
  /** Cash in the books and movements on it when it came. */
  readonly cash: bigint;
  readonly moves: number;
  /** It opens with what the one before it closed with. */
  readonly follows: boolean;
  readonly lines: readonly SheetLine[];
}
export interface SheetBreak {
  readonly kind: string;
  readonly lines: readonly string[];
  readonly legs: readonly number[];
  readonly since: string;
  readonly statement: string;
  readonly receipt: string | null;
  readonly owner: string | null;
  readonly word: 'open' | 'cleared' | 'resolved';
}
export interface Pairing {
  readonly lines: readonly string[];
  readonly legs: readonly number[];
  readonly undone: boolean;
}

/** What a statement would leave behind. */
export interface Ticked {
  readonly pairs: readonly { readonly line: SheetLine; readonly move: CashMove }[];
  readonly breaks: ReadonlyMap<string, SheetBreak>;
  readonly lines: readonly SheetLine[];
  readonly moves: readonly CashMove[];
  readonly nextBreak: number;
  readonly balanced: boolean;
}

const sum = (all: Iterable<{ readonly amount: bigint }>): bigint => {
  let total = 0n;
  for (const { amount } of all) total += amount;
  return total;
};

export class Sheet {
  readonly asset: string;
  /** Everything that moved on cash, in order. */
  readonly moves: CashMove[] = [];
  /** Every line that was ever stated, by its name. */
  readonly stated = new Map<string, SheetLine>();
  openLines: readonly SheetLine[] = [];
  openMoves: readonly CashMove[] = [];
  /** Names whose pairing somebody undid: the machine leaves them alone. */
  readonly apart = new Set<string>();
  /** All breaks there ever were, and all pairings. */
  readonly breaks = new Map<string, SheetBreak>();
  readonly pairings = new Map<string, Pairing>();
  closing: string | undefined;
  newest: string | undefined;
  #looked = 0;
  #nextBreak = 0;

  constructor(asset: string) {
    this.asset = asset;
  }

  openBreaks = (): [string, SheetBreak][] => [...this.breaks].filter(([, one]) => one.word === 'open');
  lineIsOpen = (id: string): boolean => this.openLines.some((line) => line.id === id);
  moveIsOpen = (number: number): boolean => this.openMoves.some((move) => move.number === number);
  lineSum = (ids: readonly string[]): bigint => sum(this.openLines.filter(({ id }) => ids.includes(id)));
  moveSum = (numbers: readonly number[]): bigint => sum(this.openMoves.filter((one) => numbers.includes(one.number)));

  /** Ticks off the statement, with all that is open, and changes nothing yet. */
  tick(one: SheetStatement, isUnknown: (receipt: string) => boolean): Ticked {
    const free = (name: string): boolean => !this.apart.has(name);
    const lines = [...this.openLines.filter(({ id }) => free(id)), ...one.lines];
    const fresh = this.moves.slice(this.#looked, one.moves);
    const moves = [...this.openMoves.filter(({ number }) => free(moveName(number))), ...fresh];
    const byReference = new Map(moves.map((move) => [move.reference, move]));
    const pairs = lines.flatMap((line): Ticked['pairs'][number][] => {
      const move = byReference.get(line.reference ?? '');
      return move?.amount === line.amount ? [{ line, move }] : [];
    });
    // Where a payment came back more than once: one is as good as another, and one too many was said twice.
    const twice = new Map<SheetLine, CashMove>();
    for (const line of lines) {
      if (line.item === null || pairs.some((pair) => pair.line === line)) continue;
      const same = moves.filter((move) => move.item === line.item && move.amount === line.amount);
      const left = same.find((move) => !pairs.some((pair) => pair.move === move));
      if (left !== undefined) pairs.push({ line, move: left });
      else if (same.length > 0) twice.set(line, same[same.length - 1] as CashMove);
    }
    const unpaired = lines.filter((line) => !pairs.some((pair) => pair.line === line));
    const untaken = moves.filter((move) => !pairs.some((pair) => pair.move === move));
    const missing = untaken.filter(({ day }) => day <= one.day);
    const notYet = untaken.filter(({ day }) => day > one.day);

    const breaks = new Map<string, SheetBreak>();
    const heirs = new Map<string, string>();
    for (const [name, old] of this.openBreaks()) {
      if (old.kind === 'unknown payer') {
        if (isUnknown(old.receipt ?? '')) breaks.set(name, old);
      } else if (this.#itemsOf(old).some(free)) for (const item of this.#itemsOf(old)) heirs.set(item, name);
      else breaks.set(name, old);
    }
    let nextBreak = this.#nextBreak;
    const note = (kind: string, line: SheetLine | undefined, move: CashMove | undefined): void => {
      const items = [...(line ? [line.id] : []), ...(move ? [moveName(move.number)] : [])];
      const heir = items.map((item) => heirs.get(item)).find((name) => name !== undefined && !breaks.has(name));
      if (heir === undefined) nextBreak += 1;
      const old = heir === undefined ? undefined : this.breaks.get(heir);
      const isStillTwice = old?.kind === 'duplicate' && kind === 'missing in books';
      const said = isStillTwice ? { kind: old.kind, legs: old.legs } : { kind, legs: move ? [move.number] : [] };
      const days = [line?.day, move?.day].filter((day) => day !== undefined).sort();
      breaks.set(heir ?? `${this.asset}|${nextBreak - 1}`, {
        ...{ ...said, lines: line ? [line.id] : [], word: 'open' },
        ...{ since: old?.since ?? days[0] ?? '', statement: old?.statement ?? one.id, owner: old?.owner ?? null },
        receipt: kind === 'unknown payer' ? (move?.receipt ?? null) : null,
      });
    };
    for (const { line, move } of pairs)
      if (move.receipt !== null && isUnknown(move.receipt)) note('unknown payer', line, move);
    for (const [line, move] of twice) note('duplicate', line, move);
    for (const line of unpaired) if (!twice.has(line)) note('missing in books', line, undefined);
    for (const move of missing) note('missing at bank', undefined, move);

    const isExplained = BigInt(one.closing) + sum(notYet) === one.cash;
    const hasOpen = [...breaks.values()].some(({ kind }) => kind !== 'unknown payer');
    return {
      ...{ pairs, breaks, nextBreak, balanced: one.follows && isExplained && !hasOpen },
      lines: [...this.openLines.filter(({ id }) => !free(id)), ...unpaired],
      moves: [
        ...this.openMoves.filter(({ number }) => !free(moveName(number))),
        ...moves.filter((move) => untaken.includes(move)),
      ],
    };
  }

  /** The statement is reconciled. */
  take(one: SheetStatement, ticked: Ticked): void {
    for (const line of one.lines) this.stated.set(line.id, line);
    for (const [name, old] of this.openBreaks())
      if (!ticked.breaks.has(name)) this.breaks.set(name, { ...old, word: 'cleared' });
    for (const [name, each] of ticked.breaks) this.breaks.set(name, each);
    for (const [i, { line, move }] of ticked.pairs.entries())
      this.pairings.set(`${one.id}|${i}`, { lines: [line.id], legs: [move.number], undone: false });
    [this.openLines, this.openMoves] = [ticked.lines, ticked.moves];
    [this.#looked, this.#nextBreak] = [one.moves, ticked.nextBreak];
    [this.closing, this.newest] = [one.closing, one.id];
  }

  /**
   * How much the bank has less than the books say, what it cannot have yet aside. Money whose pairing was undone is no such
   * money: the bank had it in a statement.
   */
  missing(one: SheetStatement): bigint {
    const notYet = this.openMoves.filter(({ day, number }) => day > one.day && !this.apart.has(moveName(number)));
    return one.cash - BigInt(one.closing) - sum(notYet);
  }

  /** These are settled with one another; what a break had of them is no longer in it, and an empty break is over. */
  pair(name: string, lines: readonly string[], legs: readonly number[]): void {
    this.pairings.set(name, { lines, legs, undone: false });
    this.#takeAway(lines, legs);
  }

  undo(name: string, today: string): void {
    const { lines, legs } = this.pairings.get(name) as Pairing;
    this.pairings.set(name, { lines, legs, undone: true });
    const again = lines.map((id) => this.stated.get(id) as SheetLine);
    this.openLines = [...this.openLines, ...again];
    this.openMoves = [...this.openMoves, ...legs.map((number) => this.#moveOf(number))];
    for (const item of [...lines, ...legs.map(moveName)]) this.apart.add(item);
    const statement = (lines[0] as string).replace(/#\d+$/, '');
    const common = { since: today, statement, receipt: null, owner: null, word: 'open' as const };
    const sides = [
      { kind: 'missing in books', lines, legs: [] },
      { kind: 'missing at bank', lines: [], legs },
    ];
    for (const side of sides) {
      if (side.lines.length + side.legs.length === 0) continue;
      this.breaks.set(`${this.asset}|${this.#nextBreak}`, { ...common, ...side });
      this.#nextBreak += 1;
    }
  }

  assign(name: string, owner: string): void {
    this.breaks.set(name, { ...(this.breaks.get(name) as SheetBreak), owner });
  }

  /** Somebody says why it is none; nobody looks for its lines and movements any more. */
  resolve(name: string): void {
    const one = this.breaks.get(name) as SheetBreak;
    this.breaks.set(name, { ...one, word: 'resolved' });
    // Whose the money is says nothing about whether the bank has it.
    if (one.kind !== 'unknown payer') this.#takeAway(one.lines, one.legs);
  }

  /** What the bank has more; a movement that is named and paired is no part of it. */
  difference = ({ kind, lines, legs }: SheetBreak): bigint =>
    sum(lines.map((id) => this.stated.get(id) as SheetLine)) -
    (kind === 'duplicate' ? 0n : sum(legs.map((number) => this.#moveOf(number))));

  #moveOf = (number: number): CashMove => this.moves.find((one) => one.number === number) as CashMove;
  #itemsOf = ({ lines, legs }: SheetBreak): string[] => [...lines, ...legs.map(moveName)];

  #takeAway(lines: readonly string[], legs: readonly number[]): void {
    this.openLines = this.openLines.filter(({ id }) => !lines.includes(id));
    this.openMoves = this.openMoves.filter(({ number }) => !legs.includes(number));
    for (const item of [...lines, ...legs.map(moveName)]) this.apart.delete(item);
    for (const [name, one] of this.openBreaks()) {
      if (one.kind === 'unknown payer') continue;
      if (!one.lines.some((id) => lines.includes(id)) && !one.legs.some((number) => legs.includes(number))) continue;
      const left = {
        lines: one.lines.filter((id) => !lines.includes(id)),
        legs: one.legs.filter((number) => !legs.includes(number)),
      };
      const isOver = left.lines.length === 0 && !left.legs.some(this.moveIsOpen);
      this.breaks.set(name, isOver ? { ...one, word: 'cleared' } : { ...one, ...left });
    }
  }
}

export const moveName = (number: number): string => `leg ${number}`;
