// `custos`: one command, composition only.

import { parseArgs } from 'node:util';
import { verify } from '../verifier/verify.ts';

const usage = `custos verify BUNDLE --trust FILE [--json]   verify an audit bundle offline`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { trust: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const [verb, ...rest] = positionals;

switch (verb) {
  case 'verify': {
    const [bundle] = rest;
    if (bundle === undefined || values.trust === undefined) {
      console.error(usage);
      process.exit(2);
    }
    process.exitCode = verify({ bundle, trust: values.trust, json: values.json }, (line) => console.log(line));
    break;
  }
  default:
    console.error(usage);
    process.exitCode = 2;
}
