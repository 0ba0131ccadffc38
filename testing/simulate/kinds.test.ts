import { expect, it } from 'vitest';
import { instructionKinds } from '../../shared/instruction/kinds.ts';
import { knownKinds } from './kinds.ts';
import { wishes } from './wishes.ts';

it('the simulator knows every kind of instruction, and somebody in it wishes for each', () => {
  expect(instructionKinds.filter((kind) => !(kind in knownKinds) || !(kind in wishes))).toEqual([]);
});
