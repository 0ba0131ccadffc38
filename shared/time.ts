// Times are UTC to the millisecond in exactly one text form; days are ISO dates. No clock here: times come as arguments.

import { z } from 'zod';
import type { Brand } from './brand.ts';

/** RFC 3339, UTC, always milliseconds: 2026-11-23T08:30:00.000Z */
export type Instant = Brand<string, 'Instant'>;
const instantText = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
export const instant = z
  .string()
  .regex(instantText)
  .refine((text) => !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text)
  .transform((text) => text as Instant);

export type Day = Brand<string, 'Day'>;
export const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .refine((text) => !Number.isNaN(Date.parse(text)) && new Date(`${text}T00:00:00.000Z`).toISOString().startsWith(text))
  .transform((text) => text as Day);

export const instantToMs = (at: Instant): number => Date.parse(at);
export const msToInstant = (unixMs: number): Instant => new Date(unixMs).toISOString() as Instant;
export const dayOf = (at: Instant): Day => at.slice(0, 10) as Day;
export const addDays = (from: Day, days: number): Day =>
  new Date(Date.parse(`${from}T00:00:00.000Z`) + days * 86_400_000).toISOString().slice(0, 10) as Day;
