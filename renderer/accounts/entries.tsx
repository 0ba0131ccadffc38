// The entries of one account, newest first: fetched in windows as they are scrolled to, and only visible rows are drawn.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { AccountView, StatementLine, Status } from '../../shared/contract/terminal.ts';
import { showTime, useSay } from '../i18n/index.ts';
import { terminal } from '../terminal.ts';
import { Money } from '../ui/consequence.tsx';

const rowPx = 30;
const window = 200;

export function Entries({ account, status }: { readonly account: AccountView; readonly status: Status }) {
  const { say, language } = useSay();
  const [lines, setLines] = useState<readonly StatementLine[]>([]);
  const [isWhole, setWhole] = useState(false);
  const busy = useRef(false);
  const scroller = useRef<HTMLElement>(null);
  const { size } = status.log;

  const fetchMore = useCallback(
    async (from: readonly StatementLine[]) => {
      if (busy.current) return;
      busy.current = true;
      const before = from.at(-1)?.leg ?? 0;
      const answer = await terminal.statement({ account: account.id, before, limit: window });
      busy.current = false;
      const more = answer.ok ? answer.value.lines : [];
      setLines([...from, ...more]);
      setWhole(more.length < window);
    },
    [account.id],
  );
  // New records may have brought entries: begin again with the newest.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the size of the log is what makes this run again
  useEffect(() => {
    void fetchMore([]);
  }, [fetchMore, size]);

  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (!isWhole && lines.length > 0 && last > lines.length - window / 2) void fetchMore(lines);
  }, [last, lines, isWhole, fetchMore]);

  return (
    <aside className="card" aria-label={say('accounts.entries', { account: account.id })}>
      <h2>{say('accounts.entries', { account: account.id })}</h2>
      {lines.length === 0 ? <p className="quiet">{say('accounts.none')}</p> : null}
      <section
        ref={scroller}
        className="scroll"
        style={{ height: 420 }}
        // A region that scrolls must be reachable by keyboard.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
        tabIndex={0}
        aria-label={say('accounts.entries', { account: account.id })}
      >
        <div className="virtual" style={{ height: rows.getTotalSize() }}>
          {items.map((item) => {
            const line = lines[item.index] as StatementLine;
            return (
              <div
                key={line.leg}
                className="line"
                data-leg={line.leg}
                style={{ height: rowPx, transform: `translateY(${item.start}px)`, gridTemplateColumns: '1fr auto' }}
              >
                <span title={`${line.event} · ${line.sequence}`}>
                  {showTime(line.bookedAt, language)} · {line.cause} · {line.counterpart}
                </span>
                <Money asset={account.asset} minor={line.change} />
              </div>
            );
          })}
        </div>
      </section>
    </aside>
  );
}
