import { expect, it } from 'vitest';
import { instructionKinds } from '../../shared/instruction/kinds.ts';
import { knownKinds } from './kinds.ts';
import { wishes } from './wishes.ts';

/** Nobody makes these in a simulated world yet; a kind that is added later must be taught, or named here. */
const notSimulated = ['platform check', 'settle exchange'];

it('the simulator knows every kind of instruction but those that are named, and somebody in it wishes for each', () => {
  expect(instructionKinds.filter((kind) => !(kind in knownKinds) || !(kind in wishes)).sort()).toEqual(
    [...notSimulated].sort(),
  );
});
