// Exchanges that the bank made at another amount than was agreed: what came instead, and an officer's word that it may stand.

import { Button, Input } from 'antd';
import { useState } from 'react';
import { useSay } from '../i18n/index.ts';
import { showMoney } from '../money.ts';
import { Field } from '../ui/field.tsx';
import type { PartProps } from './hedges.tsx';

export function OtherAmount({ data, busy, make }: PartProps) {
  const { say, language } = useSay();
  const [reason, setReason] = useState('');
  const rows = (data?.exchanges ?? []).flatMap((one) => one.late.map((came) => ({ one, came })));
  if (rows.length === 0) return null;
  return (
    <div className="card" data-testid="other-amount">
      <h2>{say('fx.otherAmount')}</h2>
      <Field label={say('fx.whyStands')}>
        {(id) => <Input id={id} maxLength={140} value={reason} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      <table className="plain">
        <tbody>
          {rows.map(({ one, came }) => (
            <tr key={came.receipt}>
              <td>{showMoney(one.asset, one.amount, language)}</td>
              <td>{showMoney(one.bought, one.boughtAmount, language)}</td>
              <td>{say('fx.cameInstead', { amount: showMoney(came.asset, came.amount, language) })}</td>
              <td>
                <Button
                  size="small"
                  disabled={busy || reason.trim() === '' || one.soldAs === null}
                  onClick={() =>
                    make(
                      {
                        ...{ kind: 'settle exchange', exchange: one.id, receipt: came.receipt as never },
                        ...{ asset: came.asset, amount: came.amount, reason: reason.trim() },
                      },
                      () => setReason(''),
                    )
                  }
                >
                  {say('fx.letStand')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
