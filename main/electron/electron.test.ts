import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Files } from '../host/files.ts';
import { openFiles } from '../host/files.ts';
import { noncePlaceholder } from '../host/headers.ts';
import type { RunningTerminal } from '../start-terminal.ts';
import { openDoor, refuseSender } from './door.ts';
import { appOrigin, openTerminalChannel, partition } from './origin.ts';
import type { ElectronParts, IpcMainEvent, Session, WebContents } from './parts.ts';
import { serve } from './serve.ts';
import { startDesktop } from './start.ts';
import { windowOptions } from './window.ts';

/** Everything that was done to the fake, in order. */
type Did = [what: string, ...with_: unknown[]];

/** The methods that are called, with the types that Electron gives them: a renamed or changed one does not compile. */
type SessionMethods = Pick<
  Session,
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
  | 'setCertificateVerifyProc'
  | 'setSpellCheckerEnabled'
>;
type AppMethods = Pick<
  ElectronParts['app'],
  'enableSandbox' | 'requestSingleInstanceLock' | 'quit' | 'whenReady' | 'configureWebAuthn'
>;

/** A fake of Electron's own types: what we touch and nothing more, each call written down. */
function fakeElectron(options: { firstInstance?: boolean } = {}) {
  const did: Did[] = [];
  const note =
    <R>(what: string, answer: R) =>
    (...with_: unknown[]): R => {
      did.push([what, ...with_]);
      return answer;
    };
  const session = Object.assign(
    new EventEmitter(),
    {
      setPermissionRequestHandler: note('setPermissionRequestHandler', undefined),
      setPermissionCheckHandler: note('setPermissionCheckHandler', undefined),
      setDevicePermissionHandler: note('setDevicePermissionHandler', undefined),
      setDisplayMediaRequestHandler: note('setDisplayMediaRequestHandler', undefined),
      setCertificateVerifyProc: note('setCertificateVerifyProc', undefined),
      setSpellCheckerEnabled: note('setSpellCheckerEnabled', undefined),
    } satisfies SessionMethods,
    {
      webRequest: { onBeforeRequest: note('onBeforeRequest', undefined) },
      protocol: { handle: note('protocol.handle', undefined) },
    },
  );
  const app = Object.assign(new EventEmitter(), {
    enableSandbox: note('enableSandbox', undefined),
    requestSingleInstanceLock: note('requestSingleInstanceLock', options.firstInstance ?? true),
    quit: note('quit', undefined),
    whenReady: note('whenReady', Promise.resolve()),
    configureWebAuthn: note('configureWebAuthn', undefined),
  } satisfies AppMethods);
  class FakeWindow extends EventEmitter {
    readonly webContents = { id: 7 };
    constructor(given: unknown) {
      super();
      did.push(['BrowserWindow', given]);
    }
    setContentProtection = note('setContentProtection', undefined);
    removeMenu = note('removeMenu', undefined);
    show = note('show', undefined);
    focus = note('focus', undefined);
    reload = note('reload', undefined);
    loadURL = note('loadURL', Promise.resolve());
  }
  class FakeChannel {
    readonly port1 = Object.assign(new EventEmitter(), {
      postMessage: note('port1.postMessage', undefined),
      start: note('port1.start', undefined),
      close: note('port1.close', undefined),
    });
    readonly port2 = { isPort: true };
  }
  const ipcMain = new EventEmitter();
  let idleState: 'active' | 'idle' | 'locked' | 'unknown' = 'active';
  const powerMonitor = Object.assign(new EventEmitter(), {
    getSystemIdleState: () => idleState,
  } satisfies Pick<ElectronParts['powerMonitor'], 'getSystemIdleState'>);
  const electron = {
    app,
    BrowserWindow: FakeWindow,
    ipcMain,
    MessageChannelMain: FakeChannel,
    powerMonitor,
    session: {
      fromPartition(name: string) {
        did.push(['fromPartition', name]);
        return session;
      },
    },
  } satisfies Record<keyof ElectronParts, unknown>;
  return {
    electron: electron as unknown as ElectronParts,
    app,
    session,
    ipcMain,
    powerMonitor,
    did,
    names: () => did.map(([what]) => what),
    callOf: (what: string) => did.find(([name]) => name === what)?.slice(1),
    setIdle(state: typeof idleState) {
      idleState = state;
    },
  };
}

const index = { type: 'text/html; charset=utf-8', body: Buffer.from(`<meta content="${noncePlaceholder}">`) };
const files: Files = (path) =>
  ({ '/index.html': index, '/assets/a.js': { type: 'text/javascript', body: Buffer.from('1') } })[path];

function fakeTerminal() {
  let locks = 0;
  const terminal = {
    openPort: () => new MessageChannel().port1,
    connect: () => ({
      lock: async () => {
        locks += 1;
      },
    }),
    stop: async () => {},
  };
  return { terminal: terminal as unknown as RunningTerminal, locks: () => locks };
}

async function started(options: { firstInstance?: boolean; platform?: NodeJS.Platform } = {}) {
  const fake = fakeElectron(options);
  const { terminal, locks } = fakeTerminal();
  await startDesktop({
    electron: fake.electron,
    files,
    preload: '/app/preload.cjs',
    platform: options.platform ?? 'linux',
    keychainAccessGroup: 'TEAM.example.custos.webauthn',
    startTerminal: () => terminal,
  });
  return { ...fake, locks };
}

describe('the desktop host', () => {
  it('sandboxes and takes the one instance before anything else, guards before it loads', async () => {
    const { names, callOf } = await started();
    expect(names().slice(0, 3)).toEqual(['enableSandbox', 'requestSingleInstanceLock', 'whenReady']);
    expect(names().indexOf('protocol.handle')).toBeLessThan(names().indexOf('BrowserWindow'));
    expect(names().indexOf('onBeforeRequest')).toBeLessThan(names().indexOf('loadURL'));
    expect(callOf('fromPartition')).toEqual([partition]);
    expect(partition.startsWith('persist:')).toBe(true);
    expect(callOf('protocol.handle')?.[0]).toBe('https');
    expect(callOf('loadURL')).toEqual([`${appOrigin}/`]);
    expect(callOf('setContentProtection')).toEqual([true]);
  });

  it('ends at once when another instance has the vault', async () => {
    const { names } = await started({ firstInstance: false });
    expect(names()).toEqual(['enableSandbox', 'requestSingleInstanceLock', 'quit']);
  });

  it('opens windows with exactly these options, which nobody can change', async () => {
    const { callOf } = await started();
    expect(callOf('BrowserWindow')).toEqual([windowOptions('/app/preload.cjs')]);
    expect(windowOptions('p').webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      devTools: false,
      experimentalFeatures: false,
      partition,
    });
    expect(Object.isFrozen(windowOptions('p').webPreferences)).toBe(true);
  });

  it('configures Touch ID on macOS only', async () => {
    expect((await started({ platform: 'linux' })).names()).not.toContain('configureWebAuthn');
    expect((await started({ platform: 'darwin' })).names()).toContain('configureWebAuthn');
  });

  it('locks when the screen locks, the machine sleeps or another person signs on', async () => {
    const { powerMonitor, locks } = await started();
    for (const event of ['lock-screen', 'suspend', 'user-did-resign-active', 'shutdown']) powerMonitor.emit(event);
    expect(locks()).toBe(4);
  });
});

describe('the guards', () => {
  let fake: Awaited<ReturnType<typeof started>>;
  beforeEach(async () => {
    fake = await started();
  });
  const prevented = (
    emit: (event: { preventDefault(): void; url: string; isMainFrame: boolean }) => void,
    url: string,
    isMainFrame = true,
  ): boolean => {
    let was = false;
    emit({
      url,
      isMainFrame,
      preventDefault() {
        was = true;
      },
    });
    return was;
  };

  it('refuses every permission there is, and any that may come', () => {
    const [request] = fake.callOf('setPermissionRequestHandler') as [
      (contents: null, name: string, answer: (yes: boolean) => void) => void,
    ];
    const [check] = fake.callOf('setPermissionCheckHandler') as [() => boolean];
    const [device] = fake.callOf('setDevicePermissionHandler') as [() => boolean];
    const types = readFileSync(resolve(import.meta.dirname, '../../node_modules/electron/electron.d.ts'), 'utf8');
    const names = [...(/permission: ((?:'[a-zA-Z-]+'(?: \| )?)+)/.exec(types)?.[1] ?? '').matchAll(/'([^']+)'/g)].map(
      ([, name]) => name as string,
    );
    expect(names.length).toBeGreaterThan(5);
    for (const name of [...names, 'something new']) {
      let answer: boolean | undefined;
      request(null, name, (yes) => {
        answer = yes;
      });
      expect(answer).toBe(false);
    }
    expect([check(), device()]).toEqual([false, false]);
  });

  it('cancels every request that is not to our own origin', () => {
    const [listener] = fake.callOf('onBeforeRequest') as [
      (details: { url: string }, answer: (verdict: { cancel: boolean }) => void) => void,
    ];
    const cancels = (url: string): boolean => {
      let verdict = { cancel: false };
      listener({ url }, (given) => {
        verdict = given;
      });
      return verdict.cancel;
    };
    expect([`${appOrigin}/`, `${appOrigin}/assets/a.js`, 'data:,'].map(cancels)).toEqual([false, false, false]);
    const foreign = [
      'https://example.com/',
      `${appOrigin}.evil.example/`,
      `${appOrigin}:444/`,
      'http://terminal.custos.example/',
      'file:///etc/passwd',
      'ws://localhost/',
      'wss://terminal.custos.example/',
    ];
    expect(foreign.map(cancels)).toEqual(foreign.map(() => true));
  });

  it('stops navigation, redirects, frames, new windows, webviews and downloads', () => {
    const contents = Object.assign(new EventEmitter(), {
      handler: undefined as (() => { action: string }) | undefined,
      setWindowOpenHandler(handler: () => { action: string }) {
        this.handler = handler;
      },
    });
    fake.app.emit('web-contents-created', {}, contents as unknown as WebContents);
    expect(contents.handler?.()).toEqual({ action: 'deny' });
    for (const event of ['will-navigate', 'will-frame-navigate'])
      expect(prevented((one) => contents.emit(event, one), 'https://example.com/')).toBe(true);
    expect(prevented((one) => contents.emit('will-navigate', one), `${appOrigin}/`)).toBe(false);
    expect(prevented((one) => contents.emit('will-frame-navigate', one), `${appOrigin}/`, false)).toBe(true);
    for (const event of ['will-redirect', 'will-attach-webview'])
      expect(prevented((one) => contents.emit(event, one), `${appOrigin}/`)).toBe(true);
    expect(prevented((one) => fake.session.emit('will-download', one), '')).toBe(true);
    let answered: unknown[] = [];
    fake.session.emit(
      'select-webauthn-account',
      { preventDefault() {} },
      { accounts: [{ credentialId: 'c' }] },
      (...given: unknown[]) => {
        answered = given;
      },
    );
    expect(answered).toEqual(['c']);
  });
});

describe('the door', () => {
  const frame = (some: object = {}) => ({
    url: `${appOrigin}/`,
    parent: null,
    isDestroyed: () => false,
    postMessage: () => {},
    ...some,
  });
  const event = (senderFrame: unknown, id = 7) => ({ senderFrame, sender: { id } }) as unknown as IpcMainEvent;
  const ours = (id: number) => id === 7;

  it.each<[string, IpcMainEvent]>([
    ['a frame that is gone', event(null)],
    ['a destroyed frame', event(frame({ isDestroyed: () => true }))],
    ['a frame inside the page', event(frame({ parent: {} }))],
    ['another window', event(frame(), 8)],
    ['about:blank', event(frame({ url: 'about:blank' }))],
    ['an empty address', event(frame({ url: '' }))],
    ['a host that only begins like ours', event(frame({ url: `${appOrigin}.evil.example/` }))],
    ['another port', event(frame({ url: `${appOrigin}:8443/` }))],
    ['another scheme', event(frame({ url: appOrigin.replace('https', 'http') }))],
    ['a user in the address', event(frame({ url: 'https://terminal.custos.example@evil.example/' }))],
  ])('stays shut for %s', (_, sender) => {
    expect(refuseSender(sender, ours)).toBeDefined();
  });

  it('hands our page one port and nothing else, and ignores calls with anything more', () => {
    const fake = fakeElectron();
    const posted: unknown[][] = [];
    openDoor(fake.electron, { isOurWindow: ours, openPort: () => new MessageChannel().port1 });
    const page = frame({ postMessage: (...message: unknown[]) => posted.push(message) });
    fake.ipcMain.emit(openTerminalChannel, event(page), 'more');
    fake.ipcMain.emit(openTerminalChannel, event(page, 8));
    expect(posted).toEqual([]);
    fake.ipcMain.emit(openTerminalChannel, event(page));
    expect(posted).toEqual([['custos-port', null, [{ isPort: true }]]]);
    expect(fake.ipcMain.eventNames()).toEqual([openTerminalChannel]);
  });
});

describe('the origin', () => {
  const get = (url: string, method = 'GET') => serve(files)({ url, method });

  it('serves the page with a fresh nonce and its policy in the answer itself', async () => {
    const [one, two] = [get(`${appOrigin}/`), get(`${appOrigin}/`)];
    const policy = one.headers.get('content-security-policy') ?? '';
    const nonce = /nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    expect(await one.text()).toBe(`<meta content="${nonce}">`);
    expect(two.headers.get('content-security-policy')).not.toBe(policy);
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "connect-src 'self'",
      "require-trusted-types-for 'script'",
    ])
      expect(policy).toContain(rule);
    expect(policy).not.toMatch(/unsafe|\*|http:/);
    expect(one.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['a foreign host', 'https://example.com/', 403],
    ['a host that begins like ours', `${appOrigin}.evil.example/`, 403],
    ['a trailing dot', 'https://terminal.custos.example./', 403],
    ['another port', `${appOrigin}:444/`, 403],
    ['a user in the address', 'https://x@terminal.custos.example/', 403],
    ['a parent folder', `${appOrigin}/../package.json`, 404],
    ['an encoded parent folder', `${appOrigin}/%2e%2e/package.json`, 404],
    ['a double encoding', `${appOrigin}/%252e%252e/package.json`, 404],
    ['a backslash', `${appOrigin}/%5c..%5cpackage.json`, 404],
    ['a NUL', `${appOrigin}/assets/a.js%00`, 404],
    ['a query', `${appOrigin}/assets/a.js?x`, 404],
    ['the manifest', `${appOrigin}/manifest.json`, 404],
  ])('refuses %s', (_, url, status) => {
    expect(get(url).status).toBe(status);
  });

  it('answers only GET, and any path at all only from the manifest', async () => {
    expect(get(`${appOrigin}/`, 'POST').status).toBe(405);
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 40 }), async (path) => {
        const answer = get(`${appOrigin}/${path}`);
        const known = path === '' || path === 'assets/a.js' || path === 'index.html';
        expect(answer.status).toBe(known ? 200 : 404);
      }),
    );
  });

  it('serves no file that was changed after the build', () => {
    const folder = mkdtempSync(join(tmpdir(), 'custos-'));
    writeFileSync(join(folder, 'a.js'), 'one');
    const sha256 = Buffer.from('7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed', 'hex').toString(
      'base64',
    );
    writeFileSync(
      join(folder, 'manifest.json'),
      JSON.stringify({ '/a.js': { file: 'a.js', sha256, type: 'text/javascript' } }),
    );
    expect(openFiles(folder)('/a.js')?.body.toString()).toBe('one');
    writeFileSync(join(folder, 'a.js'), 'two');
    expect(() => openFiles(folder)('/a.js')).toThrow('not as it was built');
  });
});

describe('what is touched of Electron', () => {
  it('is exactly this, and only in this folder', () => {
    const touched = new Set<string>();
    for (const file of readdirSync(import.meta.dirname).filter((name) => !name.endsWith('.test.ts'))) {
      const text = readFileSync(join(import.meta.dirname, file), 'utf8');
      for (const [, names] of text.matchAll(/import (?:type )?\{([^}]+)\} from 'electron'/g))
        for (const name of (names as string).split(',')) touched.add(name.trim());
    }
    expect([...touched].sort()).toEqual([
      'BrowserWindow',
      'MessageChannelMain',
      'app',
      'contextBridge',
      'ipcMain',
      'ipcRenderer',
      'powerMonitor',
      'session',
    ]);
    const elsewhere = readdirSync(resolve(import.meta.dirname, '..'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('electron'))
      .filter((entry) => /from 'electron'/.test(readFileSync(join(entry.parentPath, entry.name), 'utf8')));
    expect(elsewhere.map((entry) => entry.name)).toEqual([]);
  });
});

const binary = resolve(import.meta.dirname, '../../node_modules/electron/dist/electron');
if (!existsSync(binary))
  console.warn('SKIPPED, not passed: the tests on a real Electron need its binary, which is not installed');
describe.skipIf(!existsSync(binary))('a real Electron', () => {
  it('opens the window, shows the first-run screen, and has no require in the page', async () => {
    const { _electron } = await import('playwright');
    const app = await _electron.launch({
      args: [resolve(import.meta.dirname, '../..'), `--user-data-dir=${mkdtempSync(join(tmpdir(), 'custos-'))}`],
    });
    const page = await app.firstWindow();
    await page.getByRole('heading', { name: 'Set up this terminal' }).waitFor();
    expect(await page.evaluate('typeof require')).toBe('undefined');
    expect(await page.evaluate('Object.keys(custos)')).toEqual(['openTerminal']);
    await app.close();
  });
});
