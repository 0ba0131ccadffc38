// The package has no types of its own; these are the parts we use.
declare module 'slip39' {
  interface Node {
    readonly children: readonly Node[];
    readonly mnemonics: readonly string[];
  }
  interface Slip39 {
    fromArray(
      secret: readonly number[],
      options: { passphrase: string; threshold: number; groups: readonly (readonly [number, number, string])[] },
    ): { readonly root: Node };
    recoverSecret(mnemonics: string[], passphrase: string): readonly number[];
    validateMnemonic(mnemonic: string): boolean;
  }
  const slip39: Slip39;
  export default slip39;
}
declare module 'slip39/src/slip39_helper.js' {
  const helper: { readonly WORD_LIST: readonly string[] };
  export default helper;
}
