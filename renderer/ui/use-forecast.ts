// What would happen to a draft if it were made now, asked again shortly after it was last changed.

import { useEffect, useState } from 'react';
import type { Draft, Forecast } from '../../shared/contract/terminal.ts';
import type { Refusal } from '../../shared/result.ts';
import { terminal } from '../terminal.ts';

export function useForecast(
  draft: Draft | undefined,
  afterMs = 150,
): {
  readonly forecast: Forecast | null;
  readonly refusal: Refusal | null;
} {
  const [forecast, setForecast] = useState<Forecast | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const text = JSON.stringify(draft ?? null);
  useEffect(() => {
    setForecast(null);
    setRefusal(null);
    if (text === 'null') return;
    const timer = setTimeout(async () => {
      const foreseen = await terminal.foresee({ draft: JSON.parse(text) as Draft });
      if (foreseen.ok) setForecast(foreseen.value);
      else setRefusal(foreseen.refusal);
    }, afterMs);
    return () => clearTimeout(timer);
  }, [text, afterMs]);
  return { forecast, refusal };
}
