// The whole ledger, newest first, as one list however long it is: windows are fetched as they come into view, only visible rows
// are drawn, and the height is scaled, as browsers cannot draw a box of a million rows.

import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { observeElementOffset, useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { Button } from 'antd';
import { useRef } from 'react';
import type { LedgerLine, Status } from '../../shared/contract/terminal.ts';
import { useSay } from '../i18n/index.ts';
import { terminal } from '../terminal.ts';
import { Money } from '../ui/consequence.tsx';
import { useKeys } from '../ui/keys.ts';

const rowPx = 26;
const perWindow = 200;
/** Below what any browser still draws (Chromium ends at 16,777,200 px). */
const maxPx = 8_000_000;

async function fetchWindow(from: number, limit: number): Promise<readonly LedgerLine[]> {
  const answer = await terminal.ledger({ from, limit });
  return answer.ok ? answer.value.lines : [];
}

export function Ledger({ status, onLeave }: { readonly status: Status; readonly onLeave: () => void }) {
  const { say, language } = useSay();
  const scroller = useRef<HTMLElement>(null);
  const { data: total = 0 } = useQuery({
    queryKey: ['ledger total', status.log.size],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const answer = await terminal.ledger({ from: 1, limit: 1 });
      return answer.ok ? answer.value.total : 0;
    },
  });
  // What can be scrolled of the drawn box stands for what can be scrolled of the list, so that both ends are reached.
  const seenPx = scroller.current?.clientHeight ?? 0;
  const scale = total * rowPx <= maxPx ? 1 : (total * rowPx - seenPx) / (maxPx - seenPx);
  // The list subscribes to scrolling once, so what it is told with must be looked up then.
  const scaling = useRef(scale);
  scaling.current = scale;
  const rows = useVirtualizer<HTMLElement, Element>({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 10,
    // One pixel of the scroll bar stands for `scale` pixels of the list.
    observeElementOffset: (list: Virtualizer<HTMLElement, Element>, tell) =>
      observeElementOffset(list, (offset, isScrolling) => tell(offset * scaling.current, isScrolling)),
    scrollToFn: (offset, _, list) => list.scrollElement?.scrollTo({ top: offset / scaling.current }),
  });
  const items = rows.getVirtualItems();
  // Row 0 is the newest leg, number `total`; windows are aligned on numbers, so that each is fetched once.
  const numberAt = (row: number): number => total - row;
  const windowOf = (number: number): number => Math.floor((number - 1) / perWindow);
  const wanted = [...new Set(items.map((item) => windowOf(numberAt(item.index))))];
  const windows = useQueries({
    queries: wanted.map((one) => ({
      queryKey: ['ledger', one, one === windowOf(total) ? total : 0],
      queryFn: () => fetchWindow(one * perWindow + 1, perWindow),
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 30_000,
    })),
  });
  const byNumber = new Map(windows.flatMap((one) => (one.data ?? []).map((line) => [line.leg, line] as const)));
  const moveTo = (row: number) => rows.scrollToIndex(Math.min(total - 1, Math.max(0, row)), { align: 'start' });
  const first = items.find((item) => item.end > (rows.scrollOffset ?? 0))?.index ?? 0;
  useKeys({
    j: () => moveTo(first + 1),
    k: () => moveTo(first - 1),
    PageDown: () => moveTo(first + 20),
    PageUp: () => moveTo(first - 20),
    End: () => moveTo(total - 1),
    Home: () => moveTo(0),
    Escape: onLeave,
  });
  const offset = rows.scrollOffset ?? 0;
  return (
    <section aria-label={say('ledger.whole')}>
      <div className="bar">
        <h1>{say('accounts.title')}</h1>
        <Button onClick={onLeave}>{say('ledger.whole')}</Button>
        <span data-testid="ledger-at">
          {say('ledger.at', { n: numberAt(first).toLocaleString(language), total: total.toLocaleString(language) })}
        </span>
      </div>
      <section
        ref={scroller}
        className="scroll"
        style={{ height: 'calc(100vh - 190px)' }}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={say('ledger.whole')}
        data-testid="ledger"
      >
        <div className="virtual" style={{ height: Math.min(rows.getTotalSize(), maxPx) }}>
          {items.map((item) => {
            const line = byNumber.get(numberAt(item.index));
            return (
              <div
                key={item.key}
                className="line"
                data-leg={line?.leg}
                style={{
                  height: rowPx,
                  transform: `translateY(${item.start - offset + offset / scale}px)`,
                  gridTemplateColumns: '110px 1fr 1fr auto',
                }}
              >
                <span>{numberAt(item.index).toLocaleString(language)}</span>
                <span>{line === undefined ? '…' : `${say('ledger.debit')} ${line.debit}`}</span>
                <span>{line === undefined ? '' : `${say('ledger.credit')} ${line.credit}`}</span>
                {line === undefined ? <span /> : <Money asset={line.asset} minor={line.amount} />}
              </div>
            );
          })}
        </div>
      </section>
    </section>
  );
}
