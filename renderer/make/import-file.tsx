// Import: a platform's payment file, recognised and judged item by item before anything is made.

import { Button } from 'antd';
import { useRef, useState } from 'react';
import { importToDrafts } from '../../shared/contract/import-drafts.ts';
import type { PaymentImport } from '../../shared/contract/terminal.ts';
import type { Refusal } from '../../shared/result.ts';
import { useSay } from '../i18n/index.ts';
import { groupAccount } from '../money.ts';
import { terminal } from '../terminal.ts';
import { Money } from '../ui/consequence.tsx';
import { useKeys } from '../ui/keys.ts';
import { Refused } from '../ui/refused.tsx';
import { Signed } from '../ui/signed.tsx';
import { useSigning } from '../ui/use-signing.ts';

const perBasket = 500;

export function ImportFile() {
  const { say } = useSay();
  const chooser = useRef<HTMLInputElement>(null);
  const [xml, setXml] = useState('');
  const [file, setFile] = useState<PaymentImport | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const signing = useSigning();
  async function read(text: string): Promise<void> {
    const answer = await terminal.importPayments({ xml: text });
    setXml(text);
    setFile(answer.ok ? answer.value : null);
    setRefusal(answer.ok ? null : answer.refusal);
  }
  const drafts = file === null ? [] : importToDrafts(file);
  const sign = async () => {
    if (drafts.length === 0 || signing.busy) return;
    await signing.run(() => terminal.make({ drafts: drafts.slice(0, perBasket) }));
    await read(xml);
  };
  useKeys({ 'ctrl+Enter': () => void sign(), o: () => chooser.current?.click() });
  const refused = file?.items.filter((one) => one.refusal !== null) ?? [];
  const made = file?.items.filter((one) => one.madeAs !== null).length ?? 0;
  return (
    <section aria-label={say('import.title')}>
      <h1>{say('import.title')}</h1>
      <div className="bar">
        <input
          ref={chooser}
          type="file"
          accept=".xml,text/xml,application/xml"
          hidden
          data-testid="file"
          onChange={async (event) => {
            const [chosen] = event.target.files ?? [];
            if (chosen !== undefined) await read(decode(new Uint8Array(await chosen.arrayBuffer())));
          }}
        />
        <Button autoFocus onClick={() => chooser.current?.click()}>
          {say('import.drop')} (o)
        </Button>
        <Button type="primary" disabled={drafts.length === 0} loading={signing.busy} onClick={() => void sign()}>
          {signing.busy ? say('action.touching') : say('import.sign', { count: Math.min(drafts.length, perBasket) })}{' '}
          (Ctrl+Enter)
        </Button>
      </div>
      <Refused refusal={refusal} />
      <Signed signing={signing} />
      {file === null ? null : (
        <>
          <p data-testid="recognised">
            {say('import.recognised', { message: file.message, count: file.items.length })} ·{' '}
            {say('import.ready', { count: file.items.length - refused.length - made })} ·{' '}
            {say('import.refused', { count: refused.length })} · {say('import.made', { count: made })}
          </p>
          {file.findings.map((finding) => (
            <p key={finding} className="refusal">
              {finding}
            </p>
          ))}
          {refused.length === 0 ? null : (
            <details>
              <summary>{say('import.exportRefused')}</summary>
              <pre className="bytes">{asTable(refused)}</pre>
            </details>
          )}
          <table className="plain">
            <thead>
              <tr>
                <th>{say('make.reference')}</th>
                <th>{say('make.account')}</th>
                <th>{say('worklist.payee')}</th>
                <th className="right">{say('make.amount')}</th>
                <th>{say('import.status')}</th>
              </tr>
            </thead>
            <tbody>
              {file.items.slice(0, 500).map((one) => (
                <tr key={one.index}>
                  <td>{one.endToEndId}</td>
                  <td>{one.account ?? one.debtorAccount}</td>
                  <td>
                    {one.payee?.name} {one.payee === null ? '' : groupAccount(one.payee.account)}
                  </td>
                  <td className="right">{one.asset === '' ? '' : <Money asset={one.asset} minor={one.amount} />}</td>
                  <td>
                    {one.refusal?.why ?? (one.madeAs === null ? say('import.ok') : say('import.madeAs'))}
                    {one.valueDate === null ? '' : ` · ${say('cal.valueDate')} ${one.valueDate}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}

/** The encoding that the XML declaration names, UTF-8 otherwise. */
function decode(bytes: Uint8Array): string {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 200));
  const named = /<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']/.exec(start)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(named).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** The refused items for the platform, as text to copy: the terminal offers no downloads. */
function asTable(items: PaymentImport['items']): string {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = items.map((one) =>
    [String(one.index), one.endToEndId, one.asset, one.amount, one.refusal?.why ?? ''].map(quote).join(','),
  );
  return ['index,reference,asset,amount_minor,why', ...lines].join('\n');
}
