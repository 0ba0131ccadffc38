// A thread that prepares records: it is sent batches one after the other and answers each.

import { parentPort } from 'node:worker_threads';
import { nodePrimitives } from '../../crypto/node.ts';
import { assert } from '../../shared/assert.ts';
import { prepare, type Unprepared } from './prepare.ts';

assert(parentPort, 'records are prepared in a worker thread');
const port = parentPort;
port.on('message', (batch: Unprepared) => port.postMessage(prepare(batch, nodePrimitives)));
