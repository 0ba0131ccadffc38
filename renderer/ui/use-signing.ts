// One signing from question to outbox: ask the terminal, carry its request to the security key, hand the answer back.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Assertion } from '../../shared/contract/ceremony.ts';
import type { Signing } from '../../shared/contract/terminal.ts';
import type { Refusal, Result } from '../../shared/result.ts';
import { terminal, touch, touchRefusal } from '../terminal.ts';

export interface SigningState {
  readonly busy: boolean;
  readonly refusal: Refusal | null;
  /** Items that the terminal left out, by their place in the request. */
  readonly refused: Signing['refused'];
  readonly signed: number;
  run(ask: () => Promise<Result<Signing>>): Promise<boolean>;
  clear(): void;
}

export function useSigning(): SigningState {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [refused, setRefused] = useState<Signing['refused']>([]);
  const [signed, setSigned] = useState(0);
  const clear = () => {
    setRefusal(null);
    setRefused([]);
    setSigned(0);
  };
  async function attempt(ask: () => Promise<Result<Signing>>): Promise<boolean> {
    const asked = await ask();
    if (!asked.ok) {
      setRefusal(asked.refusal);
      return false;
    }
    setRefused(asked.value.refused);
    const { request } = asked.value;
    if (request === null) return false;
    let assertion: Assertion;
    try {
      assertion = await touch(request);
    } catch (failure) {
      setRefusal(touchRefusal(failure));
      return false;
    }
    const done = await terminal.sign({ ceremony: request.ceremony, assertion });
    if (!done.ok) {
      setRefusal(done.refusal);
      return false;
    }
    setSigned(done.value.queued.length);
    return true;
  }
  return {
    busy,
    refusal,
    refused,
    signed,
    clear,
    async run(ask) {
      clear();
      setBusy(true);
      try {
        return await attempt(ask);
      } finally {
        setBusy(false);
        await queries.invalidateQueries();
      }
    },
  };
}
