// The matching of G13 once, in a process of its own: what it needs with both sides and every match in memory.

import { reconcileLines } from '../../shared/reconciliation.ts';
import { bookings, lastDay } from '../bookings.ts';

const { bank, books } = bookings(Number(process.argv[2]));
const { matches } = reconcileLines(bank, books, lastDay);
console.log(JSON.stringify({ pairs: matches.length, rssMb: process.resourceUsage().maxRSS / 1024 }));
