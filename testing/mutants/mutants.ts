// Deliberately broken builds of Custos. Each names the test, or the run of the simulator, that must fail because of it: a
// mutant that survives means that a test is missing. To add one: the file, a text that stands in it exactly once, what it
// becomes, and who notices.

/** A test file and the name (or a part of it) of the tests in it that must notice; or a run of the simulator. */
export type Killer =
  | { readonly test: string; readonly named: string }
  | { readonly simulate: { readonly seed: number; readonly seconds: number } };

export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly become: string;
  readonly killer: Killer;
  /** Killed in a few seconds: run with the normal tests. */
  readonly quick?: true;
}

export const mutants: readonly Mutant[] = [
  // The three broken builds that the simulator must find within a minute.
  {
    name: 'who made it may check it',
    file: 'shared/decide.ts',
    find: 'if (instruction.person === operator.person)\n    return no(',
    become: 'if (instruction.terminal === operator.person)\n    return no(',
    killer: { simulate: { seed: 1, seconds: 60 } },
  },
  {
    name: 'an approval counts for content that was not signed',
    file: 'shared/decide.ts',
    find: 'if (instruction.digest !== event.body.digest)',
    become: "if (event.body.digest === '')",
    killer: { simulate: { seed: 1, seconds: 60 } },
  },
  {
    name: 'the gateway answers before the log is on disk',
    file: 'depository/sequencer.ts',
    find: 'await store.append({ epoch: parts.epoch, from, leaves, details, toBank, note });',
    become:
      'setImmediate(() => store.append({ epoch: parts.epoch, from, leaves, details, toBank, note }).catch(() => {}));',
    killer: { simulate: { seed: 1, seconds: 60 } },
  },
  {
    name: 'a policy takes the weaker of two rules',
    file: 'shared/policy.ts',
    find: 'Math.max(groups.get(group.role) ?? 0, group.count)',
    become: 'Math.min(groups.get(group.role) ?? 9, group.count)',
    killer: { test: 'shared/policy.test.ts', named: 'strict' },
    quick: true,
  },
  // What must not be left out between a change and the answer to it.
  {
    name: 'a file is moved into its place before it is on the disk',
    file: 'disk/write.ts',
    find: '    writeFileSync(descriptor, text);\n    fsyncSync(descriptor);',
    become: '    writeFileSync(descriptor, text);',
    killer: { test: 'testing/crash/own-files.test.ts', named: 'slot file' },
  },
  {
    name: 'the folder is not synced after a file was moved',
    file: 'disk/write.ts',
    find: '  renameSync(from, to);\n  syncFolder(dirname(to));',
    become: '  renameSync(from, to);',
    killer: { test: 'testing/crash/own-files.test.ts', named: 'slot file' },
  },
  {
    name: 'the head record is not synced',
    file: 'disk/write.ts',
    find: '    fdatasyncSync(descriptor);',
    become: '',
    killer: { test: 'testing/crash/own-files.test.ts', named: 'head record' },
  },
  {
    name: 'the name of a new head record is not synced',
    file: 'disk/write.ts',
    find: '  if (isNew) syncFolder(dirname(path));',
    become: '',
    killer: { test: 'testing/crash/own-files.test.ts', named: 'head record' },
  },
  {
    name: 'the vault syncs now and then (synchronous NORMAL)',
    file: 'main/store/open.ts',
    find: "['synchronous', 'FULL', 2]",
    become: "['synchronous', 'NORMAL', 1]",
    killer: { test: 'testing/crash/power-loss.test.ts', named: 'has everything' },
  },
  {
    name: 'the vault never syncs (synchronous OFF)',
    file: 'main/store/open.ts',
    find: "['synchronous', 'FULL', 2]",
    become: "['synchronous', 'OFF', 0]",
    killer: { test: 'testing/crash/power-loss.test.ts', named: 'has everything' },
  },
  {
    name: "the gateway's log syncs now and then",
    file: 'depository/store/open-database.ts',
    find: "synchronous = FULL');\n  const { synchronous } = database.prepare('PRAGMA synchronous').get() as { synchronous: number };\n  assert(synchronous === 2,",
    become:
      "synchronous = NORMAL');\n  const { synchronous } = database.prepare('PRAGMA synchronous').get() as { synchronous: number };\n  assert(synchronous === 1,",
    killer: { test: 'testing/crash/power-loss.test.ts', named: 'has everything' },
  },
  {
    name: 'a head record counts without its MAC',
    file: 'main/vault/head.ts',
    find: 'file.vault === vault && equalSecrets(macOf(key, vault, file.head), stored) ?',
    become: 'file.vault === vault ?',
    killer: { test: 'testing/crash/corruption.test.ts', named: 'is found in its named state' },
  },
  {
    name: 'a slot file counts without its MAC',
    file: 'main/vault/slots.ts',
    find: 'if (root !== undefined && equalSecrets(macOf(body, root), raw(stored))) return ok(root);',
    become: 'if (root !== undefined) return ok(root);',
    killer: { test: 'main/vault/vault.test.ts', named: 'after the file was changed anywhere' },
  },
  {
    name: 'two processes may open one vault',
    file: 'main/terminal.ts',
    find: 'if (inUse !== undefined) return { ok: false, refusal: inUse };',
    become: '',
    killer: { test: 'testing/crash/processes.test.ts', named: 'never open one vault' },
  },
  {
    name: 'one person approves twice',
    file: 'shared/decide.ts',
    find: 'approval.person === person)',
    become: "approval.person === '')",
    killer: { test: 'shared/decide.test.ts', named: '.' },
  },
  {
    name: 'the cooling-off time is not waited for',
    file: 'shared/decide.ts',
    find: 'return instantToMs(admittedAt) < coolingOffEndsMs(',
    become: 'return instantToMs(admittedAt) + 1e9 < coolingOffEndsMs(',
    killer: { test: 'shared/decide.test.ts', named: '.' },
  },
  {
    name: 'what was typed may be anything',
    file: 'shared/decide.ts',
    find: 'return typed?.tail === expected.tail &&',
    become: "return typed?.tail !== '' || expected.tail &&",
    killer: { test: 'shared/decide.test.ts', named: '.' },
  },
  {
    name: 'any terminal will do for the approval',
    file: 'shared/decide.ts',
    find: 'return instruction.requirement.differentTerminals && event',
    become: "return event.id === '' && event",
    killer: { test: 'shared/decide.test.ts', named: '.' },
  },
  {
    name: 'an instruction no rule covers needs nobody',
    file: 'shared/policy.ts',
    find: 'if (matching.length === 0)',
    become: 'if (matching.length < 0)',
    killer: { test: 'shared/policy.test.ts', named: '.' },
  },
  {
    name: 'more is held than is there',
    file: 'shared/instruction/refusals.ts',
    find: 'const short = needed - (',
    become: 'const short = needed - 1n - (',
    killer: { test: 'shared/decide.test.ts', named: '.' },
  },
  {
    name: 'money may flow anywhere',
    file: 'shared/accounts.ts',
    find: 'if (permitted.has(',
    become: 'if (permitted.size > 0 || permitted.has(',
    killer: { test: 'shared/decide.test.ts', named: '.' },
  },
  {
    name: 'an unverified user signs',
    file: 'shared/evidence.ts',
    find: 'if ((flags & 0x04) === 0)',
    become: 'if (flags < 0)',
    killer: { test: 'shared/decide.test.ts', named: '.' },
  },
  {
    name: 'a signature for another site counts',
    file: 'shared/evidence.ts',
    find: '!programme.relyingParty.origins.includes(data.origin)',
    become: "data.origin === ''",
    killer: { test: 'shared/decide.test.ts', named: '.' },
  },
  {
    name: 'a shorter log is taken for the newest',
    file: 'main/sync/sync.ts',
    find: 'if (target.size < tree.size)',
    become: 'if (target.size < 0)',
    killer: { test: 'main/sync/sync.test.ts', named: 'older log' },
  },
  {
    name: 'the consistency proof is not looked at',
    file: 'main/sync/sync.ts',
    find: 'if (!verifyConsistency(hash, { older, newer, path }))',
    become: 'if (!verifyConsistency(hash, { older, newer, path }) && path.length > 99)',
    killer: { test: 'main/sync/sync.test.ts', named: '.' },
  },
  {
    name: 'an old database is taken for the newest',
    file: 'main/vault/head.ts',
    find: 'if (database.generation < generation)',
    become: 'if (database.generation < 0)',
    killer: { test: 'main/freshness.test.ts', named: '.' },
  },
  {
    name: 'a terminal speaks for another',
    file: 'depository/server.ts',
    find: "evidence.kind !== 'webauthn' || event.terminal === context.terminal;",
    become: "evidence.kind !== 'webauthn' || event.terminal !== '';",
    killer: { test: 'main/terminal.test.ts', named: 'not taken from another' },
  },
  {
    name: 'an older statement is held against what is owed now',
    file: 'shared/outgoing.ts',
    find: "if (books.get('openItems', bankAccountKey(asset, pool))?.statement !== statement)",
    become: "if (statement === '')",
    killer: { test: 'shared/outgoing.test.ts', named: '.' },
  },
  {
    name: 'what is owed in one pool is added up with what is owed in another',
    file: 'shared/outgoing.ts',
    find: 'if (account.asset !== asset || poolOf(account) !== pool || account.class',
    become: 'if (account.asset !== asset || account.class',
    killer: { test: 'shared/pool.test.ts', named: 'is found though another has as much too much' },
  },
  {
    name: 'a shortfall of one pool leaves every pool open',
    file: 'shared/outgoing.ts',
    find: 'left.set(poolKey(poolOf(held), held.asset), held)',
    become: "left.set(poolKey('main', held.asset), held)",
    killer: { test: 'shared/pool.test.ts', named: 'is found though another has as much too much' },
  },
  {
    name: 'money moves from pool to pool in the books',
    file: 'shared/instruction/refusals.ts',
    find: 'if (from === to) return undefined;',
    become: "if (from !== '') return undefined;",
    killer: { test: 'shared/pool.test.ts', named: 'is never left by a booking' },
  },
  {
    name: "two wrong clients whose sums agree are no difference from the platform's file",
    file: 'shared/platform-check.ts',
    find: 'const differences = compareWithPlatform(ours, platform).map(',
    become: 'const differences = compareWithPlatform(new Map(), new Map()).map(',
    killer: { test: 'main/read-platform-file.test.ts', named: 'finds two clients who are wrong by the same amount' },
  },
  {
    name: 'an instruction is made under a policy that is no longer in force',
    file: 'shared/decide.ts',
    find: 'if (policyVersion !== policy.version)',
    become: 'if (policyVersion > policy.version)',
    killer: { test: 'shared/decide.test.ts', named: 'made under an older policy' },
  },
  {
    name: 'a message of the bank is taken in twice',
    file: 'depository/bank/link.ts',
    find: 'if (!(await store.hasTakenIn(message.id)))',
    become: "if (message.id !== '')",
    killer: { test: 'depository/bank/link.test.ts', named: 'takes a message in once' },
  },
  {
    name: 'a booking of the bank is booked twice under two messages',
    file: 'shared/bank-reference.ts',
    find: "if (books.get('reference', key) !== undefined)",
    become: "if (key === '')",
    killer: { test: 'shared/decide.test.ts', named: 'booked once, whatever message' },
  },
  {
    name: 'a booking that the bank says twice is paired with what is paired already',
    file: 'shared/statement.ts',
    find: "isOpenItem(one) && one.kind !== 'duplicate'",
    become: 'isOpenItem(one)',
    killer: { test: 'shared/statement.test.ts', named: 'says twice' },
  },
  {
    name: 'a pairing that a person undid is made again by the machine',
    file: 'shared/statement.ts',
    find: '...before.lines.filter((id) => !apart.has(id)),',
    become: '...before.lines,',
    killer: { test: 'shared/statement.test.ts', named: 'undoes a pairing once' },
  },
  {
    name: 'books are repaired from a log that is not the one that was signed',
    file: 'main/prove-log.ts',
    find: 'if (one.size <= size && !bytesEqual(tree.root(one.size), one.root))',
    become: 'if (one.size < 0)',
    killer: { test: 'main/repair.test.ts', named: 'together with its stored hash' },
  },
  {
    name: 'a backup that somebody else put together is opened',
    file: 'main/vault/restored-set.ts',
    find: 'manifest.vault === vault.id && isGenuine(manifest, key);',
    become: 'manifest.vault === vault.id;',
    killer: { test: 'main/restore.test.ts', named: 'put together by somebody else' },
  },
  {
    name: 'a key that was verified elsewhere counts for a machine with another',
    file: 'shared/evidence.ts',
    find: 'if (verified.includes(publicKey)) return undefined;',
    become: 'if (verified.length > 0) return undefined;',
    killer: { test: 'main/sync/long-log.test.ts', named: 'is believed under the key' },
  },
  {
    name: 'a key that was verified elsewhere counts for an authenticator with another',
    file: 'shared/evidence.ts',
    find: 'if (!verified.includes(credential.publicKey) &&',
    become: 'if (verified.length === 0 &&',
    killer: { test: 'main/sync/long-log.test.ts', named: 'is believed under the key' },
  },
  {
    name: 'a key that was verified elsewhere counts for a seal with another',
    file: 'shared/evidence.ts',
    find: 'if (seal !== null && verified.includes(signingKey)) return undefined;',
    become: 'if (seal !== null && verified.length > 0) return undefined;',
    killer: { test: 'main/sync/long-log.test.ts', named: 'is believed under the key' },
  },
];
