// One verification in a process of its own, started as `npm run custos` starts it, so that its memory is the verifier's alone:
// BUNDLE [REMEMBERED].

import { readFileSync } from 'node:fs';
import { parseTrust } from '../../shared/audit.ts';
import { verifyFile } from '../../verifier/verify.ts';

const [bundle = '', remembered] = process.argv.slice(2);
const trust = parseTrust(readFileSync(`${bundle}.trust`, 'utf8'));
if (!trust.ok) throw new Error(trust.refusal.why);
const began = performance.now();
const { ok, events, firstBad } = await verifyFile(bundle, trust.value, remembered);
const ms = performance.now() - began;
if (!ok) throw new Error(`${firstBad?.what}: ${firstBad?.why}`);
console.log(JSON.stringify({ events, ms, megabytes: process.resourceUsage().maxRSS / 1024 }));
