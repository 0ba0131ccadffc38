// `npm run depository -- --config FILE`: one node of a depository, until it is stopped. Prints its address as one JSON line.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openNode, parseNodeConfig } from '../depository/node.ts';

const { values } = parseArgs({
  options: { config: { type: 'string' }, invitation: { type: 'boolean', default: false } },
});
if (values.config === undefined) {
  console.error('npm run depository -- --config FILE [--invitation]   see docs/depository.md');
  process.exit(2);
}
const config = parseNodeConfig(readFileSync(values.config, 'utf8'));
if (!config.ok) {
  console.error(`${config.refusal.what} ${config.refusal.why} ${config.refusal.next}`);
  process.exit(2);
}
const depository = await openNode(config.value);
console.log(JSON.stringify(values.invitation ? depository.invitation : { url: depository.invitation.url }));

let stopping = false;
const stop = async () => {
  stopping = true;
  await depository.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  if (stopping) continue;
  try {
    for (const { refusal } of await depository.run())
      console.error(`The books did not take a bank message. ${refusal.why}`);
  } catch (failure) {
    if (!stopping) console.error(failure instanceof Error ? failure.message : failure); // tried again in a second
  }
}
