import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodePrimitives } from '../../crypto/node.ts';
import { ed25519PublicKey, random, signEd25519 } from '../../crypto/secret.ts';
import { bytesToHex, utf8 } from '../../shared/bytes.ts';
import { dataJson, dataText, describeWithData } from '../../testing/data.ts';
import { defaultKdf, implementations, kdfSchema, knownAnswer, stretch } from './kdf.ts';
import { joinRecoveryKey, splitRecoveryKey } from './recovery.ts';
import { createVault, recoverVault, slotPath, unlockVault, type Vault } from './vault.ts';

const output = new Uint8Array(32).fill(5);
const signOutput = new Uint8Array(32).fill(6);
const credential = 'AAAAAAAAAAAAAAAAAAAAAA';
const passphrase = 'correct horse battery staple';
const factors = { passphrase, prf: { credential, output } };
const person = (operator: string, prf = true) => ({
  operator,
  factors: prf ? factors : { passphrase, prf: null },
  salts: [random(32), random(32), random(32)] as const,
  signOutput: prf ? signOutput : null,
  kdf: defaultKdf,
});
const folder = () => mkdtempSync(join(tmpdir(), 'custos-'));
const keyOf = (vault: Vault) => bytesToHex(vault.databaseKey().reveal());

async function newVault(options = { allowPassphraseOnly: false }) {
  const directory = folder();
  const { vault, value } = await createVault(
    directory,
    options,
    person('officer-a'),
    (seed) => seed && ed25519PublicKey(seed),
  );
  return { directory, vault, publicKey: value as string };
}
const refusalOf = async (unlocking: ReturnType<typeof unlockVault>) => {
  const unlocked = await unlocking;
  return unlocked.ok ? 'unlocked' : unlocked.refusal.type;
};

describe('unlocking', () => {
  it('takes both factors, and names the one that failed', async () => {
    const { directory, vault } = await newVault();
    const unlocked = await unlockVault(directory, 'officer-a', factors);
    expect(unlocked.ok && keyOf(unlocked.value)).toBe(keyOf(vault));
    const wrong = { ...factors, passphrase: 'wrong' };
    expect(await refusalOf(unlockVault(directory, 'officer-a', wrong))).toBe('wrong passphrase');
    const otherOutput = { passphrase, prf: { credential, output: signOutput } };
    expect(await refusalOf(unlockVault(directory, 'officer-a', otherOutput))).toBe('wrong security key');
    const otherKey = { passphrase, prf: { credential: 'BBBBBBBBBBBBBBBBBBBBBB', output } };
    expect(await refusalOf(unlockVault(directory, 'officer-a', otherKey))).toBe('wrong security key');
    expect(await refusalOf(unlockVault(directory, 'officer-a', { passphrase, prf: null }))).toBe('missing factor');
    expect(await refusalOf(unlockVault(directory, 'officer-a', { ...factors, passphrase: '' }))).toBe('missing factor');
    expect(await refusalOf(unlockVault(directory, 'nobody', factors))).toBe('no slot');
    expect(await refusalOf(unlockVault(folder(), 'officer-a', factors))).toBe('no slot');
  });

  it('with a passphrase alone works only where the vault was set up to allow it', async () => {
    const strict = await newVault();
    await strict.vault.addPerson(person('teller-c', false), () => null);
    const plain = { passphrase, prf: null };
    expect(await refusalOf(unlockVault(strict.directory, 'teller-c', plain))).toBe('passphrase only not allowed');
    const lenient = await newVault({ allowPassphraseOnly: true });
    await lenient.vault.addPerson(person('teller-c', false), () => null);
    expect(await refusalOf(unlockVault(lenient.directory, 'teller-c', plain))).toBe('unlocked');
  });

  it('is impossible after the file was changed anywhere, and never gives a wrong key', async () => {
    const { directory, vault } = await newVault();
    await vault.addPerson(person('teller-a'), () => null);
    const path = slotPath(directory);
    const good = readFileSync(path, 'utf8');
    const results = new Set<string>();
    for (let at = 0; at < good.length; at += 97) {
      const changed = good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ 1) + good.slice(at + 1);
      writeFileSync(path, changed);
      results.add(await refusalOf(unlockVault(directory, 'teller-a', factors)));
    }
    expect(results.has('unlocked')).toBe(false);
    expect(results.size).toBeGreaterThan(2);
    const less = JSON.parse(good) as { slots: unknown[] };
    writeFileSync(path, JSON.stringify({ ...less, slots: less.slots.slice(1) }));
    expect(await refusalOf(unlockVault(directory, 'teller-a', factors))).toBe('slots tampered');
    writeFileSync(path, good);
    expect(await refusalOf(unlockVault(directory, 'teller-a', factors))).toBe('unlocked');
  });

  it('is no use once locked again', async () => {
    const { vault } = await newVault();
    vault.lock();
    expect(() => vault.databaseKey()).toThrow('disposed');
  });
});

describe("the operator's signing key", () => {
  it('opens with a fresh touch only and signs as its public key says', async () => {
    const { vault, publicKey } = await newVault();
    const message = utf8('basket root');
    const signed = vault.withSigningSeed('officer-a', signOutput, (seed) => signEd25519(seed, message));
    expect(signed.ok && nodePrimitives.verifyEd25519(publicKey, message, signed.value)).toBe(true);
    expect(vault.withSigningSeed('officer-a', output, () => 0).ok).toBe(false);
    expect(vault.withSigningSeed('nobody', signOutput, () => 0).ok).toBe(false);
  });
});

describe('recovery', () => {
  const plan = { officers: [2, 3], custodians: [2, 3] } as const;

  it('opens the vault with enough shares of both groups, and a second way in makes it set up', async () => {
    const { directory, vault } = await newVault();
    expect(vault.isSetUp()).toBe(false);
    const { officers, custodians } = vault.addRecovery(plan);
    expect(vault.isSetUp()).toBe(true);
    const recovered = recoverVault(directory, [officers[0]!, officers[2]!, custodians[1]!, custodians[2]!]);
    expect(recovered.ok && keyOf(recovered.value)).toBe(keyOf(vault));
    expect(recoverVault(directory, [...officers]).ok).toBe(false);
    expect(recoverVault(directory, [officers[0]!, custodians[0]!, custodians[1]!]).ok).toBe(false);
    const other = await newVault();
    const foreign = other.vault.addRecovery(plan);
    const refused = recoverVault(directory, [...foreign.officers.slice(1), ...foreign.custodians.slice(1)]);
    expect(refused.ok ? '' : refused.refusal.type).toBe('recovery refused');
    expect(await refusalOf(unlockVault(directory, 'officer-a', factors))).toBe('unlocked');
  });

  it('any k of n shares give the key and k - 1 never do', () => {
    const shuffled = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), shuffled, shuffled, (key, a, b) => {
        const { officers, custodians } = splitRecoveryKey(key, { officers: [3, 5], custodians: [2, 5] });
        const joined = joinRecoveryKey([
          ...a.slice(0, 3).map((i) => officers[i]!),
          ...b.slice(0, 2).map((i) => custodians[i]!),
        ]);
        expect(joined.ok).toBe(a.length >= 3 && b.length >= 2);
        if (joined.ok) expect(joined.value).toEqual(key);
      }),
      { numRuns: 15 },
    );
  });
});

describeWithData('SLIP-0039 public vectors', 'vectors/slip39/vectors.json', () => {
  it('are recovered or refused as the vectors say', async () => {
    const { default: slip39 } = await import('slip39');
    const differing: string[] = [];
    for (const [name, mnemonics, secret] of dataJson<[string, string[], string, string][]>(
      'vectors/slip39/vectors.json',
    )) {
      let found = '';
      try {
        found = bytesToHex(Uint8Array.from(slip39.recoverSecret(mnemonics, 'TREZOR')));
      } catch {
        found = '';
      }
      if (found !== secret) differing.push(name);
    }
    expect(differing).toEqual([]);
  });
});

describe('Argon2id', () => {
  it('gives the same bytes natively and in WebAssembly, and refuses cheap parameters on reading', async () => {
    const { secret, salt, cost } = knownAnswer;
    const [native, wasm] = [
      await implementations.withNode(secret, salt, cost),
      await implementations.withWasm(secret, salt, cost),
    ];
    expect(bytesToHex(native)).toBe(bytesToHex(wasm));
    expect(await stretch('é', salt, defaultKdf)).toEqual(await stretch('e\u0301', salt, defaultKdf));
    expect(kdfSchema.safeParse({ name: 'argon2id', memoryKib: 1024, passes: 1 }).success).toBe(false);
  });
});

describeWithData('Argon2id public vectors', 'vectors/argon2/argon2.vec', () => {
  it('agree where they have neither secret nor associated data', async () => {
    let cases = 0;
    let section = '';
    let fields: Record<string, string> = {};
    for (const line of dataText('vectors/argon2/argon2.vec').split('\n')) {
      const [, heading] = /^\[(.+)\]/.exec(line) ?? [];
      const [, name, value] = /^(\w+) *= *(\S*)/.exec(line) ?? [];
      if (heading !== undefined) section = heading;
      if (name !== undefined) fields[name] = value ?? '';
      if (name !== 'Output') continue;
      const { M, T, P, Passphrase = '', Salt = '', Secret, AD, Output = '' } = fields;
      fields = {};
      if (section !== 'Argon2id' || Secret || AD || P !== '1' || Output.length !== 64) continue;
      const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
      const cost = { memoryKib: Number(M), passes: Number(T) };
      for (const implementation of Object.values(implementations))
        expect(bytesToHex(await implementation(hex(Passphrase), hex(Salt), cost))).toBe(Output.toLowerCase());
      cases += 1;
    }
    expect(cases).toBeGreaterThan(0);
  });
});
