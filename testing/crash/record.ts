// Records what a program does to the files of one folder, from below: strace writes down every call that changes, names or
// syncs one, with every byte. What SQLite does is seen just like what our own code does.

import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Disk, type Inode, moveNames, type Operation, readDisk } from './disk.ts';

export interface Recording {
  /** What lay in the folder before. */
  readonly before: Disk;
  readonly operations: readonly Operation[];
  readonly code: number | null;
  readonly errors: string;
}

export const hasStrace = (): boolean => {
  const tried = spawnSync('strace', ['-f', '-e', 'trace=openat', '-o', '/dev/null', 'true']);
  return tried.error === undefined && tried.status === 0;
};

const calls = [
  ...['openat', 'creat', 'close', 'dup', 'dup2', 'dup3', 'lseek', 'write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'],
  ...['fsync', 'fdatasync', 'sync_file_range', 'ftruncate', 'truncate', 'fallocate', 'copy_file_range', 'sendfile'],
  ...['rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir', 'link', 'linkat'],
];
/** The descriptor on which the program says that something is safe. */
export const toldTo = 3;

/** Runs Node with these arguments under strace and keeps what it does below `folder`. */
export async function record(folder: string, args: readonly string[]): Promise<Recording> {
  const scratch = mkdtempSync(join(tmpdir(), 'custos-strace-'));
  const trace = join(scratch, 'trace');
  const before = readDisk(folder);
  const options = [
    '-f',
    '-qq',
    '-xx',
    '-s',
    '16777216',
    '--seccomp-bpf',
    '-e',
    `trace=${calls.join(',')}`,
    '-o',
    trace,
  ];
  const child = spawn('strace', [...options, process.execPath, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdio[toldTo]?.on('data', () => {});
  const code = await new Promise<number | null>((done, failed) => {
    child.on('error', failed);
    child.on('close', (status) => done(status));
  });
  const reader = new TraceReader(folder, before);
  for await (const line of createInterface({ input: createReadStream(trace) })) reader.read(line);
  rmSync(scratch, { recursive: true });
  return { before, operations: reader.operations, code, errors };
}

interface OpenFile {
  readonly inode: Inode;
  readonly path: string;
  position: number;
  readonly appends: boolean;
}

/** Threads share their descriptors, so one table is enough for a program that starts no other. */
class TraceReader {
  readonly operations: Operation[] = [];
  readonly #folder: string;
  readonly #names: Map<string, Inode>;
  readonly #folders: Set<string>;
  readonly #sizes: Map<Inode, number>;
  readonly #open = new Map<number, OpenFile>();
  readonly #openFolders = new Map<number, string>();
  readonly #unfinished = new Map<string, string>();

  constructor(folder: string, { names, folders, contents }: Disk) {
    this.#folder = folder;
    this.#names = new Map(names);
    this.#folders = new Set(folders);
    this.#sizes = new Map([...contents].map(([inode, bytes]) => [inode, bytes.length]));
  }

  read(line: string): void {
    const [, pid, rest] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || rest === undefined) return;
    if (rest.endsWith(' <unfinished ...>')) {
      this.#unfinished.set(pid, rest.slice(0, -' <unfinished ...>'.length));
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const whole = resumed === null ? rest : `${this.#unfinished.get(pid) ?? ''}${resumed[1]}`;
    this.#unfinished.delete(pid);
    const opens = whole.indexOf('(');
    const ends = whole.lastIndexOf(') ');
    const result = Number(/^\) += (-?\d+)/.exec(whole.slice(ends))?.[1] ?? '-1');
    if (opens < 0 || ends < 0 || result < 0) return;
    this.#call(whole.slice(0, opens), whole.slice(opens + 1, ends).split(', '), result);
  }

  #call(name: string, args: readonly string[], result: number): void {
    const fd = Number(args[0]);
    const file = this.#open.get(fd);
    const path = (argument: number) => this.#pathOf(args[argument] ?? '');
    switch (name) {
      case 'openat':
        this.#opened(path(1), args[2] ?? '', result);
        return;
      case 'close':
        this.#open.delete(fd);
        this.#openFolders.delete(fd);
        return;
      case 'lseek':
        if (file !== undefined) file.position = result;
        return;
      case 'write': {
        const bytes = bytesOf(args[1] ?? '').subarray(0, result);
        if (fd === toldTo) this.operations.push({ do: 'tell', text: bytes.toString('utf8').trimEnd() });
        if (file === undefined) return;
        const at = file.appends ? (this.#sizes.get(file.inode) ?? 0) : file.position;
        file.position = at + result;
        this.#write(file.inode, at, bytes);
        return;
      }
      case 'pwrite64':
        if (file !== undefined) this.#write(file.inode, Number(args[3]), bytesOf(args[1] ?? '').subarray(0, result));
        return;
      case 'ftruncate':
        if (file !== undefined) this.#cut(file.inode, Number(args[1]));
        return;
      case 'fsync':
      case 'fdatasync': {
        const folder = this.#openFolders.get(fd);
        if (file !== undefined) this.operations.push({ do: 'sync', inode: file.inode });
        if (folder !== undefined) this.operations.push({ do: 'sync folder', path: folder });
        return;
      }
      case 'rename':
        this.#moved(path(0), path(1));
        return;
      case 'renameat':
      case 'renameat2':
        this.#moved(path(1), path(3));
        return;
      case 'unlink':
      case 'rmdir':
        this.#removed(path(0));
        return;
      case 'unlinkat':
        this.#removed(path(1));
        return;
      case 'mkdir':
        this.#made(path(0));
        return;
      case 'mkdirat':
        this.#made(path(1));
        return;
      default:
        // Nobody here uses it; a recording that left it out would be worth nothing.
        if (file !== undefined) throw new Error(`the recorder does not know ${name}, called on ${file.path}`);
    }
  }

  #opened(path: string | undefined, flags: string, fd: number): void {
    this.#open.delete(fd);
    this.#openFolders.delete(fd);
    if (path === undefined) return;
    if (path === '' || this.#folders.has(path)) {
      this.#openFolders.set(fd, path);
      return;
    }
    let inode = this.#names.get(path);
    if (inode === undefined) {
      inode = this.#sizes.size + 1;
      this.#names.set(path, inode);
      this.#sizes.set(inode, 0);
      this.operations.push({ do: 'create', path, inode });
    }
    if (flags.includes('O_TRUNC') && (this.#sizes.get(inode) ?? 0) > 0) this.#cut(inode, 0);
    this.#open.set(fd, { inode, path, position: 0, appends: flags.includes('O_APPEND') });
  }

  #write(inode: Inode, at: number, bytes: Buffer): void {
    this.#sizes.set(inode, Math.max(this.#sizes.get(inode) ?? 0, at + bytes.length));
    this.operations.push({ do: 'write', inode, at, bytes });
  }

  #cut(inode: Inode, size: number): void {
    this.#sizes.set(inode, size);
    this.operations.push({ do: 'cut', inode, size });
  }

  #made(path: string | undefined): void {
    if (path === undefined) return;
    this.#folders.add(path);
    this.operations.push({ do: 'make folder', path });
  }

  #removed(path: string | undefined): void {
    if (path === undefined) return;
    this.#folders.delete(path);
    this.#names.delete(path);
    this.operations.push({ do: 'remove', path });
  }

  #moved(from: string | undefined, to: string | undefined): void {
    if (from === undefined || to === undefined) return;
    this.operations.push({ do: 'move', from, to });
    moveNames(this.#names, this.#folders, from, to);
  }

  /** Below the folder; undefined for what is elsewhere, and for SQLite's shared-memory index, which no power cut leaves. */
  #pathOf(argument: string): string | undefined {
    if (!argument.startsWith('"')) return undefined;
    const path = bytesOf(argument).toString('utf8');
    if (path === this.#folder) return '';
    return path.startsWith(`${this.#folder}/`) && !path.endsWith('-shm')
      ? path.slice(this.#folder.length + 1)
      : undefined;
  }
}

/** A string of strace -xx, or the one or more buffers of a vector in their order. */
const bytesOf = (argument: string): Buffer => Buffer.from(argument.replaceAll(/[^0-9a-f]|x/g, ''), 'hex');
