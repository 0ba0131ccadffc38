// What the browser tests share: whether they can run here, where their pictures go, and steps that several of them take.

import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect } from 'vitest';
import { approveWaiting, type Office } from '../cli/demo/office.ts';
import type { Desk } from '../testing/desk.ts';
import { chromiumPath, openStages, rendererDirectory, type Seat } from './stage.ts';

const isBuilt = existsSync(join(rendererDirectory, 'manifest.json'));
/** What is not there without which no screen can be tested. */
export const missing =
  chromiumPath === undefined ? 'a chromium' : isBuilt ? undefined : 'the built screens (npm run build)';
if (missing !== undefined) console.warn(`SKIPPED, not passed: the browser tests need ${missing}`);

/** Taken anew for the README by `npm run e2e`; otherwise nobody's business. */
export const pictures = resolve(process.env.CUSTOS_PICTURES ?? mkdtempSync(join(tmpdir(), 'custos-pictures-')));

export async function goTo({ page }: Seat, key: string, title: string): Promise<void> {
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press(key);
  await page.getByRole('heading', { name: title, exact: true }).waitFor();
}

/** A colleague at one of the demonstration's own terminals approves until so many were there to approve. */
export async function approvedAt(desk: Desk, office: Office, kind: string, count = 1): Promise<void> {
  for (let tries = 0, done = 0; ; tries++) {
    await office.syncAll();
    done += await approveWaiting(desk, [kind]);
    if (done >= count) break;
    expect(tries).toBeLessThan(150);
    await new Promise((wait) => setTimeout(wait, 300));
  }
  await office.syncAll();
}

/** A screen usually says why what was waited for did not come. */
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const { seats } of openStages)
    for (const { page, complaints } of seats) {
      const shown = await page.locator('body').ariaSnapshot({ timeout: 5_000 }).catch(String);
      console.error(`${page.url()} when "${task.name}" failed:\n${shown}\n${complaints.join('\n')}`);
    }
});
