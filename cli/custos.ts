// `custos`: one command, composition only.

import { parseArgs } from 'node:util';
import { verify } from '../verifier/verify.ts';

const usage = `custos verify BUNDLE --trust FILE [--remember FILE] [--json]   verify an audit bundle offline
custos iso inspect FILE... [--xsd DIR] [--json]   what is in ISO 20022 message files, one line each
custos restore --from BACKUP --to VAULT-FOLDER   a backup becomes the vault of a machine that has none
custos rebuild --vault VAULT-FOLDER [--repair] [--json]   compares the books with the log, and replaces what differs; recovery
                                                          cards on standard input, one a line`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    trust: { type: 'string' },
    remember: { type: 'string' },
    xsd: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    vault: { type: 'string' },
    repair: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const [verb, ...rest] = positionals;

switch (verb) {
  case 'verify': {
    const [bundle] = rest;
    if (bundle === undefined || values.trust === undefined) {
      console.error(usage);
      process.exit(2);
    }
    const { trust, remember, json } = values;
    process.exitCode = await verify({ bundle, trust, remember, json }, (line) => console.log(line));
    break;
  }
  case 'iso': {
    const [what, ...files] = rest;
    if (what !== 'inspect' || files.length === 0) {
      console.error(usage);
      process.exit(2);
    }
    // The schema checker is large, and only this verb needs it.
    const { describe, inspectFile, schemasIn } = await import('./inspect.ts');
    const schemas = schemasIn(values.xsd);
    for (const file of files) {
      const one = inspectFile(file, schemas);
      if (values.json) console.log(JSON.stringify(one));
      else for (const line of describe(one)) console.log(line);
    }
    break;
  }
  case 'restore': {
    if (values.from === undefined || values.to === undefined) {
      console.error(usage);
      process.exit(2);
    }
    const { restoreCommand } = await import('./restore.ts');
    process.exitCode = await restoreCommand(values.from, values.to);
    break;
  }
  case 'rebuild': {
    if (values.vault === undefined) {
      console.error(usage);
      process.exit(2);
    }
    const { rebuildCommand } = await import('./rebuild.ts');
    const { vault, json, repair } = values;
    process.exitCode = await rebuildCommand({ vault, json, repair }, process.stdin);
    break;
  }
  default:
    console.error(usage);
    process.exitCode = 2;
}
