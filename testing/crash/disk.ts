// What may lie on a disk after the power went: everything that was synced, and of everything else any part. A write that was not
// synced may be there, gone, torn between sectors, or only as its length; a name that was not synced may be old or new.

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Chance } from '../simulate/chance.ts';

/** A file as the disk knows it, whatever it is called. */
export type Inode = number;

/** Paths are below the folder that is looked at. */
export type Operation =
  | { readonly do: 'create'; readonly path: string; readonly inode: Inode }
  | { readonly do: 'make folder'; readonly path: string }
  | { readonly do: 'move'; readonly from: string; readonly to: string }
  | { readonly do: 'remove'; readonly path: string }
  | { readonly do: 'write'; readonly inode: Inode; readonly at: number; readonly bytes: Buffer }
  | { readonly do: 'cut'; readonly inode: Inode; readonly size: number }
  | { readonly do: 'sync'; readonly inode: Inode }
  | { readonly do: 'sync folder'; readonly path: string }
  /** The program told somebody that something is safe. */
  | { readonly do: 'tell'; readonly text: string };

export interface Disk {
  readonly names: ReadonlyMap<string, Inode>;
  readonly folders: ReadonlySet<string>;
  readonly contents: ReadonlyMap<Inode, Buffer>;
}

export function readDisk(folder: string): Disk {
  const names = new Map<string, Inode>();
  const folders = new Set<string>();
  const contents = new Map<Inode, Buffer>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('-shm')) continue;
    if (statSync(join(folder, path)).isDirectory()) folders.add(path);
    else {
      names.set(path, names.size + 1);
      contents.set(names.size, readFileSync(join(folder, path)));
    }
  }
  return { names, folders, contents };
}

export function writeDisk({ names, folders, contents }: Disk, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const path of folders) mkdirSync(join(folder, path), { recursive: true });
  for (const [path, inode] of names) writeFileSync(join(folder, path), contents.get(inode) ?? '', { mode: 0o600 });
}

/** Positions of the operations before `at` that no sync before `at` covers. */
export function pendingAt(operations: readonly Operation[], at: number): number[] {
  const synced = new Set<string>();
  const pending: number[] = [];
  for (let i = at - 1; i >= 0; i--) {
    const one = operations[i] as Operation;
    switch (one.do) {
      case 'sync':
        synced.add(`inode ${one.inode}`);
        break;
      case 'sync folder':
        synced.add(`folder ${one.path}`);
        break;
      case 'write':
      case 'cut':
        if (!synced.has(`inode ${one.inode}`)) pending.unshift(i);
        break;
      case 'create':
      case 'make folder':
      case 'remove':
        if (!synced.has(`folder ${parentOf(one.path)}`)) pending.unshift(i);
        break;
      case 'move':
        if (!synced.has(`folder ${parentOf(one.to)}`)) pending.unshift(i);
        break;
    }
  }
  return pending;
}

const parentOf = (path: string): string => (dirname(path) === '.' ? '' : dirname(path));

/** What became of an operation that was not synced; a write may keep any of its sectors, by number from its first. */
export type Fate = 'kept' | 'lost' | 'only its length' | { readonly sectors: (sector: number) => boolean };

const sectorBytes = 512;

/** The disk when the power goes before operation `at`; `fateOf` decides for those that `pendingAt` names. */
export function diskAt(
  before: Disk,
  operations: readonly Operation[],
  at: number,
  fateOf: (position: number) => Fate,
): Disk {
  const names = new Map(before.names);
  const folders = new Set(before.folders);
  const contents = new Map<Inode, { bytes: Buffer; size: number }>();
  for (const [inode, bytes] of before.contents) contents.set(inode, { bytes: Buffer.from(bytes), size: bytes.length });
  const pending = new Set(pendingAt(operations, at));
  // What each name led to when it was moved or removed, had nothing been lost.
  const livingNames = new Map(before.names);
  const livingFolders = new Set(before.folders);
  for (let i = 0; i < at; i++) {
    const one = operations[i] as Operation;
    const fate = pending.has(i) ? fateOf(i) : 'kept';
    switch (one.do) {
      case 'create':
        livingNames.set(one.path, one.inode);
        if (fate !== 'lost') names.set(one.path, one.inode);
        if (!contents.has(one.inode)) contents.set(one.inode, { bytes: Buffer.alloc(0), size: 0 });
        break;
      case 'make folder':
        livingFolders.add(one.path);
        if (fate !== 'lost') folders.add(one.path);
        break;
      case 'remove':
        livingNames.delete(one.path);
        livingFolders.delete(one.path);
        if (fate === 'lost') break;
        names.delete(one.path);
        folders.delete(one.path);
        break;
      case 'move': {
        const inode = livingNames.get(one.from);
        moveNames(livingNames, livingFolders, one.from, one.to);
        if (fate === 'lost') break;
        if (inode === undefined) moveNames(names, folders, one.from, one.to);
        else {
          // It takes its new name also when the name under which it was made was never on the disk.
          if (names.get(one.from) === inode) names.delete(one.from);
          names.set(one.to, inode);
        }
        break;
      }
      case 'write':
        if (fate !== 'lost') write(contents, one.inode, one.at, one.bytes, fate);
        break;
      case 'cut':
        if (fate !== 'lost') resize(contents, one.inode, one.size);
        break;
    }
  }
  // A name in a folder that never came to be is nowhere.
  const isThere = (path: string): boolean => parentOf(path) === '' || folders.has(parentOf(path));
  return {
    names: new Map([...names].filter(([path]) => isThere(path))),
    folders: new Set([...folders].filter(isThere)),
    contents: new Map([...contents].map(([inode, { bytes, size }]) => [inode, bytes.subarray(0, size)])),
  };
}

type Contents = Map<Inode, { bytes: Buffer; size: number }>;

function resize(contents: Contents, inode: Inode, size: number): Buffer {
  const file = contents.get(inode) ?? { bytes: Buffer.alloc(0), size: 0 };
  if (size > file.bytes.length) {
    const larger = Buffer.alloc(Math.max(size, file.bytes.length * 2));
    file.bytes.copy(larger, 0, 0, file.size);
    file.bytes = larger;
  } else if (size < file.size) file.bytes.fill(0, size, file.size);
  file.size = size;
  contents.set(inode, file);
  return file.bytes;
}

function write(contents: Contents, inode: Inode, at: number, bytes: Buffer, fate: Exclude<Fate, 'lost'>): void {
  const size = contents.get(inode)?.size ?? 0;
  const target = resize(contents, inode, Math.max(size, at + bytes.length));
  if (fate === 'only its length') return;
  if (fate === 'kept') {
    bytes.copy(target, at);
    return;
  }
  for (let from = 0; from < bytes.length; ) {
    // Sectors are those of the file, wherever the write began.
    const to = Math.min(bytes.length, from + sectorBytes - ((at + from) % sectorBytes));
    if (fate.sectors(Math.floor((at + from) / sectorBytes) - Math.floor(at / sectorBytes)))
      bytes.copy(target, at + from, from, to);
    from = to;
  }
}

/** A file, or a folder with everything in it, under another name. */
export function moveNames(names: Map<string, Inode>, folders: Set<string>, from: string, to: string): void {
  const moved = (path: string): string | undefined =>
    path === from ? to : path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
  for (const [path, inode] of [...names]) {
    const next = moved(path);
    if (next === undefined) continue;
    names.delete(path);
    names.set(next, inode);
  }
  for (const path of [...folders]) {
    const next = moved(path);
    if (next === undefined) continue;
    folders.delete(path);
    folders.add(next);
  }
}

/** One way in which the unsynced operations may have gone, from chance: all, none, a part of them, some torn. */
export function chanceFates(chance: Chance, pending: readonly number[]): Map<number, Fate> {
  const way = chance.weighted({ none: 2, all: 1, first: 2, some: 4, allButOne: 2 });
  const count = chance.below(pending.length + 1);
  const spared = pending.length === 0 ? -1 : chance.pick(pending);
  return new Map(
    pending.map((position, i): [number, Fate] => {
      const isKept =
        way === 'all' ||
        (way === 'first' && i < count) ||
        (way === 'some' && chance.once(2)) ||
        (way === 'allButOne' && position !== spared);
      if (isKept && !chance.once(6)) return [position, 'kept'];
      if (!isKept && (way === 'none' || !chance.once(6))) return [position, 'lost'];
      if (chance.once(4)) return [position, 'only its length'];
      const [limit, salt] = [chance.below(9), chance.below(256)];
      const isPrefix = chance.once(2);
      return [position, { sectors: (n) => (isPrefix ? n < limit : ((n * 37 + salt) & 1) === 0) }];
    }),
  );
}

/** Every way: each name old or new; each write lost, there, only its length, torn after each of its sectors, or every other. */
export function* everyFate(operations: readonly Operation[], pending: readonly number[]): Generator<Map<number, Fate>> {
  const [position, ...rest] = pending;
  if (position === undefined) return yield new Map();
  const one = operations[position] as Operation;
  const fates: Fate[] = ['lost', 'kept'];
  if (one.do === 'write') {
    fates.push('only its length');
    const sectors = Math.ceil(one.bytes.length / sectorBytes);
    for (let count = 1; count < sectors; count++) fates.push({ sectors: (n) => n < count });
    if (sectors > 1) fates.push({ sectors: (n) => n % 2 === 1 });
  }
  for (const others of everyFate(operations, rest))
    for (const fate of fates) yield new Map([...others, [position, fate]]);
}
