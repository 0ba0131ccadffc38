// Owed and held, day by day, as two lines; the table beside it says the same in figures.

import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { assetByCode } from '../../shared/asset.ts';
import type { PoolDayView } from '../../shared/contract/day.ts';
import { useSay } from '../i18n/index.ts';

use([LineChart, GridComponent, LegendComponent, CanvasRenderer]);

/** Only for drawing: pixels need no more digits than a double has. */
const major = (asset: string, minor: string | null): number | null =>
  minor === null ? null : Number(minor) / 10 ** (assetByCode(asset)?.scale ?? 0);

export function OwedHeldChart({ days }: { readonly days: readonly PoolDayView[] }) {
  const { say, language } = useSay();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const chart = init(element, null, { renderer: 'canvas' });
    const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const ordered = [...days].reverse();
    chart.setOption({
      animation: false,
      textStyle: { color: colour('--ink'), fontFamily: getComputedStyle(document.body).fontFamily },
      legend: { textStyle: { color: colour('--ink') }, top: 0 },
      grid: { left: 12, right: 12, top: 32, bottom: 8, containLabel: true },
      xAxis: { type: 'category', data: ordered.map((one) => one.day), axisLabel: { color: colour('--quiet') } },
      yAxis: {
        type: 'value',
        scale: true,
        axisLabel: {
          color: colour('--quiet'),
          formatter: (value: number) => new Intl.NumberFormat(language).format(value),
        },
        splitLine: { lineStyle: { color: colour('--line') } },
      },
      series: [
        {
          ...{ name: say('safe.owed'), type: 'line', symbol: 'circle', symbolSize: 7 },
          ...{ color: colour('--ink'), lineStyle: { type: 'dashed' } },
          data: ordered.map((one) => major(one.asset, one.owed)),
        },
        {
          ...{ name: say('safe.held'), type: 'line', symbol: 'rect', symbolSize: 7, color: colour('--accent') },
          data: ordered.map((one) => major(one.asset, one.held)),
        },
      ],
    });
    const fit = new ResizeObserver(() => chart.resize());
    fit.observe(element);
    return () => {
      fit.disconnect();
      chart.dispose();
    };
  }, [days, language, say]);
  return <div ref={place} role="img" aria-label={say('safe.chart')} style={{ height: 220, marginBlock: 10 }} />;
}
