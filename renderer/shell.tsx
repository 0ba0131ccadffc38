// The frame: which programme, which day, is the bank there, who am I; which log, which checkpoint, who vouches for it.

import { useQueryClient } from '@tanstack/react-query';
import { Button, Modal, Switch } from 'antd';
import { useState } from 'react';
import { Link, Route, Routes, useLocation, useNavigate } from 'react-router';
import type { Status } from '../shared/contract/terminal.ts';
import type { RepairReport } from '../shared/contract/vault.ts';
import { Accounts } from './accounts/accounts.tsx';
import { Admin } from './admin/admin.tsx';
import type { Mode } from './app.tsx';
import { Audit } from './audit/audit.tsx';
import { CalendarScreen } from './calendar/calendar.tsx';
import { DigitalScreen } from './digital/digital.tsx';
import { EscrowScreen } from './escrow/escrow.tsx';
import { FeesScreen } from './fees/fees.tsx';
import { ExchangeScreen } from './fx/exchange.tsx';
import { en, type MessageKey } from './i18n/en.ts';
import { type Say, showTime, useSay } from './i18n/index.ts';
import { BankLink } from './link/bank-link.tsx';
import { ImportFile } from './make/import-file.tsx';
import { Make } from './make/make.tsx';
import { PlatformFile } from './platform/platform.tsx';
import { Quarantine, Repaired } from './quarantine.tsx';
import { useInstructions } from './queries.ts';
import { SafeguardingScreen } from './safeguarding/safeguarding.tsx';
import { Statements } from './statements/statements.tsx';
import { terminal } from './terminal.ts';
import { useIdleLock } from './ui/idle-lock.ts';
import { useKeys } from './ui/keys.ts';
import { LanguageChoice } from './ui/language.tsx';
import { Refused } from './ui/refused.tsx';
import { useSigning } from './ui/use-signing.ts';
import { Recovery } from './unlock/recovery.tsx';
import { Worklist } from './worklist/worklist.tsx';

const screens = [
  ['w', '/', 'nav.worklist'],
  ['m', '/make', 'nav.make'],
  ['i', '/import', 'nav.import'],
  ['a', '/accounts', 'nav.accounts'],
  ['s', '/statements', 'nav.statements'],
  ['p', '/platform', 'nav.platform'],
  ['f', '/safeguarding', 'nav.safeguarding'],
  ['x', '/exchange', 'nav.exchange'],
  ['e', '/fees', 'nav.fees'],
  ['c', '/calendar', 'nav.calendar'],
  ['o', '/escrow', 'nav.escrow'],
  ['t', '/digital', 'nav.digital'],
  ['b', '/link', 'nav.link'],
  ['u', '/audit', 'nav.audit'],
  ['d', '/admin', 'nav.admin'],
] as const satisfies readonly (readonly [string, string, MessageKey])[];

interface ShellProps {
  readonly status: Status;
  readonly mode: Mode;
  readonly onMode: (mode: Mode) => void;
}

export function Shell({ status, mode, onMode }: ShellProps) {
  const { say } = useSay();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [showsKeys, setShowsKeys] = useState(false);
  const [makesRecovery, setMakesRecovery] = useState(false);
  const waiting = useInstructions(['waiting'], status);
  const lock = async () => {
    await terminal.lock({});
    queries.clear();
    location.reload(); // the page forgets everything it has shown
  };
  const secondsLeft = useIdleLock(lock);
  useKeys({
    ...Object.fromEntries(screens.map(([key, path]) => [`g ${key}`, () => void navigate(path)])),
    n: () => void navigate('/make'),
    i: () => void navigate('/import'),
    '?': () => setShowsKeys(true),
    'ctrl+l': () => void lock(),
  });
  const count = (waiting.data ?? []).filter((one) =>
    one.missing.some((group) => group.role === status.operator?.role),
  ).length;
  return (
    <div className="shell">
      <header>
        <strong>Custos</strong>
        <span>{status.programme}</span>
        <span>{say('header.today', { day: new Date().toISOString().slice(0, 10) })}</span>
        <LinkState status={status} say={say} />
        <span className="grow" />
        <LanguageChoice />
        <Switch
          size="small"
          aria-label={say('header.theme')}
          checked={mode === 'dark'}
          onChange={(dark) => onMode(dark ? 'dark' : 'light')}
        />
        <span data-testid="me">
          {status.operator?.id}
          {status.operator?.role ? ` · ${say(`role.${status.operator.role}`)}` : ''}
        </span>
        <Button size="small" onClick={() => void lock()}>
          {say('action.lock')} (Ctrl+L)
        </Button>
      </header>
      <Banners status={status} say={say} onRecovery={() => setMakesRecovery(true)} />
      <nav>
        {screens.map(([key, path, name]) => (
          <Link key={path} to={path} aria-current={pathname === path ? 'page' : undefined}>
            <span>
              {say(name)}
              {path === '/' && count > 0 ? ` ${count}` : ''}
            </span>
            <kbd>g {key}</kbd>
          </Link>
        ))}
      </nav>
      <main>
        {makesRecovery ? (
          <Recovery onDone={() => setMakesRecovery(false)} />
        ) : (
          <Routes>
            <Route path="/" element={<Worklist status={status} />} />
            <Route path="/make" element={<Make status={status} />} />
            <Route path="/import" element={<ImportFile />} />
            <Route path="/accounts" element={<Accounts status={status} />} />
            <Route path="/statements" element={<Statements status={status} />} />
            <Route path="/platform" element={<PlatformFile status={status} />} />
            <Route path="/escrow" element={<EscrowScreen status={status} />} />
            <Route path="/safeguarding" element={<SafeguardingScreen status={status} />} />
            <Route path="/exchange" element={<ExchangeScreen status={status} />} />
            <Route path="/fees" element={<FeesScreen status={status} />} />
            <Route path="/calendar" element={<CalendarScreen status={status} />} />
            <Route path="/digital" element={<DigitalScreen status={status} />} />
            <Route path="/link" element={<BankLink status={status} />} />
            <Route path="/audit" element={<Audit status={status} />} />
            <Route path="/admin" element={<Admin status={status} />} />
          </Routes>
        )}
      </main>
      <Footer status={status} say={say} secondsLeft={secondsLeft} onKeys={() => setShowsKeys(true)} />
      <Modal open={showsKeys} title={say('keys.title')} footer={null} onCancel={() => setShowsKeys(false)}>
        {(['keys.go', 'keys.move', 'keys.decide', 'keys.new', 'keys.form'] as const).map((key) => (
          <p key={key}>{say(key)}</p>
        ))}
      </Modal>
    </div>
  );
}

function LinkState({ status, say }: { readonly status: Status; readonly say: Say }) {
  const seconds = status.lastSyncMs === null ? null : Math.max(0, Math.round((Date.now() - status.lastSyncMs) / 1000));
  const isUp = status.syncRefusal === null && seconds !== null;
  const words =
    seconds === null ? say('link.never') : isUp ? say('link.fresh', { seconds }) : say('link.down', { seconds });
  return (
    <span data-testid="link">
      {isUp ? '●' : '○'} {words}
    </span>
  );
}

function Banners({
  status,
  say,
  onRecovery,
}: {
  readonly status: Status;
  readonly say: Say;
  readonly onRecovery: () => void;
}) {
  const [repaired, setRepaired] = useState<RepairReport | null>(null);
  return (
    <div className="banner">
      {status.readOnly !== null ? (
        <Quarantine finding={status.readOnly} status={status} onRepaired={setRepaired} />
      ) : repaired === null ? null : (
        <Repaired report={repaired} />
      )}
      {status.mustSync ? (
        <p role="status" data-testid="must-sync">
          {say('banner.mustSync')}
        </p>
      ) : null}
      {status.operator?.role === null ? <p>{say('banner.newcomer')}</p> : null}
      {status.missingRecord === null ? null : <MissingRecord record={status.missingRecord} status={status} say={say} />}
      <BackupBanner status={status} />
      {status.hasRecovery ? null : (
        <p>
          {say('banner.recovery')}{' '}
          <Button size="small" onClick={onRecovery}>
            {say('recovery.make')}
          </Button>
        </p>
      )}
      {status.outbox.queued > 0 && status.syncRefusal !== null ? (
        <p role="status">{say('banner.queued', { count: status.outbox.queued })}</p>
      ) : null}
    </div>
  );
}

/** What protects against a lost machine is not there, and nobody else says so. */
function BackupBanner({ status }: { readonly status: Status }) {
  const { say, language } = useSay();
  const { isPlanned, isRunning, overdueSince, lastAt, failed } = status.vault?.backup ?? noBackup;
  if (!isPlanned || isRunning || status.readOnly !== null || (overdueSince === null && failed === null)) return null;
  const key = `refusal.${failed}`;
  const why = failed === null ? null : say(key in en ? (key as MessageKey) : 'refusal.other');
  return (
    <p role="status" data-testid="backup-banner">
      {why === null ? null : `${say('banner.backupFailed', { why })} `}
      {overdueSince === null ? null : `${say('banner.backupOverdue', { since: showTime(overdueSince, language) })} `}
      {lastAt === null ? say('banner.noBackup') : say('banner.lastBackup', { at: showTime(lastAt, language) })}{' '}
      <Link to="/admin" style={{ color: 'inherit', textDecoration: 'underline' }}>
        {say('banner.toBackups')}
      </Link>
    </p>
  );
}

const noBackup = { isPlanned: false, isRunning: false, overdueSince: null, lastAt: null, failed: null };

interface MissingRecordProps {
  readonly record: NonNullable<Status['missingRecord']>;
  readonly status: Status;
  readonly say: Say;
}

function MissingRecord({ record, status, say }: MissingRecordProps) {
  const signing = useSigning();
  return (
    <div className="grave" role="alert" style={{ padding: '6px 14px' }}>
      <p>{say('banner.missingRecord')}</p>
      {status.operator?.role !== 'officer' || signing.signed > 0 ? null : (
        <Button
          size="small"
          loading={signing.busy}
          onClick={() => void signing.run(() => terminal.make({ drafts: [{ draft: record, source: null }] }))}
        >
          {say('recover.record')}
        </Button>
      )}
      <Refused refusal={signing.refusal ?? signing.refused[0]?.refusal} />
    </div>
  );
}

/** Names of those whose signatures stand under a checkpoint note, the log's own left out. */
export const witnessesOf = (note: string | null): string[] =>
  [...(note ?? '').matchAll(/^— (\S+) /gmu)].map((parts) => parts[1] as string).slice(1);

interface FooterProps {
  readonly status: Status;
  readonly say: Say;
  readonly secondsLeft: number;
  readonly onKeys: () => void;
}

function Footer({ status, say, secondsLeft, onKeys }: FooterProps) {
  const time = `${Math.floor(secondsLeft / 60)}:${String(secondsLeft % 60).padStart(2, '0')}`;
  const { size, root, checkpoint } = status.log;
  return (
    <footer>
      <span data-testid="log">{say('footer.log', { size })}</span>
      <span>{say('footer.root', { root: `${root.slice(0, 4)}…${root.slice(-4)}` })}</span>
      <span>{say('footer.witnesses', { count: witnessesOf(checkpoint).length })}</span>
      <span>{say('footer.terminal', { terminal: status.terminal ?? '' })}</span>
      <span>{say('footer.locksIn', { time })}</span>
      <span className="grow" />
      <Button size="small" type="text" onClick={onKeys}>
        {say('footer.keys')}
      </Button>
    </footer>
  );
}
