// What is written down of a failure for whoever looks after a machine: where in the program it was, and nothing of what it was
// about, as messages may quote what was typed.

const maxFrames = 12;

export function failureReport(correlationId: string, failure: unknown): string {
  const { name, stack = '' } = failure instanceof Error ? failure : { name: typeof failure };
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return [`failure ${correlationId}: ${name}`, ...frames.slice(0, maxFrames)].join('\n');
}
